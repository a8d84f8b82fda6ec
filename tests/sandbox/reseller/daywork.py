# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shop does by itself: every order is moved on as far as it goes now, and letters are written in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .applying import apply_automatically, ask_people, invite, vet
from .desk import Desk
from .issuing import Authority, carried_days, lifetime_days
from .nouns import DAY, DONE, Entry, Issued, Order, Stage
from .trade import cancel_unpaid, open_renewal, send_invoices

# A certificate that ends so much earlier than its order is issued again inside it.
_TERM_LEFT = 2 * DAY


def work(desk: Desk, authority: Authority) -> None:
    """Do all that can be done now; doing it again changes nothing."""
    _announce_ends(desk)
    send_invoices(desk)
    cancel_unpaid(desk)
    for number in list(desk.books.orders):
        before = None
        while before != desk.order(number):
            before = desk.order(number)
            _move_on(desk, before, authority)


def _move_on(desk: Desk, order: Order, authority: Authority) -> None:
    """Take one step, if the order can."""
    stage, entry = order.stage, order.entry
    if stage in (Stage.PAID, Stage.INVITED):
        _move_on_paid(desk, order)
    elif stage is Stage.APPLIED and entry is not None:
        vet(desk, order, entry)
    elif (stage is Stage.VALIDATING and order.validated) or (stage is Stage.DOCUMENTS_ASKED and order.documents):
        ask_people(desk, order)
    elif stage is Stage.PHONE_CALL_DUE and order.called and entry is not None:
        _issue(desk, order, entry, authority)
    elif stage is Stage.REISSUE_REQUESTED and order.validated and entry is not None:
        _reissue(desk, order, entry, authority)


def _move_on_paid(desk: Desk, order: Order) -> None:
    """Invite, or apply with last time's data once the time for an application is over."""
    manners, last = desk.manners, desk.last_of(order)
    waited = desk.now - (order.paid_at or desk.now)
    if last is not None and last.entry is not None and _over(waited, manners.automatic_days):
        apply_automatically(desk, order, last)
    elif order.stage is Stage.PAID and _over(waited, manners.invitation_days):
        invite(desk, order)


def _over(waited: timedelta, days: int | None) -> bool:
    return days is not None and waited >= days * DAY


def _issue(desk: Desk, order: Order, entry: Entry, authority: Authority) -> None:
    carried = carried_days(desk.books, order, entry, desk.now) if order.recognised else 0
    term = desk.now + (desk.manners.order_days + carried) * DAY
    order = replace(order, carried_days=carried, term_ends=term)
    _deliver(desk, replace(order, stage=Stage.ISSUED), _certificate(desk, order, entry, authority, carried))


def _reissue(desk: Desk, order: Order, entry: Entry, authority: Authority) -> None:
    issued = _certificate(desk, order, entry, authority, 0)
    _deliver(desk, replace(order, stage=Stage.REISSUED, reissuing=False), issued)
    if set(order.issued[-1].names) - set(issued.names):
        # A name is gone: the certificate before is revoked within 72 hours.
        desk.write(MessageKind.REVOCATION_WARNING, desk.order(order.number), due_on=(desk.now + 3 * DAY).date())


def _certificate(desk: Desk, order: Order, entry: Entry, authority: Authority, carried: int) -> Issued:
    record = desk.books.records[desk.customer_of(order).duns]
    # The shop's clock may be ahead of everybody else's, for whom its certificate would not be valid yet.
    start = min(desk.now, desk.elsewhere_now)
    days = lifetime_days(desk.books, carried=carried, term_ends=order.term_ends or desk.now, start=start)
    return authority.issue(entry, record, not_before=start, days=days)


def _deliver(desk: Desk, order: Order, issued: Issued) -> None:
    desk.keep(replace(order, issued=(*order.issued, issued), checks=()))
    desk.note("certificate", order)
    order = desk.order(order.number)
    recipient = order.entry.technical_email if order.entry is not None else ""
    desk.write(MessageKind.CERTIFICATE, order, recipient=recipient, pem=issued.chain)


def _announce_ends(desk: Desk) -> None:
    """Write about certificates that end: notices, reminders; open renewals, all of a customer's in one letter."""
    opened: dict[str, list[Order]] = {}
    for order in list(desk.books.orders.values()):
        if order.stage not in DONE or order.certificate is None or order.term_ends is None:
            continue
        end = order.certificate.not_after
        if order.term_ends - end >= _TERM_LEFT:
            _announce_reissue(desk, order, end, order.term_ends)
            continue
        _announce_renewal(desk, order, end)
        if end - desk.now <= desk.manners.renewal_opens_days * DAY and _renewal(desk, order) is None:
            opened.setdefault(order.customer, []).append(open_renewal(desk, order))
        _remind(desk, desk.order(order.number), end)
    for renewals in opened.values():
        desk.write(MessageKind.RENEWAL_NOTICE, *renewals)


def _announce_reissue(desk: Desk, order: Order, end: datetime, term_ends: datetime) -> None:
    if end - desk.now <= desk.manners.reissue_notice_days * DAY and _mark(desk, order, "reissue"):
        link = f"{desk.url}/reissue/{order.number}"
        desk.write(MessageKind.REISSUE_NOTICE, order, link=link, due_on=term_ends.date())


def _announce_renewal(desk: Desk, order: Order, end: datetime) -> None:
    days = desk.manners.advance_notice_days
    if days and end - desk.now <= days * DAY and _mark(desk, order, "advance"):
        opens = end - desk.manners.renewal_opens_days * DAY
        desk.write(MessageKind.ADVANCE_NOTICE, order, due_on=opens.date())


def _remind(desk: Desk, order: Order, end: datetime) -> None:
    renewal = _renewal(desk, order)
    if renewal is not None and renewal.stage in DONE:
        return
    for days in desk.manners.reminder_days:
        if end - desk.now <= days * DAY and _mark(desk, desk.order(order.number), f"{days}-days"):
            desk.write(MessageKind.EXPIRY_REMINDER, order)


def _mark(desk: Desk, order: Order, what: str) -> bool:
    """Say whether nobody was told yet of this certificate's end in this way; from now on somebody was."""
    mark = f"{what}-{len(order.issued)}"
    if mark in order.reminded:
        return False
    desk.keep(replace(order, reminded=(*order.reminded, mark)))
    return True


def _renewal(desk: Desk, order: Order) -> Order | None:
    return next((one for one in desk.books.orders.values() if one.renews == order.number), None)
