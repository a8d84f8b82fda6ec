# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of whatever somebody sends: no crash, no hang over a second, no certificate for the wrong key."""

from __future__ import annotations

import base64
import gc
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message
from ansible_collections.koshin.tls.plugins.module_utils._mail.certificates import certificates_of
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Attachment, Mail
from ansible_collections.koshin.tls.plugins.module_utils._mail.parsing import Parsed, parse
from ansible_collections.koshin.tls.plugins.module_utils._mail.understanding import understand
from ansible_collections.koshin.tls.plugins.module_utils._x509.bundle import certificates_in_file, certificates_in_text
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.set import check_set
from endurance.inputs import DERS, INTERMEDIATE, LEAF, PARTIES
from unit._mail.shop_mails import RECEIVED, settings
from unit._x509.material import NOW

# Of the processor's time, so that a busy machine is not taken for a hang.
LONGEST_SECONDS = 1.0
_SETTINGS = tuple(settings(shop) for shop in ("bestssl", "generic_ja", "generic_en"))


@dataclass
class Figures:
    """What was seen while asking."""

    inputs: int = 0
    slowest: float = 0.0
    certificates: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def timed(self) -> Iterator[None]:
        # What is collected here is mostly Hypothesis' own: half a second at a time after many thousand inputs.
        gc.disable()
        began = time.process_time()
        try:
            yield
            took = time.process_time() - began
        finally:
            gc.enable()
        self.inputs += 1
        self.slowest = max(self.slowest, took)
        assert took < LONGEST_SECONDS, f"took {took:.2f} s"


def ask_of_mail(raw: bytes, figures: Figures) -> None:
    """A mail is read and understood, as every shop's, believed or not."""
    with figures.timed():
        parsed = parse(raw)
        found = [
            understand(_mail(parsed, trusted), account="shop", settings=one)
            for one in _SETTINGS
            for trusted in (True, False)
        ]
    for message in found:
        _check_message(message)
        figures.seen[message.kind.value] += 1
    _check_certificates(found[0].certificates, figures)


def ask_of_archive(content: bytes, figures: Figures) -> None:
    with figures.timed():
        bundle = certificates_of(_attached(content))
    figures.seen["problem" if bundle.problems else "read"] += 1
    _check_certificates(bundle.certificates, figures)


def ask_of_pem(text: str, figures: Figures) -> None:
    with figures.timed():
        bundle = certificates_in_text(text, "The text")
    figures.seen["problem" if bundle.problems else "read"] += 1
    _check_certificates(bundle.certificates, figures)


def ask_of_bundle(content: bytes, figures: Figures) -> None:
    with figures.timed():
        bundle = certificates_in_file(content, "The file")
    figures.seen["problem" if bundle.problems else "read"] += 1
    _check_certificates(bundle.certificates, figures)


QUESTIONS: dict[str, Callable[..., None]] = {
    "mails": ask_of_mail,
    "archives": ask_of_archive,
    "pem_texts": ask_of_pem,
    "bundles": ask_of_bundle,
}


def _mail(parsed: Parsed, trusted: bool) -> Mail:
    return Mail(
        "ab" * 32,
        "INBOX",
        "7",
        RECEIVED,
        "order@shop.example.jp",
        parsed.subject,
        parsed.text,
        parsed.attachments,
        trusted,
        parsed.problem,
        parsed.quoted,
    )


def _attached(content: bytes) -> Mail:
    attachment = Attachment("certificate.zip", "application/zip", content)
    return Mail("ab" * 32, "INBOX", "7", RECEIVED, "a@example.jp", "", "", (attachment,), True, "")


def _check_message(message: Message) -> None:
    """Whatever a mail says: what people follow or machines publish keeps its form, and is empty where not believed."""
    followed = (message.link, message.code, message.wanted, message.amount, message.tokens, message.certificates)
    assert message.trusted or not any(followed)
    assert message.link == "" or message.link.startswith("https://")
    assert all(len(number) <= 64 for number in (message.order_number, message.invoice_number))
    for token in message.tokens:
        assert token.path.startswith("/.well-known/pki-validation/") and ".." not in token.path
        assert token.content.isascii() and token.content.isprintable() and len(token.content) <= 512
    for record in message.records:
        assert record.value.isascii() and record.value.isprintable() and record.type in ("TXT", "CNAME")
    assert "PRIVATE KEY" not in "".join(message.certificates)


def _check_certificates(certificates: tuple[str, ...], figures: Figures) -> None:
    """A certificate's key_hash is that of its own key, and only the CA's own bytes make a set for our key."""
    for pem in certificates:
        figures.certificates += 1
        der = base64.b64decode("".join(pem.splitlines()[1:-1]))
        assert certificate_facts(pem, "fuzz").key_hash == hashlib.sha256(_public_key_of(der)).hexdigest()
        if der not in DERS:
            figures.seen["altered"] += 1
            assert not _installs(pem)
        else:
            assert _installs(pem) is (der == DERS[PARTIES.index(LEAF)])


def _installs(pem: str) -> bool:
    try:
        check_set((pem, INTERMEDIATE.pem), LEAF.key_pem, ("www.example.jp",), NOW)
    except KoshinError:
        return False
    return True


def _public_key_of(der: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo as RFC 5280 section 4.1 places it: by a walk of our own over the DER."""
    signed = _inside(_inside(der))
    parts = list(_values(signed))
    # An explicit version is there or not; then serial, algorithm, issuer, validity, subject, key.
    return parts[6 if parts[0][0] == 0xA0 else 5]


def _values(content: bytes) -> Iterator[bytes]:
    while content:
        length = _whole(content)
        yield content[:length]
        content = content[length:]


def _inside(value: bytes) -> bytes:
    """Return what the first value holds."""
    header = 2 + (value[1] & 0x7F if value[1] & 0x80 else 0)
    return value[header : _whole(value)]


def _whole(value: bytes) -> int:
    if not value[1] & 0x80:
        return 2 + value[1]
    size = value[1] & 0x7F
    return 2 + size + int.from_bytes(value[2 : 2 + size], "big")
