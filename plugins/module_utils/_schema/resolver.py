# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where names are looked up instead of in DNS: the same keys in accounts, tokens and endpoints."""

from __future__ import annotations

from .._core.inventory import Resolver
from .field import Field, Fields, Values

RESOLVER: Fields = {"hosts": Field(kind="mapping"), "dns_server": Field()}


def resolver_from(values: Values | None) -> Resolver | None:
    """Return a checked resolver as a noun, None where none is said."""
    if values is None:
        return None
    return Resolver(hosts=tuple(sorted(values.get("hosts", {}).items())), dns_server=values.get("dns_server"))
