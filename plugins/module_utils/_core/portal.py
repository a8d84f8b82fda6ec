# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an order at a shop without an API stands: one pure function of what is known, one table read from the top.

What is known are facts only: what the shop is like, what was applied for, what its mails say, what people confirmed,
and what day it is. So a mail that was read, or a step that was confirmed, needs no second place where it counts.
"""

from __future__ import annotations

import typing as t

from . import portal_buying as buying
from .account import ReusedKey
from .message import MessageKind
from .order import Action, Order, OrderState
from .portal_facts import PortalFacts, Standing
from .portal_validation import in_validation, records_of, tokens_of
from .step import Awaited, StepKind

_STOP = (
    "A certificate for the key in use came, from an automatic application, and reused_key says stop: confirm to "
    "install it all the same, or have the shop issue it again for the CSR of the sheet."
)


def standing(facts: PortalFacts) -> Order:
    """Return how the order stands. At a shop our own reference is its number: it may have none, or several."""
    said = next(say(facts) for fits, say in _TABLE if fits(facts))
    application, found = facts.application, said.certificate
    return Order(
        reference=application.own_reference,
        own_reference=application.own_reference,
        state=said.state,
        names=application.names,
        key_hash=found.key_hash if found else application.key_hash,
        awaits=said.awaits,
        tokens=tokens_of(facts),
        records=records_of(facts),
        chain=found.chain if found else (),
        reason=said.reason,
        reused_key=found is not None and found.key_hash != application.key_hash,
    )


def _certificate_came(facts: PortalFacts) -> bool:
    """A certificate for the key in use waits for a person where the account says stop."""
    found = facts.certificate
    if found is None:
        return False
    is_own = found.key_hash == facts.application.key_hash
    # A look at My Page that was confirmed before anybody was told of the certificate lets nothing pass.
    seen = facts.confirmed(StepKind.MY_PAGE, details=_STOP) is not None
    return is_own or facts.reused_key is not ReusedKey.STOP or seen


def _issued(facts: PortalFacts) -> Standing:
    return Standing("", state=OrderState.ISSUED, certificate=facts.certificate)


def _stopped(facts: PortalFacts) -> Standing:
    looked = facts.confirmed(StepKind.MY_PAGE) is not None
    step = Awaited(
        StepKind.MY_PAGE,
        details=_STOP,
        link=facts.provider.my_page,
        anew_since=facts.now if looked else None,
    )
    return Standing("a certificate for the key in use came, and the account says stop", (step,))


def _cancelled(facts: PortalFacts) -> Standing:
    said = facts.last(MessageKind.CANCELLATION)
    return Standing(f"the shop cancelled it: {said.wanted if said else ''}".rstrip(": "), state=OrderState.CANCELLED)


_TABLE: tuple[tuple[t.Callable[[PortalFacts], bool], t.Callable[[PortalFacts], Standing]], ...] = (
    (_certificate_came, _issued),
    (lambda facts: facts.certificate is not None, _stopped),
    (lambda facts: facts.last(MessageKind.CANCELLATION) is not None, _cancelled),
    (lambda facts: facts.applied_at is not None, in_validation),
    (lambda facts: facts.rejected_at is not None, buying.rejected),
    (lambda facts: facts.application.action is Action.REISSUE, buying.reissue),
    (lambda facts: facts.paid_at is not None, buying.application),
    (buying.is_invoiced, buying.payment),
    (lambda facts: facts.renews_here and facts.provider.sends_invoice, buying.invoice),
    (lambda facts: True, buying.purchase),
)
