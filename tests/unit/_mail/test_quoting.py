# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest words of a mail, the history below them, and what is forwarded."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._mail.quoting import split_history, unflowed


@pytest.mark.parametrize(
    ("text", "own", "quoted"),
    [
        ("new\n> old\n>> older\nmore", "new\nmore", "> old\n>> older"),
        ("new\n\nOn Mon, 3 Nov 2026 at 10:00, Shop <a@shop.example> wrote:\n\n> old", "new\n", None),
        ("new\n\nOn Mon, 3 Nov 2026 at 10:00, Shop\n<a@shop.example> wrote:\n> old", "new\n", None),
        ("承知しました\n\n2026年11月25日(水) 10:00 Shop <a@shop.example>:\n> 旧", "承知しました\n", None),
        ("new\n-----Original Message-----\nFrom: a\n\nold", "new", "-----Original Message-----\nFrom: a\n\nold"),
        ("new\n----- 元のメッセージ -----\nold", "new", "----- 元のメッセージ -----\nold"),
        ("new\n________________________________\nFrom: a\nSent: b\nold", "new", None),
        ("新\n________________________________\n差出人： a\n旧", "新", None),
        ("new\nOn Mon, 3 Nov 2026, Shop wrote:\nold without marks", "new", None),
        ("new\n____________________________\nnot a history", "new\n____________________________\nnot a history", ""),
        ("On Monday we wrote: no", "On Monday we wrote: no", ""),
        ("> all of it\n> is quoted", "> all of it\n> is quoted", ""),
        (
            "see\n----- 転送メッセージ -----\n件名: x\n\nOrder 5\n> old",
            "see\n----- 転送メッセージ -----\n件名: x\n\nOrder 5",
            "> old",
        ),
        ("---------- Forwarded message ---------\nFrom: a\n-----Original Message-----\nx", None, ""),
        ("--\nsignature", "--\nsignature", ""),
    ],
)
def test_newest_words_and_history(text: str, own: str | None, quoted: str | None):
    found = split_history(text, "Re: 更新のご案内")

    assert found[0] == (text if own is None else own.rstrip("\n"))
    if quoted is None:
        assert found[1].split() == text.removeprefix(own).split()
    else:
        assert found[1] == quoted


@pytest.mark.parametrize("subject", ["Fwd: x", "FW: x", "転送: x", "Fw：x"])
def test_a_forwarded_mail_counts_as_newest_words(subject: str):
    text = "-----Original Message-----\nFrom: a\n\nOrder 5"

    assert split_history(f"see\n{text}", subject) == (f"see\n{text}", "")


def test_lines_that_were_wrapped_for_the_way():
    assert (
        unflowed("Hello \nworld\n> a \n> b\n-- \nme\n from", delete_space=False) == "Hello world\n> a b\n-- \nme\nfrom"
    )
    assert unflowed("更新の \nご案内", delete_space=True) == "更新のご案内"


@pytest.mark.parametrize(
    "piece", ["on ", "on xxxxxxx\n", "2026年1月1日 <", ">\n", "-", "_" * 25 + "\n", "\n", "on x wrote:\n"]
)
def test_no_text_takes_long(piece: str, quick):
    with quick():
        split_history(piece * (256 * 1024 // len(piece)), "")
        unflowed(piece * (256 * 1024 // len(piece)), delete_space=True)
