# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody may send: real mails, archives, PEM and PKCS#7 that suffered on their way, and made-up ones."""

from __future__ import annotations

import io
import zipfile
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import strategies as st

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from sandbox.reseller.letters import KINDS, SHOPS, answered, noise, write
from sandbox.reseller.letters_mail import CHARSETS, DELIVERIES, as_mail, compose
from sandbox.reseller.letters_paper import Facts
from unit._mail.shop_mails import FACTS, with_certificates
from unit._x509 import material as pki

ROOT = pki.authority("Root")
INTERMEDIATE = pki.authority("Intermediate", ROOT)
LEAF = pki.leaf(INTERMEDIATE, "www.example.jp", "example.jp", "shop.example.jp")
OTHER = pki.leaf(INTERMEDIATE, "www.example.jp", key=pki.ec_key())
RSA = pki.leaf(INTERMEDIATE, "rsa.example.jp", key=pki.rsa_key())
PARTIES = (ROOT, INTERMEDIATE, LEAF, OTHER, RSA)
DERS = tuple(one.certificate.public_bytes(Encoding.DER) for one in PARTIES)

# What a mail's structure, a shop's words, or a certificate's wrapping hangs on.
_PIECES = (
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "　",
        ":",
        "：",
        "|",
        "=",
        "は",
        "。",
        "、",
        "「",
        "」",
        "(",
        ")",
        "【",
        "】",
        "> ",
        ">>",
    ),
    *(
        "請求書番号",
        "ご請求金額",
        "お支払期限",
        "コモンネーム",
        "追加ドメイン",
        "設置先",
        "記載内容",
        "ホスト名",
        "値",
        "必要書類",
    ),
    *("Invoice number", "Total due", "Order #", "Domain", "Record value", "更新のご案内", "発行のお知らせ", "承認"),
    *("www.example.jp", "*.example.jp", "日本語.jp", "xn--", "a." * 30, "-" * 40, "_dnsauth", "admin@example.jp"),
    *(
        "65,780円",
        "¥1,",
        "JPY",
        "2026年12月31日",
        "令和元年",
        "31 December",
        "0" * 20,
        "１２",
        "9999/99/99",
        "1,000" * 10,
    ),
    *("https://www.bestssl.net/", "http(s)://", "https://[::", "https://a@b", "/.well-known/pki-validation/", "../"),
    *(
        "a.safelinks.protection.outlook.com/?url=",
        " IN TXT ",
        " IN CNAME ",
        "\0",
        "\x1b$B",
        "\ufeff",
        "\u202e",
        "ﷺ" * 20,
    ),
    *("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-----BEGIN PKCS7-----", "-----END PKCS7-----"),
    *("-----BEGIN PRIVATE KEY-----", "-----BEGIN TRUSTED CERTIFICATE-----", "MIIB", "AAAA" * 50, "=" * 5, "-----"),
    *(
        "On Mon wrote:",
        "-----Original Message-----",
        "差出人: x",
        "Subject: Fwd: x",
        "-- \n",
        "&nbsp;",
        "&#0;",
        "&#x110000;",
    ),
    *(
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "<br>",
        "<a href=",
        "<blockquote type=cite>",
        "<!--",
        "<style>",
        "<" * 30,
        "<pre>",
    ),
    *(
        "Content-Type: multipart/mixed; boundary=x\n\n",
        "--x\n",
        "--x--\n",
        "Content-Type: text/html; charset=shift_jis\n",
    ),
    *("Content-Transfer-Encoding: base64\n\n", "Content-Type: message/rfc822\n\n", "Subject: =?iso-2022-jp?B?GyRC?=\n"),
)


def mails() -> st.SearchStrategy[bytes]:
    """Real mails, damaged; shops' words, damaged beneath an intact wrapping; and what is made of the pieces alone."""
    pieces = st.lists(st.sampled_from(_PIECES) | st.text(max_size=20), max_size=60)
    made_up = pieces.map(lambda found: "".join(found).encode("utf-8", errors="replace"))
    rewritten = damaged(st.sampled_from(_real_texts())).map(_plain_mail)
    return damaged(st.sampled_from(_real_mails())) | rewritten | made_up


def archives() -> st.SearchStrategy[bytes]:
    return damaged(st.sampled_from(_real_archives()))


