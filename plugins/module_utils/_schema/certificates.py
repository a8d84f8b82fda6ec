# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_certificates``, and what its entries leave to ``tls_certificate_defaults``."""

from __future__ import annotations

import typing as t

from .check import check, label
from .field import NAME, Field, Values

_LIST, _SWITCH = Field(kind="list"), Field(kind="boolean")

KEY = {
    "type": Field(choices=("rsa", "ec")),
    "size": Field(kind="integer", choices=(2048, 3072, 4096, 256, 384, 521)),
}

NAME_VALIDATION = {
    "method": Field(choices=("file", "dns", "email")),
    "hosts": _LIST,
    "web_root": Field(kind="path"),
    "approver": Field(pattern=r"[^@\s]+@[^@\s]+"),
}

CERTIFICATE = {
    "name": Field(pattern=NAME),
    "common_name": Field(required=True),
    "additional_names": _LIST,
    "account": Field(),
    "organization": Field(),
    "product": Field(),
    "bought_here": _SWITCH,
    "new_order": _SWITCH,
    "allow_revoking_reissue": _SWITCH,
    "uses": _LIST,
    "on_loss": Field(choices=("install", "stop")),
    "key": Field(kind="mapping", fields=KEY),
    "validation": Field(
        kind="mapping", fields={**NAME_VALIDATION, "names": Field(kind="mapping", each=NAME_VALIDATION)}
    ),
    "services": _LIST,
    "files": Field(
        kind="mapping", fields={role: Field(kind="path") for role in ("certificate", "chain", "fullchain", "key")}
    ),
}


def certificate_name(entry: t.Any, place: int) -> str:
    """Return an entry's identifier: its name, else the common name with "wildcard." for "*.", else its place.

    The entry may be malformed; what is returned may be no good name.
    """
    known = entry if isinstance(entry, dict) else {}
    name, common_name = known.get("name"), known.get("common_name")
    if isinstance(name, str) and name:
        return name
    return common_name.lower().replace("*.", "wildcard.", 1) if isinstance(common_name, str) else str(place)


def certificate_entry(entry: t.Any, place: int) -> Values:
    """Return one checked entry of ``tls_certificates`` with its name filled in; raises InputRefused."""
    path = f"tls_certificates[{label(entry, place)}]"
    values = check(entry, CERTIFICATE, path)
    name = certificate_name(values, place)
    check({"name": name}, {"name": CERTIFICATE["name"]}, path)
    return {**values, "name": name}
