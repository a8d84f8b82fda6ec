# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain values to frozen nouns: what comes in from another module or lies in the ledger. The way back is C(plain)."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timezone
from enum import Enum
from functools import cache

from .errors import InputRefused

Noun = t.TypeVar("Noun")
_Reader = t.Callable[[t.Any], t.Any]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def from_plain(noun: type[Noun], data: t.Any) -> Noun:
    """Build C(noun) from what C(to_plain) gave. For the control host only: type hints need Python 3.10 or newer.

    Raises InputRefused where a key is missing or unknown or a value has another type: what comes from a host is
    no more trusted than what a user writes.
    """
    try:
        return t.cast(Noun, _reader(t.cast(t.Hashable, noun))(data))
    except _Broken as broken:
        raise InputRefused(
            f"{noun.__name__}{broken.path}{broken}.",
            "Pass on what the module before returned, unchanged.",
            code="broken_handover",
        ) from None


class _Broken(Exception):
    """Something that does not fit; C(path) grows on the way out, for most of what is read nobody asks for it."""

    path = ""

    def within(self, part: str) -> _Broken:
        self.path = f"{part}{self.path}"
        return self


@cache
def _reader(hint: t.Any) -> _Reader:
    """Return what reads a hint's values. Made once for each: thousands of orders are read, of a dozen nouns."""
    if dataclasses.is_dataclass(hint):
        return _noun_reader(t.cast(type, hint))
    origin, arguments = t.get_origin(hint), t.get_args(hint)
    if type(None) in arguments:
        inner = _reader(next(one for one in arguments if one is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        return _tuple_reader(arguments)
    if origin is Mapping:
        return _mapping_reader(arguments[1])
    return _leaf_reader(hint)


def _noun_reader(noun: type) -> _Reader:
    # Not made before they are needed: nouns hold one another.
    hints = t.get_type_hints(noun)

    def read(data: t.Any) -> t.Any:
        parts = {}
        for key, item in _expect(dict, data).items():
            if key not in hints:
                raise _Broken(f" has an unknown key {min(set(data) - set(hints))!r}")
            try:
                parts[key] = _reader(hints[key])(item)
            except _Broken as broken:
                raise broken.within(f".{key}") from None
        try:
            return noun(**parts)
        except TypeError as error:
            raise _Broken(f" is incomplete: {error}") from None

    return read


def _tuple_reader(arguments: tuple[t.Any, ...]) -> _Reader:
    count = None if arguments[-1] is Ellipsis else len(arguments)

    def read(data: t.Any) -> t.Any:
        items, found = _expect(list, data), []
        if count not in (None, len(items)):
            raise _Broken(f" has {len(items)} parts, not {count}")
        for place, item in enumerate(items):
            try:
                found.append(_reader(arguments[0 if count is None else place])(item))
            except _Broken as broken:
                raise broken.within(f"[{place}]") from None
        return tuple(found)

    return read


def _mapping_reader(value: t.Any) -> _Reader:
    def read(data: t.Any) -> t.Any:
        found = {}
        for key, item in _expect(dict, data).items():
            try:
                found[key] = _reader(value)(item)
            except _Broken as broken:
                raise broken.within(f".{key}") from None
        return found

    return read


def _leaf_reader(hint: t.Any) -> _Reader:
    def read(data: t.Any) -> t.Any:
        try:
            if hint is datetime:
                return parse_time(_expect(str, data))
            if hint is date:
                return date.fromisoformat(_expect(str, data))
            return hint(data) if is_choice else _expect(hint, data)
        except ValueError as error:
            raise _Broken(f": {error}") from None

    is_choice = issubclass(hint, Enum)
    return read


def parse_time(text: str) -> datetime:
    """Read C(2026-11-23T12:00:00Z); raises ValueError where C(text) is anything else."""
    # Ten times as quick as strptime, which decides about every text of another shape.
    if (
        len(text) == 20
        and text[4] == text[7] == "-"
        and text[10] == "T"
        and text[13] == text[16] == ":"
        and text[19] == "Z"
    ):
        with suppress(ValueError):
            return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _expect(kind: type, data: t.Any) -> t.Any:
    if isinstance(data, kind) and not (kind is int and isinstance(data, bool)):
        return data
    raise _Broken(f" is not a {kind.__name__}")
