# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays playbooks on this machine, with our Ansible or with the peers', and says what each took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from house import CHECKOUT

Task = Mapping[str, Any]

COLLECTIONS = CHECKOUT / ".cache" / "collections"

# The interpreter of the virtual environment itself: on neither side is one searched for.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
VERSIONS = """
import json, pathlib, platform, sys
from importlib.metadata import version
found = {"Python": platform.python_version(), **{name: version(name) for name in ("ansible-core", "cryptography")}}
for top in sys.path:
    manifest = pathlib.Path(top, "ansible_collections", "community", "crypto", "MANIFEST.json")
    if manifest.is_file():
        found["community.crypto"] = json.loads(manifest.read_text())["collection_info"]["version"]
print(json.dumps(found))
"""


class PlayFailed(Exception):
    """A playbook did not end as it should: what it took says nothing."""


@dataclass(frozen=True)
class Cost:
    """What something took: seconds on the wall, and of processors, in all its processes together."""

    wall: float
    processor: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.processor - other.processor)

    def projected(self, measured_at: int, count: int) -> Cost:
        """Return what `count` pieces would take, in proportion."""
        return Cost(self.wall / measured_at * count, self.processor / measured_at * count)

    @classmethod
    def so_far(cls) -> Cost:
        """Return the time of now, and what processes of ours that have ended used until now."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(time.perf_counter(), used.ru_utime + used.ru_stime)


@dataclass(frozen=True)
class Ansible:
    """An ansible-core and its collections; all that it writes lies in `home`."""

    environment: Path
    collections: Path
    home: Path

    def play(self, playbook: Path, inventory: Path, **environment: str) -> Cost:
        """Play a playbook and return what it took; raises PlayFailed."""
        command = [self.environment / "bin" / "ansible-playbook", "-i", inventory, playbook]
        before = Cost.so_far()
        ended = subprocess.run(
            command, env=self._environment() | environment, capture_output=True, text=True, check=False
        )
        taken = Cost.so_far() - before
        if ended.returncode != 0:
            raise PlayFailed(
                f"{playbook} ended with {ended.returncode}:\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
            )
        return taken

    def versions(self) -> dict[str, str]:
        python = self.environment / "bin" / "python"
        told = subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout
        return dict(json.loads(told))

    def _environment(self) -> dict[str, str]:
        """Return an environment without this machine's configuration of Ansible."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        ours = {
            "ANSIBLE_HOME": self.home / "ansible",
            "ANSIBLE_REMOTE_TMP": self.home / "ansible" / "tmp",
            "ANSIBLE_COLLECTIONS_PATH": self.collections,
            "ANSIBLE_CONFIG": _empty(self.home / "ansible.cfg"),
            "LC_ALL": "C.UTF-8",
        }
        return kept | {name: str(value) for name, value in ours.items()}


def koshin(directory: Path) -> Ansible:
    """Return the peers' ansible-core with our collection: in a race both sides have the same libraries around them."""
    return Ansible(CHECKOUT / ".venv-peers", COLLECTIONS, directory / "koshin")


def peers(directory: Path) -> Ansible:
    """Return the Ansible of the wheel `ansible`, which finds the collections that came with it by itself."""
    return Ansible(CHECKOUT / ".venv-peers", directory / "no collections", directory / "peers")


def own(directory: Path) -> Ansible:
    """Return the Ansible of requirements.txt, which has all that the control host needs."""
    return Ansible(CHECKOUT / ".venv", COLLECTIONS, directory / "own")


def cost_of(ansible: Ansible, tasks: Sequence[Task], wanted: Sequence[Any]) -> Cost:
    """Play tasks on localhost; they find `wanted`, and in `directory` one that is empty. Raises PlayFailed.

    Files are left to whoever removes `home`: ext4 gives no inode again for seconds after a file was removed, and looks
    for another one; after hundreds of them each new file takes it five times as long, which no key host has to suffer.
    """
    files = Path(tempfile.mkdtemp(dir=_made(ansible.home)))
    variables = {**LOCAL, "wanted": wanted, "directory": str(_made(files / "made"))}
    inventory = write(files / "inventory.json", {"all": {"hosts": {"localhost": variables}}})
    playbook = write(files / "playbook.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    return ansible.play(playbook, inventory)


def write(path: Path, content: Any) -> Path:
    """Write JSON, which is YAML, and return where."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _empty(path: Path) -> Path:
    _made(path.parent)
    path.touch()
    return path


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
