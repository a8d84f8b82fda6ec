# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order at CertCentral as everybody sees one: what it waits for, which names are believed, its chain."""

from __future__ import annotations

from dataclasses import replace

from .._core.account import DigicertSettings
from .._core.errors import CertificateUnreadable
from .._core.inventory import Method
from .._core.order import Application, DnsToken, FileToken, Order, OrderState
from .._core.step import Awaited, StepKind
from .._x509.loading import key_hash_of_csr
from .._x509.reading import certificate_facts
from .digicert_api import CertCentral
from .digicert_application import dcv_method
from .digicert_reading import NEEDS_APPROVAL, NEEDS_CSR, Details, Validation, as_number
from .digicert_tokens import tokens_of

_CALL = "request_authenticity"


def key_of(said: Details) -> str:
    """Return the key_hash of an order's CSR, "" where it tells none."""
    try:
        return key_hash_of_csr(said.csr.replace("\r\n", "\n"), "the order's CSR") if said.csr else ""
    except CertificateUnreadable:
        return ""


def standing_of(
    api: CertCentral, said: Details, request: int | None, application: Application, settings: DigicertSettings
) -> Order:
    """Return an order that is not fulfilled: open, or closed."""
    state = said.state
    if request is not None and said.rejected(request):
        state = OrderState.REJECTED
    order = _blank(said, request, application, state)
    if state is not OrderState.OPEN:
        return replace(order, reason=f"CertCentral says {said.word}")
    if said.word == NEEDS_CSR:
        return replace(order, reason="CertCentral waits for a CSR")
    found = api.validation(said.number)
    validated = tuple(name for name in application.names if _believed(name, found))
    missing = [name for name in application.names if name not in validated]
    if missing and found.method and found.method != dcv_method(application, settings):
        # Whoever placed it chose another one: what it asks for is nothing that we publish.
        awaits = (*_approval(said, request), *_call(found, application))
        return replace(order, awaits=awaits, validated=validated, reason=f"it is validated by {found.method} until now")
    files, records, mails = _tokens(api, said, missing, application, settings)
    awaits = (*_approval(said, request), *_call(found, application), *mails)
    return replace(
        order,
        awaits=awaits,
        tokens=files,
        records=records,
        validated=validated,
        reason=_reason(found, missing),
    )


def fulfilled(api: CertCentral, said: Details, request: int | None, application: Application) -> Order:
    """Return an issued order with its chain.

    A reissue is fulfilled once the certificate in force is for its key; a duplicate lies beside that one.
    """
    chain = _chain_for(application.key_hash, api, said, request)
    if chain is None:
        return replace(_blank(said, request, application, OrderState.OPEN), reason="CertCentral has not issued it yet")
    order = _blank(said, request, application, OrderState.ISSUED)
    return replace(order, chain=chain, validated=application.names)


def _chain_for(key_hash: str, api: CertCentral, said: Details, request: int | None) -> tuple[str, ...] | None:
    """Return the chain of an order, of whatever key; of a reissue or duplicate the one for its key."""
    delivered = api.chain_of_order(said.number) if said.certificate is None else api.chain(said.certificate)
    if request is None or _is_for(key_hash, delivered):
        return delivered
    for one in api.duplicates(said.number):
        number = as_number(one, "id")
        chain = api.chain(number) if number is not None and number != said.certificate else ()
        if _is_for(key_hash, chain):
            return chain
    return None


def _is_for(key_hash: str, chain: tuple[str, ...]) -> bool:
    return any(certificate_facts(pem, "the delivered certificate").key_hash == key_hash for pem in chain)


def _blank(said: Details, request: int | None, application: Application, state: OrderState) -> Order:
    own_key = "" if request is not None else key_of(said)
    return Order(
        reference=str(said.number) if request is None else f"{said.number}.{request}",
        own_reference=application.own_reference,
        state=state,
        names=application.names,
        key_hash=own_key or application.key_hash,
        term_ends=said.term_ends,
        buys_by_itself=said.buys_by_itself,
    )


def _believed(name: str, found: Validation) -> bool:
    """A domain that is believed covers what lies below it, as CertCentral validates domains."""
    bare = name[2:] if name.startswith("*.") else name
    return any(one in (name, bare) for one in found.believed)


def _tokens(
    api: CertCentral, said: Details, missing: list[str], application: Application, settings: DigicertSettings
) -> tuple[tuple[FileToken, ...], tuple[DnsToken, ...], tuple[Awaited, ...]]:
    method = next((method for _name, method in application.methods), Method.FILE)
    if not missing or said.word == NEEDS_APPROVAL:
        return (), (), ()
    if method is Method.EMAIL:
        return (), (), tuple(_mails(missing, application))
    files, records = tokens_of(api.random_value(said.number, application.certificate), missing, method, settings)
    return files, records, ()


def _mails(missing: list[str], application: Application) -> list[Awaited]:
    approvers = dict(application.approvers)
    listed = "; ".join(f"{name}: its mail to {approvers.get(name, 'the approver')}" for name in missing)
    return [Awaited(StepKind.MAIL_APPROVAL, details=listed)]


def _approval(said: Details, request: int | None) -> list[Awaited]:
    if said.word != NEEDS_APPROVAL:
        return []
    number = said.waiting_request(request)
    return [Awaited(StepKind.APPROVE_REQUEST, details=f"Request {number} of order {said.number} at CertCentral.")]


def _call(found: Validation, application: Application) -> list[Awaited]:
    if not found.waits_for_call:
        return []
    number = application.organization.address.telephone
    who = application.responsible
    person = f" and asks for {who.given_name} {who.family_name}" if who else ""
    return [Awaited(StepKind.PHONE_CONFIRMATION, details=f"The CA calls {number} of the record{person}.", link=number)]


def _reason(found: Validation, missing: list[str]) -> str:
    parts = []
    others = [one for one in found.waits if one != _CALL]
    if others:
        parts.append(f"CertCentral verifies {', '.join(one.replace('_', ' ') for one in others)}")
    if missing:
        parts.append(f"it does not believe {', '.join(missing)} yet")
    return "; ".join(parts)
