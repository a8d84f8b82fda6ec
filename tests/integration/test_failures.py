# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails stops nothing but itself: the others are renewed, the report is written, the run names what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.host import Host
from integration.harness.runner import Run

REPORT = "Write the report"
WATCHED = (WEB_ROOT, "/etc/koshin", "/etc/nginx")
BROKEN = "/etc/nginx/conf.d/broken.conf"
# It lies on hosts only: whoever uses it on the control host fails.
BECOME = "/opt/become/su"


@dataclass(frozen=True)
class Setting:
    """How else an operator may run the same."""

    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    extra_vars: Mapping[str, Any] = field(default_factory=dict)


def plain(_estate: Estate) -> Setting:
    return Setting()


def limited_with_extra_variables_and_become(estate: Estate) -> Setting:
    """What concerns the control host comes by -e alone; web9, which nobody could reach, lies beyond the limit."""
    beyond = {"ansible_host": "192.0.2.9", "tls_certificates": [{"common_name": "web9.example.test"}]}
    estate.more_hosts["web9"] = beyond
    estate.variables |= {"ansible_become": True, "ansible_become_method": "su", "ansible_become_exe": BECOME}
    for host in estate.hosts.values():
        host.run(["sh", "-c", f"mkdir -p $(dirname {BECOME}) && ln -s $(command -v su) {BECOME}"])
    moved = {key: estate.variables.pop(key) for key in ("tls_accounts", "tls_organizations", "tls_report_directory")}
    # Root becomes root: Ansible would see nothing to do.
    really = {"ANSIBLE_BECOME_ALLOW_SAME_USER": "true"}
    return Setting(("--limit", "web1,web2,old1"), really, moved)


def under_strategy_free_with_localhost_in_the_inventory(estate: Estate) -> Setting:
    """A localhost that is written down gets a Python that is looked for: here Debian's, which has no SQLAlchemy."""
    python = {"ansible_interpreter_python_fallback": ["/usr/bin/python3"]}
    estate.more_hosts["localhost"] = {"ansible_connection": "local", **python}
    return Setting(environment={"ANSIBLE_STRATEGY": "free"})


SETTINGS = [plain, limited_with_extra_variables_and_become, under_strategy_free_with_localhost_in_the_inventory]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.__name__)
def test_an_unreachable_host_and_a_broken_certificate_stop_no_other(
    estate: Estate, setting: Callable[[Estate], Setting]
) -> None:
    """web1 is the first host of the inventory: what a run does once must not depend on it."""
    estate.nobody_is_waited_for()
    for host in estate.hosts:
        estate.site(host, f"{host}.example.test")
    truncate(estate.hosts["web2"], "/etc/nginx/tls/web2.example.test.pem")
    chosen = setting(estate)
    before = estate.hosts["web2"].snapshot(WATCHED)
    estate.hosts["web1"].stop()

    run = estate.run("koshin.tls.renew", *chosen.options, extra_vars=chosen.extra_vars, environment=chosen.environment)

    assert run.rc != 0
    assert run.tasks[-1] == REPORT
    message = run.result(REPORT)["msg"]
    assert "web1 is unreachable" in message
    assert "web2.example.test: /etc/nginx/tls/web2.example.test.pem" in message
    assert {one["subject"] for one in estate.report()["attention"]} == {"web1", "web2.example.test"}
    assert {one["name"]: one["status"] for one in estate.report()["certificates"]} == {
        "web1.example.test": "attention",
        "web2.example.test": "attention",
        "old1.example.test": "renewed",
    }
    assert estate.hosts["old1"].served("old1.example.test", anchors=estate.anchors).verified
    assert estate.hosts["web2"].snapshot(WATCHED) == before
    assert estate.orders() == ["old1.example.test"]


def test_a_broken_nginx_keeps_its_certificate_and_stops_no_other(estate: Estate) -> None:
    """Hosts are installed in the order of their names, the first one alone: nothing was changed on it."""
    estate.nobody_is_waited_for()
    bought = {host: estate.site(host, f"{host}.example.test") for host in ("web1", "old1")}
    old1 = estate.hosts["old1"]
    old1.write(BROKEN, "nonsense")
    before = old1.snapshot(["/etc/nginx"])

    run = estate.run("koshin.tls.renew")

    assert run.rc != 0
    (error,) = errors_of(run, "Install what was issued for this host", "old1")
    assert error["code"] == "service_broken"
    assert "nginx -t" in error["message"]
    assert BROKEN in error["message"]
    assert "run again" in error["next_move"]
    assert old1.snapshot(["/etc/nginx"]) == before
    assert old1.served("old1.example.test").pem == bought["old1"].certificate
    assert estate.hosts["web1"].served("web1.example.test", anchors=estate.anchors).verified
    assert {one["subject"] for one in estate.report()["attention"]} == {"old1.example.test"}

    old1.run(["rm", BROKEN])
    repaired = estate.run("koshin.tls.renew")

    assert repaired.rc == 0
    assert old1.served("old1.example.test", anchors=estate.anchors).verified
    assert estate.orders() == ["old1.example.test", "web1.example.test"]


def test_a_certificate_that_had_to_be_put_back_stops_further_batches(estate: Estate) -> None:
    """Its reload does nothing, so the new certificate is never served: the next hosts are left as they are."""
    estate.nobody_is_waited_for()
    bought = {host: estate.site(host, f"{host}.example.test") for host in ("web1", "old1")}
    lying = {"name": "nginx", "test_command": "nginx -t", "reload_command": "true", "port": 443}
    estate.host_variables["old1"]["tls_services"] = [lying]

    run = estate.run("koshin.tls.renew")

    assert run.rc != 0
    (error,) = errors_of(run, "Install what was issued for this host", "old1")
    assert "certificate from before is back" in error["message"]
    for host, sold in bought.items():
        assert estate.hosts[host].served(f"{host}.example.test").pem == sold.certificate
    assert not estate.hosts["web1"].exists("/etc/koshin/tls/web1.example.test/current")


def test_one_name_on_two_hosts_is_refused_before_any_key_is_made(estate: Estate) -> None:
    estate.nobody_is_waited_for()
    for host in ("web1", "web2"):
        estate.site(host, "www.example.test")
    estate.site("old1", "old1.example.test")

    run = estate.run("koshin.tls.renew")

    assert run.rc != 0
    decided = run.result("Decide what is due")["certificates"]
    refused = {item["host"]: item["error"] for item in decided if item["name"] == "www.example.test"}
    assert {host: error["code"] for host, error in refused.items()} == dict.fromkeys(
        ("web1", "web2"), "named_on_several_hosts"
    )
    assert all("web1 and web2" in error["message"] for error in refused.values())
    for host in ("web1", "web2"):
        assert not estate.hosts[host].exists("/etc/koshin")
    assert estate.hosts["old1"].served("old1.example.test", anchors=estate.anchors).verified
    assert estate.orders() == ["old1.example.test"]


def truncate(host: Host, path: str) -> None:
    text = host.read(path)
    host.write(path, text[: len(text) // 4])


def errors_of(run: Run, task: str, host: str) -> list[Mapping[str, str]]:
    result = run.results(task)[host]
    return [item["error"] for item in result["installations"] if item["error"]]
