# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application sheet is made from, and what is read out of it: the CSR, the authoritative record, links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timezone
from urllib.parse import urlsplit

from .._core.account import Account, PortalSettings
from .._core.dates import Calendar
from .._core.errors import CertificateUnreadable
from .._core.inventory import Address, Record
from .._core.order import Application, OrderRecord
from .._core.provider import Provider
from .._core.step import HumanStep, StepKind
from .._x509.requests import RequestFacts, request_facts

# Controls, unseen marks (right-to-left, zero width), halves of surrogate pairs, line and paragraph separators: nobody
# can enter them into a field, and some of them make a value look like another one.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_REQUEST = re.compile(r"-----BEGIN ([A-Z ]*CERTIFICATE REQUEST)-----[A-Za-z0-9+/=\s]*-----END \1-----")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Occasion:
    """Why a sheet is written now. ``step``: what is awaited; ``order_number``: the shop's own, where it has told one.

    ``account``: where it is bought (which record is authoritative, which links may be shown); without one the D-U-N-S
    record counts. ``calendar``: whose days are written.
    """

    account: Account | None = None
    step: HumanStep | None = None
    calendar: Calendar = Calendar(_EPOCH)
    order_number: str = ""


PLAIN = Occasion()


@dataclass(frozen=True)
class Facts:
    """``request``: what the CSR says, None where it cannot be read. ``source``: the authoritative record."""

    record: OrderRecord
    provider: Provider
    kind: StepKind
    link: str
    occasion: Occasion
    request: RequestFacts | None
    source: Record | None

    @property
    def application(self) -> Application:
        return self.record.application

    @property
    def address(self) -> Address:
        """Return what the record says; the organisation's own fields where it has none."""
        return self.source.address if self.source else self.application.organization.address

    @property
    def order_number(self) -> str:
        """Return the shop's number of the order, empty where it is not known: our own reference is not its number."""
        known = self.occasion.order_number or self.record.reference or ""
        return "" if known == self.record.own_reference else known

    def day(self, moment: datetime) -> str:
        return self.occasion.calendar.day(moment)

    @property
    def since(self) -> str:
        step = self.occasion.step
        return self.day(step.since if step else self.record.created_at)

    @property
    def until(self) -> str:
        """Return the last day, ours or the shop's, whichever is first; empty where neither is known."""
        step = self.occasion.step
        if step is None:
            return ""
        ends = [self.day(step.latest_by)] if step.latest_by else []
        return min([*ends, *_iso(step.due_on)], default="")


def facts_of(record: OrderRecord, provider: Provider, *, link: str, kind: StepKind, occasion: Occasion) -> Facts:
    """Put together what a sheet says."""
    return Facts(
        record=record,
        provider=provider,
        kind=kind,
        link=link,
        occasion=occasion,
        request=_request(record.application),
        source=_authoritative(record.application, occasion.account),
    )


def cleaned(text: str) -> str:
    """Return a text on one line, without what cannot be seen or entered; spaces inside it stay as they are."""
    return "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text).strip()


def csr_of(application: Application) -> str:
    """Return the CSR as it is pasted: the PEM block alone, lines that end with LF, one at the end."""
    block = _REQUEST.search(application.csr)
    lines = map(str.strip, block.group().splitlines()) if block else [cleaned(application.csr)]
    return "".join(f"{line}\n" for line in lines if line)


def may_be_shown(link: str, facts: Facts) -> bool:
    """Say whether a link may be followed: a web address whose host the shop's data or the account names.

    With a leading dot they name all hosts beneath a domain.
    """
    host = host_of(link)
    return host is not None and any(host.endswith(one) if one[0] == "." else host == one for one in _hosts(facts))


def host_of(link: str) -> str | None:
    """Return the host of a web address in lower case, None for what is not one that a browser reads the same way."""
    if not link.isascii() or not link.isprintable() or any(sign in link for sign in " \"'<>\\^`{|}"):
        return None
    try:
        parts = urlsplit(link)
        _unused = parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("https", "http") and parts.username is None and parts.password is None
    return parts.hostname if plain and parts.hostname else None


def _hosts(facts: Facts) -> frozenset[str]:
    account = facts.occasion.account
    settings = account.settings if account else None
    own = settings.link_hosts if isinstance(settings, PortalSettings) else ()
    named = (*facts.provider.link_hosts, *own, host_of(facts.provider.my_page) or "")
    return frozenset(host.lower() for host in named if host)


def _iso(day: date | None) -> list[str]:
    return [day.isoformat()] if day else []


def _request(application: Application) -> RequestFacts | None:
    try:
        return request_facts(application.csr, application.certificate)
    except CertificateUnreadable:
        return None


def _authoritative(application: Application, account: Account | None) -> Record | None:
    wanted = account.authoritative_record if account else "duns"
    return next((one for one in application.organization.records if one.source == wanted), None)
