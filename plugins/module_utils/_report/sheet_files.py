# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application sheets as files: one set for each order that waits for somebody with a sheet in hand.

They hold people's data, so they lie in a directory of their own that only the user of the run can read.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from .._core.account import Account, PortalSettings
from .._core.dates import Calendar
from .._core.errors import KoshinError
from .._core.step import HumanStep, StepKind
from .intake import clean
from .memory import Memory
from .overview import Overview, Trouble
from .sheet import FORMS, sheets
from .sheet_facts import Occasion
from .write import replace

SHEETS = "sheets"
# Where several steps of one order are open, its sheet is that of the first: My Page's says how to apply, too.
_LEADING = (StepKind.PURCHASE, StepKind.MY_PAGE, StepKind.REISSUE, StepKind.APPLICATION)
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_BASE = re.compile(rf"{_PART}\.{_PART}")
_OURS = re.compile(rf"{_BASE.pattern}\.({'|'.join(re.escape(form) for form in FORMS)})")
_UNFINISHED = re.compile(rf"\.{_OURS.pattern}\.[a-z0-9_]{{8}}")

Links = Mapping[tuple[str, StepKind], str]


@dataclass(frozen=True)
class Drawn:
    """``contents``: file name → what it says. ``links``: (certificate, step) → its sheet, as C(Wait.sheet) has it.

    ``spared``: how files begin that stay as they are, because their sheet could not be drawn.
    """

    contents: Mapping[str, str] = field(default_factory=dict)
    links: Links = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    spared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """``changed``: file name → whether it was written or removed, or in check mode would be; ``gone``: the removed."""

    changed: Mapping[str, bool] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    links: Links = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()


def keep(
    directory: str,
    memory: Memory,
    accounts: Callable[[], Mapping[str, Account]],
    calendar: Calendar,
    *,
    check_mode: bool,
) -> Kept:
    """Bring the sheets beside a report up to date. What goes wrong is a trouble: the report is written all the same.

    C(accounts) are asked for only where a sheet is awaited. Without a ledger nothing is touched.
    """
    if not memory.known:
        return Kept()
    try:
        awaited = any(step.kind in _LEADING for step in memory.awaited)
        drawn = draw(memory, accounts() if awaited else {}, calendar)
        changed, gone = bring(directory, drawn, check_mode=check_mode, now=calendar.now.timestamp())
    except KoshinError as error:
        return Kept(troubles=(Trouble("application sheets", error.message, error.next_move),))
    return Kept(changed, gone, drawn.links, drawn.troubles)


def draw(memory: Memory, accounts: Mapping[str, Account], calendar: Calendar) -> Drawn:
    """Return the sheet of every open order that waits for one at a shop; an order without one is a trouble."""
    contents: dict[str, str] = {}
    links: dict[tuple[str, StepKind], str] = {}
    troubles: list[Trouble] = []
    spared: list[str] = []
    for steps in _by_order(memory):
        leading = min(steps, key=lambda step: _LEADING.index(step.kind))
        try:
            base, drawn = _sheet(memory, leading, accounts, calendar)
        except KoshinError as error:
            name = clean(leading.certificate)
            troubles.append(Trouble(name, error.message, error.next_move, (name,)))
            spared.append(f"{leading.certificate}.{leading.own_reference}.")
            continue
        contents.update({f"{base}.{form}": text for form, text in drawn.items()})
        links.update({(step.certificate, step.kind): f"{SHEETS}/{base}" for step in steps})
    return Drawn(contents, links, tuple(troubles), tuple(spared))


def linked(overview: Overview, links: Links) -> Overview:
    """Return the same with the sheets named beside the steps that need them."""
    known = {(clean(certificate), kind.value): sheet for (certificate, kind), sheet in links.items()}
    waits = (dataclasses.replace(one, sheet=known.get((one.name, one.step), "")) for one in overview.waits)
    return dataclasses.replace(overview, waits=tuple(waits))


