# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole mails: which part is the text, what is attached, what was forwarded; and mails that are made to hurt."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import parse
from ansible_collections.koshin.tls.plugins.module_utils._mail.senders import judged
from unit._mail.material import letter, portal

MEBIBYTE = 1024 * 1024
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"


def test_text_subject_and_attachments():
    mail = letter("更新のご案内", "本文\n")
    mail.add_attachment(b"\x30\x82", maintype="application", subtype="pkix-cert", filename="証明書.cer")

    parsed = parse(mail.as_bytes())

    assert (parsed.subject, parsed.text, parsed.problem) == ("更新のご案内", "本文", "")
    (attached,) = parsed.attachments
    assert (attached.name, attached.content_type, attached.content) == (
        "証明書.cer",
        "application/pkix-cert",
        b"\x30\x82",
    )


RICH = "<p>ご注文番号は <b>12345</b> です。</p>"


@pytest.mark.parametrize(
    ("plain", "rich", "text"),
    [
        ("本文", RICH, "本文"),
        ("", RICH, "ご注文番号は 12345 です。"),
        ("Use another program.", "<p>" + "long " * 100 + "</p>", ("long " * 100).strip()),
        ("short", "<p>not much longer than that is this</p>", "short"),
    ],
)
def test_plain_text_counts_unless_it_says_nothing(plain: str, rich: str, text: str):
    mail = EmailMessage()
    mail.set_content(plain)
    mail.add_alternative(rich, subtype="html")

    assert parse(mail.as_bytes()).text == text


def test_a_mail_of_html_alone():
    mail = EmailMessage()
    mail.set_content(
        '<table><tr><td>注文番号</td><td>12345</td></tr></table><a href="https://a.example/">承認</a>', subtype="html"
    )

    assert parse(mail.as_bytes()).text == "注文番号 | 12345\n承認 <https://a.example/>"


def test_an_attached_mail_counts_with_its_subject_text_and_attachments():
    inner = letter("証明書発行のお知らせ", "証明書を添付します。\n")
    inner.add_attachment(b"PK", maintype="application", subtype="zip", filename="a.zip")
    outer = letter("Fwd", "ご確認ください。\n", sender="tanaka@example.jp")
    outer.add_attachment(inner)

    parsed = parse(outer.as_bytes())

    assert parsed.text.startswith("ご確認ください。")
    assert "Subject: 証明書発行のお知らせ\n\n証明書を添付します。" in parsed.text
    assert [attached.name for attached in parsed.attachments] == ["a.zip"]


def test_the_history_is_kept_apart():
    parsed = parse(letter("Re: x", "承知しました。\n> 注文番号: 1\n").as_bytes())

    assert (parsed.text, parsed.quoted) == ("承知しました。", "> 注文番号: 1")


def test_a_named_text_is_text_and_attachment():
    mail = letter("x", "body\n")
    mail.add_attachment("-----BEGIN CERTIFICATE-----\n", subtype="plain", filename="www.crt", disposition="inline")
    mail.add_attachment("only attached\n", subtype="plain", filename="readme.txt")

    parsed = parse(mail.as_bytes())

    assert parsed.text == "body\n\n\n-----BEGIN CERTIFICATE-----"
    assert [attached.name for attached in parsed.attachments] == ["www.crt", "readme.txt"]


def test_format_flowed():
    raw = b"Content-Type: text/plain; format=flowed; delsp=yes; charset=utf-8\n\n" + "更新の \nご案内".encode()

    assert parse(raw).text == "更新のご案内"


@pytest.mark.parametrize(
    ("raw", "text", "problem"),
    [
        (b"", "", ""),
        (b"Subject: x", "", ""),
        (b"\nbody", "body", ""),
        (b"Content-Type: multipart/mixed\n\nno boundary", "no boundary", ""),
        (b"Content-Type: multipart/mixed; boundary=b\n\nno part", "no part", ""),
        (MIXED + b"--b\n\none\n--b\n\ntwo", "one\n\ntwo", ""),
        (MIXED + b"preamble\n--b\n\none\n--b--\nepilogue\n--b\n\nthree", "one", ""),
        (MIXED + b"--bx\n\nno\n--b \t\r\n\r\none\r\n--b--", "one", ""),
        (b"Content-Type: nonsense\n\nbody", "body", ""),
        (b'Content-Type: text/plain; charset="\n\nbody', "body", ""),
        (b"Content-Transfer-Encoding: x-rot13\n\nbody", "body", "a part has a transfer encoding that is not known"),
        (b"\n\0a\x1bb\x07\r\ncafe\xcc\x81", "ab\ncafé", ""),
    ],
)
def test_mails_that_are_none(raw: bytes, text: str, problem: str):
    parsed = parse(raw)

    assert (parsed.text, parsed.problem) == (text, problem)


