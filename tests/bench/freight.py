# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to a host along with each module that runs there."""

from __future__ import annotations

from table import Row, fewer_bytes

from house import FREIGHT, closure


def rows() -> list[Row]:
    return [
        fewer_bytes(
            f"module_utils of {module}", size=sum(source.path.stat().st_size for source in closure(module)), goal=goal
        )
        for module, goal in FREIGHT.items()
    ]
