# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One transaction on one host: switch, service's test, reload, look over the wire; or what was there before is back.

Certificates that share a service go together: one test and one reload for all. Where that fails, each goes alone.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .._core.errors import HeldElsewhere, InstallationFailed, KoshinError
from . import wire
from .change import Change
from .content import told
from .proof import look_for_new, look_for_old
from .service import Run, Service, reload, test
from .sets import stage, sweep
from .switch import go_back, is_fresh, is_unproven, owners_of_new, prove, proven_set, settle, switch, take_over


@dataclass(frozen=True)
class Host:
    """The outside: how commands are run, how long the wire is looked at, and by what."""

    run: Run
    look_seconds: float
    look: wire.Look = wire.look


@dataclass(frozen=True)
class Result:
    """What became of one change. ``went_back``: the set before is in place again; ``proved``: and it is served."""

    change: Change
    error: KoshinError | None = None
    went_back: bool = False
    proved: bool = True


@contextmanager
def alone(directory: str) -> Iterator[None]:
    """Be the only one who installs in C(directory), until this process ends at the latest; raises HeldElsewhere.

    A module outlives a run that is killed. Where there is no directory there is no key, and nothing to be alone with.
    """
    if not os.path.isdir(directory):
        yield
        return
    with told(directory):
        handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldElsewhere(f"Another run installs in {directory} now.", "Run again when it has ended.") from None
        yield
    finally:
        os.close(handle)


def install(changes: Sequence[Change], host: Host) -> list[Result]:
    """Carry out C(changes); one that fails is put back and stops no other one. Nothing is raised for a change."""
    results = []
    for group in groups(changes):
        try:
            results += _group(group, host)
        except KoshinError as error:
            results += [Result(change, error) for change in group]
    return results


def groups(changes: Sequence[Change]) -> list[list[Change]]:
    """Return C(changes) put together where they share a service, directly or through others."""
    together: list[list[Change]] = []
    for change in changes:
        joined = [group for group in together if any(set(change.services) & set(one.services) for one in group)]
        together = [group for group in together if group not in joined]
        together.append([one for group in joined for one in group] + [change])
    return together


def _group(group: list[Change], host: Host) -> list[Result]:
    results = _together(group, host)
    again = [result for result in results if result.went_back and result.proved] if len(group) > 1 else []
    # What a service misses until now comes first: before it is there, the service's own test fails for the others too.
    alone_now = sorted((one.change for one in again), key=lambda change: not is_fresh(change.layout, change.paths))
    done = [result for result in results if result not in again]
    return done + [result for change in alone_now for result in _together([change], host)]


def _together(group: list[Change], host: Host) -> list[Result]:
    results: list[Result] = []
    sound = _each(group, _take_back_unproven, results)
    # A service that misses what is installed now cannot be sound yet.
    incomplete = _services([change for change in sound if is_fresh(change.layout, change.paths)])
    tested = _failures(_services(sound), lambda service: test(service, host.run))
    broken = {service: error for service, error in tested.items() if service not in incomplete}
    ready = _each(sound, lambda change: _refuse_broken(change, broken), results)
    old_sets: dict[str, str | None] = {}
    switched = _each(ready, lambda change: old_sets.update({change.name: _switch(change)}), results)
    try:
        _make_services_read(switched, host)
    except KoshinError as reason:
        return results + _back(switched, old_sets, reason, host)
    proved = _each(switched, lambda change: _prove(change, old_sets[change.name]), results)
    return results + [Result(change) for change in proved]


def _take_back_unproven(change: Change) -> None:
    """Let the service's own test judge what was proved last, not what a killed run left."""
    if is_unproven(change.layout):
        go_back(change.layout, proven_set(change.layout), change.paths)


def _refuse_broken(change: Change, broken: Mapping[Service, KoshinError]) -> None:
    reason = next((broken[service] for service in change.services if service in broken), None)
    if reason is not None:
        raise InstallationFailed(
            f"{change.name} was not installed, its service's configuration is broken already. {reason.message}",
            f"Nothing was changed: what was there before stays in place. {reason.next_move}",
            code="service_broken",
        )


def _switch(change: Change) -> str | None:
    """Stage the set and switch to it, return the set to go back to; where that fails all is as it was."""
    layout, was_unproven = change.layout, is_unproven(change.layout)
    try:
        sweep(layout, change.paths.values())
        stage(layout, change.wanted, change.contents, owners_of_new(layout, change.paths))
        take_over(layout, change.paths)
        return switch(layout, change.wanted)
    except KoshinError:
        go_back(layout, proven_set(layout), change.paths)
        if not was_unproven:
            settle(layout)
        raise


def _make_services_read(changes: Sequence[Change], host: Host) -> None:
    """Test and reload each service once and look; raises what the first one that fails says."""
    for service in _services(changes):
        test(service, host.run)
    for service in _services(changes):
        reload(service, host.run)
    deadline = time.monotonic() + host.look_seconds
    for change in changes:
        look_for_new(change, host.look, deadline)


def _back(
    changes: Sequence[Change], old_sets: Mapping[str, str | None], reason: KoshinError, host: Host
) -> list[Result]:
    """Put everything back as it was, make the services read it, and see whether they serve it."""
    results: list[Result] = []
    returned = _each(changes, lambda change: go_back(change.layout, old_sets[change.name], change.paths), results)
    silent = _failures(_services(returned), lambda service: _read_again(service, host.run))
    deadline = time.monotonic() + host.look_seconds
    for change in returned:
        old_set, wrong = old_sets[change.name], None
        now = "Nothing was installed before, and nothing is now."
        if old_set is not None:
            now = "The certificate from before is back in place."
            wrong = look_for_old(change, old_set, host.look, deadline)
        if wrong is None:
            settle(change.layout)
        else:
            said = [wrong, *(silent[service].message for service in change.services if service in silent)]
            now = f"The files from before are back in place, but they are not served: {' '.join(said)}"
        error = InstallationFailed(f"{reason.message} {now}", reason.next_move, code=reason.code)
        results.append(Result(change, error, went_back=True, proved=wrong is None))
    return results


def _read_again(service: Service, run: Run) -> None:
    test(service, run)
    reload(service, run)


def _prove(change: Change, old_set: str | None) -> None:
    prove(change.layout, change.wanted, old_set, change.installation.key_hash)


def _services(changes: Sequence[Change]) -> list[Service]:
    return list(dict.fromkeys(service for change in changes for service in change.services))


def _failures(services: Sequence[Service], step: Callable[[Service], None]) -> dict[Service, KoshinError]:
    failures = {}
    for service in services:
        try:
            step(service)
        except KoshinError as error:
            failures[service] = error
    return failures


def _each(changes: Sequence[Change], step: Callable[[Change], None], results: list[Result]) -> list[Change]:
    """Do C(step) for each; return those for which it succeeded, the others go to C(results)."""
    succeeded = []
    for change in changes:
        try:
            step(change)
        except KoshinError as error:
            results.append(Result(change, error))
        else:
            succeeded.append(change)
    return succeeded
