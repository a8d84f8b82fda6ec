# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain values to frozen nouns: what comes in from another module or lies in the ledger. The way back is C(plain)."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping
from datetime import date, datetime, timezone
from enum import Enum
from functools import cache

from .errors import InputRefused

Noun = t.TypeVar("Noun")


def from_plain(noun: type[Noun], data: t.Any) -> Noun:
    """Build C(noun) from what C(to_plain) gave. For the control host only: type hints need Python 3.10 or newer.

    Raises InputRefused where a key is missing or unknown or a value has another type: what comes from a host is
    no more trusted than what a user writes.
    """
    return t.cast(Noun, _decode(noun, data, noun.__name__))


def _decode(hint: t.Any, data: t.Any, path: str) -> t.Any:
    if dataclasses.is_dataclass(hint):
        return _decode_noun(t.cast(type, hint), data, path)
    origin, arguments = t.get_origin(hint), t.get_args(hint)
    if type(None) in arguments:
        return None if data is None else _decode(next(a for a in arguments if a is not type(None)), data, path)
    if origin is tuple:
        return _decode_tuple(arguments, data, path)
    if origin is Mapping:
        return {key: _decode(arguments[1], item, f"{path}.{key}") for key, item in _expect(dict, data, path).items()}
    return _decode_leaf(hint, data, path)


def _decode_noun(noun: type, data: t.Any, path: str) -> t.Any:
    _expect(dict, data, path)
    hints = _hints(noun)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise _broken(f"{path} has an unknown key {unknown[0]!r}")
    parts = {key: _decode(hints[key], item, f"{path}.{key}") for key, item in data.items()}
    try:
        return noun(**parts)
    except TypeError as error:
        raise _broken(f"{path} is incomplete: {error}") from None


@cache
def _hints(noun: type) -> dict[str, t.Any]:
    # Nearly all the time of reading many orders went into this.
    return t.get_type_hints(noun)


def _decode_tuple(arguments: tuple[t.Any, ...], data: t.Any, path: str) -> tuple[t.Any, ...]:
    items = _expect(list, data, path)
    if arguments[-1] is Ellipsis:
        return tuple(_decode(arguments[0], item, f"{path}[{place}]") for place, item in enumerate(items))
    if len(items) != len(arguments):
        raise _broken(f"{path} has {len(items)} parts, not {len(arguments)}")
    return tuple(_decode(hint, item, path) for hint, item in zip(arguments, items))


def _decode_leaf(hint: t.Any, data: t.Any, path: str) -> t.Any:
    try:
        if hint is datetime:
            return parse_time(_expect(str, data, path))
        if hint is date:
            return date.fromisoformat(_expect(str, data, path))
        if issubclass(hint, Enum):
            return hint(data)
    except ValueError as error:
        raise _broken(f"{path}: {error}") from None
    return _expect(hint, data, path)


def parse_time(text: str) -> datetime:
    """Read C(2026-11-23T12:00:00Z); raises ValueError where C(text) is anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _expect(kind: type, data: t.Any, path: str) -> t.Any:
    if isinstance(data, kind) and not (kind is int and isinstance(data, bool)):
        return data
    raise _broken(f"{path} is not a {kind.__name__}")


def _broken(message: str) -> InputRefused:
    return InputRefused(f"{message}.", "Pass on what the module before returned, unchanged.", code="broken_handover")
