# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates in whatever a CA sends: PEM as mail programs leave it, DER, PKCS#7. Told by content, never by a name.

A private key among them is said and never given back.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
import warnings
from dataclasses import dataclass

from .._core.errors import CertificateUnreadable
from .loading import reading
from .reading import load_certificate

if t.TYPE_CHECKING:
    from cryptography import x509

# A PKCS#7 bundle of a whole chain has 10 KB.
LARGEST_FILE = 1024 * 1024
MOST_CERTIFICATES = 100
_MARKER = re.compile(r"-{2,5}[ \t]?(BEGIN|END)[ \t]([A-Z0-9][A-Z0-9 ]{1,40}?)[ \t]?-{2,5}")
# What mail programs put into a block: quotation marks, indentation, signs without width.
_LAID_OVER = re.compile(r"[\s>|\u00a0\u00ad\u200b-\u200d\u2060\ufeff]+")
_CERTIFICATE = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_PKCS7 = frozenset({"PKCS7", "PKCS #7 SIGNED DATA", "CMS"})
_SEQUENCE, _INTEGER, _OBJECT = 0x30, 0x02, 0x06
# AlgorithmIdentifier's neighbours of a PKCS#12 file begin with version 3 (RFC 7292 section 4).
_PFX_VERSION = b"\x02\x01\x03"


@dataclass(frozen=True)
class Bundle:
    """``certificates``: PEM, each once, as they came. ``problems``: sentences. ``has_key``: a private key lay there."""

    certificates: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    has_key: bool = False


def joined(bundles: t.Iterable[Bundle]) -> Bundle:
    """Return all bundles as one, each certificate and sentence once."""
    every = tuple(bundles)
    certificates = tuple(dict.fromkeys(pem for one in every for pem in one.certificates))
    problems = tuple(dict.fromkeys(problem for one in every for problem in one.problems))
    if len(certificates) > MOST_CERTIFICATES:
        problems = (*problems, f"Only the first {MOST_CERTIFICATES} certificates were taken.")
    return Bundle(certificates[:MOST_CERTIFICATES], problems, any(one.has_key for one in every))


def certificates_in_text(text: str, where: str) -> Bundle:
    """Return the certificates of C(text): quoted, indented, wrapped anywhere, anything around. Nothing is raised."""
    if "BEGIN " not in text:
        return Bundle()
    blocks = list(_blocks(text))
    found = [_block(label, body, where) for label, body in blocks[:MOST_CERTIFICATES]]
    if len(blocks) > MOST_CERTIFICATES:
        found.append(Bundle(problems=(f"{where} holds more than {MOST_CERTIFICATES} blocks: the rest was left out.",)))
    return joined(found)


def certificates_in_file(content: bytes, where: str) -> Bundle:
    """Return the certificates of a file; what is none of PEM, DER and PKCS#7 is empty; nothing is raised."""
    if len(content) > LARGEST_FILE:
        return Bundle(problems=(f"{where} is larger than 1 MiB, as no certificate is.",) if _is_ours(content) else ())
    if content[:1] == bytes([_SEQUENCE]):
        return _der(content, where)
    text = _as_text(content)
    if "BEGIN " in text:
        return certificates_in_text(text, where)
    bare = _decoded(text) if text.lstrip()[:2] == "MI" else b""
    return _der(bare, where) if bare else Bundle()


def _is_ours(content: bytes) -> bool:
    return b"-----BEGIN" in content or content[:1] == bytes([_SEQUENCE])


def _as_text(content: bytes) -> str:
    # Windows writes UTF-16 with a byte order mark where somebody saved a file as "Unicode".
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    return content.decode("utf-16" if utf_16 else "latin-1", errors="replace")


def _blocks(text: str) -> t.Iterator[tuple[str, str]]:
    """Return each block's label and body: a BEGIN that the next marker ends. Takes one pass, whatever stands there."""
    begun: re.Match[str] | None = None
    for marker in _MARKER.finditer(text):
        if marker.group(1) == "BEGIN":
            if begun is not None:
                yield begun.group(2), ""
            begun = marker
        elif begun is not None:
            yield begun.group(2), text[begun.end() : marker.start()] if begun.group(2) == marker.group(2) else ""
            begun = None
    if begun is not None:
        yield begun.group(2), ""


def _block(label: str, body: str, where: str) -> Bundle:
    if label.endswith("PRIVATE KEY"):
        return Bundle(has_key=True)
    if label not in _CERTIFICATE and label not in _PKCS7:
        return Bundle()
    der = _decoded(body)
    if not der:
        return Bundle(problems=(f"{where} holds a certificate that breaks off or was changed on its way.",))
    if label in _PKCS7:
        return _pkcs7(der, where)
    # OpenSSL's TRUSTED CERTIFICATE has settings of its own behind the certificate.
    return _certificate(der[: _length(der)] if label == "TRUSTED CERTIFICATE" else der, where)


def _decoded(body: str) -> bytes:
    """Return what base64 says, b"" where it is none."""
    bare = _LAID_OVER.sub("", body)
    try:
        return base64.b64decode(bare, validate=True) if len(bare) <= LARGEST_FILE else b""
    except (binascii.Error, ValueError):
        return b""


def _der(content: bytes, where: str) -> Bundle:
    """Tell by the first thing inside the outer sequence what it is: RFC 5280, RFC 2315, RFC 5958, RFC 7292."""
    header = _header(content)
    inner = content[header : header + 1]
    if inner == bytes([_INTEGER]):
        if content[header : header + 3] == _PFX_VERSION:
            return Bundle(problems=(f"{where} is a PKCS#12 file (.pfx), which is not opened.",), has_key=True)
        return Bundle(has_key=True)
    if inner == bytes([_OBJECT]):
        return _pkcs7(content, where)
    return _certificate(content, where) if inner == bytes([_SEQUENCE]) else Bundle()


def _certificate(der: bytes, where: str) -> Bundle:
    pem = base64.encodebytes(der).decode("ascii")
    text = f"-----BEGIN CERTIFICATE-----\n{pem}-----END CERTIFICATE-----\n"
    try:
        with warnings.catch_warnings():
            # cryptography warns of what old CAs did wrong; here it only has to be read.
            warnings.simplefilter("ignore")
            return Bundle((_pem(load_certificate(text, where)),))
    except CertificateUnreadable as error:
        return Bundle(problems=(error.message,))


def _pkcs7(der: bytes, where: str) -> Bundle:
    from cryptography.hazmat.primitives.serialization import pkcs7

    try:
        with warnings.catch_warnings(), reading(where, "PKCS#7 bundle"):
            warnings.simplefilter("ignore")
            loaded = pkcs7.load_der_pkcs7_certificates(der)
            if len(loaded) > MOST_CERTIFICATES:
                return Bundle(problems=(f"{where} holds more than {MOST_CERTIFICATES} certificates.",))
            pems = [_pem(certificate) for certificate in loaded]
    except CertificateUnreadable as error:
        return Bundle(problems=(error.message,))
    # Each is read as one that came alone, so that what is broken inside is found here.
    return joined(certificates_in_text(pem, where) for pem in pems)


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _header(der: bytes) -> int:
    """Return how many bytes tag and length of a DER value take; at least 2."""
    return 2 + (der[1] & 0x7F) if len(der) > 1 and der[1] & 0x80 else 2


def _length(der: bytes) -> int:
    """Return how many bytes a DER value takes with its header."""
    header = _header(der)
    return header + (int.from_bytes(der[2:header], "big") if header > 2 else der[1] if len(der) > 1 else 0)
