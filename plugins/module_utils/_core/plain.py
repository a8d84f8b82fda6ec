# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frozen nouns to plain values: what leaves a module or lies in the ledger. The way back is C(typed).

Times are written as ``2026-11-23T12:00:00Z``, dates as ``2026-11-23``, enums as their value, tuples as lists.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, timezone
from enum import Enum

_PLAIN = frozenset({str, int, bool, type(None)})


def to_plain(value: t.Any) -> t.Any:
    """Return C(value) as JSON knows it."""
    if type(value) in _PLAIN:
        return value
    if is_dataclass(type(value)):
        return {name: to_plain(part) for name, part in vars(value).items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        # strftime writes the year 999 in three digits.
        return value.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(item) for item in value]
    return value
