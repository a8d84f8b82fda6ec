# SPDX-License-Identifier: GPL-3.0-or-later
"""Japanese mails in every charset that mailers use, with the vendors' characters, right, wrong and missing labels."""

from __future__ import annotations

import base64
import quopri
import subprocess

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._mail.charsets import decoded
from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import parse

# NEC row 13, IBM's extensions, half-width kana, the second bytes that are backslash and bar in Shift_JIS.
TEXT = "更新のご案内①㈱髙﨑様 ｱｲｳ ソフト表示能力"
PLAIN = "更新のご案内です。お支払期限は十二月です。"
# libc's converter writes what Windows writes: CP50221 is not among what it knows, so its pieces are made here.
CHARSETS = {
    "utf-8": TEXT.encode(),
    "Shift_JIS": TEXT.encode("cp932"),
    "windows-31j": TEXT.encode("cp932"),
    "EUC-JP": subprocess.run(
        ["iconv", "-f", "UTF-8", "-t", "EUC-JP-MS"], input=TEXT.encode(), capture_output=True, check=True
    ).stdout,
}


def cp50221(text: str) -> bytes:
    """Write ISO-2022-JP as Windows does: characters of CP932 as rows of JIS, half-width kana by ESC ( I."""
    coded = b""
    for sign in text:
        raw = sign.encode("cp932")
        if len(raw) == 2:
            lead, trail = raw
            row = (lead - (0x81 if lead < 0xE0 else 0xC1)) * 2 + (1 if trail < 0x9F else 2)
            cell = trail - (0x9E if trail >= 0x9F else 0x3F if trail < 0x80 else 0x40)
            coded += b"\x1b$B" + bytes((row + 0x20, cell + 0x20)) + b"\x1b(B"
        else:
            coded += b"\x1b(I" + bytes((raw[0] - 0x80,)) + b"\x1b(B" if raw[0] > 0x80 else raw
    return coded.replace(b"\x1b(B\x1b$B", b"")


NEC = "更新のご案内①㈱様 ｱｲｳ ソフト表示能力"
CHARSETS["iso-2022-jp"] = cp50221(NEC)


def expected(charset: str) -> str:
    return NEC if charset == "iso-2022-jp" else TEXT


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", CHARSETS)
def test_every_charset_in_every_encoding(charset: str, encoding: str):
    coded = {"8bit": bytes, "base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding]
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"

    assert parse(head.encode() + coded(CHARSETS[charset])).text == expected(charset)


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("label", ["", "us-ascii", "x-unknown", "klingon", "iso-8859-1", *CHARSETS])
def test_labels_that_are_wrong_or_missing(charset: str, label: str):
    if label == "EUC-JP" and charset in ("Shift_JIS", "windows-31j"):
        assert decoded(PLAIN.encode("cp932"), label) == PLAIN
    else:
        assert decoded(CHARSETS[charset], label) == expected(charset)


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (b"\x1b$B99?7", "iso-2022-jp", "更新"),
        (b"\x1b$B99?7\n\x1b(Babc", "iso-2022-jp", "更新\nabc"),
        (b"\x1b$@99?7\x1b(J\\", "iso-2022-jp", "更新\\"),
        (b"\x0e123\x0f1", "iso-2022-jp", "ｱｲｳ1"),
        (b"\x1b$(D\x30\x21\x1b(B", "iso-2022-jp-1", "丂"),
        (b"\x8f\xf4\xfc", "euc-jp", "魲"),
        ("caf\u00e9".encode("latin-1"), "iso-8859-1", "café"),
        ("Größe".encode("cp1252"), "windows-1252", "Größe"),
        ("更新".encode("gb18030"), "gb2312", "更新"),
        ("갱신".encode("cp949"), "ks_c_5601-1987", "갱신"),
        ("更新".encode("utf-16"), "utf-16", "更新"),
        (b"+ZvRlsA-", "utf-7", "更新"),
        (b"rot13", "rot13", "rot13"),
    ],
)
def test_what_else_mailers_write(data: bytes, charset: str, text: str):
    assert decoded(data, charset) == text


@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "euc-jp", "shift_jis", "", "utf-16", "utf-7", "gb2312"])
def test_what_nobody_can_read_is_marked_and_nothing_is_raised(charset: str):
    text = decoded(b"ok \xff\xfe\x80\x1b$B\x01\xff \xf5\xf6", charset)

    # Some charsets have a sign for everything.
    assert "\ufffd" in text or charset in ("utf-16", "utf-7", "gb2312", "shift_jis")