def pem_texts() -> st.SearchStrategy[str]:
    """PEM, damaged as bytes and as text, and blocks of whatever."""
    real = damaged(st.sampled_from([one.pem.encode() for one in PARTIES])).map(lambda raw: raw.decode("latin-1"))
    made_up = st.lists(st.sampled_from(_PIECES) | st.sampled_from([one.pem for one in PARTIES]), max_size=30)
    return real | made_up.map("".join)


def bundles() -> st.SearchStrategy[bytes]:
    """PKCS#7 and certificates in DER, damaged."""
    return damaged(st.sampled_from(_real_bundles()))


@st.composite
def damaged(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """Some bytes changed, cut out, said twice or put in; one in a few is left as it was."""
    content = draw(originals)
    for _unused in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from((1, 1, 2, 8, 60, 400)))
        piece = content[place : place + length]
        change = draw(st.integers(0, 4))
        if change == 0:
            piece = bytes(byte ^ draw(st.sampled_from((1, 2, 32, 128, 255))) for byte in piece[:1]) + piece[1:]
        elif change == 1:
            piece = b""
        elif change == 2:
            piece = piece * draw(st.integers(2, 5))
        elif change == 3:
            piece = draw(st.binary(max_size=8)) + piece
        else:
            piece = draw(st.sampled_from(_PIECES)).encode("utf-8", errors="replace") + piece
        content = content[:place] + piece + content[place + length :]
    return content


@cache
def _real_mails() -> list[bytes]:
    chain = with_certificates((LEAF.pem, INTERMEDIATE.pem))
    found = []
    for shop in SHOPS:
        charsets = CHARSETS if shop != "generic_en" else ("utf-8",)
        for place, kind in enumerate(KINDS):
            charset = charsets[place % len(charsets)]
            found.append(compose(shop, kind, FACTS, charset=charset, html_only=place % 2 == 0).as_bytes())
        for delivery in DELIVERIES:
            found.append(compose(shop, MessageKind.CERTIFICATE, chain, delivery=delivery).as_bytes())
        past = write(shop, MessageKind.INVOICE, Facts())
        found.append(as_mail(answered(noise(shop, FACTS)[0], past, on=FACTS.sent_on)).as_bytes())
    return found


@cache
def _real_texts() -> list[bytes]:
    """Subject, line by line what stands in the letter, as UTF-8."""
    chain = with_certificates((LEAF.pem, INTERMEDIATE.pem))
    letters = [write(shop, kind, FACTS) for shop in SHOPS for kind in KINDS]
    letters += [write(shop, MessageKind.CERTIFICATE, chain) for shop in SHOPS]
    return [f"{letter.subject}\n{letter.text}".encode() for letter in letters]


def _plain_mail(raw: bytes) -> bytes:
    subject, _newline, text = raw.partition(b"\n")
    head = b"Subject: " + subject.replace(b"\r", b" ") + b"\nContent-Type: text/plain; charset=utf-8\n\n"
    return head + text


@cache
def _real_archives() -> list[bytes]:
    members = [(f"{place}.crt", one.pem.encode()) for place, one in enumerate(PARTIES)]
    inner = _zip(members[:2], zipfile.ZIP_DEFLATED)
    return [
        _zip(members, zipfile.ZIP_DEFLATED),
        _zip(members, zipfile.ZIP_STORED),
        _zip([("inner.zip", inner), ("chain.p7b", _real_bundles()[0])], zipfile.ZIP_DEFLATED),
        _zip([("inner.zip", inner), *members], zipfile.ZIP_STORED),
        _zip([("bomb", bytes(2_000_000))], zipfile.ZIP_DEFLATED),
        _zip([("lzma", members[2][1])], zipfile.ZIP_LZMA),
        _zip([("key.pem", LEAF.key_pem), *members], zipfile.ZIP_DEFLATED),
        _zip([], zipfile.ZIP_STORED),
    ]


@cache
def _real_bundles() -> list[bytes]:
    loaded = [one.certificate for one in PARTIES]
    return [
        pkcs7.serialize_certificates(loaded, Encoding.DER),
        pkcs7.serialize_certificates(loaded[2:3], Encoding.DER),
        pkcs7.serialize_certificates(loaded[1:3], Encoding.PEM),
        *DERS,
    ]


def _zip(members: list[tuple[str, bytes]], method: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()
