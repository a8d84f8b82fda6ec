# SPDX-License-Identifier: GPL-3.0-or-later
"""Real daemons in the foreground, on ports of their own, without systemd: started, waited for, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on now, each another."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _unused in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextlib.contextmanager
def daemon(
    command: Sequence[str | Path], *, log: Path, ports: Sequence[int] = (), seconds: float = 20.0
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` until the block ends; it begins when all ``ports`` of 127.0.0.1 answer.

    Raises RuntimeError with the end of its log where the daemon ends before, or does not answer within ``seconds``.
    """
    with log.open("ab") as written:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        for port in ports:
            _await(port, process, log, seconds)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the daemon and what it started; one that is gone already stays gone."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.02)
    ended = "does not answer" if process.poll() is None else f"ended with status {process.returncode}"
    raise RuntimeError(f"{process.args[0]} {ended} on port {port}:\n{log.read_text(errors='replace')[-4000:]}")
