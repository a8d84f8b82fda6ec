# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a user's list against its fields: every error names the path and never shows a value.

Ansible's own nested ``options`` show the value of a mistyped key under -vvv and take C(false) for a country.
"""

from __future__ import annotations

import difflib
import re
import typing as t
from datetime import date

from .._core.errors import InputRefused
from .field import Field, Fields, Values

_KINDS: dict[str, tuple[type, str]] = {
    "text": (str, "text"),
    "path": (str, "a path"),
    "date": (str, "a date"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
    "list": (list, "a list"),
    "mapping": (dict, "a mapping"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FOUND = ((bool, "true or false"), ((int, float), "a number"), (str, "text"), (list, "a list"), (dict, "a mapping"))


def check(data: t.Any, fields: Fields, path: str) -> Values:
    """Return C(data) with absent and null keys left out.

    Raises InputRefused: an unknown key (with the nearest known one), a missing one, a value of another kind.
    """
    if not isinstance(data, dict):
        raise InputRefused(f"{path} is not a mapping.", "Write it as 'key: value' lines.", code="not_a_mapping")
    for key in data:
        if key not in fields:
            raise _unknown(key, fields, path)
    missing = [key for key, wanted in fields.items() if wanted.required and data.get(key) is None]
    if missing:
        raise InputRefused(f"{path}.{missing[0]} is missing.", f"Add {missing[0]} there.", code="missing_key")
    return {key: _value(value, fields[key], f"{path}.{key}") for key, value in data.items() if value is not None}


def _unknown(key: t.Any, fields: Fields, path: str) -> InputRefused:
    if not isinstance(key, str):
        return InputRefused(
            f"{path} has a key that is not text (YAML reads on, yes and no as true or false).",
            "Put the key in quotes.",
            code="unknown_key",
        )
    near = difflib.get_close_matches(key, fields, n=1)
    hint = f"The nearest known key is {near[0]}." if near else f"Known keys: {', '.join(sorted(fields))}."
    return InputRefused(f"{path}.{key} is an unknown key.", hint, code="unknown_key")


def _value(value: t.Any, wanted: Field, path: str) -> t.Any:
    if wanted.kind == "free":
        return value
    python_type, words = _KINDS[wanted.kind]
    if not isinstance(value, python_type) or (wanted.kind == "integer" and isinstance(value, bool)):
        raise _wrong_kind(value, wanted.kind, words, path)
    if isinstance(value, dict):
        return _mapping(value, wanted, path)
    if isinstance(value, list):
        return _items(value, wanted, path)
    _check_leaf(value, wanted, path)
    return value


def _mapping(value: Values, wanted: Field, path: str) -> Values:
    if wanted.fields:
        return check(value, wanted.fields, path)
    for key in value:
        if not isinstance(key, str):
            raise _unknown(key, {}, path)
    if wanted.each:
        return {key: check(item, wanted.each, f"{path}[{key}]") for key, item in value.items()}
    return {key: _value(item, Field(kind=wanted.values), f"{path}[{key}]") for key, item in value.items()}


def _wrong_kind(value: t.Any, kind: str, words: str, path: str) -> InputRefused:
    found = next((said for known, said in _FOUND if isinstance(value, known)), type(value).__name__)
    quotes = kind in ("text", "path", "date") and isinstance(value, (bool, int, float))
    move = "YAML read it so: put it in quotes." if quotes else f"Write {words} there."
    return InputRefused(f"{path} is {found}, not {words}.", move, code="wrong_type")


def _items(value: list[t.Any], wanted: Field, path: str) -> list[t.Any]:
    if wanted.fields:
        return [check(item, wanted.fields, f"{path}[{label(item, place)}]") for place, item in enumerate(value)]
    return [_value(item, Field(pattern=wanted.pattern), f"{path}[{place}]") for place, item in enumerate(value)]


def _check_leaf(value: t.Any, wanted: Field, path: str) -> None:
    if wanted.choices and value not in wanted.choices:
        known = ", ".join(str(choice) for choice in wanted.choices)
        raise InputRefused(f"{path} is none of: {known}.", "Write one of them.", code="unknown_choice")
    if wanted.secret and len(value) < 8:
        raise InputRefused(
            f"{path} is empty or shorter than 8 characters.",
            "Look at where the secret comes from.",
            code="secret_too_short",
        )
    if wanted.kind == "text" and not wanted.secret and _CONTROL.search(value):
        raise InputRefused(f"{path} holds a control character.", "Write it on one line.", code="control_character")
    if wanted.kind == "path" and (not value.startswith("/") or "\0" in value):
        raise InputRefused(f"{path} is not an absolute path.", "Write the whole path, from / on.", code="relative_path")
    if wanted.kind == "date" and not _is_date(value):
        raise InputRefused(f"{path} is not a date.", "Write it as 2026-11-23.", code="malformed")
    if wanted.pattern and not re.fullmatch(wanted.pattern, value):
        raise InputRefused(f"{path} does not match {wanted.pattern}.", "Correct it.", code="malformed")


def _is_date(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def label(item: t.Any, place: int) -> str:
    """Return what a person calls an item of a list: its name or common name, else its place, from 0 on."""
    if isinstance(item, dict):
        for key in ("name", "common_name"):
            if isinstance(item.get(key), str) and len(item[key]) <= 253:
                return str(item[key])
    return str(place)
