# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(order) asks C(certificate_install) to install, as a noun."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.errors import InputRefused
from .._schema.check import check, label
from .._schema.field import NAME, Field, Fields
from .layout import Layout
from .sets import ROLES

INSTALLATION: Fields = {
    "name": Field(required=True, pattern=NAME),
    "key_hash": Field(required=True, pattern="[0-9a-f]{64}"),
    "names": Field(kind="list", required=True),
    "files": Field(kind="mapping", fields={role: Field(kind="path") for role in ROLES}),
    "services": Field(kind="list"),
    "publicly_trusted": Field(kind="boolean"),
}
# Texts of many lines, and what is only handed on.
HANDED_ON = ("chain", "trust_anchors", "resolver")


@dataclass(frozen=True)
class Installation:
    """A certificate to install: C(chain) is PEM, leaf first; C(trust_anchors) are roots in PEM, None: the system's."""

    name: str
    chain: tuple[str, ...]
    key_hash: str
    names: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)  # role → path
    services: tuple[str, ...] = ()
    trust_anchors: str | None = None
    publicly_trusted: bool = False
    resolver: t.Any = None  # handed on to endpoint_info as it came

    @property
    def server_names(self) -> tuple[str, ...]:
        """Return the names that a client can ask for; wildcards stand for others."""
        return tuple(name for name in self.names if not name.startswith("*."))

    @property
    def names_to_look_at(self) -> tuple[str, ...]:
        """Return the names to look at on this host: where all are wildcards, one that each of them stands for."""
        return self.server_names or tuple(name.replace("*", "www", 1) for name in self.names)


def installation_from(entry: t.Mapping[str, t.Any], place: int) -> Installation:
    """Return one checked entry; raises InputRefused."""
    path = f"installations[{label(entry, place)}]"
    values = check({key: value for key, value in entry.items() if key not in HANDED_ON}, INSTALLATION, path)
    chain, trust_anchors = entry.get("chain"), entry.get("trust_anchors") or ""
    if not isinstance(chain, list) or not all(isinstance(text, str) for text in [*chain, trust_anchors]):
        raise InputRefused(
            f"{path}: chain and trust_anchors are no certificates.", "Pass on what order returned.", code="wrong_type"
        )
    return Installation(
        name=values["name"],
        chain=tuple(chain),
        key_hash=values["key_hash"],
        names=tuple(values["names"]),
        files=values.get("files", {}),
        services=tuple(dict.fromkeys(values.get("services", ()))),
        trust_anchors=trust_anchors or None,
        publicly_trusted=values.get("publicly_trusted", False),
        resolver=entry.get("resolver"),
    )


def linked_paths(files: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """Return role → path of those files that become links into the set in use: all that do not lie there already.

    Raises InputRefused for a path elsewhere in the key host's directory.
    """
    linked = {role: path for role, path in files.items() if os.path.normpath(path) != layout.in_use(role)}
    for role, path in linked.items():
        if os.path.normpath(path).startswith(f"{layout.directory}/"):
            raise InputRefused(
                f"files.{role} of {layout.name} is {path}, inside {layout.directory}.",
                f"Write {layout.in_use(role)}, or a path outside of {layout.directory}.",
                code="path_inside",
            )
    return linked
