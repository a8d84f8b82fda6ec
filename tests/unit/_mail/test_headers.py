# SPDX-License-Identifier: GPL-3.0-or-later
"""Headers as mailers write them: folded in the middle of a character, broken, in pieces; and within limits."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._mail.headers import (
    content_type,
    from_base64,
    plain_name,
    split,
    words,
)

UTF8 = "更新のご案内".encode()


def word(charset: str, data: bytes) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(data) + b"?="


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (word("UTF-8", UTF8), "更新のご案内"),
        (word("utf-8", UTF8[:4]) + b"\r\n " + word("UTF-8", UTF8[4:]), "更新のご案内"),
        (word("utf-8*ja", UTF8), "更新のご案内"),
        (word("iso-2022-jp", b"\x1b$B99") + b" " + word("iso-2022-jp", b"?7\x1b(B"), "更新"),
        (word("utf-8", UTF8) + word("shift_jis", "請求書".encode("cp932")), "更新のご案内請求書"),
        (b"[" + word("utf-8", UTF8) + b"] Order 12345", "[更新のご案内] Order 12345"),
        (b"Re: =?utf-8?Q?=E6=9B=B4_=E6=96=B0?=", "Re: 更 新"),
        (b"=?utf-8?q?=E6=9B=B4 =E6=96=B0?=", "更 新"),
        (word("utf-8", UTF8)[:-2], "更新のご案内"),
        (word("utf-8", UTF8)[:-3] + b"?=", "更新のご案\ufffd"),
        (word("utf-8", UTF8) + b"   " + word("utf-8", UTF8), "更新のご案内更新のご案内"),
        (UTF8, "更新のご案内"),
        ("更新のご案内".encode("cp932"), "更新のご案内"),
        (b"\x1b$B99?7\x1b(B", "更新"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?", "=?"),
    ],
)
def test_encoded_words(value: bytes, text: str):
    assert words(value) == text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'application/zip; name="a.zip"', "a.zip"),
        (b"application/zip; name=a.zip; x=y", "a.zip"),
        (b"application/zip; name*=utf-8'ja'%E8%A8%BC%E6%98%8E.zip", "証明.zip"),
        (b"application/zip; name*0*=utf-8''%E8%A8%BC; name*1*=%E6%98%8E; name*2=\".zip\"", "証明.zip"),
        (b'application/zip; name*1=".zip"; name*0="a"', "a.zip"),
        (b'application/zip; name="' + word("utf-8", "証明.zip".encode()) + b'"', "証明.zip"),
        ('application/zip; name="証明.zip"'.encode("cp932"), "証明.zip"),
        (b'application/zip; name="a\\"b;c.zip"; charset=x', 'a"b;c.zip'),
        (b"application/zip; NAME=A.ZIP", "A.ZIP"),
        (b'application/zip; name="unfinished', '"unfinished'),
        (b"application/zip", ""),
    ],
)
def test_parameters(value: bytes, name: str):
    assert content_type(value)["name"] == name
    assert content_type(value).kind == "application/zip"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\etc\\passwd", "/etc/passwd", "a/\0pass\u202ewd", "etc/passwd/"]
)
def test_a_files_name_is_no_path(name: str):
    assert plain_name(name) == "passwd"


@pytest.mark.parametrize(
    ("data", "content"),
    [(b"QUJD", b"ABC"), (b"Q U\r\nJ!D", b"ABC"), (b"QUI=", b"AB"), (b"QQ", b"A"), (b"QUJDR", b"ABC")],
)
def test_base64_with_whatever_else_stands_between(data: bytes, content: bytes):
    assert from_base64(data) == content


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_fields_are_unfolded_and_the_topmost_counts(end: bytes):
    headers, body = split(
        end.join([b"Subject: one", b"\ttwo", b"no field", b"SUBJECT: three", b"", b"body", b"", b"x"])
    )

    assert headers.text("subject") == "one two"
    assert headers.all("subject") == [b"one\ttwo", b"three"]
    assert body == end.join([b"body", b"", b"x"])


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"a: " + b"x" * 300_000, "its headers are larger than 256 KiB"),
        (b"a: x\n" * 2000, "it has more than 1000 headers"),
        (b"a: " + b"x" * 40_000, "a header is larger than 32 KiB"),
    ],
)
def test_headers_without_end(raw: bytes, problem: str):
    headers, body = split(raw.rstrip() + b"\n\nbody")

    assert headers.problem == problem
    assert body == b"body"
