# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open orders as the ledger and the CA know them; only reads."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from .._core.errors import KoshinError
from .._core.order import OrderRecord
from .._core.outcome import Outcome, each
from .control import Control
from .describe import record_item
from .job import named


def show_orders(certificates: Sequence[str], control: Control) -> Outcome:
    """Return every open order (of C(certificates), if any are named), the CA asked side by side."""

    def one(record: OrderRecord) -> dict[str, t.Any]:
        item = record_item(record, [step for step in steps if step.own_reference == record.own_reference])
        try:
            return {**item, **_asked(record, control)}
        except KoshinError as error:
            return {**item, "authority_state": None, "error": error.as_result()}

    with control.ledger(read_only=True) as ledger:
        records = ledger.open_orders(list(certificates) or None)
        steps = ledger.steps(list(records))
        items = each(sorted(records.values(), key=_certificate), one, name=_certificate)
    return Outcome(
        noun="orders", items=items, extra={"summary": [_line(item) for item in items] or ["No order is open."]}
    )


def _certificate(record: OrderRecord) -> str:
    return record.certificate


def _asked(record: OrderRecord, control: Control) -> dict[str, t.Any]:
    authority = named(control.authorities, record.account, "tls_accounts")
    order = authority.find(record.application) if record.reference is None else authority.read(record.reference)
    if order is None:
        return {"authority_state": None, "reason": "the CA knows no such order"}
    return {"authority_state": order.state.value, "reason": order.reason}


def _line(item: dict[str, t.Any]) -> str:
    """Say in one line where an order stands and who is awaited."""
    line = f"{item['name']}: {item['action']} order {item['reference'] or item['own_reference']} at {item['account']}"
    if item["error"]:
        return f"{line}: {item['error']['message']} {item['error']['next_move']}"
    waits = [
        f"waits for {step['step']} ({step['role']}: {step['what']}) since {step['since'][:10]}"
        + (f", latest by {step['latest_by'][:10]}" if step["latest_by"] else "")
        for step in item["waiting_for"]
    ]
    return f"{line} is {item['authority_state'] or item['state']}; " + ("; ".join(waits) or "waits for the CA")
