# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms for applications and reissues: their fields, in the shop's order, and what was typed into them.

The labels are those of the shop's data in the collection, so that a sheet made from it can be typed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormField, FormSource
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider

from .desk import PRODUCT
from .manners import Manners
from .markup import Input
from .nouns import Entry, Order, Refused
from .words import ACTIONS, Speech

Posted = Mapping[str, Sequence[str]]
_ADDRESS = tuple(Address.__dataclass_fields__)


def application_inputs(order: Order, manners: Manners, say: Speech) -> Iterator[Input]:
    return _inputs(_forms(manners.shop)[0], order, manners, say)


def reissue_inputs(order: Order, manners: Manners, say: Speech) -> Iterator[Input]:
    return _inputs(_forms(manners.shop)[1], order, manners, say)


def application_entry(posted: Posted) -> Entry:
    """Return what was typed; raises Refused where a method is none that anybody offered."""
    methods, approvers = _rows(posted)
    return Entry(
        common_name=next(iter(methods)),
        additional_names=tuple(methods)[1:],
        csr=_text(posted, FormSource.CSR.value) + "\n",
        methods=tuple(methods.items()),
        approvers=tuple(approvers.items()),
        address=Address(**{field: _text(posted, field) for field in _ADDRESS}),
        responsible=_person(posted, "responsible"),
        technical_email=_text(posted, FormSource.TECHNICAL_EMAIL.value),
        duns=_text(posted, FormSource.DUNS_NUMBER.value) or _text(posted, FormSource.RECORD_NUMBER.value),
        own_reference=_text(posted, FormSource.OWN_REFERENCE.value),
    )


def reissue_entry(posted: Posted, order: Order) -> Entry:
    """Return what was typed into the reissue form; what it does not ask for stays as it was."""
    if order.entry is None or _text(posted, FormSource.ORDER_NUMBER.value) != order.number:
        raise Refused(f"Enter the order's number, {order.number}.")
    methods, approvers = _rows(posted)
    last = order.entry
    return Entry(
        common_name=next(iter(methods)),
        additional_names=tuple(methods)[1:],
        csr=_text(posted, FormSource.CSR.value) + "\n",
        methods=tuple(methods.items()),
        approvers=tuple(approvers.items()),
        address=last.address,
        responsible=last.responsible,
        technical_email=last.technical_email,
        duns=last.duns,
        own_reference=last.own_reference,
    )


@cache
def _forms(shop: str) -> tuple[tuple[FormField, ...], tuple[FormField, ...]]:
    known = provider(shop, ())
    return known.form, known.reissue_form


def _inputs(fields: Sequence[FormField], order: Order, manners: Manners, say: Speech) -> Iterator[Input]:
    """Names are asked for one by one, methods and approvers for each name where the shop tells names apart."""
    places = range(order.name_count)
    of_each = tuple((f"_{place}", f" ({say.name_field(place)})") for place in places)
    rows = of_each if manners.methods_per == "name" else (("", ""),)
    methods = ("", ""), *((one, say.method(Method(one))) for one in manners.methods)
    actions = tuple((one, say.action(one)) for one in ACTIONS)
    made: Mapping[FormSource, Callable[[str], list[Input]]] = {
        FormSource.PRODUCT: lambda label: [Input("product", label, "select", PRODUCT, ((PRODUCT, PRODUCT),))],
        FormSource.ACTION: lambda label: [Input("action", label, "select", options=actions)],
        FormSource.CSR: lambda label: [Input("csr", label, "textarea")],
        FormSource.COMMON_NAME: lambda label: [Input("name_0", label)],
        FormSource.ADDITIONAL_NAMES: lambda label: [Input(f"name_{one}", f"{label} {one}") for one in places[1:]],
        FormSource.VALIDATION_METHODS: lambda label: [
            Input(f"method{row}", label + which, "select", options=methods) for row, which in rows
        ],
        FormSource.APPROVERS: lambda label: [Input(f"approver{row}", label + which) for row, which in rows],
    }
    for field in fields:
        make = made.get(field.source)
        yield from make(field.label) if make is not None else [Input(field.source.value, field.label)]


def _rows(posted: Posted) -> tuple[dict[str, Method], dict[str, str]]:
    """Return by name how it is validated, and who approves it; in the form's order, the common name first."""
    places = sorted(int(key.removeprefix("name_")) for key in posted if key.startswith("name_"))
    rows = {_text(posted, f"name_{place}").lower(): place for place in places if _text(posted, f"name_{place}")}
    if not _text(posted, "name_0"):
        raise Refused("Enter a common name.")
    approvers = {name: _of_row(posted, "approver", place) for name, place in rows.items()}
    methods = {name: _method(_of_row(posted, "method", place)) for name, place in rows.items()}
    return methods, {name: who for name, who in approvers.items() if who}


def _of_row(posted: Posted, field: str, place: int) -> str:
    return _text(posted, f"{field}_{place}") or _text(posted, field)


def _person(posted: Posted, role: str) -> str:
    parts = (_text(posted, f"{role}_{part}") for part in ("name", "family_name", "given_name"))
    return " ".join(part for part in parts if part)


def _method(word: str) -> Method:
    try:
        return Method(word)
    except ValueError:
        raise Refused("Choose a validation method for each name.") from None


def _text(posted: Posted, field: str) -> str:
    values = posted.get(field, ())
    return values[0].replace("\r\n", "\n").strip() if values else ""
