# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order at a shop until it is applied for: invoice, payment, application or automatic application, reissue form."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .limits import DAY
from .message import MessageKind
from .order import Action
from .portal_facts import PortalFacts, Standing
from .step import Awaited, StepKind

_LOOK = Awaited(
    StepKind.MY_PAGE,
    details="No application mail came: the shop may have applied by itself with last time's data. If My Page shows "
    "that, compare it with the sheet and confirm my_page; if not, apply there and confirm application.",
)


def rejected(facts: PortalFacts) -> Standing:
    said = facts.last(MessageKind.REJECTION)
    words = said.wanted if said is not None and said.wanted else "see its mail"
    kind = StepKind.REISSUE if facts.application.action is Action.REISSUE else StepKind.APPLICATION
    step = Awaited(
        kind,
        details=f"The shop refused the application ({words}): correct what it names, and apply again.",
        link=said.link if said is not None and said.link else facts.provider.my_page,
        anew_since=facts.rejected_at,
    )
    return Standing(f"the shop refused the application: {words}", (step,))


def reissue(facts: PortalFacts) -> Standing:
    notice = facts.last(MessageKind.REISSUE_NOTICE)
    link = notice.link if notice is not None and notice.link else facts.provider.my_page
    return Standing("waits for the reissue form", (Awaited(StepKind.REISSUE, link=link),))


def application(facts: PortalFacts) -> Standing:
    """Paid: the application mail comes, or the shop applies by itself, or a person opens the form."""
    opens = _application_opens_at(facts)
    if facts.now < opens:
        return Standing(f"is applied for from {opens:%Y-%m-%d} on: earlier it would count as new, and lose days")
    invited = facts.last(MessageKind.APPLICATION_INVITATION)
    switchboard = (Awaited(StepKind.TELL_SWITCHBOARD),) if facts.confirmed(StepKind.TELL_SWITCHBOARD) is None else ()
    form = Awaited(StepKind.APPLICATION, link=invited.link if invited and invited.link else facts.provider.my_page)
    if invited is not None or not (facts.provider.applies_automatically and facts.renews_here):
        return Standing("waits for the application", (form, *switchboard))
    until = (facts.paid_at or facts.now) + facts.provider.invitation_days * DAY
    if facts.now < until:
        early = (
            f"The application mail may come until {until:%Y-%m-%d}: confirm only if My Page shows before that the shop "
        )
        look = replace(_LOOK, details=f"{early}applied by itself.", link=facts.provider.my_page)
        return Standing(f"waits for the application mail until {until:%Y-%m-%d}", (look, *switchboard))
    look = replace(_LOOK, link=facts.provider.my_page)
    return Standing("no application mail came: it may have been made automatically", (look, form, *switchboard))


def _application_opens_at(facts: PortalFacts) -> datetime:
    """Bought elsewhere, an application before the CA's window would be a new certificate."""
    replaced = facts.application.replaces
    if replaced is None or replaced.bought_here:
        return facts.placed_at
    return replaced.not_after - facts.provider.application_window_days * DAY


def payment(facts: PortalFacts) -> Standing:
    bill = facts.last(MessageKind.INVOICE)
    if bill is None:
        return Standing("waits for the invoice", (Awaited(StepKind.PAYMENT, details="The invoice comes by mail."),))
    amount = f"{bill.amount} (tax {bill.tax})" if bill.tax else bill.amount
    step = Awaited(
        StepKind.PAYMENT,
        subject=f"invoice {bill.invoice_number}" if bill.invoice_number else "",
        details=f"Invoice {bill.invoice_number or 'without a number'}: {amount or 'amount not understood'}.",
        link=bill.link,
        due_on=bill.due_on,
    )
    return Standing("waits for payment", (step,))


def invoice(facts: PortalFacts) -> Standing:
    until = invoice_until(facts)
    if facts.now < until:
        return Standing(f"waits for renewal notice and invoice until {until:%Y-%m-%d}")
    step = Awaited(
        StepKind.PURCHASE,
        details="Neither invoice nor renewal notice came: order the renewal on My Page, or confirm if it is there.",
        link=facts.provider.my_page,
    )
    return Standing("the invoice did not come", (step,))


def invoice_until(facts: PortalFacts) -> datetime:
    """Return until when the invoice should have come: counted from the opening, or from our order if that is later."""
    days = next((one.latest_days for one in facts.provider.expected if one.kind is MessageKind.INVOICE), 0)
    return max(facts.opens_at or facts.placed_at, facts.placed_at) + timedelta(days=days)


def purchase(facts: PortalFacts) -> Standing:
    return Standing("waits for the purchase", (Awaited(StepKind.PURCHASE, link=facts.provider.my_page),))


def is_invoiced(facts: PortalFacts) -> bool:
    return facts.last(MessageKind.INVOICE) is not None or facts.confirmed(StepKind.PURCHASE) is not None
