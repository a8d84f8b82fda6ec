# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a source of mails is: places to read, and what lies there. One is an IMAP server, the other a directory."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from .._core.errors import KoshinError

MOST_MAIL_BYTES = 10 * 1024 * 1024
MOST_HEADER_BYTES = 64 * 1024


class MailboxUnreadable(KoshinError):
    """A mailbox, or a folder of it, cannot be read."""

    code = "mailbox_unreadable"


@dataclass(frozen=True)
class Place:
    """Where one mail lies. ``number``: for people; ``mark``: the folder's mark once this mail is recorded."""

    number: str
    size: int
    received_at: datetime
    mark: str


@dataclass(frozen=True)
class Content:
    """The bytes of one mail, or of its headers where it is too large to be read whole."""

    place: Place
    raw: bytes = field(repr=False)
    received_at: datetime


class Source(t.Protocol):
    def places(self, folder: str, mark: str) -> list[Place]:
        """Return what is new in a folder since C(mark) ("" for all of it), oldest first; raises MailboxUnreadable."""

    def contents(self, folder: str, places: t.Sequence[Place]) -> t.Iterator[Content]:
        """Yield what lies there, in this order; what is gone meanwhile is left out. Raises MailboxUnreadable."""
