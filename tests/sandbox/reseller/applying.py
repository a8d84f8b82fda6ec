# SPDX-License-Identifier: GPL-3.0-or-later
"""From the form to the certificate: applications and reissues, what a person can change or do meanwhile."""

from __future__ import annotations

import secrets
from dataclasses import replace

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .checks import announce, new_check, new_checks
from .desk import Desk
from .issuing import is_renewal
from .nouns import APPLICABLE, DONE, PENDING, Check, Entry, Order, Refused, Stage
from .vetting import differences, form_objections, method_objections, reissue_objections


def invite(desk: Desk, order: Order) -> None:
    """Send the link to the form."""
    order = desk.keep(replace(order, stage=Stage.INVITED, invitation=secrets.token_urlsafe(12)))
    desk.write(MessageKind.APPLICATION_INVITATION, order, link=f"{desk.url}/apply/{order.invitation}")


def apply(desk: Desk, number: str, entry: Entry) -> Order:
    """Take what the form says, or refuse it with all reasons."""
    order = desk.order(number)
    if order.stage not in APPLICABLE:
        raise Refused(f"The order {number} is {order.stage.value}: nothing can be applied for.")
    _refuse(form_objections(entry, order, desk.manners))
    desk.note("application", order)
    return _applied(desk, replace(order, entry=entry, automatic=False))


def apply_automatically(desk: Desk, order: Order, last: Order) -> None:
    """Apply with last time's data: names, CSR, methods, approvers, people."""
    desk.note("automatic_application", order)
    order = _applied(desk, replace(order, entry=last.entry, automatic=True), quietly=True)
    if desk.manners.announces_automatic:
        desk.write(MessageKind.APPLIED_AUTOMATICALLY, order)


def reissue(desk: Desk, number: str, entry: Entry) -> Order:
    """Take what the reissue form says; the order's certificate stays as it is until the new one is there."""
    order = desk.order(number)
    if order.stage not in DONE or order.entry is None or order.certificate is None:
        raise Refused(f"The order {number} is {order.stage.value}: nothing can be issued again.")
    if order.term_ends is None or desk.now >= order.term_ends:
        raise Refused(f"The order {number} has ended: buy its renewal.")
    _refuse(form_objections(entry, order, desk.manners) + reissue_objections(entry, order.entry, desk.manners))
    _refuse(differences(entry, _record(desk, order)))
    desk.note("reissue", order)
    order = desk.keep(replace(order, stage=Stage.REISSUE_REQUESTED, entry=entry, reissuing=True, reason=""))
    desk.write(MessageKind.RECEIVED, order)
    return hand_out(desk, order)


def vet(desk: Desk, order: Order, entry: Entry) -> None:
    """Compare an application with the company's record, and hand out what validates its names."""
    reasons = differences(entry, _record(desk, order))
    if reasons:
        order = desk.keep(replace(order, stage=Stage.REJECTED, reason=" ".join(reasons)))
        desk.write(MessageKind.REJECTION, order, reason=order.reason)
        return
    hand_out(desk, desk.keep(replace(order, stage=Stage.VALIDATING)))


def hand_out(desk: Desk, order: Order) -> Order:
    """Hand out new tokens for every name."""
    if order.entry is None:
        return order
    order = desk.keep(replace(order, checks=new_checks(order.entry, token_file=desk.manners.token_file)))
    announce(desk, order, order.checks)
    return order


def change_validation(desk: Desk, number: str, name: str, *, method: Method, approver: str) -> Order:
    """Change how names of a pending application are validated, one of them, or all where the shop knows one method."""
    order = desk.order(number)
    entry = order.entry
    if entry is None or order.stage not in PENDING or order.validated:
        raise Refused(f"The order {number} is {order.stage.value}: its validation cannot be changed.")
    names = entry.names if desk.manners.methods_per == "order" or not name else (name,)
    if not set(names) <= set(entry.names):
        raise Refused(f"The order {number} has no name {name}.")
    _refuse([why for one in names for why in method_objections(one, method, approver, desk.manners)])
    file = desk.manners.token_file
    new = {one: new_check(one, method, approver=approver, token_file=file) for one in names}
    methods = {**dict(entry.methods), **dict.fromkeys(names, method)}
    approvers = {**dict(entry.approvers), **dict.fromkeys(names, approver)}
    changed = replace(entry, methods=tuple(methods.items()), approvers=tuple(approvers.items()))
    checks = tuple(new.get(check.name, check) for check in order.checks)
    order = desk.keep(replace(order, entry=changed, checks=checks))
    desk.note("change_validation", order)
    announce(desk, order, tuple(new.values()))
    return order


