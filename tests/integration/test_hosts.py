# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground the other tests stand on: hosts, certificates in use, and ansible-runner reach what they should."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from integration.harness.authority import Authority
from integration.harness.cgroups import trees
from integration.harness.commands import CommandFailed, run
from integration.harness.estate import Estate
from integration.harness.host import Host
from integration.harness.interruption import KillIn
from integration.harness.slots import NUMBERS, Slot, claimed_slot
from integration.harness.wire import NotServed

NAMES = ("web1", "web2", "old1")
PING = [
    {
        "name": "Ping",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"name": "Answer", "ansible.builtin.ping": {"data": "{{ inventory_hostname }}"}}],
    }
]
VERSIONS = "import cryptography, sys; print(*sys.version_info[:2], cryptography.__version__)"


def test_three_hosts_are_systems_of_their_own(hosts: Mapping[str, Host]) -> None:
    assert tuple(hosts) == NAMES
    for name, host in hosts.items():
        assert host.run(["hostname"]).stdout == f"{name}\n"
        assert host.run(["systemctl", "is-system-running"], check=False).stdout == "running\n"
        assert host.run(["systemctl", "is-active", "nginx", "ssh"]).stdout == "active\nactive\n"
        assert f" {host.address}/24 " in host.run(["ip", "-4", "address", "show", "host0"]).stdout


def test_old1_is_a_real_debian_11(hosts: Mapping[str, Host]) -> None:
    assert hosts["old1"].run(["python3", "-c", VERSIONS]).stdout == "3 9 3.3.2\n"
    assert hosts["web1"].run(["python3", "-c", VERSIONS]).stdout == "3 11 38.0.4\n"


def test_nginx_serves_a_bought_certificate_that_ends_in_20_days(estate: Estate, bought_elsewhere: Authority) -> None:
    for name, host in estate.hosts.items():
        bought = estate.site(name, f"{name}.example.test", f"{name}.shop.example.test")

        served = host.served(f"{name}.shop.example.test", anchors=bought_elsewhere.anchors)

        assert served.chain == (bought.certificate, bought.issuer)
        assert served.verified
        assert abs(served.remaining(datetime.now(UTC)) - timedelta(days=20)) < timedelta(hours=1)
        assert (
            served.leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value == "Example Corporation"
        )


def test_a_look_over_the_wire_is_not_easily_pleased(estate: Estate, bought_elsewhere: Authority) -> None:
    estate.site("web1", "www.example.test")
    host = estate.hosts["web1"]

    assert not host.served("www.example.test").verified
    assert host.served("other.example.test", anchors=bought_elsewhere.anchors).verdict == "62 (hostname mismatch)"
    with pytest.raises(NotServed):
        host.served("www.example.test", port=8443)


def test_the_web_root_answers_on_port_80(estate: Estate) -> None:
    estate.site("old1", "www.example.test")
    estate.hosts["old1"].write("/var/www/html/token.txt", "seen\n")

    address, port = estate.addresses["www.example.test:80"].split(":")
    asked = http.client.HTTPConnection(address, int(port), timeout=5)
    with contextlib.closing(asked):
        asked.request("GET", "/token.txt", headers={"Host": "www.example.test"})

        assert asked.getresponse().read() == b"seen\n"


def test_ansible_runner_reaches_every_host_over_ssh(estate: Estate) -> None:
    ping = estate.run(PING, "-vvv")

    assert ping.rc == 0
    assert {name: result["ping"] for name, result in ping.results("Answer").items()} == {name: name for name in NAMES}
    assert {name: stats.ok for name, stats in ping.stats.items()} == dict.fromkeys(NAMES, 1)
    assert ping.tasks == ["Answer"]
    assert ping.changed == []
    assert "ESTABLISH SSH CONNECTION FOR USER: root" in ping.stdout
    assert (ping.artifacts / "job_events").is_dir()


def test_options_variables_and_environment_reach_ansible(estate: Estate) -> None:
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ said }} {{ ansible_check_mode }} {{ account }}"}}
    account = "{{ tls_accounts[0].resolver.hosts['www.example.test:443'] }}"
    write = {"name": "Write", "ansible.builtin.copy": {"content": "x", "dest": "/root/x", "mode": "0600"}}
    plays = [{"hosts": "all", "gather_facts": False, "vars": {"account": account}, "tasks": [show, write]}]
    estate.leads("www.example.test", "web2")

    checked = estate.run(
        plays, "--check", "--limit", "web1", extra_vars={"said": "5 o'clock"}, environment={"ANSIBLE_STRATEGY": "free"}
    )

    assert checked.results("Show")["web1"]["msg"] == f"5 o'clock True {estate.hosts['web2'].address}:443"
    assert checked.changed == [("web1", "Write")]
    assert list(checked.stats) == ["web1"]
    assert not estate.hosts["web1"].exists("/root/x")


def test_the_control_host_uses_the_tests_python_and_a_home_of_its_own(estate: Estate) -> None:
    command = [sys.executable, "-c", "import os, pathlib, tempfile; print(pathlib.Path.home(), tempfile.gettempdir())"]
    where = {"name": "Where", "ansible.builtin.command": {"argv": command}, "delegate_to": "localhost"}

    told = estate.run([{"hosts": "web1", "gather_facts": False, "tasks": [where]}], "-vvv")

    assert told.results("Where")["web1"]["stdout"] == f"{estate.directory}/home {estate.directory}/tmp"
    assert f"{estate.directory}/home/.ansible/tmp/ansible-tmp-" in told.stdout
    assert "/root/.ansible" not in told.stdout


