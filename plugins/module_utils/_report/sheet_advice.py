# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the person who holds the sheet does: before the form, at it, and afterwards. One table by kind of step.

In its phrases: ``shop``, ``certificate``, ``order``: the shop's number, or the certificate's name; ``subject``: of the
CSR; ``reused``: what becomes of a certificate for the old key; ``opens``: the first day on which an application counts
as a renewal.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.account import ReusedKey
from .._core.step import StepKind
from .sheet_language import Phrase


@dataclass(frozen=True)
class Advice:
    """``first``: in order; ``form``: what the fields are, ``note``: of all, ``tick``: the box beside each of them.

    ``done``: which step is confirmed when; ``following``: what happens then.
    """

    title: Phrase
    ask: Phrase
    first: tuple[Phrase, ...]
    form: Phrase
    note: Phrase
    tick: Phrase
    done: tuple[tuple[StepKind, Phrase], ...]
    following: tuple[Phrase, ...]


OPEN_FORM = Phrase("ショップのフォームを開きます:", "Open the shop's form:")
OPEN_MY_PAGE = Phrase("{shop} のマイページを開きます:", "Open My Page at {shop}:")
OPEN_MY_PAGE_UNKNOWN = Phrase("{shop} のマイページを開きます。", "Open My Page at {shop}.")
NOT_ALLOWED = Phrase(
    "届いたリンクは載せていません。ホスト {host} が link_hosts にないためです。ショップのものと確かめられたときだけ、"
    "アカウントの link_hosts に加えてください。",
    "The link that came is not shown: its host {host} is not among link_hosts. Add it to those of the account only "
    "when you have made sure that it is the shop's.",
)
TOO_EARLY = Phrase(
    "購入は今、申請は {opens} からです。それより早い申請は新規として扱われ、残りの有効期間を失います。",
    "Buy now, but apply from {opens} on: an earlier application counts as new and loses what is left of the validity.",
)
SAME_SUBJECT = Phrase(
    "CSRの組織情報は前回のCSRと同じでなければなりません。このCSRでは: {subject}。フォームでも変えません。",
    "The subject must be equal to that of the CSR before. In this CSR it is: {subject}. Do not change it in the form.",
)
REUSED: t.Mapping[ReusedKey, Phrase] = {
    ReusedKey.ACCEPT: Phrase(
        "証明書はそのまま受け入れます (reused_key: accept)。", "The certificate is taken as it is (reused_key: accept)."
    ),
    ReusedKey.ACCEPT_THEN_REISSUE: Phrase(
        "証明書を受け入れてから、新しい鍵で再発行します (reused_key: accept_then_reissue)。",
        "The certificate is taken, then issued again with a new key (reused_key: accept_then_reissue).",
    ),
    ReusedKey.STOP: Phrase(
        "受け入れない設定です (reused_key: stop)。完了の報告をせず、ショップに申請の取り消しを頼みます。",
        "It is not to be taken (reused_key: stop): do not confirm, and ask the shop to cancel the application.",
    ),
}
UNCHANGED: tuple[Phrase, ...] = (
    Phrase(
        "会社名と住所は、{record}と一字一句同じに。大文字と小文字、ピリオド、コンマ、空白も変えません"
        " (Co., Ltd. と Co.,Ltd. は別のものです)。",
        "Organisation and address: letter for letter as in {record}, with its capitals, points, commas and spaces "
        "(Co., Ltd. and Co.,Ltd. are two companies).",
    ),
    Phrase(
        "コモンネーム、追加ドメイン、CSRは、増やさず、減らさず、書き換えません。",
        "Common name, additional names and CSR: nothing added, nothing left out, nothing rewritten.",
    ),
    Phrase(
        "電話番号は登録された代表番号のままにします。直通や携帯の番号では在籍確認ができません。",
        "The telephone number stays the record's. With a direct line or a mobile number the call cannot succeed.",
    ),
    Phrase(
        "認証方法と承認者を変えたいときは、先に tls_certificates の validation を変えて実行します。",
        "Another validation method or approver: change validation in tls_certificates first, and run again.",
    ),
)
CALL = Phrase(
    "認証局は代表電話番号 {telephone} に電話をかけ、{person} への取り次ぎを求めます。受付や交換の人が、認証局から電話が"
    "あることと、この人が在籍していることを知っているように、前もって伝えてください。",
    "The CA will call the representative number {telephone} and ask for {person}. Tell the switchboard beforehand that "
    "the CA will call and that this person works here.",
)
CONFIRMED_IN_ERROR = Phrase(
    "間違えて報告したときは、同じコマンドに -e tls_state=withdrawn を付けると取り消せます。",
    "Confirmed in error? The same command with -e tls_state=withdrawn takes it back.",
)
WITH_NUMBER = Phrase(
    "YOU は自分の名前に替えます。ショップの注文番号が分かるときは -e tls_reference=番号 を付けます。",
    "YOU is your name. Where the shop shows an order number, add -e tls_reference=NUMBER.",
)

