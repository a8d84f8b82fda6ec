# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks as AWX does, by ansible-runner, in a home of their own, and keeps what they said."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner

from integration.harness.pool import Access

RUN_SECONDS = 300
ENDED = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped")
Plays = Sequence[Mapping[str, Any]]
Watch = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class HostStats:
    """The recap's line of one host."""

    ok: int
    changed: int
    failed: int
    unreachable: int


@dataclass(frozen=True)
class Run:
    """One run of a playbook: `artifacts` holds all that ansible-runner keeps of it, `stdout` the screen."""

    rc: int
    stdout: str
    stats: Mapping[str, HostStats]
    events: Sequence[Mapping[str, Any]]
    artifacts: Path

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks that were begun, in order."""
        return [event["event_data"]["task"] for event in self.events if event["event"] == "playbook_on_task_start"]

    @property
    def changed(self) -> list[tuple[str, str]]:
        """Host and task of every reported change, in order."""
        ended = [event["event_data"] for event in self.events if event["event"] == "runner_on_ok"]
        return [(data["host"], data["task"]) for data in ended if data["res"].get("changed")]

    def results(self, task: str) -> dict[str, Mapping[str, Any]]:
        """What the task of this name returned, by host, nothing where it was skipped; the last time counts."""
        ended = [event["event_data"] for event in self.events if event["event"] in ENDED]
        return {data["host"]: data.get("res", {}) for data in ended if data["task"] == task}

    def result(self, task: str) -> Mapping[str, Any]:
        """What a task returned that one host runs for all, such as those of the control host."""
        (result,) = self.results(task).values()
        return result


class Runner:
    """Runs playbooks in a directory: each run leaves its own `runs/<number>` there, all share one `home`."""

    def __init__(self, directory: Path, access: Access, collections: Path) -> None:
        """`collections` holds ansible_collections/koshin/tls."""
        self._directory = directory
        self._environment = _environment(directory, access, collections)
        self._count = 0

    def run(
        self,
        playbook: str | Plays,
        inventory: Mapping[str, Any],
        *,
        extra_vars: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> Run:
        """Runs a playbook of a collection by its full name, or plays, to its end, whatever the end is.

        `options` are ansible-playbook's, such as `--check`; `environment` lies over the runner's own; `watch` is called
        with each event while the run goes on.
        """
        self._count += 1
        place = self._directory / "runs" / f"{self._count}"
        (place / "project").mkdir(parents=True)
        # The nearest configuration wins: neither this machine's nor its user's is read.
        (place / "project" / "ansible.cfg").touch()
        if not isinstance(playbook, str):
            (place / "project" / "plays.yml").write_text(json.dumps(playbook))
            playbook = "plays.yml"
        ended = ansible_runner.run(
            private_data_dir=str(place),
            playbook=playbook,
            inventory=dict(inventory),
            extravars=dict(extra_vars or {}),
            cmdline=shlex.join(options) or None,
            envvars={**self._environment, **(environment or {})},
            event_handler=lambda event: _kept_event(event, watch),
            quiet=True,
            timeout=RUN_SECONDS,
        )
        return _kept(ended)


def _environment(directory: Path, access: Access, collections: Path) -> dict[str, str]:
    home, temporary = directory / "home", directory / "tmp"
    home.mkdir()
    temporary.mkdir()
    ssh = "-F none -o ControlMaster=auto -o ControlPersist=15s -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOST_KEY_CHECKING": "true",
        "ANSIBLE_NOCOLOR": "true",
        # By default it lies in the home that /etc/passwd says, whatever HOME says. Other hosts have a variable for it.
        "ANSIBLE_REMOTE_TMP": str(home / ".ansible" / "tmp"),
        "ANSIBLE_SSH_ARGS": f"{ssh} -o GlobalKnownHostsFile=none -o UserKnownHostsFile={access.known_hosts}",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(access.sockets),
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "TMPDIR": str(temporary),
    }


def _kept_event(event: Mapping[str, Any], watch: Watch | None) -> bool:
    """Lets the watcher see the event; ansible-runner throws away what its handler does not answer with True."""
    if watch:
        watch(event)
    return True


def _kept(ended: ansible_runner.Runner) -> Run:
    artifacts = Path(ended.config.artifact_dir)
    stdout = (artifacts / "stdout").read_text()
    # pytest shows it when the test fails.
    print(stdout)
    return Run(ended.rc, stdout, _stats(ended.stats or {}), list(ended.events), artifacts)


def _stats(counts: Mapping[str, Mapping[str, int]]) -> dict[str, HostStats]:
    columns = ("ok", "changed", "failures", "dark")
    names = sorted({host for column in columns for host in counts.get(column, {})})
    return {host: HostStats(*(counts.get(column, {}).get(host, 0) for column in columns)) for host in names}
