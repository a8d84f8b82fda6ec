# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module ledger_export does: the audit trail, backups, the way back, another place."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from datetime import date, datetime, time, timezone

from .._core.errors import InputRefused
from .._core.outcome import Outcome
from .._core.typed import parse_time
from .._ledger.ledger import Ledger, refuse_missing, utc_now
from .control import Control

Params = Mapping[str, t.Any]
# Action → the option that says where, and what is said: in check mode, and otherwise.
_PLACES = {"export": "path", "backup": "path", "restore": "path", "move": "destination"}
_AFTERWARDS = {
    "export": "{events} events of the audit trail {are} in {place}.",
    "backup": "A backup {is_} in {place}.",
    "restore": "The ledger {is_} filled from {place}. Nothing is bought until confirm.yml -e tls_account=NAME "
    "-e tls_by=WHO opens purchasing for each account that costs money: run renew.yml, and look what was bought since.",
    "move": "The ledger {is_} in {place}. Let tls_ledger name that place: the old one is refused from now on.",
}


def copied(params: Params, *, check_mode: bool) -> Outcome:
    """Do what C(action) says; raises InputRefused and LedgerRefused."""
    action = params["action"]
    place = params[_PLACES[action]]
    if not place:
        raise InputRefused(f"{_PLACES[action]} is missing.", f"Say where, with action: {action}.", code="missing_key")
    if action != "restore":
        refuse_missing(params["ledger"])
    writes = action in ("restore", "move") and not check_mode
    with Control.of_ledger(params, utc_now()).ledger(read_only=not writes) as ledger:
        done = _ACTIONS[action](ledger, params, check_mode)
    words = {
        **done,
        "place": place,
        "is_": "would be" if check_mode else "is",
        "are": "would be" if check_mode else "are",
    }
    line = f"{action} {place}: audit trail up to {done['last_hash'][:16]}…\n"
    return Outcome(
        "copies",
        [{"name": action, "place": place, "previous_hash": None, "events": None, **done, "error": None}],
        extra={"msg": _AFTERWARDS[action].format(**words)},
        diff=[
            {"before_header": place, "after_header": place, "before": "" if done["changed"] else line, "after": line}
        ],
    )


def _export(ledger: Ledger, params: Params, check_mode: bool) -> dict[str, t.Any]:
    since, until = _time(params, "since"), _time(params, "before")
    changed, export = ledger.export(params["path"], since=since, until=until, check_mode=check_mode)
    told = {"last_hash": export.last_hash, "previous_hash": export.previous_hash, "events": export.events}
    return {**told, "changed": changed}


def _backup(ledger: Ledger, params: Params, check_mode: bool) -> dict[str, t.Any]:
    changed, last = ledger.backup(params["path"], check_mode=check_mode)
    return {"last_hash": last, "changed": changed}


def _restore(ledger: Ledger, params: Params, check_mode: bool) -> dict[str, t.Any]:
    changed, last = ledger.restore(params["path"], check_mode=check_mode)
    return {"last_hash": last, "changed": changed}


def _move(ledger: Ledger, params: Params, check_mode: bool) -> dict[str, t.Any]:
    last = ledger.move(params["destination"], password=params["destination_password"], check_mode=check_mode)
    return {"last_hash": last, "changed": True}


_ACTIONS: Mapping[str, t.Callable[[Ledger, Params, bool], dict[str, t.Any]]] = {
    "export": _export,
    "backup": _backup,
    "restore": _restore,
    "move": _move,
}


def _time(params: Params, name: str) -> datetime | None:
    """Read a day, which begins in UTC, or a time."""
    written = params[name]
    if not written:
        return None
    try:
        if len(written) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(written), time(), timezone.utc)
        return parse_time(written)
    except ValueError:
        raise InputRefused(
            f"{name} is {written!r}, which is no day and no time.",
            "Write it as 2026-01-01, or as 2026-01-01T00:00:00Z.",
            code="bad_time",
        ) from None