def bring(
    report_directory: str, drawn: Drawn, *, check_mode: bool, now: float
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Write and remove sheets; return which were changed, or in check mode would be, and which of them are gone.

    What is the same is not written; sheets that are no longer awaited are removed, with what a killed run left more
    than an hour before C(now) (seconds since 1970); other files stay. Raises KoshinError.
    """
    directory, contents = os.path.join(report_directory, SHEETS), drawn.contents
    try:
        gone = tuple(name for name in _there(directory) if name not in contents and not name.startswith(drawn.spared))
        changed = {
            name: _read(os.path.join(directory, name)) != text.encode("utf-8") for name, text in contents.items()
        }
        if not check_mode and (contents or os.path.lexists(directory)):
            _prepare(report_directory, directory)
            _sweep(directory, gone, now)
            for name in (one for one, differs in changed.items() if differs):
                replace(directory, name, contents[name], mode=0o600)
    except OSError as error:
        raise KoshinError(
            f"The application sheets cannot be written to {directory}: {error.strerror or error}.",
            "Let the user of this run write there, or name another directory for the report.",
            code="report_not_written",
        ) from None
    return {**changed, **dict.fromkeys(gone, True)}, gone


def _by_order(memory: Memory) -> Iterator[list[HumanStep]]:
    """Return the open steps of each order that need a sheet."""
    found: dict[str, list[HumanStep]] = {}
    for step in memory.awaited:
        order = memory.orders.get(step.certificate)
        if step.kind in _LEADING and order is not None and order.own_reference == step.own_reference:
            found.setdefault(order.own_reference, []).append(step)
    yield from found.values()


def _sheet(
    memory: Memory, step: HumanStep, accounts: Mapping[str, Account], calendar: Calendar
) -> tuple[str, Mapping[str, str]]:
    """Return the first part of its files' names, and what they say; raises KoshinError."""
    order = memory.orders[step.certificate]
    account = accounts.get(order.account)
    settings = account.settings if account else None
    base = f"{order.certificate}.{order.own_reference}"
    if not isinstance(settings, PortalSettings):
        raise KoshinError(
            f"An application sheet is awaited, but tls_accounts has no shop {clean(order.account)}.",
            f"Give report the account {clean(order.account)}, with ca: portal.",
            code="unknown_reference",
        )
    if not _BASE.fullmatch(base):
        raise KoshinError(
            f"The application sheet of order {clean(order.own_reference)} can have no file: its name is no name.",
            "Look at the ledger: somebody else wrote there.",
            code="input_refused",
        )
    occasion = Occasion(account, step, calendar, memory.numbers.get(order.own_reference, ""))
    return base, sheets(order, settings.provider, link=step.link, kind=step.kind, occasion=occasion)


def _there(directory: str) -> list[str]:
    """Return the files in it that a run like this one made."""
    try:
        with os.scandir(directory) as entries:
            return sorted(
                one.name for one in entries if _OURS.fullmatch(one.name) and one.is_file(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []


def _prepare(report_directory: str, directory: str) -> None:
    """Make the directory, for this user alone; a link in its place would lead people's data elsewhere."""
    if not os.path.isdir(report_directory):
        os.makedirs(report_directory)
        os.chmod(report_directory, 0o755)
    with suppress(FileExistsError):
        os.mkdir(directory, 0o700)
    if not stat.S_ISDIR(os.lstat(directory).st_mode):
        raise NotADirectoryError(0, "it is no directory")
    os.chmod(directory, 0o700)


def _sweep(directory: str, gone: tuple[str, ...], now: float) -> None:
    for name in gone:
        os.unlink(os.path.join(directory, name))
    with os.scandir(directory) as entries:
        unfinished = [one for one in entries if _UNFINISHED.fullmatch(one.name)]
    for one in unfinished:
        with suppress(FileNotFoundError):
            if one.stat(follow_symlinks=False).st_mtime < now - 3600:
                os.unlink(one.path)


def _read(path: str) -> bytes | None:
    """Return what lies there; None where there is nothing that can be compared, or others may read it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError:
        if os.path.islink(path):
            return None
        raise
    with os.fdopen(descriptor, "rb") as file:
        private = stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
        return file.read() if private else None
