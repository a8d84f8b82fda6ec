# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedure's own shop as the procedure describes it: 60 days before the end, 90 for what others sold."""

from __future__ import annotations

import typing as t

PROVIDER: dict[str, t.Any] = {
    "name": "bestssl",
    "base": "generic_ja",
    "title": "BestSSL",
    "language": "ja",
    "checked_on": "2026-11-01",
    "products": ["セキュア・サーバID"],
    # The procedure (bestssl.net/renew/secure-site/): notice and invoice come 60 days before the end; what was bought
    # elsewhere is applied for within DigiCert's own window, from 90 days before the end on (SO23295).
    "window_days": 60,
    "window_days_elsewhere": 90,
    "application_window_days": 90,
    # DigiCert and GeoTrust: what is left of the old validity is added by itself. How it is credited since certificates
    # end after 199 days is not known; what does not fit the certificate should go to the order.
    "carries_over": True,
    "sends_invoice": True,
    "applies_automatically": True,
    # How soon after payment the application mail comes is not stated: after three days a person looks on My Page.
    "invitation_days": 3,
    # Its reissue page wants common name, organisation, address and department exactly as in the CSR before.
    "same_subject_on_reissue": True,
    # The procedure chooses mail, file or DNS for the common name and for every additional name.
    "method_per_name": True,
    # Its certificates are DigiCert's, who issues none for client authentication from that day on.
    "announced": [{"since": "2027-03-01", "without": ["client_auth"]}],
    "caa_domains": ["digicert.com", "symantec.com", "geotrust.com", "rapidssl.com", "thawte.com"],
    # The address of My Page itself is shown to customers only; a person gets there from the front page.
    "my_page": "https://www.bestssl.net/",
    # The shop's own addresses are not listed anywhere: its domain counts. DigiCert's approver mails come from
    # no-reply@digitalcertvalidation.com, as DigiCert documents.
    "senders": ["@bestssl.net", "no-reply@digitalcertvalidation.com"],
    # Which host of DigiCert's an approver's link names is not documented: those beneath its domains are shown.
    "link_hosts": ["bestssl.net", ".bestssl.net", ".digicert.com", ".digitalcertvalidation.com"],
    # How late they may come is not stated: three days are ours.
    "expected": [
        {"kind": "renewal_notice", "latest_days": 3},
        {"kind": "invoice", "latest_days": 3},
        {"kind": "received", "latest_days": 2},
    ],
    "shapes": [
        {"kind": "renewal_notice", "subject": ["更新案内", "証明書更新のご案内"], "body": ["更新"], "needs": ["names"]},
        {
            "kind": "invoice",
            "subject": ["インボイス案内", "インボイス(適格請求書)のご案内", "インボイスのご案内"],
            "needs": ["amount"],
        },
        {
            "kind": "application_invitation",
            "subject": ["申請案内", "申請のご案内"],
            "body": ["申請"],
            "needs": ["names"],
        },
        {
            "kind": "applied_automatically",
            "subject": ["自動申請", "更新申請手続き"],
            "body": ["前回の申請データを利用して"],
        },
    ],
    "form": [
        {"source": "product", "label": "商品"},
        {"source": "action", "label": "お申込みの種類(新規・更新)"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "コモンネーム"},
        {"source": "additional_names", "label": "追加ドメイン"},
        {"source": "validation_methods", "label": "オンライン認証の方法"},
        {"source": "approvers", "label": "承認者メールアドレス"},
        {"source": "legal_name", "label": "申請企業名(英語)"},
        {"source": "local_name", "label": "申請企業名(日本語)"},
        {"source": "street_address", "label": "番地・町名(英語)"},
        {"source": "locality", "label": "市区町村(英語)"},
        {"source": "state", "label": "都道府県(英語)"},
        {"source": "postal_code", "label": "郵便番号"},
        {"source": "country", "label": "国"},
        {"source": "telephone", "label": "代表電話番号"},
        {"source": "duns_number", "label": "DUNSナンバー"},
        {"source": "responsible_family_name", "label": "申請企業責任者 姓"},
        {"source": "responsible_given_name", "label": "申請企業責任者 名"},
        {"source": "responsible_title", "label": "申請企業責任者 役職"},
        {"source": "responsible_email", "label": "申請企業責任者 メールアドレス"},
        {"source": "responsible_extension", "label": "申請企業責任者 内線番号"},
        {"source": "technical_family_name", "label": "技術担当者 姓"},
        {"source": "technical_given_name", "label": "技術担当者 名"},
        {"source": "technical_email", "label": "技術担当者 メールアドレス"},
    ],
    "reissue_form": [
        {"source": "order_number", "label": "ご注文番号"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "コモンネーム"},
        {"source": "additional_names", "label": "追加ドメイン"},
        {"source": "validation_methods", "label": "オンライン認証の方法"},
        {"source": "approvers", "label": "承認者メールアドレス"},
    ],
}
