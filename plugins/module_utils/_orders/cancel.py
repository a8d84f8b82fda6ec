# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give up open orders: at the CA where it can, and in the ledger."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from contextlib import nullcontext

from .._ca.base import Cancels
from .._core.errors import KoshinError
from .._core.order import OrderRecord, OrderState
from .._core.outcome import Outcome, each
from .control import Control
from .describe import NO_ORDER, record_item
from .job import named


def cancel(certificates: Sequence[str], control: Control, *, check_mode: bool, wait_seconds: float) -> Outcome:
    """Cancel the open order of each certificate; one without an open order is left as it is."""

    def one(name: str) -> dict[str, t.Any]:
        with nullcontext() if check_mode else ledger.hold(name, wait_seconds=wait_seconds):
            record = ledger.open_orders([name]).get(name)
            if record is None:
                return {**NO_ORDER, "message": "no order is open"}
            if not check_mode:
                _give_up(record, control)
                ledger.close_order(record.own_reference, OrderState.CANCELLED, "cancelled by hand")
        number = record.reference or record.own_reference
        done = f"{'would cancel' if check_mode else 'cancelled'} order {number}"
        return {**NO_ORDER, **record_item(record, []), "changed": True, "message": done}

    with control.ledger(read_only=check_mode) as ledger:
        items = each(certificates, one, name=str, blank=NO_ORDER)
    return Outcome(noun="orders", items=items)


def _give_up(record: OrderRecord, control: Control) -> None:
    authority = named(control.authorities, record.account, "tls_accounts")
    # Found, not read: where the CA has lost it, or has another order of this number, there is nothing to cancel there.
    existing = authority.find(record.application)
    if existing is None or existing.state is not OrderState.OPEN or existing.key_hash != record.application.key_hash:
        return
    if not isinstance(authority, Cancels):
        raise KoshinError(
            f"Account {record.account} cannot cancel orders.",
            f"Cancel order {existing.reference} at the CA by hand, then run this again.",
            code="cannot_cancel",
        )
    # The ledger's number tells a reissue from its order, which was paid for more than that.
    authority.cancel(record.reference or existing.reference, record.application)
