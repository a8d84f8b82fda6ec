# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTPS session with the API of a CA: verified, limited, paced, and never sending twice what changes something."""

from __future__ import annotations

import logging
import random
import time
import typing as t
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from .._core.account import Connection
from .._core.deadline import Deadline
from .answer import Answer, AnswerLost, NotSent, refuse_redirection
from .base import CertificateAuthorityUnavailable
from .pace import Pace
from .transport import Transport

LOG = logging.getLogger("koshin.tls")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 20.0
# What may go better a moment later; 429 besides says that nothing was done.
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_MANY = 429
# So long an answer may take at least, or nothing is sent.
_LEAST_SECONDS = 0.2


class Session:
    """Asks one API. C(headers) hold secrets: nothing of them, and no query, is ever said or logged.

    C(name): the account, for messages. C(patience_seconds): how long one call may take, its repetitions included.
    Threads may share it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str,
        headers: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        patience_seconds: float = 30,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.skew: timedelta | None = None
        self._connection, self._headers, self._pace = connection, dict(headers or {}), pace
        self._patience_seconds, self._sleep = patience_seconds, sleep
        self._transport = Transport(connection, name)

    def close(self) -> None:
        self._transport.close()

    def read(self, path: str, *, purpose: str, query: t.Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask what changes nothing; asked again, with growing pauses, while the CA is busy or its answers get lost.

        Raises CertificateAuthorityUnavailable once the patience is over.
        """

        def once(deadline: Deadline) -> Answer:
            return self.send("GET", path, purpose=purpose, query=query, headers=headers, deadline=deadline)

        return self.persist(once, purpose=purpose, again=True)

    def write(
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> Answer:
        """Ask for a change; C(again): one that may be done twice. Raises as C(persist) does."""

        def once(deadline: Deadline) -> Answer:
            return self.send(method, path, purpose=purpose, body=body, headers=headers, deadline=deadline)

        return self.persist(once, purpose=purpose, again=again)

    def persist(self, once: t.Callable[[Deadline], Answer], *, purpose: str, again: bool) -> Answer:
        """Do C(once) until it is answered, within one call's patience.

        Without C(again) only what was certainly not done is repeated: where nothing was sent, or the CA says that it
        did nothing (429). Raises AnswerLost where nobody knows whether it was done, else
        CertificateAuthorityUnavailable.
        """
        deadline, attempt = Deadline.after(self._patience_seconds), 0
        said: CertificateAuthorityUnavailable | None = None
        unreached: NotSent | None = None
        while True:
            attempt += 1
            try:
                answer = once(deadline)
            except NotSent as error:
                # What was said or found before tells more than that there is no time left.
                unreached = unreached or error
                self._pause(attempt, deadline, said or unreached, None)
            except AnswerLost as error:
                if not again:
                    raise
                # Cut off by the end of our patience, it says less than what the CA said before.
                self._pause(attempt, deadline, said or error, None)
            else:
                if answer.status not in _BUSY and answer.is_whole:
                    return answer
                if not again and answer.status != _TOO_MANY:
                    raise AnswerLost(self.name, purpose, f"it answers {answer.status}, and not what it did")
                said = self._busy(answer, purpose)
                self._pause(attempt, deadline, said, answer)

    def send(
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        deadline: Deadline,
        query: t.Any = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, once. C(path) is below the connection's URL, or a URL of its own.

        Raises NotSent where no byte of it left, AnswerLost where it may have arrived.
        """
        url = self._url(path, purpose)
        if method not in ("GET", "HEAD") and deadline.left < _LEAST_SECONDS:
            raise NotSent(self.name, f"no time is left for it ({purpose})")
        with self._turn(deadline):
            began = time.monotonic()
            try:
                sent = {**self._headers, **(headers or {})}
                answer = self._transport.exchange(
                    method, url, purpose=purpose, query=query, body=body, headers=sent, deadline=deadline
                )
            except CertificateAuthorityUnavailable as error:
                self._log(purpose, method, url, error.code, began)
                raise
            self._log(purpose, method, url, str(answer.status), began)
        refuse_redirection(answer, self.name, purpose)
        self._watch_clock(answer)
        return answer

    def _url(self, path: str, purpose: str) -> str:
        url = path if "://" in path else f"{self._connection.url}{path}"
        if self._connection.url.startswith("https://") and not url.startswith("https://"):
            raise CertificateAuthorityUnavailable(
                f"{self.name} names {url.partition('?')[0][:200]!r} ({purpose}), without TLS: nothing is sent there.",
                "See whether the account's url is right, and tell the CA.",
                code="not_https",
            )
        return url

    def _pause(
        self, attempt: int, deadline: Deadline, why: CertificateAuthorityUnavailable, answer: Answer | None
    ) -> None:
        """Wait as long as the CA asks for, else a random while that grows; raise C(why) where patience ends before."""
        most = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempt, 10))
        asked = None if answer is None else answer.retry_after_seconds(datetime.now(timezone.utc))
        ours = most * (0.5 + random.random() / 2)  # noqa: S311
        # Who asks us back at once is asked with growing pauses all the same.
        seconds = ours if asked is None else max(asked, min(ours, _FIRST_PAUSE * attempt))
        if seconds >= deadline.left:
            raise why
        self._sleep(seconds)

    def _busy(self, answer: Answer, purpose: str) -> CertificateAuthorityUnavailable:
        asked = answer.retry_after_seconds(datetime.now(timezone.utc))
        when = "" if asked is None else f", and asks to come back in {asked:.0f} s"
        said = f"answers {answer.status}{'' if answer.status in _BUSY else ' with what is no whole answer'}"
        return CertificateAuthorityUnavailable(
            f"{self.name} {said} ({purpose}){when}{f': {answer.words}' if answer.words else ''}.",
            "Run renew.yml again later: it goes on where it was.",
            code="rate_limited" if answer.status == _TOO_MANY else None,
        )

    def _turn(self, deadline: Deadline) -> AbstractContextManager[None]:
        return nullcontext() if self._pace is None else self._pace.turn(deadline)

    def _log(self, purpose: str, method: str, url: str, outcome: str, began: float) -> None:
        spent = time.monotonic() - began
        LOG.debug("%s: %s: %s %s: %s, %.3f s", self.name, purpose, method, urlsplit(url).path, outcome, spent)

    def _watch_clock(self, answer: Answer) -> None:
        try:
            theirs = parsedate_to_datetime(answer.headers["Date"])
            self.skew = None if theirs.tzinfo is None else theirs - datetime.now(timezone.utc)
        except (KeyError, ValueError, TypeError, OverflowError):
            return
