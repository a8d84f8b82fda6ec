# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns of reading a mailbox: a mail as it was read, before anybody understands it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail. ``name`` is the sender's and only for showing, never a path."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """One mail, decoded: text in NFC without control characters, lines end with "\\n", HTML as text.

    ``identity``: SHA-256 of its bytes in hex; ``number``: its place in ``folder``. ``received_at``: UTC, by the mail
    server, never the sender's word. ``sender``: the address in From, lower case, "" where there is not exactly one.
    ``text``: the newest words, what was forwarded with them included; ``quoted``: the history below them (replies
    quote it), which may hold numbers and certificates too. A mail of nothing but quotations has them in ``text``.
    ``trusted``: an allowed sender, and proved where the account wants proof; ``distrust`` says why not, "" where it is.
    ``problem``: why it could not be read whole, "" where it could; what was readable is there.
    """

    identity: str
    folder: str
    number: str
    received_at: datetime
    sender: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    trusted: bool
    problem: str
    quoted: str = ""
    distrust: str = ""