_NOTHING_ELSE = Phrase(
    "ここにない項目は空欄のままにします。必須なら送信せずに知らせてください。",
    "A field that is not listed here stays empty. Where the shop insists on one, send nothing and say so.",
)
_COPY = Phrase(
    "下の項目を上から順に入力します。打ち直さず、コピーします。",
    "Enter the fields below in their order. Copy them, do not retype them.",
)
_COMPARE = Phrase(
    "送信前の確認画面を、このシートと見比べます。", "Compare the shop's last page before sending with this sheet."
)
_ONCE = Phrase(
    "送信は1回だけです。すでに申請済みと表示されたら送信せず、マイページの内容をこのシートと見比べます。",
    "Send it once only. If the shop says that it was applied for already, send nothing, and compare what My Page shows "
    "with this sheet.",
)

ADVICE: t.Mapping[StepKind, Advice] = {
    StepKind.PURCHASE: Advice(
        title=Phrase("購入シート", "Purchase sheet"),
        ask=Phrase("{shop} で証明書を購入してください。", "Buy the certificate at {shop}."),
        first=(
            Phrase(
                "{certificate} の注文がまだ無いことをマイページで確かめます。あれば購入せず、その注文番号で完了を報告"
                "します。",
                "Look on My Page first: is there an order for {certificate} already? Then buy nothing, and confirm "
                "with its number.",
            ),
            Phrase(
                "商品、ドメイン名の数、金額を確かめて、1回だけ注文します。",
                "Check product, number of names and price, and order once only.",
            ),
        ),
        form=Phrase("購入と申請の項目", "Fields of purchase and application"),
        note=_NOTHING_ELSE,
        tick=Phrase("入力済み", "Entered"),
        done=((StepKind.PURCHASE, Phrase("購入したら報告します:", "When it is bought, say so:")),),
        following=(
            Phrase(
                "請求や申請案内のメールは次の実行が読み取り、次にすることを知らせます。申請の欄はそのときにも使います。",
                "The next run reads the shop's mails (invoice, application) and says what comes next. The fields of "
                "the application are needed again then.",
            ),
        ),
    ),
    StepKind.APPLICATION: Advice(
        title=Phrase("申請シート", "Application sheet"),
        ask=Phrase(
            "{shop} の申請フォームに、この内容を入力してください。", "Enter this into the application form of {shop}."
        ),
        first=(_COPY, _COMPARE, _ONCE),
        form=Phrase("フォームの項目", "Fields of the form"),
        note=_NOTHING_ELSE,
        tick=Phrase("入力済み", "Entered"),
        done=((StepKind.APPLICATION, Phrase("送信したら報告します:", "When it is sent, say so:")),),
        following=(
            Phrase(
                "認証局がドメイン名と組織を確かめます。メールで届く認証用のファイルやレコードは、次の実行が読み取ります。",
                "The CA validates names and organisation. What it wants to see (files, records) comes by mail, and the "
                "next run reads it.",
            ),
            Phrase(
                "発行された証明書もメールで届き、次の実行がインストールします。",
                "The certificate comes by mail too, and the next run installs it.",
            ),
        ),
    ),
    StepKind.MY_PAGE: Advice(
        title=Phrase("マイページ確認シート", "My Page sheet"),
        ask=Phrase(
            "{shop} のマイページで、前回のデータで自動的に申請されたかどうかと、その内容を確かめてください。",
            "Look on My Page at {shop} whether the application was made automatically with last time's data, and "
            "compare it with this.",
        ),
        first=(
            Phrase(
                "申請済みなら、認証方法、承認者、責任者、住所、名前、CSRを下と見比べ、同じ項目に印を付けます。",
                "If it was applied for: compare method, approver, person, address, names and CSR with the fields "
                "below, and tick those that are the same.",
            ),
            Phrase(
                "認証方法や承認者が違えば、マイページで下の値に変えます。",
                "Method or approver differ: change them on My Page to what is written below.",
            ),
            Phrase(
                "責任者、住所、名前が違えば、完了の報告はせず、ショップに申請の差し戻しを頼みます。",
                "Person, address or names differ: do not confirm, and ask the shop to return the application.",
            ),
            Phrase(
                "CSRが違えば、前回のCSRと鍵で発行されます。{reused}",
                "The CSR differs: then the old CSR and key count. {reused}",
            ),
            Phrase(
                "まだ申請されていなければ、下の項目を申請フォームに入力し、1回だけ送信します。",
                "If it was not applied for: enter the fields below into the application form, and send it once only.",
            ),
        ),
        form=Phrase("見比べる項目", "Fields to compare"),
        note=Phrase(
            "マイページに表示されない項目は、印を付けずに飛ばします。", "Pass over what My Page does not show."
        ),
        tick=Phrase("同じ", "Same"),
        done=(
            (
                StepKind.MY_PAGE,
                Phrase("自動申請の内容が合っていたら報告します:", "If it was applied for and is in order, say so:"),
            ),
            (
                StepKind.APPLICATION,
                Phrase(
                    "自分で申請を入力したら、代わりにこう報告します:", "If you entered it yourself, say this instead:"
                ),
            ),
        ),
        following=(
            Phrase(
                "次の実行がその申請を引き継ぎ、認証と発行を待ちます。",
                "The next run takes up the application and waits for validation and issue.",
            ),
        ),
    ),
    StepKind.REISSUE: Advice(
        title=Phrase("再発行シート", "Reissue sheet"),
        ask=Phrase(
            "{shop} の再発行フォームに、この内容を入力してください。", "Enter this into the reissue form of {shop}."
        ),
        first=(
            Phrase(
                "注文 {order} の再発行を選びます。更新や新規の申し込みではありません。支払いを求められたら、送信せずに"
                "止めます。",
                "Choose the reissue of order {order}: no renewal and no new order. If the shop asks for payment, stop "
                "and send nothing.",
            ),
            _COPY,
            Phrase(
                "名前を減らしたり変えたりすると、前の証明書は72時間以内に失効させられます。",
                "A name that is left out or changed revokes the certificate before within 72 hours.",
            ),
            _COMPARE,
            _ONCE,
        ),
        form=Phrase("フォームの項目", "Fields of the form"),
        note=_NOTHING_ELSE,
        tick=Phrase("入力済み", "Entered"),
        done=((StepKind.REISSUE, Phrase("送信したら報告します:", "When it is sent, say so:")),),
        following=(
            Phrase(
                "認証局がドメイン名を確かめ直し、新しい証明書をメールで送ります。次の実行がインストールします。",
                "The CA validates the names again and sends the new certificate by mail. The next run installs it.",
            ),
        ),
    ),
}
