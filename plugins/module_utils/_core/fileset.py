# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a service reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileSet:
    """Absolute paths that a service reads; None where it reads no such file."""

    certificate: str | None = None
    chain: str | None = None
    fullchain: str | None = None
    key: str | None = None

    def paths(self) -> dict[str, str]:
        """Return role → path of the files that are wanted, in the order certificate, chain, fullchain, key."""
        every = {"certificate": self.certificate, "chain": self.chain, "fullchain": self.fullchain, "key": self.key}
        return {role: path for role, path in every.items() if path is not None}
