# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`'s playbook as a newcomer meets it: an ordinary user, a tarball, a space in the directory's name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.harness.commands import run
from integration.harness.interruption import kill_tree

CHECKOUT = Path(__file__).resolve().parents[2]
USER, GROUP = 61297, 65534
MIDWAY_SECONDS = 60
DEMO_SECONDS = 240
# The user is known to nobody else, and gone with the last process that sees him.
APART = 'mount --bind "$1/passwd" /etc/passwd && cd "$1/my work" && shift && exec "$@"'
# An ordinary user, except that the Python of these tests may lie where only root may look.
MAY_LOOK = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search")
# In this order, each as a line that was said.
ACTS = (
    '"First run: what is due, and is everything ready to order?',
    "waits for payment (payer)",
    "Confirm: ansible-playbook koshin.tls.confirm",
    '"The invoice is paid.',
    '"Second run: the tokens are published, and the authority looks at them.',
    "waits for phone confirmation (responsible)",
    '"The authority called, and the responsible person answered.',
    '"Third run: the certificate is issued, installed and served.',
    '"Fourth run: nothing is due, so nothing happens.',
    '"The report for people: ',
)


class Newcomer:
    """A user with a home, an empty directory, and the collection installed where he cannot write."""

    def __init__(self, place: Path) -> None:
        """Installs the collection below `place`, which anybody may enter."""
        self.collections = place / "collections"
        self.work = place / "my work"
        self._place, self._home = place, place / "home"
        for directory in (self.work, self._home):
            directory.mkdir()
            os.chown(directory, USER, GROUP)
        users = Path("/etc/passwd").read_text()
        (place / "passwd").write_text(f"{users}newcomer:x:{USER}:{GROUP}::{self._home}:/bin/sh\n")
        self._install(place / "built")

    @property
    def demo(self) -> Path:
        """Where the demo puts everything."""
        return self.work / "koshin-demo"

    def start(self) -> subprocess.Popen[str]:
        """Begins the demo; it says on its standard output what happens."""
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
        }
        playbook = [sys.executable, "-m", "ansible", "playbook", "koshin.tls.demo"]
        user = ["setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "--no-new-privs", *MAY_LOOK]
        apart = ["unshare", "--mount", "sh", "-c", APART, "sh", str(self._place)]
        return subprocess.Popen([*apart, *user, *playbook], env=environment, stdout=subprocess.PIPE, text=True)

    def processes(self) -> dict[int, str]:
        """What runs on behalf of the demo: whatever has its directory among its words."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_text(errors="replace").replace("\0", " ")
            except OSError:
                continue  # it has ended
            if str(self.demo) in words:
                found[int(process.name)] = words
        return found

    def _install(self, built: Path) -> None:
        copy = built / "copy"
        run([sys.executable, str(CHECKOUT / "tests/run/copy_tree.py"), str(copy)])
        galaxy = [sys.executable, "-m", "ansible", "galaxy", "collection"]
        run([*galaxy, "build", "--output-path", str(built), str(copy)])
        (tarball,) = built.glob("*.tar.gz")
        run([*galaxy, "install", "--offline", "--collections-path", str(self.collections), str(tarball)])
        shutil.rmtree(built)
        run(["chmod", "-R", "a-w,a+rX", str(self.collections)])


@pytest.fixture
def newcomer() -> Iterator[Newcomer]:
    # Only root may enter the directories that pytest makes.
    with tempfile.TemporaryDirectory(prefix="koshin demo ") as place:
        os.chmod(place, 0o755)
        arrived = Newcomer(Path(place))
        yield arrived
        for process in arrived.processes():
            os.kill(process, signal.SIGKILL)


def test_the_demo_ends_well_also_after_one_that_was_killed(newcomer: Newcomer) -> None:
    installed = files(newcomer.collections)
    left_behind = killed_midway(newcomer)
    assert left_behind in newcomer.processes(), "the site of a killed demo goes on, or this test shows nothing"

    demo = newcomer.start()
    said, _unused = demo.communicate(timeout=DEMO_SECONDS)

    print(said)
    assert demo.returncode == 0
    everything_was_said(said)
    assert (newcomer.demo / "report" / "report.html").stat().st_size > 0
    report = json.loads((newcomer.demo / "report" / "report.json").read_text())
    assert report["waiting_for"] == report["attention"] == []
    assert newcomer.processes() == {}
    assert os.listdir(newcomer.work) == ["koshin-demo"]
    assert files(newcomer.collections) == installed


def killed_midway(newcomer: Newcomer) -> int:
    """Kill a demo while its first order is being placed; return the process of the site that it leaves behind."""
    demo = newcomer.start()
    deadline = time.monotonic() + MIDWAY_SECONDS
    while not (newcomer.demo / "state" / "ledger.sqlite").exists():
        assert demo.poll() is None and time.monotonic() < deadline, demo.communicate()[0]
        time.sleep(0.02)
    kill_tree(demo.pid)
    demo.communicate()
    return int(json.loads((newcomer.demo / "site" / "site.json").read_text())["pid"])


def everything_was_said(said: str) -> None:
    rest = said
    for act in ACTS:
        assert act in rest, f"not said, or not at its place: {act}"
        rest = rest.partition(act)[2]


def files(top: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in top.rglob("*")}
