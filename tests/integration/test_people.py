# SPDX-License-Identifier: GPL-3.0-or-later
"""confirm.yml and status.yml as people start them, at the shell and in AWX; no host is needed for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Method, Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    Order,
    OrderState,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import (
    DUTIES,
    Awaited,
    HumanStep,
    StepKind,
    StepState,
)
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from integration.conftest import COLLECTIONS
from integration.harness.estate import ORGANIZATION, PEOPLE
from integration.harness.pool import Access
from integration.harness.runner import Run, Runner

WWW, SHOP, MAIL = "www.example.jp", "shop.example.jp", "mail.example.jp"
BILL = Awaited(StepKind.PAYMENT, "invoice 2026-11", "Invoice 2026-11: 65,780.")
AWX = {"AWX_HOST": "https://awx.example.jp", "JOB_ID": "17"}
SAID = "Write down what a person says"


class Desk:
    """A control host without hosts: three orders, two of them on one invoice, one that waits for its token."""

    def __init__(self, directory: Path) -> None:
        self.ledger_path = directory / "ledger.sqlite"
        for name in ("key", "known_hosts"):
            (directory / name).touch()
        access = Access(directory / "key", directory / "known_hosts", directory / "s")
        self._runner = Runner(directory, access, COLLECTIONS)
        self.inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "tls_ledger": str(self.ledger_path),
                    "tls_time_zone": "Asia/Tokyo",
                    "tls_people": PEOPLE,
                    "tls_organizations": [ORGANIZATION],
                    "tls_accounts": [{"name": "shop", "ca": "portal", "provider": "bestssl"}],
                },
                "hosts": {"web1": {}, "web2": {}},
            }
        }

    def run(self, playbook: str, *options: str, environment: Mapping[str, str] | None = None, **said: Any) -> Run:
        return self._runner.run(
            f"koshin.tls.{playbook}", self.inventory, extra_vars=said, options=options, environment=environment
        )

    def plays(self, *playbooks: Mapping[str, Any]) -> Run:
        """Run several playbooks one after the other: name → its extra variables, {}: status."""
        every = [next(iter(one.items()), ("status", {})) for one in playbooks]
        plays = [{"import_playbook": f"koshin.tls.{name}", "vars": said} for name, said in every]
        return self._runner.run(plays, self.inventory)

    def ledger(self) -> Ledger:
        return Ledger.open(str(self.ledger_path), actor="test")

    def order(self, name: str, awaited: Awaited) -> None:
        now, own = datetime.now(UTC).replace(microsecond=0), f"koshin-{name}"
        application = replace(wanted(name, now), own_reference=own)
        step = HumanStep(
            name, own, awaited.kind, StepState.OPEN, DUTIES[awaited.kind].role, now, now + timedelta(days=10)
        )
        step = replace(step, account="shop", subject=awaited.subject, details=awaited.details)
        with self.ledger() as ledger:
            ledger.intend(application, account="shop", host="web1")
            order = Order(own, own, OrderState.OPEN, (name,), application.key_hash, (awaited,))
            ledger.observed(own, order, steps=[step], placements=[])


def wanted(name: str, now: datetime) -> Application:
    address = Address(**{key: ORGANIZATION[key] for key in Address.__dataclass_fields__})
    end = now + timedelta(days=40)
    return Application(
        own_reference="",
        certificate=name,
        common_name=name,
        additional_names=(),
        organization=Organization("example", address),
        methods=((name, Method.FILE),),
        action=Action.RENEWAL,
        csr="csr",
        key_hash=f"{len(name):02x}" * 32,
        replaces=Replaced("aa", "11" * 32, end - timedelta(days=199), end, True),
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    for name, awaited in ((WWW, BILL), (SHOP, BILL), (MAIL, Awaited(StepKind.TOKEN))):
        made.order(name, awaited)
    return made


def test_several_people_go_through_one_list(desk: Desk) -> None:
    pay = {"tls_step": "payment", "tls_by": "sato"}
    listed = desk.plays({}, {"confirm": {**pay, "tls_certificate": SHOP, "tls_state": "taken", "tls_hours": 2}}, {})
    assert listed.rc == 0
    assert "2 steps wait for people:" in listed.stdout
    assert '"payment of shop.example.jp, www.example.jp (invoice 2026-11) at shop"' in listed.stdout
    assert "who: Hanako Sato <sato@example.test>" in listed.stdout
    assert "taken by sato (claimed) until" in str(listed.result("Show it")["msg"])

    only = desk.run("confirm", "--check", "--limit", "web2", tls_certificate=WWW, **pay)
    assert (only.rc, only.result(SAID)["changed"]) == (0, True)

    token = f"{MAIL} /.well-known/pki-validation/fileauth.txt _abc"
    done = desk.plays(
        {"confirm": {**pay, "tls_certificate": WWW, "tls_reference": "17"}},
        {"confirm": {**pay, "tls_certificate": SHOP, "tls_by": "suzuki"}},
        {"confirm": {"tls_certificate": MAIL, "tls_step": "token", "tls_by": "suzuki", "tls_token": token}},
        {"status": {"tls_format": "handover"}},
    )
    assert (done.rc, done.changed) == (0, [("web1", SAID), ("web1", SAID)])
    assert "payment of shop.example.jp, www.example.jp (invoice 2026-11) is done" in done.stdout
    assert f"token of {MAIL}: _abc belongs to http://{MAIL}/" in str(done.result("Show it")["msg"])
    with desk.ledger() as ledger:
        assert ledger.steps() == []
        [message] = ledger.messages(account="shop")
        assert [one.content for one in message.tokens] == ["_abc"]


def test_in_awx_it_is_whoever_launched_the_job(desk: Desk) -> None:
    step = {"tls_certificate": WWW, "tls_step": "payment"}
    sato = {"awx_user_name": "sato", "tower_user_name": "sato"}
    refused = {
        "your AWX user, sato, is recorded": {"environment": AWX, **sato, "tls_by": "suzuki"},
        "No user launched this AWX job": {"environment": AWX, "tls_by": "suzuki"},
        "somebody wrote over one of them": {"environment": AWX, **sato, "awx_user_name": "suzuki"},
        # Whoever says so at a shell is in no AWX job.
        "by is empty": sato,
    }
    for why, said in refused.items():
        run = desk.run("confirm", **step, **said)
        assert (run.rc != 0, why in run.stdout) == (True, True), run.stdout

    assert desk.run("confirm", environment=AWX, **sato, **step).rc == 0
    with desk.ledger() as ledger:
        assert {one.done_by for one in ledger.steps(states=[StepState.DONE])} == {"sato"}
        assert ledger.events()[-1].actor == "sato (AWX)"


def test_an_empty_ledger_is_told_of_and_not_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    nothing = desk.plays({}, {"confirm": {"tls_certificate": WWW, "tls_step": "payment", "tls_by": "sato"}})

    assert "No order is open." in nothing.result("Show it")["msg"]
    assert nothing.rc != 0
    assert "does not wait for payment. No order of it is open." in nothing.stdout
    assert not desk.ledger_path.exists()
