# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate that buys at a shop without an API: the stand-in reseller, a real mail server, and people between them."""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.step import HumanStep
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from contract.applicant import new_key, request
from integration.harness.authority import Bought
from integration.harness.estate import ORGANIZATION, PEOPLE, WEB_ROOT, Estate, Sells
from integration.harness.runner import Run
from sandbox.mailserver import MailServer, start_mailserver
from sandbox.reseller.letters_mail import compose
from sandbox.reseller.letters_paper import Bought as BoughtBefore
from sandbox.reseller.letters_paper import Facts
from sandbox.reseller.nouns import Customer, Entry
from sandbox.reseller.person import Person
from sandbox.reseller.running import Reseller, start_reseller

# A team's mailbox: the shop's letters, the certificates, and the mails to approvers of the domain arrive there.
MAILBOX = "webmaster@example.test"
KNOWN_AS = "https://www.bestssl.net"
POSTED_WITHIN_SECONDS = 20
# A run finds a renewal open up to six days after the shop did: here the shop is as late.
OPENS_DAYS = 54
NEVER_TWICE = ("purchase", "renewal", "payment", "application", "automatic_application", "reissue", "certificate")
# The mail server says whose signature it has seen on a mail; a forger's has none.
AUTHENTICATION_SERVER = "mail.example.test"
STAMPS = {
    f"bounces@{domain}": f"Authentication-Results: {AUTHENTICATION_SERVER}; dkim=pass header.d={domain}"
    for domain in ("bestssl.net", "digitalcertvalidation.com")
}
RECORD = Address(**{part: ORGANIZATION[part] for part in Address.__dataclass_fields__})
RESPONSIBLE = " ".join(str(PEOPLE[0][part]) for part in ("family_name", "given_name"))
CUSTOMER = Customer(
    login="example",
    password="a secret of the tests",
    email=MAILBOX,
    duns=ORGANIZATION["records"][0]["number"],
    company=ORGANIZATION["local_name"],
    family_name="鈴木",
    latin_name="Ichiro Suzuki",
)


