# SPDX-License-Identifier: GPL-3.0-or-later
"""Running other programs, and saying what they said when they fail."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

PACKAGE_OF = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "openssl": "openssl",
    "ssh": "openssh-client",
    "systemd-nspawn": "systemd-container",
}


class CommandFailed(AssertionError):
    """A program ended with an exit status other than 0; the message holds all it said."""


class NotPossibleHere(RuntimeError):
    """The machine lacks something that the hosts of the tests need."""


@dataclass(frozen=True)
class Completed:
    """What a program left behind."""

    argv: tuple[str, ...]
    rc: int
    stdout: str
    stderr: str

    def checked(self) -> Completed:
        """Returns itself; raises CommandFailed when the exit status is not 0."""
        if self.rc != 0:
            raise CommandFailed(f"{shlex.join(self.argv)}\nended with {self.rc}\n{self.stdout}{self.stderr}")
        return self


def run(argv: Sequence[str], *, stdin: str = "", check: bool = True, timeout_seconds: float = 60) -> Completed:
    """Runs a program to its end; raises CommandFailed when it fails and `check` is set."""
    done = subprocess.run(
        list(argv), input=stdin, capture_output=True, encoding="utf-8", check=False, timeout=timeout_seconds
    )
    completed = Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
    return completed.checked() if check else completed


def demand_a_machine_for_hosts() -> None:
    """Raises NotPossibleHere, with the next move, where hosts cannot be started."""
    if os.geteuid() != 0:
        raise NotPossibleHere("These tests start hosts with file systems of their own: run them as root.")
    missing = sorted({package for program, package in PACKAGE_OF.items() if shutil.which(program) is None})
    if missing:
        raise NotPossibleHere(f"Missing here: apt-get install --no-install-recommends {' '.join(missing)}")
