# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps an order from being placed, before anything is written down: findings, a second payment, a revocation."""

from __future__ import annotations

from .._ca.base import CertificateAuthority
from .._core.errors import KoshinError
from .._core.losses import lost_names
from .._core.order import Action
from .._core.revocation import withheld_because
from .._ledger.ledger import Ledger
from .job import Job


def refuse_if_blocked(job: Job) -> None:
    """Raise KoshinError with the first finding that stands against an order."""
    if job.blocking:
        first = job.blocking[0]
        more = f" (and {len(job.blocking) - 1} more findings)" if len(job.blocking) > 1 else ""
        raise KoshinError(
            f"Nothing was ordered for {job.name}: {first.message}{more}", first.next_move, code=first.code
        )


def refuse_to_pay_twice(job: Job, authority: CertificateAuthority) -> None:
    """What was issued and lost its key is issued again inside its order, or not at all."""
    if job.planned.decision.action is Action.REISSUE and not job.planned.reissue_of and authority.traits.costs_money:
        raise KoshinError(
            f"{job.name}: {job.planned.decision.reason}; another order at {job.account.name} would be paid again.",
            f"Put the key's directory under pending/ on {job.planned.certificate.host} back from a backup.",
            code="key_lost",
        )


def refuse_what_was_bought(job: Job, ledger: Ledger, *, but: str = "") -> None:
    """Two would buy: the CA, which was told to, or somebody who renewed it by hand, and we.

    C(but): own reference of an order of ours that was never placed.
    """
    bought = job.planned.bought
    if bought is None:
        return
    if bought.buys_by_itself:
        raise KoshinError(
            f"Nothing was ordered for {job.name}: order {bought.reference} at {job.account.name} is renewed or "
            "reissued by the CA itself.",
            "Switch automatic renewal and reissue off there for this order, then run renew.yml again.",
            code="buys_by_itself",
        )
    if bought.renewed and not job.planned.reissue_of and not _came_to_nothing(job, ledger, but):
        raise KoshinError(
            f"Nothing was ordered for {job.name}: order {bought.reference} at {job.account.name} was renewed there "
            "already, for another key or other names.",
            f"Install that one with its key on {job.planned.certificate.host}, or cancel it there; to buy another all "
            "the same, set new_order: true.",
            code="renewed_already",
        )


def _came_to_nothing(job: Job, ledger: Ledger, but: str) -> bool:
    """Say whether a renewal that the CA knows of may be one of ours that was rejected or given up."""
    in_use = job.planned.found.certificate
    known = [one.application.replaces for one in ledger.orders([job.name]) if one.own_reference != but]
    return job.planned.certificate.new_order or any(
        one is not None and in_use is not None and one.serial == in_use.serial for one in known
    )


def would_revoke(job: Job, authority: CertificateAuthority) -> bool:
    """Say whether a reissue gets the certificate in use revoked; raises KoshinError where that must not be."""
    in_use, hours = job.planned.found.certificate, authority.traits.name_loss_revokes_hours
    lost = lost_names(job.planned.certificate, in_use) if in_use is not None else []
    if job.planned.reissue_of is None or hours is None or not lost:
        return False
    said = (
        f"The reissue of {job.name} leaves out {', '.join(lost)}: the CA revokes the certificate in use {hours} h later"
    )
    if not job.planned.certificate.allow_revoking_reissue:
        amount = job.account.price_of(job.planned.certificate.product or authority.traits.products[0])
        cost = "at an unknown price" if amount is None else f"for {amount} {job.account.currency}".rstrip()
        raise KoshinError(
            f"{said}.",
            f"Keep the names in additional_names, or buy a new order {cost} (new_order: true), or let it be revoked "
            "(allow_revoking_reissue: true).",
            code="reissue_revokes",
        )
    withheld = withheld_because(job.planned.certificate, hosts=job.hosts)
    if withheld:
        raise KoshinError(
            f"{said}, and nothing can be installed by then: {withheld}.",
            "Run renew.yml again when all its hosts answer.",
            code="reissue_revokes",
        )
    return True
