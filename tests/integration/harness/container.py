# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian with its own systemd, processes and addresses: systemd-nspawn over an overlay of an image.

The overlay is mounted only inside the container's own mount namespace. Nothing of it is to be seen, or to be unmounted,
on the machine, and no other container's namespace can hold it: it ends with its last process.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from integration.harness import cgroups
from integration.harness.commands import run

# $1 image, $2 seed, $3 place; the remaining words are a command. The seed's files lie over the image's.
MOUNTED = 'mount -t overlay overlay -o "lowerdir=$2:$1,upperdir=$3/upper,workdir=$3/work" "$3/root" && shift 3'
# The container ends with the tests even when they are killed: each process of the chain dies with the one before it.
APART = "setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc sh -c"


class Container:
    """One system: its files outlive a stop, until `wipe`."""

    def __init__(self, name: str, *, image: Path, seed: Path, place: Path) -> None:
        """`name` is the machine's, its control group's and its network namespace's; `place` keeps its files."""
        self.name = name
        self.log = place / "console.log"
        self._overlay = [str(image), str(seed), str(place)]
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Boots, without waiting for anything; to be called by the main thread, since it dies with its caller."""
        for layer in ("upper", "work", "root"):
            (self._place / layer).mkdir(parents=True, exist_ok=True)
        entries = [str(file) for file in cgroups.make(self.name)]
        enter = f"echo $$ | tee {' '.join(entries)} > /dev/null"
        boot = f'{MOUNTED} && exec systemd-nspawn "$@"'
        options = f"--quiet --boot --register=no --keep-unit --machine={self.name}".split()
        options += [f"--network-namespace-path=/run/netns/{self.name}", "--directory", str(self._place / "root")]
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", f'{enter} && exec "$@"', "sh", *APART.split(), boot, "sh", *self._overlay, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None:
            cgroups.kill_and_remove(self.name)
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        """Forgets every change to its files since the first start; it has to be stopped."""
        run(["rm", "-rf", "--one-file-system", *[str(self._place / layer) for layer in ("upper", "work")]])

    def entry(self) -> Sequence[str]:
        """The words before a command that let it run inside: beside the system while it is up, else on its files."""
        if self.is_running:
            return ("nsenter", f"--target={self._leader()}", "--all")
        inside = f'{MOUNTED} && exec chroot {self._place / "root"} "$@"'
        return ("unshare", "--mount", "sh", "-c", inside, "sh", *self._overlay)

    def _leader(self) -> int:
        """The process that is number 1 in there: unshare's only child is nspawn, whose only child is systemd."""
        assert self._process is not None
        return _only_child(_only_child(self._process.pid))


def _only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