def approve(desk: Desk, secret: str, code: str) -> Order:
    """Take an approver's word, by the page that his mail leads to; with a code where the shop sent one."""
    for order in desk.books.orders.values():
        for check in order.checks:
            if secret and check.secret == secret and order.stage in PENDING:
                if desk.manners.approval_by == "code" and code.strip().upper() != check.code:
                    raise Refused("This is not the code of the mail.")
                return _with_check(desk, order, replace(check, passed=True))
    raise Refused("This link is not valid any more.")


def upload(desk: Desk, number: str, name: str) -> Order:
    """Take a document that was asked for."""
    order = desk.order(number)
    if order.stage is not Stage.DOCUMENTS_ASKED:
        raise Refused(f"The order {number} is {order.stage.value}: no document is asked for.")
    desk.note("document", order)
    return desk.keep(replace(order, documents=(*order.documents, name)))


def confirm_online(desk: Desk, secret: str) -> Order:
    """Take the responsible person's word on a page, instead of a call."""
    for order in desk.books.orders.values():
        if secret and order.confirmation == secret and order.stage is Stage.PHONE_CALL_DUE:
            return desk.keep(replace(order, called=True))
    raise Refused("This link is not valid any more.")


def call(desk: Desk, number: str, *, telephone: str, answers: str) -> Order:
    """Call the record's number and ask for the responsible person; ``answers``: who comes to the telephone there."""
    order = desk.order(number)
    record = _record(desk, order)
    if order.stage is not Stage.PHONE_CALL_DUE or order.entry is None or record is None:
        raise Refused(f"The order {number} is {order.stage.value}: nobody is called.")
    desk.note("call", order)
    if telephone != record.telephone:
        raise Refused(f"{telephone} does not ring: the CA calls {record.telephone}.")
    if answers != order.entry.responsible:
        raise Refused(f"The CA asked for {order.entry.responsible}, and {answers or 'nobody'} answered.")
    return desk.keep(replace(order, called=True))


def ask_people(desk: Desk, order: Order) -> None:
    """Ask for documents, then for a call; what was given already is not asked for again."""
    manners = desk.manners
    if manners.documents and not order.documents:
        order = desk.keep(replace(order, stage=Stage.DOCUMENTS_ASKED))
        desk.write(MessageKind.DOCUMENTS_ASKED, order, documents=(manners.documents,))
        return
    order = desk.keep(
        replace(
            order,
            stage=Stage.PHONE_CALL_DUE,
            called=manners.confirmation == "none",
            confirmation=secrets.token_urlsafe(12) if manners.confirmation == "online" else "",
        )
    )
    if manners.confirmation == "online":
        desk.write(MessageKind.ONLINE_CONFIRMATION, order, link=f"{desk.url}/confirm/{order.confirmation}")
    elif manners.confirmation == "phone":
        desk.write(MessageKind.PHONE_CALL_ARRANGED, order)


def _applied(desk: Desk, order: Order, *, quietly: bool = False) -> Order:
    recognised = order.entry is not None and is_renewal(desk.books, order, order.entry, desk.now)
    fresh = replace(order, recognised=recognised, checks=(), documents=(), called=False, reason="")
    order = desk.keep(replace(fresh, stage=Stage.APPLIED))
    if not quietly:
        desk.write(MessageKind.RECEIVED, order)
    return order


def _with_check(desk: Desk, order: Order, check: Check) -> Order:
    checks = tuple(check if one.name == check.name else one for one in order.checks)
    return desk.keep(replace(order, checks=checks))


def _record(desk: Desk, order: Order) -> Address | None:
    return desk.books.records.get(desk.customer_of(order).duns)


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise Refused(" ".join(reasons))
