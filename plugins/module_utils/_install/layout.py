# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where what lies under the key host's directory (docs/architecture.md, "On the key host")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import normpath

from .._core.errors import InputRefused

DIRECTORY = "/etc/koshin/tls"
ORIGINAL = "original"  # in place of a serial: the set that was found at the first take-over
PREFIX = ".koshin-"  # what begins so is half made: a run was killed


@dataclass(frozen=True)
class Layout:
    """Every path of one certificate; ``name`` is its checked identifier, ``directory`` an absolute path."""

    name: str
    directory: str = DIRECTORY

    @property
    def home(self) -> str:
        return f"{self.directory}/{self.name}"

    @property
    def pending(self) -> str:
        return f"{self.home}/pending"

    @property
    def sets(self) -> str:
        return f"{self.home}/sets"

    @property
    def current(self) -> str:
        return f"{self.home}/current"

    @property
    def previous(self) -> str:
        return f"{self.home}/previous"

    @property
    def switching(self) -> str:
        return f"{self.home}/switching"

    def request(self, key_hash: str) -> str:
        return f"{self.pending}/{key_hash}"

    def set(self, serial: str) -> str:
        return f"{self.sets}/{serial}"

    def in_use(self, role: str) -> str:
        """Return the file of the set in use; ``role`` is certificate, chain, fullchain or key."""
        return f"{self.current}/{role}.pem"


def refuse_doubles(claims: Iterable[tuple[str, ...]]) -> dict[str, InputRefused]:
    """Return name → why it is refused, for claims (a name, then paths) that overlap.

    Certificates that overwrite each other would be ordered again every night.
    """
    every = [(claim[0], normpath(what)) for claim in claims for what in claim]
    times = Counter(what for _name, what in every)
    return {
        name: InputRefused(f"{name}: {what} is claimed twice on this host.", "Give each its own.", "claimed_twice")
        for name, what in every
        if times[what] > 1
    }


def absolute(path: str) -> str:
    """Return C(path); raises InputRefused where it is relative."""
    if path.startswith("/"):
        return path
    raise InputRefused(f"{path} is not an absolute path.", "Write the whole path, from / on.", code="relative_path")
