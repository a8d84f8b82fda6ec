# SPDX-License-Identifier: GPL-3.0-or-later
"""What an average Japanese shop writes: labels in 【】, the value on the next line, dates with slashes or of an era."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters_paper import Block, Body, Button, Facts, Listing, Paper, Rows, Verbatim

PAPER = Paper(
    language="ja",
    rule="━" * 28,
    heading="＜{title}＞",
    row="【{label}】\n　{value}",
    opening="平素は格別のご高配を賜り、厚く御礼申し上げます。\nエスエスエルショップ カスタマーセンターです。",
    closing="何卒よろしくお願い申し上げます。\n※本メールは送信専用アドレスより自動配信しております。",
    signature=(
        "エスエスエルショップ カスタマーセンター",
        "〒100-0005 東京都千代田区丸の内0-0-0",
        "TEL 03-0000-0000（平日9:30～17:30）",
        "https://www.shop.example.jp/contact/",
    ),
    align=False,
)
_SITE = "https://www.shop.example.jp"


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def _era(day: date) -> str:
    return f"令和{day.year - 2018}年{day.month}月{day.day}日"


def _body(facts: Facts, subject: str, *blocks: Block) -> Body:
    return Body(subject, blocks, f"{facts.organization}\nご担当者 {facts.family_name} 様")


def _order(facts: Facts, *more: tuple[str, str]) -> Rows:
    one = facts.first
    rows = [("注文番号", one.order_number), ("サービス名", one.product), ("コモンネーム", one.common_name)]
    if one.additional_names:
        rows.append(("SAN（追加ドメイン名）", "\n　".join(one.additional_names)))
    return Rows("お申し込み内容", (*rows, *more))


def advance_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］サーバ証明書の更新受付開始について（事前のお知らせ）",
        "現在ご契約中のサーバ証明書につきまして、まもなく更新の受付を開始いたします。\n"
        "受付開始までは、お客様にお手続きいただくことはございません。",
        _order(facts, ("有効期限", _day(facts.first.ends_on)), ("更新受付開始日", _day(facts.due_on))),
    )


def renewal_notice(facts: Facts) -> Body:
    rows = tuple((one.order_number, one.common_name, _day(one.ends_on)) for one in facts.certificates)
    return _body(
        facts,
        "［エスエスエルショップ］サーバ証明書 更新手続きのご案内",
        "ご契約中のサーバ証明書の有効期限が近づいておりますので、更新手続きのご案内を差し上げます。\n"
        "継続してご利用いただくには、有効期限までに更新手続きを完了していただく必要がございます。",
        Listing("対象の証明書", ("注文番号", "コモンネーム", "有効期限"), rows),
        "請求書は、別のメールにてお送りいたします。",
    )


def invoice(facts: Facts) -> Body:
    rows = tuple((one.order_number, one.common_name, f"¥{one.price:,}") for one in facts.certificates)
    return _body(
        facts,
        f"［エスエスエルショップ］ご請求書送付のご案内（No.{facts.invoice_number}）",
        "ご注文いただきました商品につきまして、下記のとおりご請求させていただきます。",
        Rows(
            "請求明細",
            (
                ("請求No.", facts.invoice_number),
                ("合計金額（税込）", f"¥{facts.total:,}"),
                ("うち消費税額等", f"¥{facts.tax:,}"),
                ("支払期日", _era(facts.due_on)),
            ),
        ),
        Listing("内訳", ("注文番号", "コモンネーム", "税抜金額"), rows),
        "お支払期日を過ぎた場合、お申し込みは自動的に取り消しとなりますのでご注意ください。",
        Button("請求書を表示する", f"{_SITE}/invoice/{facts.invoice_number}"),
    )


def payment_received(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］お支払いを確認いたしました",
        "このたびはお支払いいただき、誠にありがとうございます。下記のとおり確認いたしました。",
        Rows("お支払い内容", (("請求No.", facts.invoice_number), ("入金額", f"¥{facts.total:,}"))),
    )


def application_invitation(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］お申請手続きのお願い",
        "下記URLの申請ページへアクセスし、申請情報の入力をお願いいたします。\nCSRをあらかじめご用意ください。",
        _order(facts, ("申請期限", _day(facts.due_on))),
        Button("申請ページはこちら", facts.link or f"{_SITE}/entry/a8c1"),
    )


def applied_automatically(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］更新申請を代行いたしました",
        "お支払いが確認できましたので、前回の申請内容を引き継ぎ、更新申請を自動で行いました。\n"
        "申請ページでの入力は必要ございません。",
        _order(facts),
    )


def received(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］申請受付完了のお知らせ",
        "証明書の申請を受け付けました。認証局での審査完了まで、いましばらくお待ちください。",
        _order(facts, ("受付日時", f"{_day(facts.sent_on)} 11:42")),
    )


def validation_token(facts: Facts) -> Body:
    files = [
        Rows(
            "ファイル認証",
            (
                ("ドメイン名", token.name),
                ("設置先", f"http://{token.name}{token.path}"),
                ("記載内容", token.content),
            ),
        )
        for token in facts.tokens
    ]
    records = [
        Rows(
            "DNS認証",
            (
                ("ドメイン名", record.name),
                ("レコード名", f"{record.record}."),
                ("レコード種別", record.type),
                ("設定値", record.value),
            ),
        )
        for record in facts.records
    ]
    return _body(
        facts,
        "［エスエスエルショップ］ドメイン認証のお手続きについて",
        "ドメイン名の利用権確認のため、下記の設定をお願いいたします。",
        _order(facts),
        *files,
        *records,
        "設定後、数時間以内に認証局が確認を行います。",
    )


def approval_request(facts: Facts) -> Body:
    one = facts.first
    ways: tuple[Block, ...]
    if facts.code:
        ways = (
            "下記のページを開き、承認コードを入力してください。",
            Rows("承認手続き", (("承認コード", facts.code),)),
            Button("承認ページ", facts.link or "https://secure.ca.example.com/products/EnterDCVCode2?orderNumber=1"),
        )
    else:
        ways = (Button("ドメイン名の利用を承認する", facts.link or "https://approve.ca.example.com/r?id=52d1"),)
    return Body(
        f"[Domain Approval] ドメイン名の利用権確認のお願い: {one.common_name} (オーダ番号 #{one.order_number})",
        (
            f"{one.common_name} のドメイン名管理者様",
            f"{facts.legal_name} より、下記ドメイン名でのサーバ証明書の申請がありました。",
            Rows("申請内容", (("オーダ番号", one.order_number), ("ドメイン名", "\n　".join(one.names)))),
            *ways,
            "お心当たりがない場合は、何もせずにこのメールを削除してください。",
        ),
    )


def documents_asked(facts: Facts) -> Body:
    listed = "、".join(facts.documents or ("公共料金の領収書の写し（電話番号の記載があるもの）",))
    return _body(
        facts,
        "［エスエスエルショップ］【要返信】追加書類ご提出のお願い",
        "審査にあたり、認証局より書類の提出を求められております。下記をご確認ください。",
        _order(facts, ("提出書類", listed), ("提出期限", _era(facts.due_on))),
    )


def phone_call_arranged(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］電話認証のご案内",
        "認証局の担当者より、下記の番号にお電話いたします。ご本人様の在籍と申請の意思を確認いたします。",
        _order(
            facts,
            ("お電話先", facts.telephone),
            ("対象者", f"{facts.responsible} 様"),
            ("架電予定日", f"{_day(facts.due_on)} 午後"),
        ),
    )


def online_confirmation(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］オンラインでのご本人確認のお願い",
        "お電話での確認に代えて、下記のページからご本人確認を行っていただけます。",
        _order(facts, ("期限", _day(facts.due_on))),
        Button("本人確認ページ", facts.link or f"{_SITE}/verify/c71"),
    )


def certificate(facts: Facts) -> Body:
    inline: tuple[Block, ...] = tuple(Verbatim(one) for one in facts.pem)
    where = "本メール末尾に記載" if inline else f"添付ファイル（{facts.attachment or 'certificate.zip'}）"
    return _body(
        facts,
        "［エスエスエルショップ］サーバ証明書の発行が完了しました",
        f"サーバ証明書の発行が完了いたしました。証明書は{where}のとおりです。",
        _order(facts, ("有効期限", _day(facts.first.ends_on))),
        *inline,
        "証明書のインストール方法は、サポートページをご覧ください。",
    )


def reissue_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］証明書再発行手続きのお願い",
        "ご契約期間内ではございますが、証明書の有効期限が近づいております。無償の再発行手続きをお願いいたします。",
        _order(facts, ("証明書有効期限", _day(facts.first.ends_on)), ("契約終了日", _day(facts.due_on))),
        Button("再発行手続きページ", facts.link or f"{_SITE}/reissue/d02"),
    )


def expiry_reminder(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］【再送】まもなく証明書の有効期限が切れます",
        "更新手続きの完了が確認できておりません。有効期限まで残り7日となりました。",
        _order(facts, ("有効期限", _day(facts.first.ends_on))),
    )


def rejection(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］審査結果のお知らせ",
        "慎重に審査いたしました結果、誠に残念ながら、今回の申請は却下となりました。",
        _order(facts, ("却下理由", facts.reason or "お電話での在籍確認が取れなかったため")),
    )


def cancellation(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］ご注文取消のご連絡",
        "下記のご注文は取り消しとなりました。",
        _order(facts),
    )


def revocation_warning(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］【至急】ご利用中の証明書が失効されます",
        "認証局の決定により、下記の証明書が失効されます。失効日時までに入れ替えをお願いいたします。",
        _order(facts, ("失効日", _era(facts.due_on)), ("失効理由", facts.reason or "証明書に記載の誤りがあったため")),
    )


def _survey(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］お客様アンケートのお願い",
        "証明書の発行、お電話での対応などについて、ご意見をお聞かせください。",
        Button("アンケートに答える", f"{_SITE}/survey/"),
    )


def _shorter_validity(facts: Facts) -> Body:
    return _body(
        facts,
        "［エスエスエルショップ］SSL/TLSサーバ証明書の有効期間短縮について",
        "2027年3月15日より、証明書の最大有効期間が100日に短縮されます。\n"
        "これに伴い、再発行手続きの回数が増えます。詳細が決まり次第、改めてご案内いたします。",
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
NOISE = (_survey, _shorter_validity)
