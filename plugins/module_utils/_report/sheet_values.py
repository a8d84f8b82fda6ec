# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exactly is entered: a value, or several, for each source of a field of a shop's form."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.certificate import KeyType
from .._core.inventory import Method, Person
from .._core.order import Action
from .sheet_facts import Facts, cleaned, csr_of
from .sheet_language import Phrase, shop_language

METHODS: t.Mapping[Method, Phrase] = {
    Method.FILE: Phrase("ファイル認証", "file validation"),
    Method.DNS: Phrase("DNS認証", "DNS validation"),
    Method.EMAIL: Phrase("メール認証", "mail validation"),
}
ACTIONS: t.Mapping[Action, Phrase] = {
    Action.NONE: Phrase("なし", "none"),
    Action.NEW: Phrase("新規", "new"),
    Action.RENEWAL: Phrase("更新", "renewal"),
    Action.REISSUE: Phrase("再発行", "reissue"),
}


@dataclass(frozen=True)
class Value:
    """One value, byte for byte as it is entered. ``name``: the host name that it belongs to, where there are several.

    ``long``: of many lines, with a line feed at the end (a CSR). ``mended``: what cannot be seen was taken out of it.
    """

    text: str
    name: str = ""
    long: bool = False
    mended: bool = False


Values = tuple[Value, ...]
ValueOf = t.Callable[[Facts], Values]


def one(text: str, name: str = "") -> Values:
    """Return a value of one line; none where there is nothing to enter."""
    said = cleaned(text)
    return (Value(said, cleaned(name), mended=said != text),) if said else ()


def product(facts: Facts) -> Values:
    """A shop that sells one product needs no choice."""
    sold = facts.provider.products
    return one(facts.application.product or (sold[0] if len(sold) == 1 else ""))


def action(facts: Facts) -> Values:
    """In the shop's words. What was bought elsewhere is applied for like new: the CA sees that it renews (R3)."""
    return one(ACTIONS[asked_for(facts)].said(shop_language(facts.provider.language)))


def asked_for(facts: Facts) -> Action:
    """Return what the shop's form has to be told."""
    replaced = facts.application.replaces
    elsewhere = replaced is not None and not replaced.bought_here
    wanted = facts.application.action
    return Action.NEW if wanted is Action.RENEWAL and elsewhere else wanted


def additional_names(facts: Facts) -> Values:
    others = (name for name in facts.application.names if name != facts.application.common_name)
    return tuple(value for name in others for value in one(name))


def csr(facts: Facts) -> Values:
    text = csr_of(facts.application)
    return (Value(text, long=True),) if text else ()


def key_type(facts: Facts) -> Values:
    if facts.request is None:
        return ()
    key = facts.request.key
    return one(f"RSA {key.size}" if key.type is KeyType.RSA else f"ECDSA P-{key.size}")


def validation_methods(facts: Facts) -> Values:
    """Return one for all names where the shop takes one and all have the same, one for each otherwise."""
    language = shop_language(facts.provider.language)
    chosen = {name: METHODS[method].said(language) for name, method in facts.application.methods}
    found = {name: chosen[name] for name in facts.application.names if name in chosen}
    if not facts.provider.method_per_name and len(set(found.values())) == 1:
        return one(next(iter(found.values())))
    return tuple(value for name, method in found.items() for value in one(method, name))


def approvers(facts: Facts) -> Values:
    by_mail = {name for name, method in facts.application.methods if method is Method.EMAIL}
    addresses = dict(facts.application.approvers)
    wanted = (name for name in facts.application.names if name in by_mail)
    return tuple(value for name in wanted for value in one(addresses.get(name, ""), name))


def address_line(facts: Facts) -> Values:
    """Return the record's address as it is written in English: from the street to the country."""
    address = facts.address
    town = f"{address.state} {address.postal_code}".strip()
    return one(", ".join(filter(None, (address.street_address, address.locality, town, address.country))))


def duns_number(facts: Facts) -> Values:
    records = facts.application.organization.records
    return one(next((record.number for record in records if record.source == "duns"), ""))


def replaced_serial(facts: Facts) -> Values:
    replaced = facts.application.replaces
    return one(replaced.serial if replaced else "")


def replaced_end(facts: Facts) -> Values:
    replaced = facts.application.replaces
    return one(facts.day(replaced.not_after) if replaced else "")


def of_address(part: str) -> ValueOf:
    """Return how a field of the record is read."""
    return lambda facts: one(getattr(facts.address, part))


def of_responsible(read: t.Callable[[Person], str]) -> ValueOf:
    return lambda facts: _of(facts.application.responsible, read)


def of_technical(read: t.Callable[[Person], str]) -> ValueOf:
    return lambda facts: _of(facts.application.technical, read)


def full_name(person: Person) -> str:
    """Return a name in the order of its letters: given name first in English, family name first in Japanese."""
    parts = (person.given_name, person.family_name)
    return " ".join(parts if "".join(parts).isascii() else reversed(parts))


def _of(person: Person | None, read: t.Callable[[Person], str]) -> Values:
    return () if person is None else one(read(person))
