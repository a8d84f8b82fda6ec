# SPDX-License-Identifier: GPL-3.0-or-later
"""`renew.yml --check --diff` says what it would do, at every halt of the procedure, and changes nothing anywhere."""

from __future__ import annotations

from typing import Any

from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.runner import Run

NAME, ELSEWHERE = "www.example.test", "shop.example.test"
ORDER, PUBLISH, INSTALL = (
    "Find or place the orders",
    "Publish the tokens of this host",
    "Install what was issued for this host",
)
BROKEN = "/etc/nginx/conf.d/broken.conf"


def test_check_mode_tells_the_truth_at_every_halt_and_changes_nothing(estate: Estate) -> None:
    """The site is on web1, one of its tokens has to lie on web2."""
    estate.site("web1", NAME, ELSEWHERE, validation={"names": {ELSEWHERE: {"hosts": ["web2"]}}})
    estate.addresses[f"{ELSEWHERE}:80"] = f"{estate.hosts['web2'].address}:80"
    estate.account["phone"] = False

    nothing_was_ordered_yet(estate)

    assert estate.run("koshin.tls.renew").rc == 0
    a_confirmation_is_rehearsed(estate)
    assert estate.confirm("payment", NAME).rc == 0
    the_invoice_is_paid(estate)

    a_web_root_is_missing_while_tokens_are_published(estate)
    a_token_is_not_published_yet(estate)

    nginx_is_broken_while_the_certificate_comes(estate)
    it_is_issued_and_not_installed(estate)


def nothing_was_ordered_yet(estate: Estate) -> None:
    checked = checked_without_a_change(estate)

    assert not (estate.ledger.exists() or estate.ca_directory.exists() or estate.report_directory.exists())
    assert estate.snapshot(["/etc/koshin"]) == dict.fromkeys(estate.hosts, {})
    would = order_of(checked)["message"]
    assert "would place a renewal order at local" in would
    assert f"{NAME} in {WEB_ROOT} on web1, {ELSEWHERE} in {WEB_ROOT} on web2" in would
    assert f"install it to /etc/nginx/tls/{NAME}.pem, /etc/nginx/tls/{NAME}.key on web1, and reload nginx" in would
    assert checked.changed == [
        ("web1", "Make keys and signing requests"),
        ("web1", ORDER),
        ("web1", "Write the report"),
    ]
    assert shown(checked, would), "--diff does not show it"


def a_confirmation_is_rehearsed(estate: Estate) -> None:
    before = everything(estate)
    confirmed = estate.confirm("payment", NAME, options=["--check", "--diff"])

    assert confirmed.changed == [("web1", "Write down what a person says")]
    assert "would be done, says sato" in confirmed.result("Show what comes next")["msg"]
    assert everything(estate) == before


def the_invoice_is_paid(estate: Estate) -> None:
    order = order_of(checked_without_a_change(estate))

    assert order["changed"] is True
    assert "would confirm payment of order" in order["message"]


def a_web_root_is_missing_while_tokens_are_published(estate: Estate) -> None:
    estate.hosts["web2"].run(["mv", WEB_ROOT, "/var/www/moved"])
    assert estate.run("koshin.tls.renew").rc != 0
    estate.hosts["web2"].run(["mv", "/var/www/moved", WEB_ROOT])


def a_token_is_not_published_yet(estate: Estate) -> None:
    checked = checked_without_a_change(estate)

    (here,), (elsewhere,) = (checked.results(PUBLISH)[host]["tokens"] for host in ("web1", "web2"))
    assert (here["name"], here["changed"]) == (NAME, False), "it lies there since the run before"
    assert (elsewhere["name"], elsewhere["changed"]) == (ELSEWHERE, True)
    assert ("web2", PUBLISH) in checked.changed
    assert shown(checked, f"token for {ELSEWHERE}")


def nginx_is_broken_while_the_certificate_comes(estate: Estate) -> None:
    estate.hosts["web1"].write(BROKEN, "nonsense")
    assert estate.run("koshin.tls.renew").rc != 0
    estate.hosts["web1"].run(["rm", BROKEN])


def it_is_issued_and_not_installed(estate: Estate) -> None:
    checked = checked_without_a_change(estate)

    (installation,) = checked.results(INSTALL)["web1"]["installations"]
    assert (installation["name"], installation["changed"], installation["error"]) == (NAME, True, None)
    assert ("web1", INSTALL) in checked.changed
    assert shown(checked, f"/etc/nginx/tls/{NAME}.pem: link to /etc/koshin/tls/{NAME}/current/fullchain.pem")
    assert shown(checked, f"serial: {installation['serial']}")


def checked_without_a_change(estate: Estate) -> Run:
    before = everything(estate)
    checked = estate.run("koshin.tls.renew", "--check", "--diff")

    assert checked.rc == 0
    assert everything(estate) == before
    return checked


def everything(estate: Estate) -> dict[str, Any]:
    """Web roots, /etc/koshin and the services' paths; ledger, authority and report, to the byte."""
    return {**estate.snapshot(), "control host": estate.control_snapshot()}


def order_of(run: Run) -> dict[str, Any]:
    (order,) = run.result(ORDER)["orders"]
    assert order["error"] is None
    return dict(order)


def shown(run: Run, text: str) -> bool:
    """Whether the diffs on the screen say so."""
    return any(text in line for line in run.stdout.splitlines() if line.startswith("+"))