def test_a_stopped_host_is_unreachable_and_comes_back_with_its_files(estate: Estate) -> None:
    bought = estate.site("web2", "www.example.test")
    web2 = estate.hosts["web2"]
    before = estate.snapshot()

    web2.stop()
    ping = estate.run(PING)
    assert ping.stats["web2"].unreachable == 1
    assert ping.stats["web1"].ok == ping.stats["old1"].ok == 1
    assert estate.snapshot() == before

    web2.start()
    assert estate.run(PING).rc == 0
    assert web2.served("www.example.test").pem == bought.certificate


def test_a_run_can_be_killed_in_a_task_with_all_it_has_started(estate: Estate) -> None:
    mark = estate.directory / "mark"
    begin = {"name": "Begin", "ansible.builtin.command": {"argv": ["true"]}}
    work = {
        "name": "Work",
        "ansible.builtin.shell": f"while true; do echo x >> {mark}; sleep 0.05; done",
        "delegate_to": "localhost",
    }
    kill = KillIn("Work", seconds=1)

    killed = estate.run([{"hosts": "web1", "gather_facts": False, "tasks": [begin, work]}], watch=kill)

    assert kill.struck
    assert killed.rc != 0
    assert killed.tasks == ["Begin", "Work"]
    assert killed.results("Begin")["web1"]["rc"] == 0
    written = mark.stat().st_size
    assert written > 0
    time.sleep(0.3)
    assert mark.stat().st_size == written


def test_a_snapshot_sees_content_mode_owner_and_target(hosts: Mapping[str, Host]) -> None:
    host = hosts["web1"]
    host.write("/srv/set/key.pem", "secret\n", mode=0o600)
    host.run(["ln", "-s", "set", "/srv/current"])

    def changed_by(*argv: str) -> set[str]:
        before = host.snapshot(["/srv"])
        host.run(argv)
        after = host.snapshot(["/srv"])
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}

    assert host.snapshot(["/srv/current", "/nowhere"]) == {"/srv/current": ("lrwxrwxrwx", "root:root", "-> set")}
    assert host.snapshot(["/srv"])["/srv/set/key.pem"].mode == "-rw-------"
    assert changed_by("touch", "/srv/set/key.pem") == set()
    assert changed_by("sh", "-c", "echo other > /srv/set/key.pem") == {"/srv/set/key.pem"}
    assert changed_by("chmod", "0644", "/srv/set/key.pem") == {"/srv/set/key.pem"}
    assert changed_by("chown", "www-data", "/srv/set") == {"/srv/set"}
    assert changed_by("ln", "-sfn", "elsewhere", "/srv/current") == {"/srv/current"}
    assert changed_by("rm", "/srv/set/key.pem") == {"/srv/set/key.pem"}


def test_files_are_read_as_the_host_sees_them_whether_it_is_up_or_not(hosts: Mapping[str, Host]) -> None:
    host = hosts["old1"]
    host.write("/srv/name", "old1's own\n")
    host.run(["ln", "-s", "/srv/name", "/srv/link"])

    up = host.read("/srv/link")
    host.stop()

    assert host.read("/srv/link") == up == "old1's own\n"
    with pytest.raises(CommandFailed, match="No such file"):
        host.read("/srv/nothing")


@pytest.mark.parametrize("time_of_day", ["morning", "evening"])
def test_every_test_begins_with_clean_hosts(hosts: Mapping[str, Host], time_of_day: str) -> None:
    """Either of the two would see what the other did."""
    for host in hosts.values():
        assert host.snapshot(["/srv", "/etc/nginx/conf.d", "/etc/koshin"]).keys() == {"/srv", "/etc/nginx/conf.d"}
        host.write(f"/srv/{time_of_day}", "")
        host.write("/etc/nginx/conf.d/broken.conf", "nonsense")


KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from integration.harness.images import BOOKWORM, images
from integration.harness.pool import pool
from integration.harness.interruption import KillIn
from integration.harness.slots import NUMBERS, Slot, claimed_slot

cache, number = Path(sys.argv[1]), int(sys.argv[2])
with images([BOOKWORM], cache / "images") as image, claimed_slot(cache / "slots", numbers=[number]) as slot:
    with pool(slot, {"web1": image["bookworm"]}) as made:
        made.fresh()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(cache: Path, slot: Slot) -> int:
    """The number of a slot whose run was killed when its host was up; no other run takes it."""
    number = NUMBERS.stop + slot.number
    tests = str(Path(__file__).resolve().parents[1])
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, str(cache), str(number)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": tests},
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return number


def test_what_a_killed_run_left_behind_is_removed_by_the_next(cache: Path, slot: Slot, killed: int) -> None:
    left = _traces(f"koshin{killed}")
    assert left, "the killed run left nothing: this test proves nothing"

    with claimed_slot(cache / "slots", numbers=[killed]) as next_slot:
        assert _traces(next_slot.name) == []
        assert list(next_slot.directory.iterdir()) == []

    assert not next_slot.directory.exists()
    assert _traces(slot.name), "this run's own hosts are gone"


def _traces(name: str) -> list[str]:
    """Namespaces, interfaces, control groups, processes and mounts that carry the name."""
    lines = run(["ip", "netns", "list"]).stdout + run(["ip", "link", "show"]).stdout + Path("/proc/mounts").read_text()
    lines += run(["ps", "-eo", "args"]).stdout
    groups = [str(group) for tree in trees() for group in tree.glob(f"{name}-*")]
    return [line for line in lines.splitlines() if f"{name}-" in line or f" {name}:" in line] + groups
