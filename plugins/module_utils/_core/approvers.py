# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may approve a name by mail, and until when anybody may (row R12). Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

# BR 3.2.2.4.4: the constructed addresses.
LOCAL_PARTS = ("admin", "administrator", "webmaster", "hostmaster", "postmaster")
# BR 3.2.2.4 as changed by ballot SC-090: from this day on no method by mail, and what it validated counts no more.
MAIL_ENDS_ON = date(2028, 3, 15)
# Certificates of 100 days need a few rounds of people and DNS before the last one that mail may validate.
_TIME_TO_MOVE = timedelta(days=400)
# Registries that give names on the third level only; enough to build no address at "co.jp".
_REGISTRIES = frozenset(
    f"{label}.{country}"
    for country, labels in {
        "jp": "ac ad co ed go gr lg ne or",
        "uk": "ac co gov ltd me net org plc",
        "au": "com edu gov net org",
        "nz": "ac co govt net org",
        "kr": "ac co go ne or re",
        "tw": "com edu gov net org",
        "cn": "ac com edu gov net org",
        "hk": "com edu gov net org",
        "sg": "com edu gov net org",
        "br": "com gov net org",
        "in": "ac co gov net org",
        "th": "ac co go in or",
    }.items()
    for label in labels.split()
)


def domains_of(name: str) -> tuple[str, ...]:
    """Return the name (a wildcard's domain) and those above it, down to one that can be registered."""
    labels = name.removeprefix("*.").split(".")
    least = 3 if ".".join(labels[-2:]) in _REGISTRIES else 2
    return tuple(".".join(labels[depth:]) for depth in range(max(1, len(labels) - least + 1)))


def constructed(name: str) -> tuple[str, ...]:
    """Return the addresses that every CA accepts for a name, those at the name itself first."""
    return tuple(f"{local}@{domain}" for domain in domains_of(name) for local in LOCAL_PARTS)


def may_approve(address: str, name: str, contacts: Collection[str]) -> bool:
    """Say whether an address may approve a name. C(contacts): those that its DNS names (BR 3.2.2.4.13 and .14)."""
    return address.lower() in constructed(name) or address.lower() in {one.lower() for one in contacts}


def ends(today: date) -> tuple[bool, bool]:
    """Return whether mail validation ends so soon that one has to move, and whether it has ended."""
    return today >= MAIL_ENDS_ON - _TIME_TO_MOVE, today >= MAIL_ENDS_ON
