# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An average Japanese reseller: a start for one's own entry of ``tls_providers``."""

from __future__ import annotations

import typing as t

from .words_ja import LABELS, SHAPES

PROVIDER: dict[str, t.Any] = {
    "name": "generic_ja",
    "title": "SSLサーバ証明書販売店",
    "language": "ja",
    "checked_on": "2026-11-01",
    "methods": ["file", "dns", "email"],
    # Most Japanese resellers open the renewal 30 days before the end (IIJ, define.co.jp); a few 60 (ex-cloud.jp).
    "window_days": 30,
    # No rule of one shop for what another shop sold is known: it is bought as here.
    "window_days_elsewhere": 30,
    "application_window_days": 30,
    # What DigiCert issues since 2026-02-24; no CA may issue for more than 200 days.
    "validity_days": 199,
    # A year, as orders are sold; so it holds two certificates, the second one by a reissue.
    "order_days": 365,
    # Reissued 32 days before the first one ends, the second one lasts to the end of a year's order, and no day is lost.
    "reissue_window_days": 32,
    # Not known of an average shop: nothing is counted on.
    "carries_over": False,
    "sends_invoice": False,
    "applies_automatically": False,
    # Not known: after three days a person looks.
    "invitation_days": 3,
    "sends_certificate_by_mail": True,
    # The stricter rule, of the procedure's shop.
    "same_subject_on_reissue": True,
    # Portals usually take one method for all names.
    "method_per_name": False,
    # DigiCert's about 397 days; no CA may use a vetting for more than 398.
    "vetting_days": 397,
    # Not known: the shop has to be asked.
    "cancellation_days": 0,
    "expected": [
        {"kind": "application_invitation", "latest_days": 3},
        {"kind": "received", "latest_days": 2},
    ],
    "shapes": SHAPES,
    "labels": LABELS,
    "form": [
        {"source": "product", "label": "サービス名"},
        {"source": "action", "label": "申込区分"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "コモンネーム"},
        {"source": "additional_names", "label": "追加ドメイン(SAN)"},
        {"source": "legal_name", "label": "組織名(英語)"},
        {"source": "local_name", "label": "組織名(日本語)"},
        {"source": "street_address", "label": "住所(英語)"},
        {"source": "locality", "label": "市区町村(英語)"},
        {"source": "state", "label": "都道府県(英語)"},
        {"source": "postal_code", "label": "郵便番号"},
        {"source": "country", "label": "国"},
        {"source": "telephone", "label": "代表電話番号"},
        {"source": "record_number", "label": "第三者データベースの番号"},
        {"source": "responsible_family_name", "label": "申請責任者 姓"},
        {"source": "responsible_given_name", "label": "申請責任者 名"},
        {"source": "responsible_title", "label": "申請責任者 役職"},
        {"source": "responsible_email", "label": "申請責任者 メールアドレス"},
        {"source": "responsible_extension", "label": "申請責任者 内線番号"},
        {"source": "technical_family_name", "label": "技術担当者 姓"},
        {"source": "technical_given_name", "label": "技術担当者 名"},
        {"source": "technical_email", "label": "技術担当者 メールアドレス"},
        {"source": "validation_methods", "label": "ドメイン認証方法"},
        {"source": "approvers", "label": "承認者メールアドレス"},
    ],
    "reissue_form": [
        {"source": "order_number", "label": "注文番号"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "コモンネーム"},
        {"source": "additional_names", "label": "追加ドメイン(SAN)"},
        {"source": "validation_methods", "label": "ドメイン認証方法"},
        {"source": "approvers", "label": "承認者メールアドレス"},
    ],
}