@dataclass(frozen=True)
class Till:
    """Sells what lies on the hosts before the collection comes, as ``Estate.site`` asks an authority to.

    ``term_ends_in_days``: of its order, None where that ends with the certificate.
    """

    reseller: Reseller
    method: Method = Method.FILE
    term_ends_in_days: float | None = None

    def issue(self, names: Sequence[str], *, subject: Mapping[str, Any], ends_in_days: float) -> Bought:
        key = new_key()
        entry = Entry(
            common_name=names[0],
            additional_names=tuple(names[1:]),
            csr=request(key, names[0], RECORD),
            methods=tuple((name, self.method) for name in names),
            approvers=tuple((name, MAILBOX) for name in names if self.method is Method.EMAIL),
            address=RECORD,
            responsible=RESPONSIBLE,
            technical_email=MAILBOX,
        )
        order = self.reseller.sold(
            CUSTOMER.login, entry, ends_in_days=ends_in_days, term_ends_in_days=self.term_ends_in_days
        )
        leaf, intermediate = order.issued[0].chain
        return Bought(leaf, intermediate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


class Portal:
    """``estate`` buys at ``reseller``, whose letters come to ``server``; ``person`` is whoever has to do something."""

    def __init__(self, estate: Estate, reseller: Reseller, server: MailServer) -> None:
        """Writes the account into the inventory; nothing was sold or bought yet."""
        self.estate = estate
        self.reseller = reseller
        self.server = server
        self.person: Person = reseller.person(CUSTOMER)
        self.anchors = estate.directory / "shop-root.pem"
        self.anchors.write_text(reseller.root())
        self._write_inventory()

    @property
    def provider(self) -> dict[str, Any]:
        """What the inventory says of the shop, to be edited."""
        provider: dict[str, Any] = self.estate.variables["tls_providers"][0]
        return provider

    def purchasing_is_open(self) -> None:
        """Lets it have been opened already."""
        with self.ledger() as ledger:
            ledger.see_account("shop", newest=None, reason="the test's own ledger")
            ledger.open_purchasing("shop", by="sato")

    def sites(self, sites: Mapping[str, Sequence[str]], **wanted: Any) -> None:
        """Puts up sites with certificates that were bought by hand at this shop: host → names, the common name first.

        Each is renewed from now on: it ends half a day before the shop writes about it.
        """
        self.reseller.be(renewal_opens_days=OPENS_DAYS)
        for host, names in sites.items():
            self.estate.site(host, *names, ends_in_days=OPENS_DAYS + 0.5, bought_here=True, **wanted)
        self.look_from_here()

    def look_from_here(self) -> None:
        """Tells the shop's CA which host answers for which name."""
        self.reseller.resolve(Resolver(hosts=tuple(sorted(self.estate.addresses.items()))))

    def renew(self) -> Run:
        """Runs renew.yml after all that the shop wrote has arrived."""
        self.post()
        run = self.estate.run("koshin.tls.renew")
        assert run.rc == 0, run.stdout[-3000:]
        return run

    def post(self) -> None:
        """Lets all letters of the shop arrive in their mailboxes."""
        self.reseller.post()
        queues = [self.server.directory / "spool" / queue for queue in ("maildrop", "incoming", "active", "deferred")]
        until = time.monotonic() + POSTED_WITHIN_SECONDS
        while any(path.is_file() for queue in queues for path in queue.rglob("*")):
            if time.monotonic() > until:
                raise TimeoutError(f"Mails do not arrive:\n{self.server.log()}")
            time.sleep(0.02)

    def forge(self, mail: bytes) -> None:
        """Lets somebody send a mail that says it is from the shop."""
        self.server.deliver(mail, to=MAILBOX, sender="bounces@evil.example")

    def confirm(self, *said: Mapping[str, str]) -> None:
        """Says, by confirm.yml and in one run, what a person did: its variables without their `tls_`."""
        plays = [{f"tls_{key}": value for key, value in {"by": "sato", **one}.items()} for one in said]
        run = self.estate.run([{"import_playbook": "koshin.tls.confirm", "vars": one} for one in plays])
        assert run.rc == 0, run.stdout[-3000:]

    def status(self) -> list[Mapping[str, Any]]:
        """What status.yml says people are waited for."""
        run = self.estate.run("koshin.tls.status")
        assert (run.rc, run.changed) == (0, []), run.stdout[-3000:]
        steps: list[Mapping[str, Any]] = run.result("Ask the ledger and the authorities")["human_steps"]
        return steps

    def ledger(self, *, read_only: bool = False) -> Ledger:
        return Ledger.open(str(self.estate.ledger), actor="test", read_only=read_only)

    def awaited(self) -> dict[tuple[str, str], HumanStep]:
        """What people are waited for: (certificate, step) → the step."""
        with self.ledger(read_only=True) as ledger:
            return {(step.certificate, step.kind.value): step for step in ledger.steps()}

    def sheet(self, name: str, step: str, *, form: str = "ja.txt") -> str:
        """The application sheet that the report names beside a step."""
        (wait,) = [one for one in self.estate.report()["waiting_for"] if (one["name"], one["step"]) == (name, step)]
        return (self.estate.report_directory / f"{wait['sheet']}.{form}").read_text()

    def link(self, name: str, step: str) -> str:
        """The link that somebody with the sheet of a step begins at."""
        found = re.search(r"^ *(https?://[\x21-\x7e]+)$", self.sheet(name, step), re.MULTILINE)
        assert found, f"no link in the sheet of {name}"
        return found[1]

    def number(self, name: str) -> str:
        """The shop's number of the newest order for a common name, as My Page lists it."""
        return [one.number for one in self.person.services() if one.common_name == name][-1]

    def findings(self) -> set[tuple[str, str]]:
        """Name and code of each finding of the last report."""
        return {(one["name"], one["code"]) for one in self.estate.report()["findings"]}

    def tokens(self) -> list[str]:
        """The files that lie where the CA looks for them."""
        found = self.estate.snapshot([f"{WEB_ROOT}/.well-known"])
        files = [path for lying in found.values() for path, entry in lying.items() if entry.mode.startswith("-")]
        return [path for path in files if not path.endswith("/.koshin")]

    def bought(self, name: str) -> dict[str, int]:
        """What of the things that must not happen twice happened at the shop to orders with this name."""
        counts: Counter[str] = self.reseller.counts(name)
        return {what: counts[what] for what in NEVER_TWICE if counts[what]}

    def repeated(self) -> None:
        """Runs renew.yml once more, with nothing new, and sees that nothing is changed anywhere."""
        before = self._state()
        run = self.renew()
        after = self._state()
        moved = {name: (before.get(name), after.get(name)) for name in before | after}
        moved = {name: pair for name, pair in moved.items() if pair[0] != pair[1]}
        assert (run.changed, moved) == ([], {}), f"{run.changed} {moved}"

    def _state(self) -> dict[str, object]:
        """All that a run could change: files of hosts and control host, the ledger's events, what the shop counts."""
        estate = self.estate
        hosts = {f"{host}:{path}": entry for host, lying in estate.snapshot().items() for path, entry in lying.items()}
        report = estate.control_snapshot(estate.report_directory)
        return {**hosts, **report, "the shop": self.reseller.counts(), "the ledger": self._events()}

    def _events(self) -> list[str]:
        with self.ledger(read_only=True) as ledger:
            return [event.what for event in ledger.events()]

    def _write_inventory(self) -> None:
        variables = self.estate.variables
        shop = {"name": "standin", "base": "bestssl", "checked_on": f"{datetime.now(UTC):%Y-%m-%d}"}
        variables["tls_providers"] = [{**shop, "invitation_days": 0, "my_page": f"{self.reseller.url}/"}]
        variables["tls_accounts"] = [
            {
                "name": "shop",
                "ca": "portal",
                "provider": "standin",
                "trust_store": str(self.anchors),
                "mailbox": self.server.settings(MAILBOX),
                "authentication_server": AUTHENTICATION_SERVER,
                "resolver": {"hosts": self.estate.addresses},
            }
        ]
        variables["tls_certificate_defaults"] = {"account": "shop"}
        (technical,) = [one for one in variables["tls_people"] if one["name"] == "suzuki"]
        technical["email"] = MAILBOX


@contextlib.contextmanager
def portal(make_estate: Callable[[Sells], Estate], directory: Path) -> Iterator[Portal]:
    """Opens the shop; ``make_estate`` makes the estate whose certificates in use are sold by whom it is given."""
    with (
        start_mailserver({MAILBOX: "a secret of the test's mailbox"}, stamps=STAMPS) as server,
        start_reseller(directory, smtp=("127.0.0.1", server.smtp_port), known_as=KNOWN_AS) as reseller,
    ):
        reseller.register(CUSTOMER, RECORD)
        yield Portal(make_estate(Till(reseller)), reseller, server)


def forged(kind: MessageKind, name: str, **facts: Any) -> bytes:
    """A mail that is the shop's own to the letter, sender and all, and was sent by somebody else."""
    certificate = BoughtBefore(common_name=name, additional_names=(), order_number="26110001")
    mail = compose("bestssl", kind, Facts(certificates=(certificate,), **facts), charset="iso-2022-jp")
    for header, value in {
        "From": "support@bestssl.net",
        "To": MAILBOX,
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<forged.{kind.value}@bestssl.net>",
        "Authentication-Results": "mail.evil.example; dkim=pass header.d=bestssl.net",
    }.items():
        mail[header] = value
    return mail.as_bytes()
