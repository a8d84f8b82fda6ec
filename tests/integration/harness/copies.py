# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved copies of all that an estate knows and serves, to start again from the same point as often as a test likes."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.host import Host

RESTORE_SECONDS = 10
SAVE = 'cd / && tar --create --file "$1" $(for path in {paths}; do test ! -e "$path" || echo "${{path#/}}"; done)'
# What a killed run left running there is ended first: it would go on changing what is being restored.
RESTORE = """
pkill -KILL -f '/[A]nsiballZ_'
rm -rf {paths} && tar --extract --directory / --file "$1" && systemctl reload nginx
"""


class Copies:
    """Copies by name: ledger, authority and report of the control host; what lies on the hosts, and what they serve."""

    def __init__(self, estate: Estate, paths: tuple[str, ...] = ("/etc/koshin", "/etc/nginx", WEB_ROOT)) -> None:
        """`paths` are those on the hosts that belong to the state."""
        self._estate = estate
        self._words = " ".join(paths)
        self._place = estate.directory / "copies"

    def save(self, name: str) -> None:
        """Keeps the state as it is now."""
        (self._place / name).mkdir(parents=True)
        for path in self._state():
            if path.is_dir():
                shutil.copytree(path, self._place / name / path.name)
            else:
                shutil.copy2(path, self._place / name)
        for host in self._estate.hosts.values():
            host.run(["sh", "-c", SAVE.format(paths=self._words), "sh", f"/root/{name}.tar"])

    def restore(self, name: str) -> None:
        """Puts everything back as it was when it was saved, and returns when that is served."""
        for path in self._state():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._place / name, self._estate.directory, dirs_exist_ok=True)
        for host in self._estate.hosts.values():
            host.run(["sh", "-c", RESTORE.format(paths=self._words), "sh", f"/root/{name}.tar"])
            for entry in self._estate.host_variables[host.name]["tls_certificates"]:
                _wait_until_served(host, entry["common_name"], entry["files"]["fullchain"])

    def _state(self) -> list[Path]:
        estate = self._estate
        beside = estate.directory.glob(f"{estate.ledger.name}*")
        return [path for path in (*beside, estate.ca_directory, estate.report_directory) if path.exists()]


def _wait_until_served(host: Host, name: str, path: str) -> None:
    deadline = time.monotonic() + RESTORE_SECONDS
    while not host.read(path).startswith(host.served(name).pem):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{host.name} does not serve {path} for {name}.")
        time.sleep(0.02)
