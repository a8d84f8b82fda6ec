# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headings and labels of the application sheet, for page and text alike."""

from __future__ import annotations

from .sheet_language import Phrase

WARNINGS = Phrase("入力する前に直すこと", "To be put in order before anything is entered")
FIRST = Phrase("はじめに", "First")
NAMES = Phrase("ドメイン名ごとの認証", "How each name is validated")
PERSON = Phrase("申請企業責任者と電話確認", "Responsible person and phone call")
UNCHANGED = Phrase("変えてはいけないもの", "What must not be changed")
AFTERWARDS = Phrase("終わったら", "Afterwards")
FOLLOWING = Phrase("このあと", "What happens next")
CSR_APART = Phrase("CSR (フォームが求めたとき)", "CSR, where the form asks for it")
LOOK_ON_MY_PAGE = Phrase("マイページで確かめて入力します。", "Look it up on My Page, and enter it.")
LEAVE_EMPTY = Phrase("空欄のままにします。", "Leave it empty.")
FILL_IN_FIRST = Phrase("値がありません。上の注意を見てください。", "There is no value: see the warnings above.")
AT_THE_END = Phrase("このシートの最後にあります。", "It stands at the end of this sheet.")
COPY = Phrase("コピー", "Copy")
COPY_ALL = Phrase("まとめてコピー(1行に1つ)", "Copy all, one a line")
COPIED = Phrase("コピーしました", "Copied")
NOT_COPIED = Phrase(
    "コピーできませんでした。選択してあるので Ctrl+C を押してください",
    "It could not be copied. It is selected: press Ctrl+C",
)
PRIVATE = Phrase(
    "個人の情報を含みます。必要な人だけに渡してください。koshin.tls が作成しました。ショップの情報は {checked_on} に"
    "確認したものです。",
    "This holds people's data: hand it only to those who need it. Written by koshin.tls; what it knows of the shop was "
    "looked up on {checked_on}.",
)
NAME = Phrase("ドメイン名", "Name")
METHOD = Phrase("認証方法", "Method")
WHAT_HAPPENS = Phrase("すること・起きること", "What will happen")