def nested(depth: int, inner: bytes = b"\n\nx") -> bytes:
    shell = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return shell + inner


BOMBS = {
    "many parts": (MIXED + b"--b\n\nx\n" * 1_000_000, "it has more than 100 parts"),
    "deep parts": (nested(300), "its parts are nested more than 20 deep"),
    "deep and large": (nested(19, b"\n\n" + b"\n" * 9 * MEBIBYTE), "its parts are nested too deep for their size"),
    "deep mails": (b"Content-Type: message/rfc822\n\n" * 100_000, "its parts are nested more than 20 deep"),
    "boundaries": (MIXED + b"--bx\n" * 2_000_000, "its boundaries are a maze"),
    "headers": (b"a" * 10 * MEBIBYTE, "its headers are larger than 256 KiB"),
    "many headers": (b"a: b\n" * 2_000_000, "its headers are larger than 256 KiB"),
    "words": (b"Subject: " + b"=?utf-8?B?QQ==?= " * 100_000, "its headers are larger than 256 KiB"),
    "lines": (b"\n" * 10 * MEBIBYTE, "its text is longer than 256 Ki characters"),
    "quotations": (b"\n" + b">\n" * 5 * MEBIBYTE, "its text is longer than 256 Ki characters"),
    "html": (b"Content-Type: text/html\n\n" + b"<td>" * 2 * MEBIBYTE, "its text is longer than 256 Ki characters"),
    "escapes": (b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B" * 3 * MEBIBYTE, None),
    "no characters": (b"Content-Type: text/plain; charset=euc-jp\n\n" + b"\xff" * 10 * MEBIBYTE, None),
    "many texts": (
        MIXED + b"".join(b"--b\n\n" + b"x" * 200_000 + b"\n" for _part in range(50)),
        "its text is longer than 256 Ki characters",
    ),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_is_a_finding_and_takes_no_time(what: str, quick):
    raw, problem = BOMBS[what]

    with quick():
        parsed = parse(raw[: 10 * MEBIBYTE])

    assert problem is None or parsed.problem == problem
    assert len(parsed.text) <= 300 * 1024


PIECES = [
    *[
        b"\n",
        b"\r\n",
        b"\n\n",
        b"--b\n",
        b"--b--",
        b"--",
        MIXED,
        b"Content-Type: ",
        b"text/html",
        b"text/plain",
        b"; charset=",
    ],
    *[
        b"multipart/alternative; boundary=b\n",
        b"message/rfc822\n\n",
        b"iso-2022-jp",
        b"euc-jp",
        b"utf-7",
        b"utf-16",
        b"base64",
    ],
    *[
        b"Content-Transfer-Encoding: ",
        b"quoted-printable\n",
        b"=?utf-8?B?",
        b"?=",
        b"=",
        b"<a href=",
        b"<table><tr><td>",
        b">",
    ],
    *[
        b"<!--",
        b"\x1b$B",
        b"\x1b(I",
        b"\x0e",
        b"\xa4\xa2",
        b"\xff\xfe",
        b"\x00",
        b"From: ",
        b"a@shop.example",
        b"<",
        b"(",
        b'"',
    ],
    *[
        b"Subject: ",
        b"; name*0*=utf-8''%",
        b"; filename=",
        b"On x wrote:\n",
        b"-----Original Message-----\n",
        b"; format=flowed",
    ],
    *[
        b"Authentication-Results: mail.example.jp; dkim=pass header.d=",
        b"DKIM-Signature: d=shop.example; a=rsa-sha256; h=from:subject; s=s; b=QQ==; bh=QQ==; v=1\n",
    ],
]


@settings(max_examples=400, deadline=1000)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)), max_size=60).map(b"".join))
def test_nothing_that_anybody_sends_raises_or_hangs(raw: bytes):
    parsed = parse(raw)
    sender = judged(
        raw,
        parsed.headers,
        portal(check_dkim=True, authentication_server="mail.example.jp"),
        look_up_text=lambda _name: b"v=DKIM1; k=rsa; p=QQ==",
    )

    # Whatever it was, it can be stored, shown and compared.
    for text in (parsed.subject, parsed.text, parsed.quoted, sender.distrust, *(a.name for a in parsed.attachments)):
        assert "\0" not in text
        text.encode()
