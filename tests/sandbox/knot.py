# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Knot in the foreground: zones that take updates signed with a key.

It often takes an update when the next second begins, and answers then.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sandbox.bind import SECRET, ZONE, Bind
from sandbox.daemons import daemon, free_port


class Knot(Bind):
    """What is asked and told of a BIND in tests can be asked and told of a Knot."""

    @property
    def pid_file(self) -> Path:
        return self.directory / "knot.pid"

    def forget(self, zone: str) -> None:
        configuration = self.directory / "knot.conf"
        configuration.write_text(
            re.sub(rf"  - domain: {re.escape(zone)}\n( {{4}}.*\n)*", "", configuration.read_text())
        )
        self._await_gone(zone)


@contextlib.contextmanager
def knot(directory: Path, zones: Mapping[str, str], *, signed: Collection[str] = ()) -> Iterator[Knot]:
    """Run knotd for ``zones`` (name → further lines of the zone) until the block ends; it signs those in ``signed``."""
    directory.mkdir(parents=True, exist_ok=True)
    port, told = free_port(), []
    for name, lines in zones.items():
        (directory / f"{name}.zone").write_text(ZONE + lines)
        told.append(f"  - domain: {name}\n    dnssec-signing: {'on' if name in signed else 'off'}\n")
    configuration = directory / "knot.conf"
    configuration.write_text(
        f"server:\n    rundir: {directory}\n    listen: 127.0.0.1@{port}\n    udp-workers: 1\n    tcp-workers: 1\n"
        "    background-workers: 1\n"
        f"database:\n    storage: {directory}\n    journal-db-max-size: 64M\n    kasp-db-max-size: 64M\n"
        f"key:\n  - id: koshin\n    algorithm: hmac-sha256\n    secret: {SECRET}\n"
        "acl:\n  - id: updates\n    key: koshin\n    action: update\n"
        f"template:\n  - id: default\n    storage: {directory}\n    acl: updates\n    zonefile-sync: -1\n"
        "zone:\n" + "".join(told)
    )
    subprocess.run(["knotc", "-c", str(configuration), "conf-check"], check=True, capture_output=True)
    with daemon(["knotd", "-c", configuration], log=directory / "knot.log", ports=[port]):
        yield Knot(port, directory / "tsig.key", directory)
