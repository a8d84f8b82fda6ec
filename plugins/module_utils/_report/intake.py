# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take what Jinja hands over, whatever it is: a result that is missing or failed is said, and stops no report.

Texts come out cleaned: one line, no control characters, no half of a surrogate pair, cut at a length.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._core.typed import parse_time

Item = t.Mapping[str, t.Any]

NOUNS = ("certificates", "findings", "requests", "orders", "tokens", "installations", "endpoints")
_NAME_LENGTH = 300
_TEXT_LENGTH = 1_000


@dataclass(frozen=True)
class Failure:
    """A host or a task that failed as a whole."""

    host: str
    task: str
    message: str


@dataclass(frozen=True)
class Handed:
    """The items of this run, each a mapping with a C(name), and what failed beside them."""

    certificates: tuple[Item, ...] = ()
    findings: tuple[Item, ...] = ()
    requests: tuple[Item, ...] = ()
    orders: tuple[Item, ...] = ()
    tokens: tuple[Item, ...] = ()
    installations: tuple[Item, ...] = ()
    endpoints: tuple[Item, ...] = ()
    failures: tuple[Failure, ...] = ()


def take(parameters: t.Mapping[str, t.Any]) -> Handed:
    """Return what C(parameters) hold under each noun and under C(failures).

    An entry may be an item, a whole registered result (its items are taken, a failed one is a failure, a skipped one
    nothing), a list of either, or a mapping of a C(host) and, under the noun, one of these; anything else is a failure
    that names the list.
    """
    items: dict[str, tuple[Item, ...]] = {}
    failures = [_failure(entry, "failures") for entry in parameters.get("failures") or ()]
    for noun in NOUNS:
        sorted_out = list(_sort_out(parameters.get(noun) or (), noun, ""))
        items[noun] = tuple(one for one in sorted_out if not isinstance(one, Failure))
        failures += [one for one in sorted_out if isinstance(one, Failure)]
    return Handed(failures=tuple(dict.fromkeys(failures)), **items)


def authorities(accounts: t.Sequence[t.Any]) -> dict[str, str]:
    """Return account → its CA, of those entries of tls_accounts that say both."""
    entries = [entry for entry in accounts if isinstance(entry, t.Mapping)]
    return {text(entry, "name"): text(entry, "ca") for entry in entries if text(entry, "name")}


def _sort_out(entry: t.Any, noun: str, host: str) -> t.Iterator[Item | Failure]:
    if isinstance(entry, (list, tuple)):
        for one in entry:
            yield from _sort_out(one, noun, host)
    elif not isinstance(entry, t.Mapping):
        yield _failure(entry, noun)
    elif isinstance(entry.get(noun), (list, tuple, t.Mapping)):
        yield from _sort_out(entry[noun], noun, host or text(entry, "host"))
    elif text(entry, "name"):
        yield _from(host, entry)
    elif not entry.get("skipped"):
        yield _failure(_from(host, entry), noun)


def _from(host: str, entry: Item) -> Item:
    """Whose result it is says Ansible, which comes first; a host could name another one."""
    return {**entry, "host": host} if host else {"host": "", **entry}


def _failure(entry: t.Any, noun: str) -> Failure:
    if not isinstance(entry, t.Mapping):
        return Failure("", noun, "a result is missing here: the task that should give it gave nothing")
    # What a module of ours failed with says the next move in C(msg) only.
    said = sentence(entry, "msg") or sentence(entry, "message") or "failed without a word"
    host = text(entry, "host")
    return Failure(host, text(entry, "task") or ("" if host else noun), said)


def text(item: Item, key: str, length: int = _NAME_LENGTH) -> str:
    """Return a text of C(item), cleaned and cut; empty where there is none."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return clean(str(value), length)


def clean(value: str, length: int = _TEXT_LENGTH) -> str:
    """Return C(value) on one line, without what a page, a log or UTF-8 cannot carry."""
    line = " ".join(value[: 4 * length].split()).encode("utf-8", "replace").decode("utf-8")
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def sentence(item: Item, key: str) -> str:
    """Return a longer text of C(item)."""
    return text(item, key, _TEXT_LENGTH)


def moment(item: Item, key: str) -> datetime | None:
    """Return a time of C(item), None where it has none or none that can be read."""
    try:
        return parse_time(text(item, key))
    except ValueError:
        return None


def days(item: Item, key: str) -> int | None:
    """Return a number of days of C(item), None where it has none that can be meant."""
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000 else None


def names(item: Item, key: str) -> tuple[str, ...]:
    """Return a list of texts of C(item)."""
    value = item.get(key)
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(clean(one, _NAME_LENGTH) for one in value if isinstance(one, str))


def mappings(item: Item, key: str) -> tuple[Item, ...]:
    """Return a list of mappings of C(item)."""
    value = item.get(key)
    return tuple(one for one in value if isinstance(one, t.Mapping)) if isinstance(value, (list, tuple)) else ()


def error_of(item: Item) -> tuple[str, str, str] | None:
    """Return code, message and next move of an item's C(error), None where it has none."""
    error = item.get("error")
    if not error:
        return None
    if not isinstance(error, t.Mapping):
        return ("error", clean(str(error)), "")
    return (text(error, "code"), sentence(error, "message") or "failed without a word", sentence(error, "next_move"))
