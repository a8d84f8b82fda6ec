# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates out of mails: any wrapping, any order, each once; never a key, never a hang."""

from __future__ import annotations

import base64
import io
import textwrap
import time
import zipfile
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import pkcs7 as pkcs7_of
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._mail.certificates import certificates_of
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Attachment
from ansible_collections.koshin.tls.plugins.module_utils._x509.bundle import Bundle, certificates_in_text
from sandbox.reseller.letters import SHOPS, forwarded, write
from sandbox.reseller.letters_mail import CHARSETS, DELIVERIES, as_mail, compose
from unit._mail.shop_mails import mail_of, plain_mail, understood, with_certificates
from unit._x509 import material as pki

ROOT = pki.authority("Root")
INTERMEDIATE = pki.authority("Intermediate", ROOT)
LEAF = pki.leaf(INTERMEDIATE, "www.example.jp", "example.jp")
OTHER = pki.leaf(INTERMEDIATE, "shop.example.jp")
CHAIN = (LEAF.pem, INTERMEDIATE.pem)
DER = LEAF.certificate.public_bytes(Encoding.DER)
BODY = base64.b64encode(DER).decode()


def block(body: str, label: str = "CERTIFICATE") -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def attached(content: bytes, name: str = "file.bin", content_type: str = "application/octet-stream") -> Bundle:
    return certificates_of(plain_mail("", attachments=(Attachment(name, content_type, content),)))


