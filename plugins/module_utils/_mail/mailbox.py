# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mailbox of an account: what is new in it, one mail after the other, read and judged. Nothing in it is changed."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from collections.abc import Iterator, Mapping
from datetime import datetime

from .._core.account import MailboxSettings, PortalSettings
from .._core.errors import KoshinError
from .cleaning import shown
from .directory import DirectorySource
from .imap import ImapSource
from .mail import Mail
from .parsing import parse
from .senders import judged
from .signatures import LookUpText
from .source import MOST_MAIL_BYTES, Content, MailboxUnreadable, Place, Source


def read_new(
    settings: PortalSettings,
    marks: Mapping[str, str],
    *,
    now: datetime,
    look_up_text: LookUpText | None = None,
) -> Iterator[tuple[Mail, str]]:
    """Yield what came since C(marks) (folder → mark), oldest first in each folder.

    With each mail comes its folder's mark once this mail is recorded. C(look_up_text): name → TXT record, for DKIM;
    else DNS is asked as this machine does.

    Raises MailboxUnreadable (or what says why nobody gets in) after everything that could be read was yielded: one
    folder that is gone does not hide the others.
    """
    mailbox, opened = _source_of(settings, now)
    with opened as source:
        yield from _read(
            settings, mailbox, source, lambda folder: source.places(folder, marks.get(folder, "")), look_up_text
        )


def read_latest(
    settings: PortalSettings,
    *,
    now: datetime,
    since: datetime | None = None,
    limit: int | None = None,
    look_up_text: LookUpText | None = None,
) -> Iterator[Mail]:
    """Yield the newest C(limit) mails of each folder that came at C(since) or later; raises what read_new raises."""

    def chosen(folder: str) -> list[Place]:
        places = [place for place in source.places(folder, "") if since is None or place.received_at >= since]
        return places if limit is None else places[max(len(places) - limit, 0) :]

    mailbox, opened = _source_of(settings, now)
    with opened as source:
        for mail, _mark in _read(settings, mailbox, source, chosen, look_up_text):
            yield mail


def _source_of(settings: PortalSettings, now: datetime) -> tuple[MailboxSettings, t.ContextManager[Source]]:
    mailbox = settings.mailbox
    if mailbox is None:
        raise MailboxUnreadable("The account names no mailbox.", "Write mailbox in tls_accounts.", code="no_mailbox")
    if mailbox.directory is not None:
        return mailbox, contextlib.nullcontext(DirectorySource(mailbox.directory, now=now))
    return mailbox, ImapSource(mailbox, now=now)


def _read(
    settings: PortalSettings,
    mailbox: MailboxSettings,
    source: Source,
    chosen: t.Callable[[str], list[Place]],
    look_up_text: LookUpText | None,
) -> Iterator[tuple[Mail, str]]:
    problems: list[KoshinError] = []
    for folder in dict.fromkeys(mailbox.folders):
        try:
            for content in source.contents(folder, chosen(folder)):
                yield _mail(content, folder, settings, look_up_text), content.place.mark
        except MailboxUnreadable as error:
            problems.append(error)
    if problems:
        raise problems[0]


def _mail(content: Content, folder: str, settings: PortalSettings, look_up_text: LookUpText | None) -> Mail:
    """Read one mail; one that is too large has its headers only, and counts for nothing."""
    raw = content.raw
    too_large = content.place.size > MOST_MAIL_BYTES or len(raw) > MOST_MAIL_BYTES
    parsed = parse(raw)
    sender = judged(raw, parsed.headers, settings, look_up_text=look_up_text)
    problem = f"it is larger than {MOST_MAIL_BYTES // 1024 // 1024} MiB" if too_large else parsed.problem
    return Mail(
        # Servers and files end lines in different ways; the mail is the same.
        identity=hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest(),
        folder=folder,
        number=content.place.number,
        received_at=content.received_at,
        sender=sender.address,
        subject=parsed.subject,
        text="" if too_large else parsed.text,
        quoted="" if too_large else parsed.quoted,
        attachments=() if too_large else parsed.attachments,
        trusted=sender.trusted and not too_large,
        problem=problem,
        distrust=sender.distrust or (shown(problem) if too_large else ""),
    )
