# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a person goes on with an open order by hand: all that is needed to do without this program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._ca.portal import PortalAuthority
from .._core.account import PortalSettings
from .._core.dates import Calendar
from .._core.order import DnsToken, OrderRecord, OrderState, Placement
from .._core.placement import described
from .._core.portal_validation import records_of, tokens_of
from .._core.step import StepKind
from .._core.waiting import confirm_command
from .._ledger.ledger import Ledger
from .control import Control

# Where hosts keep what waits, unless tls_directory of the host says otherwise.
DIRECTORY = "/etc/koshin/tls"


def by_hand(record: OrderRecord, control: Control, ledger: Ledger, calendar: Calendar) -> list[str]:
    """Return, a line each, how to finish an order by hand and how this program takes up again."""
    lying = [one for one in ledger.placements([record.certificate]) if one.own_reference == record.own_reference]
    return [
        *_there(record, control),
        *_request(record),
        *_tokens(record, lying, _said_by_mail(record, control, ledger)),
        *_afterwards(record, calendar),
    ]


def _there(record: OrderRecord, control: Control) -> Iterator[str]:
    number = f"its number there is {record.reference}" if record.reference else "no number of it is known"
    own = f"our own reference is {record.own_reference}"
    account = control.accounts.get(record.account)
    shop = account.settings.provider if account and isinstance(account.settings, PortalSettings) else None
    where = f"{record.account} ({shop.title})" if shop else record.account
    known = own if record.reference in (None, record.own_reference) and shop else f"{number}, {own}"
    yield f"order: a {record.action.value} at {where}; {known}"
    if shop and shop.my_page:
        yield f"My Page: {shop.my_page}"


def _request(record: OrderRecord) -> Iterator[str]:
    where = f"{DIRECTORY}/{record.certificate}/pending/{record.application.key_hash}"
    yield f"names: {', '.join(record.application.names)}"
    yield f"CSR and key: on {record.host}, in {where}/ (or below tls_directory of that host): csr.pem, key.pem"


def _said_by_mail(
    record: OrderRecord, control: Control, ledger: Ledger
) -> tuple[list[tuple[str, str, str]], list[DnsToken]]:
    """Return the files (name, path, content) and records that the shop's mails ask for."""
    authority = control.remembering(ledger).get(record.account)
    if not isinstance(authority, PortalAuthority):
        return [], []
    facts = authority.facts(record.application, record.created_at)
    return [(one.name, one.path, one.content) for one in tokens_of(facts)], list(records_of(facts))


def _tokens(
    record: OrderRecord, lying: Sequence[Placement], said: tuple[list[tuple[str, str, str]], list[DnsToken]]
) -> Iterator[str]:
    files, records = said
    for one in lying:
        state = "lies" if one.published else "is to lie"
        yield f"token of {one.token.name}: {one.token.content} {state} at {described(one)}"
    placed = {(one.token.name, one.token.path) for one in lying}
    for name, path, content in files:
        if (name, path) not in placed:
            yield f"token of {name}: {content} belongs to http://{name}{path}"
    for record_token in (one for one in records if (one.name, one.path) not in placed):
        yield f"record of {record_token.name}: {record_token.record} {record_token.type} {record_token.value}"
    if not (lying or files or records):
        yield "tokens: none are known yet; the CA hands them out after the application"


def _afterwards(record: OrderRecord, calendar: Calendar) -> Iterator[str]:
    replaced = record.application.replaces
    end = f" before {calendar.day(replaced.not_after)}, when the one in use ends" if replaced else ""
    yield (
        "when the certificate comes: see that it is for that key, then put it with its intermediates, and key.pem, "
        f"where the service on {record.host} reads them, and reload it{end}"
    )
    if record.state is not OrderState.RELEASED:
        yield (
            "in whose hands it is: this program goes on with it meanwhile, and installs what comes by itself; where it "
            "should not, release it first (module koshin.tls.order with action: release and certificates: "
            f"[{record.certificate}])"
        )
    yield "tell this program: nothing; the next run sees the certificate in use and goes on with it"
    if record.state is OrderState.RELEASED:
        yield f"if no certificate comes: {order_anew(record)}, and the next run orders anew"


def order_anew(record: OrderRecord) -> str:
    """Return what is typed where a released order comes to nothing."""
    return confirm_command(StepKind.FINISH_BY_HAND.value, certificate=record.certificate)
