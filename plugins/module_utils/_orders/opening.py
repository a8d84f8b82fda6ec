# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the purchasing of an account, which a ledger that may have forgotten something keeps closed."""

from __future__ import annotations

from dataclasses import replace

from .._core.errors import LedgerRefused
from .._core.outcome import Outcome
from .._core.plain import to_plain
from .._core.step import CHECK, HumanStep, StepKind, StepState
from .._ledger.ledger import Ledger
from .._ledger.purchasing import Purchasing
from .confirmation import result_of
from .control import Control
from .job import named


def open_purchasing(account: str, control: Control, *, by: str, note: str, check_mode: bool) -> Outcome:
    """Take C(by)'s word that all orders of an account are known here; the look-ups that waited for it end.

    Raises InputRefused for an unknown account, LedgerRefused, code C(not_awaited), for one that was never looked at.
    """
    named(control.accounts, account, "tls_accounts")
    # Looked at first: what is refused, or is so already, writes nothing and makes no ledger.
    with control.ledger(read_only=True) as ledger:
        before, waiting = ledger.purchasing(account), _waiting(account, ledger)
    if before.seen_at is None:
        raise LedgerRefused(
            f"Purchasing at {account} is not awaited: {before.reason}.",
            "Run renew.yml first: it looks at the account as soon as something has to be bought there.",
            code="not_awaited",
        )
    after, changed = before, not before.is_open
    if changed and not check_mode:
        with control.ledger(read_only=False) as ledger:
            after, changed = ledger.open_purchasing(account, by=by, note=note)
            ledger.announce([step.certificate for step in waiting], StepKind.LOOK_UP, [])
    elif changed:
        after = replace(before, is_open=True, opened_by=by, reason="")
    return Outcome(
        "human_steps",
        [
            result_of(replace(step, state=StepState.DONE, done_by=CHECK), decided_by=None, changed=changed)
            for step in waiting
        ],
        extra={"msg": _said(after, changed, check_mode), "purchasing": to_plain(after)},
        diff=[{"before_header": account, "after_header": account, "before": _line(before), "after": _line(after)}],
        changed=changed,
    )


def _waiting(account: str, ledger: Ledger) -> list[HumanStep]:
    return [
        step
        for step in ledger.steps()
        if step.kind is StepKind.LOOK_UP and step.own_reference is None and step.account == account
    ]


def _line(purchasing: Purchasing) -> str:
    state = f"open since {purchasing.opened_by} said so" if purchasing.is_open else f"closed: {purchasing.reason}"
    return f"purchasing: {state}\n"


def _said(after: Purchasing, changed: bool, check_mode: bool) -> str:
    is_now = "would be" if changed and check_mode else "is" if changed else "was already"
    return f"Purchasing at {after.account} {is_now} open, says {after.opened_by}. Run renew.yml: it orders what is due."
