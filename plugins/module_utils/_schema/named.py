# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of named things: accounts, people, organisations, shops."""

from __future__ import annotations

import typing as t

from .._core.errors import InputRefused
from .check import check, label
from .field import Fields, Values


def named_entries(entries: t.Sequence[t.Any], fields: Fields, variable: str) -> dict[str, Values]:
    """Return name → checked entry of a list whose entries carry a name; raises InputRefused, for a double name too."""
    named: dict[str, Values] = {}
    for place, entry in enumerate(entries):
        values = check(entry, fields, f"{variable}[{label(entry, place)}]")
        if values["name"] in named:
            raise InputRefused(
                f"{variable} has two entries named {values['name']}.", "Keep one of them.", code="named_twice"
            )
        named[values["name"]] = values
    return named
