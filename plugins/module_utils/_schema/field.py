# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one key of a user's list may be, and which of them are secret."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Values = dict[str, t.Any]


@dataclass(frozen=True)
class Field:
    """One key. ``kind``: text, integer, boolean, date, path, list, mapping or free.

    ``fields`` describes a mapping, or the mappings in a list; a list without them holds texts. ``each`` describes the
    values of a mapping whose keys the user chooses, or ``values`` their kind. ``pattern`` is matched whole.
    """

    kind: str = "text"
    required: bool = False
    choices: tuple[t.Any, ...] = ()
    pattern: str = ""
    secret: bool = False
    values: str = "text"
    fields: t.Mapping[str, Field] = field(default_factory=dict)
    each: t.Mapping[str, Field] = field(default_factory=dict)


Fields = t.Mapping[str, Field]

# What names a thing: a certificate, an account, a person.
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def secrets(data: t.Any, fields: Fields) -> set[str]:
    """Return the values of all secret keys in C(data), which may be malformed; nothing is raised."""
    found: set[str] = set()
    if isinstance(data, list):
        return found.union(*(secrets(item, fields) for item in data))
    if isinstance(data, dict):
        for key, wanted in fields.items():
            value = data.get(key)
            if wanted.secret and isinstance(value, str):
                found.add(value)
            elif wanted.fields:
                found |= secrets(value, wanted.fields)
    return found
