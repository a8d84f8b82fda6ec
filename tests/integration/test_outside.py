# SPDX-License-Identifier: GPL-3.0-or-later
"""A host outside the firewall looks first: what it does not see, the authority is not asked to look at."""

from __future__ import annotations

from integration.harness.estate import Estate

WWW = "www.example.test"
FIREWALL = "/etc/nginx/conf.d/firewall.conf"


def test_the_authority_is_not_asked_before_a_host_outside_sees_the_token(estate: Estate) -> None:
    estate.nobody_is_waited_for()
    estate.site("web1", WWW)
    estate.variables.update(tls_probe_hosts=["web2"], tls_wait_seconds=2)
    web1 = estate.hosts["web1"]
    web1.write(FIREWALL, f"deny {estate.hosts['web2'].address};\n")
    web1.run(["systemctl", "reload", "nginx"])

    waiting = estate.run("koshin.tls.renew")

    assert waiting.rc == 0
    (order,) = waiting.result("Ask for validation and collect what is issued")["orders"]
    assert (order["state"], order["validated"]) == ("open", [])
    (here,) = waiting.result("Look at the tokens as the CA will")["probes"]
    assert here["seen"], "from the control host nothing is wrong"
    (finding,) = [one for one in estate.report()["findings"] if one["code"] == "token_not_seen_outside"]
    assert (finding["name"], "403" in finding["message"], "web2" in finding["message"]) == (WWW, True, True)

    web1.run(["rm", FIREWALL])
    web1.run(["systemctl", "reload", "nginx"])
    done = estate.run("koshin.tls.renew")

    assert done.rc == 0
    assert web1.served(WWW, anchors=estate.anchors).verified
    assert [one for one in estate.report()["findings"] if one["code"].startswith("token_not_seen")] == []
