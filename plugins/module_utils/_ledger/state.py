# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a database says of itself: whether it is a ledger, of which version, and whether it may be used."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .schema import tables

if t.TYPE_CHECKING:
    from sqlalchemy import Connection

# The tables by which a ledger of any version is known.
_OURS = frozenset({"meta", "orders", "events"})
# How the database says that its ledger lies elsewhere now.
RETIRED = "the ledger was moved"
_RETIRED: t.Mapping[str, t.Sequence[str]] = {
    "sqlite": [f"CREATE TRIGGER ledger_moved BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, '{RETIRED}'); END"],
    "postgresql": [
        "CREATE FUNCTION koshin_moved() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = '{RETIRED}'; END $$",
        "CREATE TRIGGER ledger_moved BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION koshin_moved()",
    ],
}


@dataclass(frozen=True)
class State:
    """What a database says of itself. C(version): 0 where it is no ledger. C(moved_to): where it was moved to."""

    version: int
    moved_to: str | None = None
    is_backup: bool = False


def state(connection: Connection) -> State | None:
    """Return what is there, None where there are no tables."""
    from sqlalchemy import inspect

    names = inspect(connection).get_table_names()
    if not names:
        return None
    if not set(names) >= _OURS:
        return State(0)
    meta = {row["name"]: row["value"] for row in connection.execute(tables().meta.select()).mappings()}
    version = meta.get("version", "")
    return State(int(version) if version.isdigit() else 0, meta.get("moved_to"), "backup" in meta)


def mark_as_backup(connection: Connection) -> None:
    """Let this database be read, and be replaced by the next backup, but not be written as a ledger."""
    connection.execute(tables().meta.insert().values(name="backup", value="yes"))


def retire(connection: Connection, moved_to: str) -> None:
    """Let nobody open this ledger any more, nor write into it who has it open still: each change is an event, too."""
    connection.execute(tables().meta.insert().values(name="moved_to", value=moved_to))
    for statement in _RETIRED[connection.dialect.name]:
        connection.exec_driver_sql(statement)
