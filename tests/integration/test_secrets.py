# SPDX-License-Identifier: GPL-3.0-or-later
"""What verbose runs leave behind holds no secret; and what is meant to hold a key, only its owner reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from integration.harness.estate import Estate
from integration.harness.host import Host
from integration.harness.leaks import ProcessList, files_on_control, files_on_host, lines_in_journal, traces_of_key
from integration.harness.runner import Plays, Run

NAME = "www.example.test"
HOME = f"/etc/koshin/tls/{NAME}"
SECRETS = {
    "account": "b7Yp-only-the-CA-may-know",
    "defaults": "m2Rv-for-all-of-them",
    "entry": "q3Xw-of-no-use-here",
    "silent": "k9Zt-nobody-answers",
}


class Watched:
    """An estate whose runs are as talkative as they can be, and everything that they leave behind."""

    def __init__(self, estate: Estate, process_list: ProcessList) -> None:
        self.estate = estate
        self.process_list = process_list
        self._log = {"ANSIBLE_LOG_PATH": str(estate.directory / "ansible.log")}

    def run(self, playbook: str | Plays, **said: str) -> Run:
        return self.estate.run(playbook, "-vvv", extra_vars=said, environment=self._log)

    def confirm(self, step: str) -> Run:
        return self.run("koshin.tls.confirm", tls_certificate=NAME, tls_step=step, tls_by="sato")

    def left_here(self, needles: set[str]) -> dict[str, int]:
        """The files of the control host that hold one of the texts, but for the inventory as the operator gave it."""
        top = self.estate.directory
        given = [path for run in top.glob("runs/*") for path in (run / "inventory", run / "env", run / "project")]
        found = files_on_control(needles, top)
        return {
            str(path.relative_to(top)): mode
            for path, mode in found.items()
            if not any(path.is_relative_to(one) for one in given)
        }


@pytest.fixture
def watched(estate: Estate, hosts: Mapping[str, Host]) -> Iterator[Watched]:
    """Two hosts; a certificate of web1 is due."""
    estate.hosts = {name: hosts[name] for name in ("web1", "web2")}
    estate.site("web1", NAME)
    with ProcessList() as process_list:
        yield Watched(estate, process_list)


def test_a_whole_procedure_leaves_keys_only_where_they_belong(watched: Watched) -> None:
    host, authority = watched.estate.hosts["web1"], watched.estate.ca_directory / "authority"
    keys = [host.read(f"/etc/nginx/tls/{NAME}.key")]
    assert watched.run("koshin.tls.renew").rc == 0
    keys.append(host.run(["sh", "-c", f"cat {HOME}/pending/*/key.pem"]).stdout)
    keys += [path.read_text() for path in authority.glob("*-key.pem")]
    for step in ("payment", "phone_confirmation"):
        assert watched.confirm(step).rc == 0
        assert watched.run("koshin.tls.renew").rc == 0
    assert host.read(f"{HOME}/current/key.pem") == keys[1]

    traces = {"PRIVATE KEY-----", *(trace for key in keys for trace in traces_of_key(key))}

    at_the_authority = ["ca/authority/intermediate-key.pem", "ca/authority/root-key.pem"]
    in_the_sets = [f"{HOME}/sets/{one}/key.pem" for one in host.run(["ls", "-A", f"{HOME}/sets"]).stdout.split()]
    assert len(in_the_sets) == 2, "the new set, and the way back"
    assert watched.left_here(traces) == dict.fromkeys(at_the_authority, 0o600)
    assert files_on_host(traces, host) == dict.fromkeys(in_the_sets, 0o600)
    assert files_on_host(traces, watched.estate.hosts["web2"]) == {}
    assert lines_in_journal(traces, host) == []
    assert watched.process_list.showed(traces) == []
    assert left_over(watched.estate) == []


def left_over(estate: Estate) -> list[str]:
    """Temporary files, here and on the hosts."""
    here = [path for top in ("tmp", "home/.ansible/tmp") for path in (estate.directory / top).glob("*")]
    look = [
        "find",
        "/root/.ansible/tmp",
        "/tmp",
        "/var/tmp",
        "-mindepth",
        "1",
        "-not",
        "-path",
        "*/systemd-private-*",
        "-not",
        "-name",
        ".*-unix",
    ]
    return [str(path) for path in here] + [
        path for host in estate.hosts.values() for path in host.run(look, check=False).stdout.splitlines()
    ]


def test_a_secret_under_a_misspelt_key_is_never_shown(watched: Watched) -> None:
    """Whoever misspells a key gave no word for what is secret: nothing below the user's lists may be shown."""
    estate = watched.estate
    silent = {**estate.certificate("web1", NAME), "common_name": "silent.example.test", "pasword": SECRETS["silent"]}
    estate.host_variables["web2"]["tls_certificates"] = [silent]
    estate.certificate("web1", NAME)["pasword"] = SECRETS["entry"]
    estate.variables["tls_certificate_defaults"]["key_pasword"] = SECRETS["defaults"]
    estate.hosts["web2"].stop()
    misspelt = [watched.run("koshin.tls.renew")]
    del estate.variables["tls_certificate_defaults"]["key_pasword"]
    misspelt.append(watched.run("koshin.tls.renew"))
    estate.account["api_kye"] = SECRETS["account"]
    misspelt.append(watched.run("koshin.tls.renew"))

    for run, key in zip(misspelt, ("key_pasword", "pasword", "api_kye"), strict=True):
        assert run.rc != 0
        assert key in run.stdout, "whoever wrote it is not told where"
    secrets = set(SECRETS.values())
    assert watched.left_here(secrets) == {}
    assert files_on_host(secrets, estate.hosts["web1"]) == {}
    assert lines_in_journal(secrets, estate.hosts["web1"]) == []
    assert watched.process_list.showed(secrets) == []


def test_what_is_shown_on_purpose_is_found(watched: Watched) -> None:
    """Shows that the looks above are no blind ones."""
    host = watched.estate.hosts["web1"]
    key = host.read(f"/etc/nginx/tls/{NAME}.key")
    traces = traces_of_key(key)
    careless = [
        {"name": "Read a key", "ansible.builtin.slurp": {"src": f"/etc/nginx/tls/{NAME}.key"}, "register": "key"},
        {"name": "Log it", "ansible.builtin.command": {"argv": ["logger", "{{ key.content }}"]}},
        {
            "name": "Keep it",
            "ansible.builtin.copy": {"content": "{{ key.content }}", "dest": "/root/key.b64", "mode": "0644"},
        },
        {
            "name": "Wait",
            "ansible.builtin.command": "sleep 0.3",
            "environment": {"KEY": "{{ key.content | b64decode }}"},
        },
    ]

    assert watched.run([{"hosts": "web1", "gather_facts": False, "tasks": careless}]).rc == 0

    assert files_on_host(traces, host) == {f"/etc/nginx/tls/{NAME}.key": 0o600, "/root/key.b64": 0o644}
    assert lines_in_journal(traces, host) != []
    assert watched.process_list.showed(traces) != []
    places = watched.left_here(traces)
    assert "ansible.log" in places
    assert [place for place in places if place.endswith("/stdout")] != []
    assert [place for place in places if "/job_events/" in place] != []