def zipped(*members: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize("html_only", [False, True], ids=["text", "html"])
@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("shop", SHOPS)
def test_every_delivery_brings_leaf_and_chain(shop: str, delivery: str, html_only: bool):
    facts = with_certificates(CHAIN)
    mail = mail_of(compose(shop, MessageKind.CERTIFICATE, facts, delivery=delivery, html_only=html_only))

    message = understood(mail, shop)

    assert (message.kind, message.problem) == (MessageKind.CERTIFICATE, "")
    assert sorted(message.certificates) == sorted(CHAIN)


@pytest.mark.parametrize("charset", CHARSETS)
def test_inline_pem_survives_every_charset_and_a_colleague(charset: str):
    letter = forwarded(
        write("bestssl", MessageKind.CERTIFICATE, with_certificates(CHAIN)),
        by="suzuki@example.jp",
        on=pki.NOW.date(),
    )

    assert understood(mail_of(as_mail(letter, charset=charset)), "bestssl").certificates == CHAIN


@pytest.mark.parametrize(
    "text",
    [
        LEAF.pem,
        LEAF.pem.replace("\n", "\r\n"),
        LEAF.pem.replace("\n", "\r"),
        LEAF.pem.replace("\n", " "),
        "".join(f"> {line}\n" for line in LEAF.pem.splitlines()),
        "".join(f">> {line}\n" for line in LEAF.pem.splitlines()),
        textwrap.indent(LEAF.pem, "    \t"),
        textwrap.indent(LEAF.pem, "\u00a0\u3000"),
        block(BODY),
        block("\n".join(textwrap.wrap(BODY, 37))),
        block("\n\n".join(textwrap.wrap(BODY, 76))),
        block(BODY, "X509 CERTIFICATE"),
        f"証明書は以下です。\n{LEAF.pem}以上、よろしくお願いいたします。",
        f"サーバ証明書：-----BEGIN CERTIFICATE-----{BODY}-----END CERTIFICATE-----。",
        LEAF.pem.replace("-----", "--"),
        "-----BEGIN CERTIFICATE-----\nMIIC\n" + LEAF.pem,
    ],
)
def test_pem_is_read_as_mail_programs_leave_it(text: str):
    assert certificates_in_text(text, "The text").certificates == (LEAF.pem,)


def test_what_openssl_calls_trusted_has_settings_behind_the_certificate():
    trusted = base64.b64encode(DER + bytes.fromhex("300c300a06082b06010505070301")).decode()

    assert certificates_in_text(block(trusted, "TRUSTED CERTIFICATE"), "The text").certificates == (LEAF.pem,)


@pytest.mark.parametrize(
    "body",
    ["", BODY[:-80], BODY[40:], BODY[:200] + "..." + BODY[200:], "証明書", base64.b64encode(b"x" * 500).decode()],
)
def test_a_certificate_that_suffered_on_its_way_is_said(body: str):
    found = certificates_in_text(block(body), "The mail's text")

    assert found.certificates == ()
    assert len(found.problems) == 1 and found.problems[0].startswith("The mail's text")


def test_chain_in_any_order_several_certificates_and_doubles():
    text = INTERMEDIATE.pem + OTHER.pem + LEAF.pem + LEAF.pem.replace("\n", "\r\n")
    mail = plain_mail(text, attachments=(Attachment("a.der", "application/pkix-cert", DER),))

    assert certificates_of(mail).certificates == (INTERMEDIATE.pem, OTHER.pem, LEAF.pem)


@pytest.mark.parametrize(
    "content",
    [
        DER,
        LEAF.pem.encode(),
        LEAF.pem.encode("utf-16"),
        b"\xef\xbb\xbf" + LEAF.pem.encode(),
        BODY.encode(),
        b"Bag Attributes\n    friendlyName: x\n" + LEAF.pem.encode(),
        pkcs7_of.serialize_certificates([LEAF.certificate], Encoding.DER),
        pkcs7_of.serialize_certificates([LEAF.certificate], Encoding.PEM),
        zipped(("证书/../../etc/passwd", LEAF.pem.encode())),
        zipped(("a/", b""), ("a/b.zip", zipped(("README", b"hello"), ("cert", DER)))),
    ],
)
def test_files_are_told_by_content_never_by_name(content: bytes):
    found = attached(content, "読んでください.txt")

    assert found == Bundle((LEAF.pem,))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\x89PNG\r\n", "領収書".encode(), b"0", b"MI", b"\x30\x80"])
def test_other_files_are_none_of_our_business(content: bytes):
    assert attached(content, "file.pdf") == Bundle()


def test_a_file_that_promises_a_certificate_and_holds_none_is_said():
    assert attached(b"hello", "www.crt").problems == ("Attachment 'www.crt' holds no certificate that can be read.",)


def test_the_signature_under_a_mail_is_no_delivery():
    signature = pkcs7_of.serialize_certificates([OTHER.certificate], Encoding.DER)

    assert attached(signature, "smime.p7s", "application/pkcs7-signature") == Bundle()


@pytest.mark.parametrize(
    "content",
    [
        LEAF.key_pem,
        LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        LEAF.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        LEAF.encrypted_key_pem(PrivateFormat.PKCS8),
        serialize_key_and_certificates(b"x", LEAF.key, LEAF.certificate, None, BestAvailableEncryption(b"secret")),
        zipped(("key", LEAF.key_pem)),
    ],
)
def test_a_private_key_is_never_given_back(content: bytes):
    mail = plain_mail(f"証明書です。\n{OTHER.pem}", attachments=(Attachment("x", "application/octet-stream", content),))

    message = understood(mail, "generic_ja")

    assert message.certificates == (OTHER.pem,)
    assert "private key" in message.problem
    assert "PRIVATE KEY" not in repr(message)


def test_a_mail_of_unknown_words_with_a_certificate_is_a_delivery():
    message = understood(plain_mail(f"hello\n{LEAF.pem}", subject="hello"), "generic_ja")

    assert (message.kind, message.certificates) == (MessageKind.CERTIFICATE, (LEAF.pem,))


def test_a_quoted_certificate_counts_where_the_mail_brings_none_itself():
    mail = plain_mail("以前お送りした証明書です。")

    assert certificates_of(replace(mail, quoted=LEAF.pem)).certificates == (LEAF.pem,)
    assert certificates_of(replace(mail, text=OTHER.pem, quoted=LEAF.pem)).certificates == (OTHER.pem,)


def bomb_of(size: int) -> bytes:
    return zipped(("bomb", b"\0" * size))


def lying(content: bytes, size: int) -> bytes:
    """Return a zip whose directory says that its member unpacks to C(size) bytes."""
    place = content.rindex(b"PK\x01\x02") + 24
    return content[:place] + size.to_bytes(4, "little") + content[place + 4 :]


def encrypted(content: bytes) -> bytes:
    local, central = content.index(b"PK\x03\x04") + 6, content.rindex(b"PK\x01\x02") + 8
    marked = bytearray(content)
    marked[local] |= 1
    marked[central] |= 1
    return bytes(marked)


def crowded(entries: int) -> bytes:
    """Return a zip whose directory names its one member so many times."""
    content = zipped(("cert", LEAF.pem.encode()))
    begin, end = content.rindex(b"PK\x01\x02"), content.rindex(b"PK\x05\x06")
    directory = content[begin:end] * entries
    ending = bytearray(content[end:])
    ending[8:12] = b"\xff\xff\xff\xff"
    ending[12:16] = len(directory).to_bytes(4, "little")
    return content[:begin] + directory + bytes(ending)


GOOD = zipped(("cert", LEAF.pem.encode()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bomb_of(64 * 1024 * 1024), "unpacks to more than a mail may hold"),
        (lying(bomb_of(64 * 1024 * 1024), 100), "broken zip archive"),
        (zipped(("inner", bomb_of(64 * 1024 * 1024))), "unpacks to more than a mail may hold"),
        (zipped(*((f"{place}", b"x") for place in range(101))), "more than 100 files"),
        (crowded(180_000), "more than 100 files"),
        (zipped(("a", zipped(("b", GOOD)))), "zip archive in two others"),
        (encrypted(GOOD), "encrypted zip archive"),
        (GOOD[:-30], "broken zip archive"),
        (GOOD[:60] + bytes(8) + GOOD[68:], "broken zip archive"),
        (b"7z\xbc\xaf\x27\x1c....", "7z archive"),
        (b"Rar!\x1a\x07\x01\x00", "RAR archive"),
        (b"\x1f\x8b\x08\x00", "gzip archive"),
        (b"-----BEGIN CERTIFICATE-----" + b"A" * 2_000_000, "larger than 1 MiB"),
    ],
)
def test_a_bomb_is_a_clear_problem_and_the_rest_is_still_read(content: bytes, said: str):
    bomb = Attachment("bomb.zip", "application/zip", content)
    good = Attachment("good.crt", "application/pkix-cert", DER)
    began = time.monotonic()

    message = understood(plain_mail("", subject="発行", attachments=(bomb, good)), "generic_ja")

    assert time.monotonic() - began < 1
    assert message.certificates == (LEAF.pem,)
    assert said in message.problem and "bomb.zip" in message.problem


def test_many_small_archives_share_one_limit():
    archives = tuple(Attachment(f"{n}.zip", "application/zip", zipped(("x", b"y" * 100))) for n in range(150))

    assert any(
        "more than 100 files" in problem for problem in certificates_of(plain_mail("", attachments=archives)).problems
    )


def test_more_certificates_than_any_order_has_are_cut_off():
    text = "".join(pki.leaf(ROOT, f"www{place}.example.jp", key=LEAF.key).pem for place in range(101))

    found = certificates_in_text(text, "The text")

    assert len(found.certificates) == 100 and found.problems


def test_a_bundle_of_many_is_read_whole():
    loaded = [x509.load_pem_x509_certificate(one.encode()) for one in (*CHAIN, ROOT.pem, OTHER.pem)]

    assert set(attached(pkcs7_of.serialize_certificates(loaded, Encoding.DER), "x.p7b").certificates) == {
        *CHAIN,
        ROOT.pem,
        OTHER.pem,
    }
