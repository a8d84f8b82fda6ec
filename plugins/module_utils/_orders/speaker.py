# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who speaks: in an AWX job whoever launched it, elsewhere whoever they say they are, written down as claimed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date

from .._core.errors import InputRefused
from .._core.inventory import Person
from .._core.step import AUTHORITY, CHECK, claimed, same_person, unclaimed

_NAME = re.compile(r"[^\x00-\x1f\x7f()]{1,100}")


def speaker(by: str | None, *, awx_user: str | None, people: Mapping[str, Person]) -> str:
    """Return who speaks, as it is written down. C(awx_user): see Control.

    Somebody of C(people) is called by the name there, however they are written, or are called in AWX. Raises
    InputRefused: C(by) is missing or no name; in an AWX job: given, or nobody launched the job.
    """
    if awx_user is not None:
        return _launching_user(by, awx_user, people)
    name = (by or "").strip()
    if not name:
        raise InputRefused(
            "by is empty.", "Say who did the step: by, or confirm.yml -e tls_by=NAME.", code="missing_key"
        )
    _refuse_no_name(name)
    known = next((person for person in people if same_person(person, name)), name)
    return claimed(known)


def _launching_user(by: str | None, user: str, people: Mapping[str, Person]) -> str:
    if not user:
        raise InputRefused(
            "No user launched this AWX job (it was a schedule or a webhook), and only a person can say this.",
            "Launch it as yourself.",
            code="no_user",
        )
    if by:
        raise InputRefused(
            f"tls_by is not taken in an AWX job: your AWX user, {user}, is recorded.",
            "Leave it out.",
            code="by_refused",
        )
    _refuse_no_name(user)
    return next((name for name, person in people.items() if same_person(person.awx_user or name, user)), user)


def _refuse_no_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.casefold() in (AUTHORITY, CHECK):
        raise InputRefused(
            "Who speaks is no name: it is too long, holds a control character or a bracket, or means a program.",
            "Write a name as in tls_people.",
            code="malformed",
        )


def refuse_stranger(speaks: str, people: Mapping[str, Person], today: date) -> None:
    """Raise InputRefused where an approval comes from nobody of tls_people, or from somebody who left."""
    person = next((one for name, one in people.items() if same_person(name, speaks)), None)
    if person is None:
        raise _unknown(unclaimed(speaks), people)
    if person.left_on is not None and person.left_on <= today:
        raise InputRefused(
            f"{person.name} left on {person.left_on}, and approves nothing any more.",
            "Let somebody else of tls_people approve it.",
            code="approver_left",
        )


def _unknown(name: str, people: Mapping[str, Person]) -> InputRefused:
    near = difflib.get_close_matches(name.casefold(), people, n=1, cutoff=0.5)
    known = f"The nearest known is {near[0]}." if near else f"Known are: {', '.join(sorted(people)) or 'none'}."
    return InputRefused(
        f"{name} is nobody of tls_people, and only they approve purchases. {known}",
        "Write a name as there; a user of AWX who is called otherwise is named there as awx_user.",
        code="unknown_person",
    )
