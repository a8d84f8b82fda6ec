# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_services``: how a service is tested, reloaded and looked at."""

from __future__ import annotations

import typing as t

from .._core.errors import InputRefused
from .check import check, label
from .field import NAME, Field, Values

SERVICE = {
    "name": Field(required=True, pattern=NAME),
    "test_command": Field(),
    "reload_command": Field(required=True),
    "port": Field(kind="integer", required=True),
}


def service_entries(entries: t.Sequence[t.Any]) -> dict[str, Values]:
    """Return name → service; of two of one name the later counts. Raises InputRefused."""
    services = [check(entry, SERVICE, f"tls_services[{label(entry, place)}]") for place, entry in enumerate(entries)]
    for service in services:
        if not 0 < service["port"] < 65536:
            raise InputRefused(
                f"tls_services[{service['name']}].port is {service['port']}.", "Write 1 to 65535.", code="malformed"
            )
    return {service["name"]: service for service in services}
