# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Join what this run handed over with what the ledger remembers.

The ledger counts: it says how things stand at the end of the run, the items say how they stood on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._core.dates import Calendar
from .._core.order import Finding, Severity
from .intake import Handed, sentence, text
from .memory import Memory, installations
from .overview import Overview, Standing, Status, Trouble
from .standings import Scene
from .steps import deeds_of, waits_of
from .troubles import troubles_of
from .words import said

# What was found in the issued certificate itself, and is told although it is installed.
_OF_THE_ISSUED = frozenset({"days_lost", "renewal_not_recognised", "organization_changed", "key_reused"})


def overview_of(
    handed: Handed,
    memory: Memory,
    *,
    authorities: Mapping[str, str],
    calendar: Calendar,
    others: Sequence[Trouble] = (),
    check_mode: bool = False,
) -> Overview:
    """Return what is told. C(authorities): account → its CA; C(others): what failed beside the items."""
    fresh = {} if check_mode else {text(item, "name"): item for item in installations(handed)}
    waits = waits_of(handed, memory)
    # What was found before a certificate was bought is settled once it is installed; the next run finds it no more.
    findings = tuple(one for one in findings_of(handed) if one.name not in fresh or one.code in _OF_THE_ISSUED)
    troubles = troubles_of(handed, waits=waits, findings=findings, others=others, calendar=calendar)
    scene = Scene(
        memory=memory,
        authorities=authorities,
        calendar=calendar,
        fresh=fresh,
        waits={wait.name: wait for wait in reversed(waits)},
        concerned=frozenset(name for one in troubles for name in one.certificates),
    )
    standings = {(one.name, one.host): one for one in map(scene.standing, handed.certificates)}
    return Overview(
        calendar=calendar,
        written_at=calendar.now,
        standings=tuple(sorted(standings.values(), key=_by_renewal)),
        troubles=troubles,
        waits=waits,
        findings=findings,
        deeds=deeds_of(memory, calendar),
        said=tuple(said(handed, calendar, check_mode=check_mode)),
    )


def findings_of(handed: Handed) -> tuple[Finding, ...]:
    """Return the findings, those that block first."""
    found = {
        Finding(
            name=text(item, "name"),
            severity=Severity.BLOCKS if text(item, "severity") == Severity.BLOCKS.value else Severity.WARNS,
            code=text(item, "code"),
            message=sentence(item, "message"),
            next_move=sentence(item, "next_move"),
        )
        for item in handed.findings
    }
    return tuple(sorted(found, key=lambda one: (one.severity.value, one.name, one.code, one.message, one.next_move)))


def _by_renewal(one: Standing) -> tuple[bool, str, str, str]:
    """Sort by renewal: what has begun first, by the end of what is in use; then what comes, by its beginning."""
    begun = one.status not in (Status.RENEWED, Status.FINE)
    when = one.not_after if begun else one.renew_at or one.not_after
    return (not begun, when.isoformat() if when else "", one.name, one.host)
