# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal that can be set back to any of its halts, on a host whose service kills whoever calls it when told to."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderRecord
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from integration.harness.copies import Copies
from integration.harness.estate import WEB_ROOT, Estate

NAME = "www.example.test"
HOME = f"/etc/koshin/tls/{NAME}"
SERVICE = {
    "name": "nginx",
    "test_command": "/root/deadly test nginx -t",
    "reload_command": "/root/deadly reload nginx -s reload",
    "port": 443,
}
# In place of nginx' own commands: at the wanted call of the wanted one, what called it is killed.
DEADLY = """#!/bin/sh
calls=$(($(cat /run/$1-calls 2>/dev/null || echo 0) + 1))
echo $calls > /run/$1-calls
strike() { touch /run/struck; sleep 0.3; kill -KILL $PPID; exit 1; }
moment="$1 $calls" && shift
test "$(cat /run/strike-at)" != "before $moment" || strike
"$@" || exit
test "$(cat /run/strike-at)" != "after $moment" || strike
"""
STRIKE_ON_SIGHT = 'until test -e "$1"; do :; done; pkill -KILL -f "/[A]nsiballZ_"'


class Door:
    """The lock through which whoever changes something at the embedded authority has to go."""

    def __init__(self, authority: Path) -> None:
        """It is closed from now on."""
        authority.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(authority / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def is_knocked_at(self) -> bool:
        """Whether somebody waits for it."""
        inode = f":{os.fstat(self._lock).st_ino} "
        return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())

    def open(self) -> None:
        """Lets everybody in."""
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def remove(self) -> None:
        """Opens it and forgets it."""
        os.close(self._lock)


class Procedure:
    """One certificate on one host, and saved copies of the halts of its renewal.

    "found": nothing was done yet. "ordered": payment is awaited. "paid", "answered": that was confirmed a moment ago.
    """

    def __init__(self, estate: Estate) -> None:
        """Goes from halt to halt, undisturbed."""
        self.estate = estate
        (self.host,) = estate.hosts.values()
        self.copies = Copies(estate)
        self.bought = estate.site(self.host.name, NAME)
        self.web_root = self.host.snapshot([WEB_ROOT])
        self.host.write("/root/deadly", DEADLY, mode=0o755)
        self.strike_at("never")
        estate.variables["tls_services"] = [SERVICE]
        self.copies.save("found")
        assert estate.run("koshin.tls.renew").rc == 0
        self.copies.save("ordered")
        assert estate.confirm("payment", NAME).rc == 0
        self.copies.save("paid")
        assert estate.run("koshin.tls.renew").rc == 0
        assert estate.confirm("phone_confirmation", NAME).rc == 0
        self.copies.save("answered")

    def strike_at(self, moment: str) -> None:
        """Says at which call of the service's commands what called it is killed."""
        self.host.run(["sh", "-c", 'rm -f /run/struck /run/*-calls; echo "$1" > /run/strike-at', "sh", moment])

    def strike_when(self, path: str) -> threading.Thread:
        """Kills certificate_install as soon as something lies at the path; join what is returned."""
        thread = threading.Thread(
            target=self.host.run, args=[["timeout", "30", "sh", "-c", STRIKE_ON_SIGHT, "sh", path]]
        )
        thread.start()
        return thread

    @contextlib.contextmanager
    def ca_closed(self) -> Iterator[Door]:
        """Keeps everybody from changing anything at the CA, until the block ends or somebody opens the door."""
        door = Door(self.estate.ca_directory)
        try:
            yield door
        finally:
            door.remove()

    def at_the_ca(self) -> dict[str, bytes]:
        """The CA's orders: file → what it holds."""
        return {path.name: path.read_bytes() for path in self.estate.ca_directory.glob("orders/*.json")}

    def in_the_ledger(self) -> list[OrderRecord]:
        """The ledger's orders, read from a copy: whoever opens it after a kill puts it in order."""
        place = self.estate.directory / "looked-at"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for path in self.estate.directory.glob(f"{self.estate.ledger.name}*"):
            shutil.copy2(path, place)
        with Ledger.open(str(place / self.estate.ledger.name), actor="test", read_only=True) as ledger:
            return ledger.orders()

    def waiting_keys(self) -> list[str]:
        """The key hashes of the requests that wait on the host, whole or not."""
        found = self.host.snapshot([f"{HOME}/pending"])
        return [path.rsplit("/", 1)[1] for path in found if path.count("/") == f"{HOME}/pending/".count("/")]
