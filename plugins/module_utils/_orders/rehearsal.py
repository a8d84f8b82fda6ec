# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode: say what would be ordered, published and installed; read, and send nothing."""

from __future__ import annotations

from .._ca.base import AcceptsConfirmation, CertificateAuthority
from .._core.order import OrderState
from .._core.placement import TASKS, is_host
from .._core.plan import TokenPlace
from .._core.step import StepState
from .._ledger.ledger import Ledger
from .advance import still_due
from .job import Job, Progress
from .placing import (
    application_for,
    open_already,
    read_again,
)
from .purchase import price, would_buy
from .refusals import refuse_if_blocked, refuse_to_pay_twice, refuse_what_was_bought, would_revoke
from .releasing import refuse_while_released


def rehearse(job: Job, *, authority: CertificateAuthority, ledger: Ledger) -> Progress:
    """Return what C(advance) would do for one certificate. C(ledger) is open for reading only."""
    record = ledger.open_orders([job.name]).get(job.name)
    if record is None and not still_due(job, ledger):
        return Progress(job, job.planned.decision.reason)
    if record is None:
        return _would_place(job, authority, ledger)
    if record.state is OrderState.INTENDED or record.reference is None:
        return Progress(job, "would look up the order whose answer was lost", True, record)
    order = read_again(job, record, authority)
    if order.state is OrderState.ISSUED:
        return Progress(job, f"would collect order {order.reference}, {_install(job)}", True, record, order)
    done = ledger.steps([job.name], states=(StepState.DONE,))
    confirmed = {step.kind for step in done if step.own_reference == record.own_reference} & set(order.awaited)
    if confirmed and isinstance(authority, AcceptsConfirmation):
        steps = ", ".join(kind.value for kind in order.awaited if kind in confirmed)
        return Progress(job, f"would confirm {steps} of order {order.reference}", True, record, order)
    return Progress(job, f"order {order.reference} is open", False, record, order)


def _would_place(job: Job, authority: CertificateAuthority, ledger: Ledger) -> Progress:
    refuse_if_blocked(job)
    refuse_while_released(job, ledger)
    existing = open_already(job, application_for(job, job.request), authority=authority, ledger=ledger)
    if existing is not None:
        return Progress(job, f"would take up order {existing.reference}, which is open already", True, order=existing)
    refuse_to_pay_twice(job, authority)
    refuse_what_was_bought(job, ledger)
    would_revoke(job, authority)
    order = f"would place a {job.planned.decision.action.value} order at {job.account.name} ({_cost(job, authority)})"
    steps = [f"{order} for {', '.join(job.planned.certificate.names)}", *_publish(job), _install(job)]
    return Progress(job, f"{would_buy(job, authority, ledger)}{', '.join(steps)}", True)


def _cost(job: Job, authority: CertificateAuthority) -> str:
    product, amount = job.planned.certificate.product or authority.traits.products[0], price(job, authority)
    return product if amount is None else f"{product}, {amount} {job.account.currency}".rstrip()


def _publish(job: Job) -> list[str]:
    places = [_place(place) for place in job.planned.token_places]
    return [f"publish the tokens of {', '.join(places)}"] if places else []


def _place(place: TokenPlace) -> str:
    if is_host(place.host):
        return f"{place.name} in {place.web_root} on {place.host}"
    where = place.host.partition(":")[2]
    return f"{place.name} {'by' if place.host.startswith(TASKS) else 'at'} {where}"


def _install(job: Job) -> str:
    certificate = job.planned.certificate
    paths = ", ".join(certificate.files.paths().values()) or "its default directory"
    services = f", and reload {', '.join(certificate.services)}" if certificate.services else ""
    return f"install it to {paths} on {certificate.host}{services}"
