# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(announced), of accounts and of providers: what a CA said of certificates to come."""

from __future__ import annotations

import typing as t
from datetime import date

from .._core.announced import Announced
from .._core.inventory import Use
from .field import Field, Fields, Values

ANNOUNCED: Fields = {
    "since": Field(required=True, kind="date"),
    "without": Field(kind="list", pattern="|".join(use.value for use in Use)),
    "issuer": Field(),
    "root": Field(),
}


def announced(entries: t.Sequence[Values]) -> tuple[Announced, ...]:
    """Return checked entries as nouns."""
    return tuple(
        Announced(
            date.fromisoformat(one["since"]),
            tuple(Use(use) for use in one.get("without", ())),
            one.get("issuer", ""),
            one.get("root", ""),
        )
        for one in entries
    )
