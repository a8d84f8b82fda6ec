# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller as a process that a test starts, arranges, asks, kills and starts again.

with start_reseller(tmp_path, smtp=("127.0.0.1", server.smtp_port)) as reseller:
    reseller.register(customer, record)
    reseller.pass_days(1)
    person = reseller.person(customer)
    assert reseller.counts("www.example.jp")["payment"] == 1
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain

from .browser import Browser
from .nouns import Books, Customer, Entry, Order, Refused
from .person import Person

_TESTS = Path(__file__).resolve().parents[2]
_PATH = os.pathsep.join(str(path) for path in (_TESTS, _TESTS.parent / ".cache" / "collections"))


class Reseller:
    """``url``: where its site is; ``known_as``: what its letters say instead, "" for the same."""

    def __init__(self, directory: Path, *, smtp: tuple[str, int] | None, known_as: str, more: Sequence[str]) -> None:
        self._arguments = ["--directory", str(directory), "--url", known_as, *more]
        self._arguments += [] if smtp is None else ["--smtp", f"{smtp[0]}:{smtp[1]}"]
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.known_as = known_as
        self.url = ""

    def start(self) -> None:
        """Start it; on the port that it had, where it ran before."""
        command = [sys.executable, "-m", "sandbox.reseller", "--port", str(self._port), *self._arguments]
        environment = {**os.environ, "PYTHONPATH": _PATH}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        if self._process.stdout is not None:
            self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"The stand-in reseller did not start: it ended with {self._process.wait()}.")
        self._port = int(self.url.rpartition(":")[2])

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, by SIGKILL if need be; what it knew stays in its directory."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def person(self, customer: Customer) -> Person:
        """Return somebody with a browser of his own and this customer's password."""
        return Person(Browser(self.url, known_as=self.known_as), login=customer.login, password=customer.password)

    def register(self, customer: Customer, record: Address) -> None:
        self._ask("register", customer=customer, record=record)

    def sold(self, login: str, entry: Entry, *, ends_in_days: float, term_ends_in_days: float | None = None) -> Order:
        """Let it have sold a certificate, and return the order with it."""
        said = self._ask(
            "sold", login=login, entry=entry, ends_in_days=ends_in_days, term_ends_in_days=term_ends_in_days
        )
        return from_plain(Order, said)

    def know_elsewhere(self, certificate: str) -> None:
        self._ask("know_elsewhere", certificate=certificate)

    def be(self, **manners: object) -> None:
        """Change terms or rudeness, by the words of ``Manners``."""
        self._ask("be", **manners)

    def resolve(self, resolver: Resolver) -> None:
        self._ask("resolve", hosts=resolver.hosts, dns_server=resolver.dns_server)

    def pass_days(self, days: int) -> None:
        self._ask("pass_days", days=days)

    def write(self, kind: MessageKind, number: str, *, sender: str = "", **facts: object) -> None:
        """Let a letter leave that no event brings, by the words of ``letters_paper.Facts``.

        ``pem`` makes it a wrong certificate, ``sender`` and ``link`` make it phishing.
        """
        self._ask("write", kind=kind, number=number, sender=sender, **facts)

    def look(self) -> dict[str, str]:
        """Let the CA look for every token now; returns what it does not find, by name."""
        return dict(self._ask("look"))

    def call(self, number: str, *, telephone: str, answers: str) -> None:
        """Let the CA call; raises Refused where that telephone does not ring, or somebody else answers."""
        self._ask("call", number=number, telephone=telephone, answers=answers)

    def counts(self, name: str = "") -> Counter[str]:
        return Counter(self._ask("counts", name=name))

    def books(self) -> Books:
        return from_plain(Books, self._ask("books"))

    def order(self, name: str) -> Order:
        """Return the newest order for a common name."""
        return [one for one in self.books().orders.values() if one.common_name == name][-1]

    def root(self) -> str:
        return str(self._ask("root"))

    def post(self) -> int:
        """Let the post leave now; returns how many letters did."""
        return int(self._ask("post"))

    def _ask(self, word: str, **said: object) -> Any:
        body = json.dumps(to_plain(said)).encode()
        request = urllib.request.Request(f"{self.url}/stand-in/{word}", body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise Refused(json.load(error)["error"]) from None


@contextlib.contextmanager
def start_reseller(
    directory: Path,
    *,
    smtp: tuple[str, int] | None = None,
    known_as: str = "",
    dkim: Mapping[str, str] | None = None,
) -> Iterator[Reseller]:
    """Run it while the block lasts; without ``smtp`` its letters stay in its outbox.

    ``dkim``: ``domain``, ``selector`` and ``key`` (a PEM file) that its letters are signed with.
    """
    more = [part for name, value in (dkim or {}).items() for part in (f"--dkim-{name}", value)]
    reseller = Reseller(directory, smtp=smtp, known_as=known_as, more=more)
    reseller.start()
    try:
        yield reseller
    finally:
        reseller.end()
