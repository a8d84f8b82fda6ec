# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a CA send its approval mails of open orders again: one was lost, or its link is too old."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from contextlib import nullcontext

from .._ca.base import ResendsMails
from .._core.errors import KoshinError
from .._core.inventory import Method
from .._core.order import OrderRecord
from .._core.outcome import Outcome, each
from .control import Control
from .describe import NO_ORDER, record_item
from .job import named


def resend(certificates: Sequence[str], control: Control, *, check_mode: bool, wait_seconds: float) -> Outcome:
    """Have the mails of the open order of each certificate sent again; one without an open order is left as it is."""

    def one(name: str) -> dict[str, t.Any]:
        with nullcontext() if check_mode else ledger.hold(name, wait_seconds=wait_seconds):
            record = ledger.open_orders([name]).get(name)
            if record is None or record.reference is None:
                return {**NO_ORDER, "message": "no order is open"}
            approvers = _send(record, control, check_mode=check_mode)
        done = f"{'would have' if check_mode else 'had'} the mails of {record.reference} sent again, to {approvers}"
        return {**NO_ORDER, **record_item(record, []), "changed": True, "message": done}

    with control.ledger(read_only=check_mode) as ledger:
        items = each(certificates, one, name=str, blank=NO_ORDER)
    return Outcome(noun="orders", items=items)


def _send(record: OrderRecord, control: Control, *, check_mode: bool) -> str:
    authority = named(control.authorities, record.account, "tls_accounts")
    names = [name for name, method in record.application.methods if method is Method.EMAIL]
    if not names:
        raise KoshinError(
            f"No name of order {record.reference} of {record.certificate} is validated by mail.",
            "Nothing has to be sent; see what it waits for with status.yml.",
            code="no_mail",
        )
    if not isinstance(authority, ResendsMails):
        raise KoshinError(
            f"Account {record.account} cannot be asked to send its mails again.",
            f"Have it done at the CA's or shop's page of order {record.reference}, or ask its support.",
            code="cannot_resend",
        )
    approvers = dict(record.application.approvers)
    if not check_mode:
        authority.resend_mails(record.reference or "", record.application)
    return ", ".join(dict.fromkeys(approvers.get(name, f"the approver of {name}") for name in names))
