# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters as mails, the way Japanese shops send them: any charset, plain or HTML only, certificates in any wrapping."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import charset as charsets
from email.header import Header
from email.message import Message as Mail
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters import Letter, write
from .letters_paper import Facts

CHARSETS = ("utf-8", "iso-2022-jp", "shift_jis", "euc-jp")
DELIVERIES = ("inline", "crt", "cer", "pem", "zip", "zip_in_zip", "p7b", "p7b_der")
# These two have no place in JIS X 0208 as Unicode spells them here.
_JIS = str.maketrans({"～": "〜", "－": "−"})


@dataclass(frozen=True)
class Enclosure:
    """A file that goes along with a mail."""

    name: str
    content_type: str
    content: bytes


def compose(
    shop: str,
    kind: MessageKind,
    facts: Facts,
    *,
    charset: str = "utf-8",
    html_only: bool = False,
    delivery: str = "inline",
) -> Mail:
    """Return the mail that a shop sends, without From, To, Date and Message-ID.

    ``facts.pem`` (leaf first) goes as ``delivery`` says.
    """
    enclosures: list[Enclosure] = []
    if facts.pem and delivery != "inline":
        enclosures = enclose(facts.pem, delivery, facts.first.common_name)
        facts = replace(facts, pem=(), attachment=enclosures[0].name)
    return as_mail(write(shop, kind, facts), charset=charset, html_only=html_only, enclosures=enclosures)


def as_mail(
    letter: Letter, *, charset: str = "utf-8", html_only: bool = False, enclosures: Sequence[Enclosure] = ()
) -> Mail:
    """Put a letter into MIME: text and HTML as alternatives, or HTML alone, with its enclosures behind."""
    html = _part(letter.html.replace('charset="utf-8"', f'charset="{charset}"'), "html", charset)
    body: Mail = html
    if not html_only:
        body = MIMEMultipart("alternative")
        body.attach(_part(letter.text, "plain", charset))
        body.attach(html)
    if enclosures:
        outer = MIMEMultipart("mixed")
        outer.attach(body)
        for one in enclosures:
            outer.attach(_enclosed(one))
        body = outer
    body["Subject"] = Header(_jis(letter.subject, charset), charset, header_name="Subject")
    return body


def enclose(pem: Sequence[str], delivery: str, common_name: str) -> list[Enclosure]:
    """Wrap certificates (leaf first) as shops do: the names of the files say nothing that one could rely on."""
    loaded = [x509.load_pem_x509_certificate(one.encode()) for one in pem]
    stem = common_name.replace("*", "star").replace(".", "_")
    if delivery in ("zip", "zip_in_zip"):
        packed = _zip([(f"{stem}.crt", pem[0].encode()), ("DigiCertCA.crt", "".join(pem[1:]).encode())])
        if delivery == "zip_in_zip":
            packed = _zip([("readme.txt", "ご利用方法\r\n".encode("cp932")), ("certificates.zip", packed)])
        return [Enclosure(f"{stem}.zip", "application/zip", packed)]
    if delivery in ("p7b", "p7b_der"):
        encoding = Encoding.PEM if delivery == "p7b" else Encoding.DER
        bundle = pkcs7.serialize_certificates(loaded, encoding)
        return [Enclosure(f"{stem}.p7b", "application/x-pkcs7-certificates", bundle)]
    if delivery == "cer":
        return [
            Enclosure(f"{stem if place == 0 else 'ca'}.cer", "application/pkix-cert", one.public_bytes(Encoding.DER))
            for place, one in enumerate(loaded)
        ]
    return [Enclosure(f"{stem}.{delivery}", "application/octet-stream", "".join(pem).encode())]


def _part(text: str, subtype: str, charset: str) -> MIMEText:
    return MIMEText(_jis(text, charset), subtype, charset)


def _enclosed(one: Enclosure) -> MIMENonMultipart:
    part = MIMEApplication(one.content, one.content_type.partition("/")[2])
    part.add_header("Content-Disposition", "attachment", filename=one.name)
    return part


def _zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


def _jis(text: str, charset: str) -> str:
    return text if charset == "utf-8" else text.translate(_JIS)


# Python's own table sends Shift_JIS and EUC-JP as ISO-2022-JP; the shops that write them do not.
for _name in ("shift_jis", "euc-jp"):
    charsets.add_charset(_name, charsets.BASE64, charsets.BASE64, _name)
