# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all parts of `make test`, some at a time, all of them even when one fails; pytest's reports come last."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LOGS = CHECKOUT / "tests" / "output"
# Longest first, so that no lane is left alone at the end.
# `hosts` and `shops` are the two halves of `make integration`.
STARTED = ("hosts", "shops", "contract", "unit", "sanity", "lint")
REPORTED = ("lint", "sanity", "unit", "contract", "hosts", "shops")
# More than the two cores: hosts that start and servers that are awaited leave them idle for a third of the time.
LANES = 3
# Against what hangs; on two cores it ends within 1800.
DEADLINE_SECONDS = 3000
# For a part that was told to stop, to take down what it had put up.
GRACE_SECONDS = 30


@dataclass(frozen=True)
class Result:
    """How one part went: its exit status, how long it took, and where its output lies."""

    part: str
    status: int
    seconds: float
    log: Path

    def __str__(self) -> str:
        verdict = "ok" if self.status == 0 else f"FAILED ({self.status})"
        return f"{self.part:<12} {verdict:<11} {self.seconds:4.0f} s"


class Parts:
    """The running children, so that all can be told to stop."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def run(self, part: str) -> Result:
        """Runs ``make part`` into its log; past the deadline it is stopped and counts as failed."""
        log = LOGS / f"{part}.log"
        started = time.monotonic()
        with log.open("wb") as output:
            child = self._start(part, output)
            status = self._wait(child) if child else -signal.SIGTERM
        return Result(part, status, time.monotonic() - started, log)

    def stop(self) -> None:
        """Asks every running part to end, as Ctrl-C in a terminal would, and starts no other."""
        with self._lock:
            self._stopped = True
            for child in self._running:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGINT)

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(max(1.0, self.deadline - time.monotonic()))
        os.killpg(child.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(GRACE_SECONDS) or -signal.SIGINT
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()

    def _start(self, part: str, output: object) -> subprocess.Popen[bytes] | None:
        # MAKEFLAGS would tie the part to the job server of the make above.
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
        with self._lock:
            if self._stopped:
                return None
            child = subprocess.Popen(
                ["make", "--no-print-directory", part],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.append(child)
            return child


def run_all(parts: Parts) -> dict[str, Result]:
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(LANES) as lanes:
        try:
            for done in as_completed([lanes.submit(parts.run, part) for part in STARTED]):
                result = done.result()
                results[result.part] = result
                print(result, flush=True)
        except BaseException:
            parts.stop()
            raise
    return results


def show(results: dict[str, Result]) -> None:
    for part in REPORTED:
        print(f"\n---- {part} ----", flush=True)
        sys.stdout.buffer.write(results[part].log.read_bytes())
        sys.stdout.flush()


def main() -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    # A handler of our own, also where a job in the background inherited "ignore": parts then start with the default.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"Running {', '.join(STARTED)}; logs in {LOGS.relative_to(CHECKOUT)}/", flush=True)
    results = run_all(Parts(time.monotonic() + DEADLINE_SECONDS))
    show(results)
    failed = [part for part in REPORTED if results[part].status]
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
