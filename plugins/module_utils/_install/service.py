# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services as data: the commands of ``tls_services`` that test their configuration and make them read it again."""

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._core.errors import InputRefused, InstallationFailed
from .._schema.services import service_entries

LONGEST_ANSWER = 400

# Runs a command without a shell: its words → exit status, stdout, stderr; raises OSError where it cannot be started.
Run = Callable[[Sequence[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Service:
    """A service that reads certificates; its commands are words, C(test_command) may be empty."""

    name: str
    port: int
    reload_command: tuple[str, ...]
    test_command: tuple[str, ...] = ()


def services_from(entries: Sequence[t.Any]) -> dict[str, Service]:
    """Return name → service; of two of one name the later counts. Raises InputRefused."""
    return {
        name: Service(
            name=name,
            port=values["port"],
            reload_command=_words(values["reload_command"], f"tls_services[{name}].reload_command"),
            test_command=_words(values.get("test_command"), f"tls_services[{name}].test_command"),
        )
        for name, values in service_entries(entries).items()
    }


def test(service: Service, run: Run) -> None:
    """Let the service test its own configuration; raises InstallationFailed (test_failed) with what it said."""
    if service.test_command:
        _run(service, "test_command", service.test_command, run, code="test_failed")


def reload(service: Service, run: Run) -> None:
    """Make the service read its files again; raises InstallationFailed (reload_failed) with what it said.

    That it returns proves nothing: many services keep the old certificate silently.
    """
    _run(service, "reload_command", service.reload_command, run, code="reload_failed")


def _run(service: Service, role: str, command: tuple[str, ...], run: Run, *, code: str) -> None:
    written = " ".join(shlex.quote(word) for word in command)
    try:
        status, stdout, stderr = run(command)
    except OSError as error:
        finding = f"cannot be started: {error.strerror}"
    else:
        if status == 0:
            return
        finding = f"ended with {status}: {_shortened(stderr.strip() or stdout)}"
    raise InstallationFailed(
        f"{service.name}: {role} '{written}' {finding}.",
        "Run it on this host and correct what it names, or correct it in tls_services; then run again.",
        code=code,
    )


def _shortened(said: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in said)
    words = " ".join(printable.split()).rstrip(".") or "it said nothing"
    return words if len(words) <= LONGEST_ANSWER else f"{words[:LONGEST_ANSWER]} …"


def _words(command: str | None, path: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command or ""))
    except ValueError:
        words = ()
    if command is not None and not words:
        raise InputRefused(f"{path} is empty, or has a quote that is not closed.", "Correct it.", code="malformed")
    return words
