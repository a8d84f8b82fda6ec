# SPDX-License-Identifier: GPL-3.0-or-later
"""What the procedure's own shop writes: Japanese, rules of ─, values behind full-width colons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters_paper import Block, Body, Button, Facts, Listing, Paper, Rows, Verbatim, names_line, yen

PAPER = Paper(
    language="ja",
    rule="─" * 34,
    heading="{rule}\n■{title}\n{rule}",
    row="　{label}{pad}：{value}",
    opening="いつもBestSSLをご利用いただき、誠にありがとうございます。\nBestSSLサポートデスクでございます。",
    closing=(
        "ご不明な点がございましたら、本メールへのご返信にてお気軽にお問い合わせください。\n"
        "今後ともBestSSLをよろしくお願いいたします。"
    ),
    signature=(
        "BestSSL（ベストエスエスエル）サポートデスク",
        "E-mail : support@bestssl.net",
        "URL    : https://www.bestssl.net/",
        "営業時間：平日 10:00～18:00（土日祝日を除く）",
    ),
    hidden="BestSSLからの大切なお知らせです",
)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _greeting(facts: Facts) -> str:
    return f"{facts.organization}\n{facts.family_name} 様"


def _body(facts: Facts, subject: str, *blocks: Block) -> Body:
    return Body(f"【BestSSL】{subject}", blocks, _greeting(facts))


def _order(facts: Facts, *more: tuple[str, str]) -> Rows:
    one = facts.first
    rows = (
        ("ご注文番号", one.order_number),
        ("商品名", one.product),
        ("コモンネーム", one.common_name),
        ("追加ドメイン", names_line(one, "、")),
    )
    return Rows("ご契約内容", (*rows, *more))


def _my_page(facts: Facts) -> Button:
    return Button("▼マイページ（マイサービス）", f"{facts.site}/mypage/service/")


def advance_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "SSLサーバー証明書 更新手続き開始の事前のご案内",
        "ご利用中のSSLサーバー証明書の有効期限が近づいてまいりましたので、あらかじめお知らせいたします。\n"
        "更新のお手続きは、有効期限の30日前より可能となります。\n"
        "開始日になりましたら、更新案内メールとインボイス案内メールをお送りいたしますので、\n"
        "それまでは特にお手続きいただく必要はございません。",
        _order(facts, ("有効期限", _day(facts.first.ends_on))),
        "※お急ぎの場合や、担当者様・ご住所に変更がある場合は、事前にご連絡ください。",
    )


def renewal_notice(facts: Facts) -> Body:
    rows = tuple(
        (one.order_number, one.common_name, names_line(one, "、"), _day(one.ends_on)) for one in facts.certificates
    )
    return _body(
        facts,
        "SSLサーバー証明書更新のご案内",
        "下記のSSLサーバー証明書の更新時期となりましたので、ご案内申し上げます。\n"
        "現在の証明書の残りの有効期間は、更新後の証明書に自動的に加算されますので、お早めにお手続きください。",
        Listing("更新対象の証明書", ("ご注文番号", "コモンネーム", "追加ドメイン", "有効期限"), rows),
        "別途「インボイス案内メール」をお送りしておりますので、内容をご確認のうえお支払いをお願いいたします。\n"
        "ご入金の確認後、「申請案内メール」をお送りいたします。\n"
        "申請案内メールが届かない場合は、前回の申請データを利用して自動的に更新申請が行われております。",
        _my_page(facts),
        "※他サイトで購入された証明書を更新される場合は、お手続きが異なります。",
    )


def invoice(facts: Facts) -> Body:
    rows = tuple(
        (one.order_number, f"{one.product} 更新 1年", one.common_name, yen(one.price)) for one in facts.certificates
    )
    return _body(
        facts,
        f"インボイス（適格請求書）のご案内［{facts.invoice_number}］",
        "SSLサーバー証明書の更新につきまして、下記のとおりご請求申し上げます。\n"
        "お支払期限までに、お振込みまたはクレジットカードにてお支払いくださいますようお願いいたします。",
        Rows(
            "ご請求内容",
            (
                ("請求書番号", facts.invoice_number),
                ("発行日", _day(facts.sent_on)),
                ("小計", yen(facts.net)),
                ("消費税（10%）", yen(facts.tax)),
                ("ご請求金額", f"{yen(facts.total)}（税込）"),
                ("お支払期限", _day(facts.due_on)),
            ),
        ),
        Listing("明細", ("ご注文番号", "商品名", "コモンネーム", "金額（税抜）"), rows),
        Rows(
            "お振込先",
            (
                ("銀行名", "見本銀行 本店営業部（001）"),
                ("口座番号", "普通 1234567"),
                ("口座名義", "ベストエスエスエル"),
            ),
        ),
        "※振込手数料はお客様にてご負担ください。\n※登録番号：T1234567890123",
        Button("▼請求書のダウンロード", f"{facts.site}/mypage/invoice/"),
    )


def payment_received(facts: Facts) -> Body:
    return _body(
        facts,
        "ご入金確認のお知らせ",
        "下記のご入金を確認いたしました。誠にありがとうございます。",
        Rows(
            "ご入金内容",
            (("請求書番号", facts.invoice_number), ("ご入金額", yen(facts.total)), ("ご入金日", _day(facts.sent_on))),
        ),
        "更新の申請につきましては、「申請案内メール」にてご案内いたします。いましばらくお待ちください。",
    )


def application_invitation(facts: Facts) -> Body:
    return _body(
        facts,
        f"SSLサーバー証明書 申請のご案内（ご注文番号：{facts.first.order_number}）",
        "ご入金ありがとうございました。\n下記の申請フォームより、CSRと申請情報をご入力のうえ、申請をお願いいたします。",
        _order(facts),
        Button("▼申請フォーム", facts.link or f"{facts.site}/apply/?t=4f1c9a7d20"),
        f"申請フォームの有効期限は{_day(facts.due_on)}です。\n"
        "組織名（英語）とご住所（英語）は、D-U-N-Sの登録と完全に一致している必要がございます。\n"
        "申請企業責任者様には、代表電話番号へ認証局よりお電話がございます。",
    )


def applied_automatically(facts: Facts) -> Body:
    return _body(
        facts,
        "更新申請手続き完了のお知らせ（自動申請）",
        "ご入金の確認ができましたので、前回の申請データを利用して、自動的に更新申請を行いました。\n"
        "お客様による申請手続きは不要です。",
        _order(facts),
        "オンライン認証の方法や承認者メールアドレスを変更される場合は、マイページよりお手続きください。",
        _my_page(facts),
        "CSRも前回と同じものを使用しております。秘密鍵を変更される場合は、発行後に再発行をお申し込みください。",
    )


def received(facts: Facts) -> Body:
    return _body(
        facts,
        "お申込みを受け付けました",
        "SSLサーバー証明書のお申込みありがとうございます。下記の内容で受け付けいたしました。\n"
        "これより認証局による審査が開始されます。",
        _order(facts, ("受付日", _day(facts.sent_on))),
        "審査の状況は、マイページにてご確認いただけます。",
        _my_page(facts),
    )


def validation_token(facts: Facts) -> Body:
    blocks: list[Block] = [_order(facts)]
    for token in facts.tokens:
        blocks.append(
            Rows(
                "認証ファイル",
                (
                    ("認証対象ドメイン", token.name),
                    ("認証ファイルのURL", f"http://{token.name}{token.path}"),
                    ("認証ファイルの内容", token.content),
                ),
            )
        )
    for record in facts.records:
        blocks.append(
            Rows(
                "DNSレコード",
                (
                    ("認証対象ドメイン", record.name),
                    ("ホスト名", record.record),
                    ("レコードタイプ", record.type),
                    ("値", f'"{record.value}"' if record.type == "TXT" else f"{record.value}."),
                ),
            )
        )
    way = "ファイル認証" if facts.tokens else "DNS認証"
    return _body(
        facts,
        f"オンライン認証（{way}）のお願い",
        f"お申込みいただいた証明書の{way}をお願いいたします。下記のとおり設定してください。",
        *blocks,
        "設定が完了しますと、認証局が自動的に確認いたします。30日以内に設定をお願いいたします。\n"
        "※別のURLへの転送（リダイレクト）が設定されていると認証できない場合がございます。",
    )


def approval_request(facts: Facts) -> Body:
    one = facts.first
    return Body(
        f"[要対応] {one.common_name} の証明書リクエストの承認 {{Order #{one.order_number}}}",
        (
            f"{facts.approver} 様",
            f"{facts.legal_name} 様より、次のドメインを含む証明書のご依頼をいただきました。\n"
            "ドメインの利用権をお持ちの場合は、下記のリンクから内容をご確認のうえ「承認する」を押してください。",
            Rows(
                "ご依頼の内容",
                (("オーダー番号", one.order_number), ("ドメイン", ", ".join(one.names)), ("組織", facts.legal_name)),
            ),
            Button("承認する", facts.link or "https://validation.digicert.com/link/?t=k2f7wq90d1"),
            "このリンクは30日間有効です。お心当たりのない場合は、このメールを破棄してください。",
        ),
    )


def documents_asked(facts: Facts) -> Body:
    listed = "\n".join(f"・{one}" for one in facts.documents or ("登記事項証明書（発行後3か月以内のもの）",))
    return _body(
        facts,
        "審査に必要な書類ご提出のお願い",
        "認証局による審査の過程で、下記の書類が必要となりました。\nお手数ではございますが、ご提出をお願いいたします。",
        _order(facts),
        Rows(
            "ご提出いただきたい書類",
            (("必要書類", listed.replace("\n", "\n　　　　　　")), ("ご提出期限", _day(facts.due_on))),
        ),
        "PDFファイルにて、本メールへの返信でお送りください。",
    )


def phone_call_arranged(facts: Facts) -> Body:
    return _body(
        facts,
        "認証局からの電話確認（在籍確認）について",
        "認証局より、申請企業責任者様へお電話にて確認をさせていただきます。\n"
        "代表電話番号へお電話いたしますので、交換のご担当者様へも事前にお伝えくださいますようお願いいたします。",
        _order(facts),
        Rows(
            "電話確認の予定",
            (
                ("申請企業責任者", f"{facts.responsible} 様"),
                ("電話番号", facts.telephone),
                ("予定日", _day(facts.due_on)),
                ("時間帯", "10:00～17:00"),
            ),
        ),
    )


def online_confirmation(facts: Facts) -> Body:
    return _body(
        facts,
        "電話確認に代わるオンライン確認のお願い",
        "過去の審査履歴がございますので、今回はお電話に代えて、オンラインでの確認が可能です。\n"
        "申請企業責任者様ご本人が、下記のページより確認を完了してください。",
        _order(facts, ("確認期限", _day(facts.due_on))),
        Button("▼オンライン確認ページ", facts.link or f"{facts.site}/confirm/?k=9b21ee07"),
    )


def certificate(facts: Facts) -> Body:
    blocks: list[Block] = [_order(facts, ("有効期限", _day(facts.first.ends_on)))]
    if facts.pem:
        blocks += ["サーバー証明書は下記のとおりです。中間証明書とあわせてインストールしてください。"]
        blocks += [Verbatim(one) for one in facts.pem]
    else:
        blocks += [
            f"サーバー証明書と中間証明書は、添付ファイル（{facts.attachment or '証明書.zip'}）をご確認ください。"
        ]
    return _body(
        facts,
        f"SSLサーバー証明書発行のお知らせ（{facts.first.common_name}）",
        "お申込みいただいたSSLサーバー証明書が発行されましたので、お送りいたします。",
        *blocks,
        "※秘密鍵は本メールに含まれておりません。お客様のサーバーに保管されている秘密鍵と組み合わせてご利用ください。",
    )


def reissue_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "証明書再発行（有効期間更新）のお手続きのご案内",
        "ご契約期間はまだ残っておりますが、現在ご利用中の証明書の有効期限が近づいております。\n"
        "証明書の最大有効期間の短縮に伴い、ご契約期間内での再発行のお手続きが必要です。追加の費用はかかりません。",
        _order(facts, ("証明書の有効期限", _day(facts.first.ends_on)), ("契約満了日", _day(facts.due_on))),
        Button("▼再発行申請フォーム", facts.link or f"{facts.site}/reissue/?t=77d0c2"),
        "コモンネーム、組織名、ご住所は、前回のCSRと同じ内容でCSRを作成してください。",
    )


def expiry_reminder(facts: Facts) -> Body:
    return _body(
        facts,
        "【重要】証明書の有効期限まで残り14日です",
        "下記の証明書の有効期限まで、残りわずかとなりました。更新のお手続きがお済みでないようです。\n"
        "有効期限を過ぎますと、サイトの閲覧者に警告が表示されます。",
        _order(facts, ("有効期限", _day(facts.first.ends_on))),
        _my_page(facts),
        "※行き違いでお手続きがお済みの場合は、何卒ご容赦ください。",
    )


def rejection(facts: Facts) -> Body:
    return _body(
        facts,
        "お申込みについて（審査結果のご連絡）",
        "誠に恐れ入りますが、お申込みいただいた証明書につきまして、認証局の審査を通過することができず、\n"
        "発行をお断りする結果となりました。",
        _order(facts, ("理由", facts.reason or "組織の実在を確認できなかったため")),
        "お手数ですが、内容をご確認のうえ、あらためてお申し込みください。",
    )


def cancellation(facts: Facts) -> Body:
    return _body(
        facts,
        "ご注文キャンセル完了のお知らせ",
        "下記のご注文のキャンセル手続きが完了いたしました。",
        _order(facts, ("キャンセル日", _day(facts.sent_on))),
        "ご返金がある場合は、別途ご連絡いたします。",
    )


def revocation_warning(facts: Facts) -> Body:
    return _body(
        facts,
        "【緊急】証明書失効に関する重要なお知らせ",
        "認証局より、下記の証明書を失効させる旨の連絡がございました。\n"
        "期日までに再発行された証明書への入れ替えをお願いいたします。",
        _order(facts, ("失効予定日", _day(facts.due_on)), ("理由", facts.reason or "発行手続きの不備が判明したため")),
        Button("▼再発行申請フォーム", facts.link or f"{facts.site}/reissue/?t=77d0c2"),
    )


def _campaign(facts: Facts) -> Body:
    return _body(
        facts,
        "証明書の更新がお得に！年末キャンペーンのお知らせ",
        "SSLサーバー証明書の新規・更新がお得になるキャンペーンを開始しました。\n"
        "クーポンコード：WINTER2026 をご利用ください。",
        Button("▼詳しくはこちら", f"{facts.site}/campaign/"),
    )


def _invoice_system(facts: Facts) -> Body:
    return _body(
        facts,
        "インボイス制度への対応について",
        "当社が発行する請求書は、適格請求書等保存方式（インボイス制度）に対応しております。\n"
        "請求書番号の桁数が2027年4月より変更となります。ご請求金額やお支払期限に変更はございません。",
    )


def _holidays(facts: Facts) -> Body:
    return _body(
        facts,
        "年末年始の営業についてのお知らせ",
        "年末年始は、2026年12月29日から2027年1月4日まで休業とさせていただきます。\n"
        "休業中は証明書の発行、電話確認、ご入金の確認を行うことができません。",
    )


def _maintenance(facts: Facts) -> Body:
    return _body(
        facts,
        "システムメンテナンスのお知らせ",
        "下記の日時に、マイページおよび申請フォームのメンテナンスを実施いたします。",
        Rows("メンテナンス日時", (("日時", "2026年12月10日 1:00～5:00"), ("影響", "マイページをご利用いただけません"))),
    )


BODIES: Mapping[MessageKind, Callable[[Facts], Body]] = {
    MessageKind.ADVANCE_NOTICE: advance_notice,
    MessageKind.RENEWAL_NOTICE: renewal_notice,
    MessageKind.INVOICE: invoice,
    MessageKind.PAYMENT_RECEIVED: payment_received,
    MessageKind.APPLICATION_INVITATION: application_invitation,
    MessageKind.APPLIED_AUTOMATICALLY: applied_automatically,
    MessageKind.RECEIVED: received,
    MessageKind.VALIDATION_TOKEN: validation_token,
    MessageKind.APPROVAL_REQUEST: approval_request,
    MessageKind.DOCUMENTS_ASKED: documents_asked,
    MessageKind.PHONE_CALL_ARRANGED: phone_call_arranged,
    MessageKind.ONLINE_CONFIRMATION: online_confirmation,
    MessageKind.CERTIFICATE: certificate,
    MessageKind.REISSUE_NOTICE: reissue_notice,
    MessageKind.EXPIRY_REMINDER: expiry_reminder,
    MessageKind.REJECTION: rejection,
    MessageKind.CANCELLATION: cancellation,
    MessageKind.REVOCATION_WARNING: revocation_warning,
}
NOISE = (_campaign, _invoice_system, _holidays, _maintenance)
