# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for secrets wherever a run could leave them: files, logs, journals, and what the list of processes showed."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from integration.harness.host import Host

PAUSE_SECONDS = 0.02
CHANGED_SINCE_BOOT = """
import json, os, sys

needles = [needle.encode() for needle in json.load(sys.stdin)]
booted = os.stat("/proc/1").st_ctime
found = {}
for top, folders, files in os.walk("/"):
    if top == "/":
        folders[:] = set(folders) - {"proc", "sys", "dev"}
    for path in (os.path.join(top, name) for name in files):
        try:
            status = os.lstat(path)
            if not os.path.isfile(path) or os.path.islink(path) or status.st_ctime < booted:
                continue
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            continue
        if any(needle in content for needle in needles):
            found[path] = status.st_mode & 0o777
json.dump(found, sys.stdout)
"""


def traces_of_key(pem: str) -> set[str]:
    """Returns texts that nobody could write who has not seen the private key, also not as part of something encoded."""
    lines = pem.strip().splitlines()[1:-1]
    # The first line says what kind of key it is; the last ones of a short key, the first ones of a long are public.
    telling = lines[len(lines) // 2 : -1]
    encoded = (base64.b64encode(b" " * shift + pem.encode()).decode() for shift in range(3))
    return {*telling, *(text[8:72] for text in encoded), *(text[100:164] for text in encoded)}


def files_on_control(needles: Iterable[str], *tops: Path) -> dict[Path, int]:
    """Returns the files at and below the paths that hold one of the texts, with their modes."""
    wanted = [needle.encode() for needle in needles]
    files = [path for top in tops for path in (top, *top.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {path: path.stat().st_mode & 0o777 for path in files if _holds(path.read_bytes(), wanted)}


def files_on_host(needles: Iterable[str], host: Host) -> dict[str, int]:
    """Returns the files on a host that changed since it booted and hold one of the texts, with their modes."""
    looked = host.run(["python3", "-c", CHANGED_SINCE_BOOT], stdin=json.dumps(sorted(needles)))
    found: Mapping[str, int] = json.loads(looked.stdout)
    return dict(found)


def lines_in_journal(needles: Iterable[str], host: Host) -> list[str]:
    """Returns what a host's journal, kernel included, says with one of the texts in it."""
    wanted = sorted(needles)
    lines = host.run(["journalctl", "--all", "--quiet", "--no-pager", "--output=verbose"]).stdout.splitlines()
    return [line for line in lines if any(needle in line for needle in wanted)]


class ProcessList:
    """Everything that the list of processes showed while the block ran, here and on the hosts: words and environment.

    The processes of the hosts are processes of this machine too, seen from outside.
    """

    def __init__(self) -> None:
        """Sees nothing yet."""
        self._shown: set[bytes] = set()
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="process list")

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._thread.join()

    def showed(self, needles: Iterable[str]) -> list[str]:
        """Returns what held one of the texts."""
        wanted = [needle.encode() for needle in needles]
        return [shown.decode(errors="replace") for shown in self._shown if _holds(shown, wanted)]

    def _look_on(self) -> None:
        while not self._gone.wait(PAUSE_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self._shown.add((process / name).read_bytes())
                    except OSError:
                        continue  # it has ended


def _holds(content: bytes, needles: list[bytes]) -> bool:
    return any(needle in content for needle in needles)
