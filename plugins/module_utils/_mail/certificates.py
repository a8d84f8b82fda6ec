# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that a mail carries: in its text or in what is attached, however a shop wraps them.

Each is as good as any other here: which order one belongs to is told by its key alone, and later.
"""

from __future__ import annotations

import typing as t

from .._x509.bundle import Bundle, certificates_in_file, certificates_in_text, joined
from .archives import Unpacking, files_in
from .mail import Attachment, Mail

_LONGEST_NAME = 60
# A signature under the mail itself (S/MIME) brings the sender's own certificates.
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_PROMISING = (".crt", ".cer", ".pem", ".der", ".p7b", ".p7c")


def certificates_of(mail: Mail) -> Bundle:
    """Return the certificates of a mail's own text and attachments, else those of the history that it quotes."""
    unpacking = Unpacking()
    found = [certificates_in_text(mail.text, "The mail's text")]
    for attachment in mail.attachments:
        if attachment.content_type not in _SIGNATURES:
            found += _enclosed(attachment, unpacking)
    own = joined([*found, Bundle(problems=tuple(unpacking.problems))])
    return own if own.certificates or not mail.quoted else joined([own, _quoted(mail)])


def _quoted(mail: Mail) -> Bundle:
    return certificates_in_text(mail.quoted, "The mail's quoted text")


def _enclosed(attachment: Attachment, unpacking: Unpacking) -> t.Iterator[Bundle]:
    where = f"Attachment {attachment.name[:_LONGEST_NAME]!r}"
    said = len(unpacking.problems)
    every = joined(
        certificates_in_file(content, at) for at, content in files_in(attachment.content, where, unpacking=unpacking)
    )
    yield every
    silent = not every.certificates and not every.problems and not every.has_key and len(unpacking.problems) == said
    if silent and attachment.name.lower().endswith(_PROMISING):
        yield Bundle(problems=(f"{where} holds no certificate that can be read.",))
