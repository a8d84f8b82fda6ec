# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module returns, and how it works through a list: failures of items are data."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .errors import KoshinError

Item = dict[str, t.Any]
Work = t.TypeVar("Work")


@dataclass(frozen=True)
class Outcome:
    """What a module returns: C(items) under C(noun), and C(extra) beside them.

    Items carry C(name), C(error), perhaps C(changed). C(failure): what the module fails with, all done.
    """

    noun: str
    items: Sequence[Item]
    extra: Mapping[str, t.Any] = field(default_factory=dict)
    diff: Sequence[Mapping[str, str]] = ()
    warnings: Sequence[str] = ()
    changed: bool = False
    failure: KoshinError | None = None


def each(
    entries: Iterable[Work],
    work: Callable[[Work], Item],
    *,
    name: Callable[[Work], str],
    workers: int = 16,
    blank: Mapping[str, t.Any] | None = None,
) -> list[Item]:
    """Do C(work) for every entry side by side; what one raises becomes its C(error), the others go on.

    Threads help where work waits or makes RSA keys; else C(workers=1) is quicker.
    C(blank): keys of an item that failed (values null or empty), so that none is ever missing.
    """

    def one(entry: Work) -> Item:
        try:
            return {"name": name(entry), "error": None, **work(entry)}
        except ImportError:
            raise
        except Exception as error:
            return {**(blank or {}), "name": name(entry), "error": as_known(error).as_result()}

    if workers == 1:
        return [one(entry) for entry in entries]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, entries))


def as_known(error: Exception) -> KoshinError:
    """Return what was raised as a KoshinError."""
    if isinstance(error, KoshinError):
        return error
    move = "This should not happen: run again with -vvv and report it with what it prints."
    return KoshinError(f"{type(error).__name__}: {error}.", move, code="unexpected")
