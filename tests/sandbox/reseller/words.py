# SPDX-License-Identifier: GPL-3.0-or-later
"""The web site's words in its two languages."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method

from .letters import SHOPS
from .manners import Manners
from .nouns import Stage

Words = tuple[str, str]

STAGES: Mapping[Stage, Words] = {
    Stage.BOUGHT: ("ご注文受付", "Ordered"),
    Stage.INVOICED: ("入金待ち", "Awaiting payment"),
    Stage.PAID: ("入金済み", "Paid"),
    Stage.INVITED: ("申請待ち", "Awaiting application"),
    Stage.APPLIED: ("申請済み", "Application received"),
    Stage.VALIDATING: ("オンライン認証待ち", "Awaiting domain validation"),
    Stage.DOCUMENTS_ASKED: ("書類提出待ち", "Awaiting documents"),
    Stage.PHONE_CALL_DUE: ("電話確認待ち", "Awaiting phone confirmation"),
    Stage.ISSUED: ("発行済み", "Issued"),
    Stage.REJECTED: ("審査否認", "Rejected"),
    Stage.CANCELLED: ("キャンセル", "Cancelled"),
    Stage.REISSUE_REQUESTED: ("再発行申請中", "Reissue in progress"),
    Stage.REISSUED: ("再発行済み", "Reissued"),
}
METHODS: Mapping[Method, Words] = {
    Method.EMAIL: ("メール認証", "mail validation"),
    Method.FILE: ("ファイル認証", "file validation"),
    Method.DNS: ("DNS認証", "DNS validation"),
}
ACTIONS: Mapping[str, Words] = {"new": ("新規", "new"), "renewal": ("更新", "renewal")}
_PHRASES: Mapping[str, Words] = {
    "my_page": ("マイページ", "My Page"),
    "log_in": ("ログイン", "Log in"),
    "login": ("ログインID", "Login"),
    "password": ("パスワード", "Password"),
    "services": ("マイサービス", "Services"),
    "number": ("ご注文番号", "Order number"),
    "product": ("商品名", "Product"),
    "common_name": ("コモンネーム", "Common name"),
    "additional_name": ("追加ドメイン", "Additional name"),
    "method": ("認証方法", "Validation method"),
    "approver": ("承認者メールアドレス", "Approver e-mail"),
    "state": ("状態", "State"),
    "invoices": ("請求書", "Invoices"),
    "invoice": ("請求書番号", "Invoice number"),
    "amount": ("ご請求金額", "Amount"),
    "tax": ("消費税", "Tax"),
    "due_on": ("お支払期限", "Due date"),
    "paid": ("振込完了", "Paid by bank transfer"),
    "paid_at": ("ご入金日", "Paid on"),
    "buy": ("購入", "Buy"),
    "name_count": ("ドメイン数", "Number of names"),
    "apply": ("申請", "Application"),
    "send": ("送信", "Submit"),
    "reissue": ("再発行申請", "Reissue"),
    "change": ("認証方法の変更", "Change of validation"),
    "name": ("ドメイン", "Name"),
    "cancel": ("キャンセル", "Cancel"),
    "documents": ("書類提出", "Documents"),
    "file": ("ファイル", "File"),
    "approve": ("承認する", "Approve"),
    "code": ("認証コード", "Code"),
    "confirm": ("オンライン確認", "Online confirmation"),
    "path": ("認証ファイルのURL", "File URL"),
    "content": ("認証ファイルの内容", "File content"),
    "record": ("DNSレコード", "DNS record"),
    "ends": ("有効期限", "Valid until"),
    "term_ends": ("契約満了日", "Order ends"),
    "renewal": ("更新として認識", "Recognised as renewal"),
    "automatic": ("自動申請", "Applied automatically"),
    "reason": ("備考", "Remarks"),
    "yes": ("はい", "yes"),
    "no": ("いいえ", "no"),
    "done": ("受け付けました", "Thank you"),
    "refused": ("受け付けられません", "This cannot be done"),
    "certificate": ("証明書", "Certificate"),
}


class Speech:
    """The words of one shop."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self.language = SHOPS[manners.shop].paper.language

    def __call__(self, phrase: str) -> str:
        return self._in_language(_PHRASES[phrase])

    def stage(self, stage: Stage) -> str:
        return self._manners.unknown_word or self._in_language(STAGES[stage])

    def method(self, method: Method) -> str:
        return self._in_language(METHODS[method])

    def action(self, action: str) -> str:
        return self._in_language(ACTIONS[action])

    def name_field(self, place: int) -> str:
        """Return what a name is called: the common name, then additional names one by one."""
        return self("common_name") if place == 0 else f"{self('additional_name')}{place}"

    def _in_language(self, words: Words) -> str:
        return words[self.language == "en"]
