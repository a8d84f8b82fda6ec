# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_domains``: how names are validated that lie in a domain. Read on the control host only.

What names a file of the control host, or a server that it has a key for, can be said here and nowhere else: what
``tls_certificates`` says comes from hosts.
"""

from __future__ import annotations

import typing as t

from .._core.errors import InputRefused
from .certificates import NAME_VALIDATION
from .field import NAME, Field, Fields, Values
from .named import named_entries

DOMAIN: Fields = {
    "name": Field(required=True, pattern=r"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z0-9-]{1,63}"),
    **NAME_VALIDATION,
    "dns_server": Field(pattern=NAME),
    "sftp_server": Field(pattern=NAME),
    "publish_tasks": Field(kind="path"),
    "retract_tasks": Field(kind="path"),
    "prevalidation": Field(kind="list"),
    "organization": Field(),
}


def domains(entries: t.Sequence[t.Any]) -> dict[str, Values]:
    """Return name in small letters → checked entry without its name; raises InputRefused."""
    found: dict[str, Values] = {}
    for name, values in named_entries(entries, DOMAIN, "tls_domains").items():
        _check(name, values)
        if name.lower() in found:
            raise InputRefused(f"tls_domains has two entries named {name}.", "Keep one of them.", code="named_twice")
        found[name.lower()] = {key: value for key, value in values.items() if key != "name"}
    return found


def _check(name: str, values: Values) -> None:
    path = f"tls_domains[{name}]"
    if ("publish_tasks" in values) != ("retract_tasks" in values):
        raise InputRefused(
            f"{path} has only one of publish_tasks and retract_tasks.",
            "Give both: what is published is retracted one day.",
            code="missing_key",
        )
    reached = "dns_server" in values or "publish_tasks" in values
    if values.get("prevalidation") and not (values.get("method") == "dns" and reached):
        raise InputRefused(
            f"{path} has prevalidation, and its records are written by nobody.",
            "Set method: dns, and dns_server or task files: a file shows nothing of names below, and mail ends.",
            code="malformed",
        )
    ways = [key for key in ("dns_server", "sftp_server", "publish_tasks") if key in values]
    if len(ways) > 1 and ways != ["dns_server", "sftp_server"]:
        raise InputRefused(f"{path} has {' and '.join(ways)}.", "Keep one of them.", code="malformed")
