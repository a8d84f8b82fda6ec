# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mails on an IMAP server. Folders are opened by EXAMINE and mails read by BODY.PEEK: nothing is flagged or moved.

A folder's mark is "UIDVALIDITY:UID" of the last mail that was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from .._core.account import MailboxSettings
from .._core.errors import KoshinError
from .answers import bodies, folders, listed
from .cleaning import shown
from .connection import FAILURES
from .folder_names import to_wire
from .login import log_in
from .source import MOST_HEADER_BYTES, MOST_MAIL_BYTES, Content, MailboxUnreadable, Place

ANSWER_SECONDS = 30
# A slow line still gets a mail of 10 MiB through, and a slow server the list of many.
LEAST_BYTES_PER_SECOND = 64 * 1024
LEAST_MAILS_PER_SECOND = 200
MOST_IN_ONE_BATCH = 50
MOST_BYTES_IN_ONE_BATCH = 4 * 1024 * 1024

_MARK = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")
_LOOK = "Look at the mail server, then run again: what was read is not read twice."


class ImapSource:
    """A logged-in connection; use it as a context manager. Raises MailboxUnreadable wherever the server fails."""

    def __init__(self, settings: MailboxSettings, *, now: datetime) -> None:
        self._settings, self._now = settings, now
        self._where = f"{settings.user} at {settings.host}"
        self._folder, self._validity = "", 0
        self._connection = log_in(settings)

    def __enter__(self) -> ImapSource:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._connection.leave()

    def places(self, folder: str, mark: str) -> list[Place]:
        """Return what is new in a folder: one round trip opens it, one more lists what is new, if anything is."""
        try:
            exists, next_uid = self._examine(folder)
            last = self._last_read(mark)
            if not exists or (next_uid and last + 1 >= next_uid):
                return []
            with self._connection.within(ANSWER_SECONDS + exists / LEAST_MAILS_PER_SECOND):
                answers = self._fetch(f"{last + 1}:*", "(UID RFC822.SIZE INTERNALDATE)")
            # The last mail answers to any range that ends with *.
            new = [mail for mail in listed(answers, otherwise=self._now) if mail.uid > last]
        except FAILURES as error:
            raise self._failed(folder, error) from None
        return [Place(str(mail.uid), mail.size, mail.received_at, f"{self._validity}:{mail.uid}") for mail in new]

    def contents(self, folder: str, places: Sequence[Place]) -> Iterator[Content]:
        """Yield what was asked for; when the connection is lost, first all that came in before."""
        for batch in _batches(places):
            found: dict[str, bytes] = {}
            failure = self._collect(folder, batch, found)
            for place in batch:
                if place.number in found:
                    yield Content(place, found[place.number], place.received_at)
                elif failure is not None:
                    break
            if failure is not None:
                raise failure

    def _examine(self, folder: str) -> tuple[int, int]:
        """Open a folder; return how many mails there are, and the UID that the next will get, 0 if nobody says."""
        self._folder = ""
        quoted = to_wire(folder).replace("\\", "\\\\").replace('"', '\\"')
        with self._connection.within(ANSWER_SECONDS):
            status, answer = self._connection.select(f'"{quoted}"', readonly=True)
            if status != "OK":
                raise self._no_folder(folder, answer[-1])
        self._validity = self._number("UIDVALIDITY")
        if not self._validity or answer[-1] is None:
            raise ValueError("it does not say UIDVALIDITY and how many mails there are")
        self._folder = folder
        return int(answer[-1]), self._number("UIDNEXT")

    def _number(self, name: str) -> int:
        _name, values = self._connection.response(name)
        return int(values[-1]) if values and values[-1] else 0

    def _last_read(self, mark: str) -> int:
        """Return the last UID that was read; 0 where the server numbered its mails anew."""
        found = _MARK.fullmatch(mark)
        return int(found[2]) if found is not None and int(found[1]) == self._validity else 0

    def _fetch(self, uids: str, what: str) -> list[bytes | tuple[bytes, bytes] | None]:
        status, answers = self._connection.uid("FETCH", uids, what)
        if status != "OK":
            raise ValueError(f"it refuses to give mails: {shown(answers[-1])}")
        return answers

    def _collect(self, folder: str, batch: Sequence[Place], found: dict[str, bytes]) -> KoshinError | None:
        """Fetch a batch into C(found); return what went wrong, if anything did."""
        try:
            if self._folder != folder:
                self._examine(folder)
            whole = [place for place in batch if place.size <= MOST_MAIL_BYTES]
            large = [place for place in batch if place.size > MOST_MAIL_BYTES]
            # One byte more than is read whole, in case the server does not know how large its mails are.
            self._fetch_bodies(whole, "", MOST_MAIL_BYTES + 1, found)
            self._fetch_bodies(large, "HEADER", MOST_HEADER_BYTES, found)
        except FAILURES as error:
            arrived = self._connection.untagged_responses.get("FETCH", [])
            found.update((str(uid), body) for uid, body in bodies(arrived))
            return self._failed(folder, error)
        except KoshinError as error:
            return error
        return None

    def _fetch_bodies(self, places: Sequence[Place], part: str, most: int, found: dict[str, bytes]) -> None:
        if places:
            expected = sum(min(place.size, most) for place in places)
            with self._connection.within(ANSWER_SECONDS + expected / LEAST_BYTES_PER_SECOND, most_literal=most):
                answers = self._fetch(",".join(place.number for place in places), f"(UID BODY.PEEK[{part}]<0.{most}>)")
            found.update((str(uid), body) for uid, body in bodies(answers))

    def _no_folder(self, folder: str, answer: bytes | None) -> MailboxUnreadable:
        known = ""
        try:
            _status, answers = self._connection.list()
            known = f" There are: {', '.join(folders(answers)[:30])}."
        except FAILURES:
            pass
        return MailboxUnreadable(
            f"{self._where} has no folder {shown(folder)}: {self._shown(answer)}.{known}",
            "Correct mailbox.folders of the account.",
            code="no_folder",
        )

    def _failed(self, folder: str, error: BaseException) -> MailboxUnreadable:
        problem = "it took too long" if self._connection.out_of_time else self._shown(error)
        return MailboxUnreadable(f"{self._where}, folder {shown(folder)}, cannot be read on: {problem}.", _LOOK)

    def _shown(self, words: object) -> str:
        return shown(words, [self._settings.password or ""])


def _batches(places: Sequence[Place]) -> Iterator[list[Place]]:
    """Yield mails that are fetched in one round trip."""
    batch: list[Place] = []
    size = 0
    for place in places:
        if batch and (len(batch) >= MOST_IN_ONE_BATCH or size + place.size > MOST_BYTES_IN_ONE_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += min(place.size, MOST_MAIL_BYTES)
    if batch:
        yield batch
