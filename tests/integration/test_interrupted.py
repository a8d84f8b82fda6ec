# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed in any task, and run again: one order, one key, and a pair that fits is served all the time."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from integration.conftest import COLLECTIONS
from integration.harness.authority import Authority
from integration.harness.estate import WEB_ROOT, Estate
from integration.harness.interruption import KillIn
from integration.harness.pool import Pool
from integration.harness.procedure import HOME, NAME, SERVICE, Procedure
from integration.harness.runner import Run
from integration.harness.visitor import Visitor
from integration.harness.wire import key_hash_of_key

FULLCHAIN, KEY = f"/etc/nginx/tls/{NAME}.pem", f"/etc/nginx/tls/{NAME}.key"
# The tasks of the control host, and those of hosts in which a kill is most dangerous.
DECIDE = "Decide what is due"
COMPARE = "Compare records, application and certificate in use"
NAMES = "Look whether every name can be validated"
KEYS = "Make keys and signing requests"
PLACE = "Find or place the orders"
PROBE = "Look at the tokens as the CA will"
ASK = "Ask for validation and collect what is issued"
INSTALL = "Install what was issued for this host"
WIRE = "Look whether the new certificates are served"
REPORT = "Write the report"
CONFIRM = "Write down what a person says"
Question = Callable[[], bool]


@dataclass(frozen=True)
class Kill:
    """Where a run is killed: in `task`, after `seconds`, or once what `moment` asks is answered by yes."""

    task: str
    seconds: float = 0
    moment: Callable[[Procedure], contextlib.AbstractContextManager[Question]] | None = None

    def strikes(self, procedure: Procedure, playbook: str = "koshin.tls.renew", **said: str) -> Run:
        """Runs the playbook up to its death, sees that nothing is broken, and returns how far it came."""
        with self.moment(procedure) if self.moment else contextlib.nullcontext() as when:
            watch = KillIn(self.task, seconds=self.seconds, when=when)
            run = procedure.estate.run(playbook, watch=watch, extra_vars=said)
        assert watch.struck, f"{self.task} was over too soon"
        assert run.rc != 0
        procedure.strike_at("never")
        assert nothing_is_there_twice(procedure)
        assert a_pair_lies_there(procedure)
        return run


@contextlib.contextmanager
def unasked(procedure: Procedure) -> Iterator[Question]:
    """The request to the CA is on its way: it waits at the door."""
    with procedure.ca_closed() as door:
        yield door.is_knocked_at


@contextlib.contextmanager
def unanswered(procedure: Procedure) -> Iterator[Question]:
    """The CA has done what it was asked for, and nobody here has written down its answer: the ledger is locked."""
    before = procedure.at_the_ca()
    with procedure.ca_closed() as door, contextlib.closing(sqlite3.connect(procedure.estate.ledger)) as ledger:

        def done() -> bool:
            if not ledger.in_transaction and door.is_knocked_at():
                ledger.execute("BEGIN IMMEDIATE")
                door.open()
            return procedure.at_the_ca() != before

        yield done


@contextlib.contextmanager
def half_reported(procedure: Procedure) -> Iterator[Question]:
    before = procedure.estate.control_snapshot(procedure.estate.report_directory)
    yield lambda: procedure.estate.control_snapshot(procedure.estate.report_directory) != before


@contextlib.contextmanager
def key_made(procedure: Procedure) -> Iterator[Question]:
    """Nobody but the host knows of it yet."""
    yield lambda: procedure.waiting_keys() != []


@contextlib.contextmanager
def in_the_switch(procedure: Procedure) -> Iterator[Question]:
    """The set is switched, and nothing reads it yet; certificate_install dies together with the run."""
    procedure.strike_at("before test 2")
    yield lambda: procedure.host.run(["test", "-e", "/run/struck"], check=False).rc == 0


def nothing_is_there_twice(procedure: Procedure) -> bool:
    return max(len(procedure.at_the_ca()), len(procedure.in_the_ledger()), len(procedure.waiting_keys())) <= 1


def a_pair_lies_there(procedure: Procedure) -> bool:
    """Whether nginx could start with what it finds, and certificate and key fit, judged by nothing of ours."""
    host = procedure.host
    leaf = x509.load_pem_x509_certificate(host.read(FULLCHAIN).encode())
    key = load_pem_private_key(host.read(KEY).encode(), password=None)
    return leaf.public_key() == key.public_key() and host.run(["nginx", "-t"], check=False).rc == 0


def it_waits_for(procedure: Procedure, step: str) -> None:
    """One order, in the ledger and at the CA, for the one key that waits; no token lies about."""
    ((_name, kept),) = procedure.at_the_ca().items()
    (record,) = procedure.in_the_ledger()
    (wait,) = procedure.estate.report()["waiting_for"]
    assert (wait["name"], wait["step"]) == (NAME, step)
    assert record.state is OrderState.OPEN
    assert record.reference == json.loads(kept)["reference"]
    assert procedure.waiting_keys() == [record.application.key_hash]
    assert procedure.host.snapshot([WEB_ROOT]) == procedure.web_root


def it_is_renewed(procedure: Procedure) -> None:
    """One order was issued, its key is the one that is used, and nothing waits or lies about any more."""
    host = procedure.host
    served = host.served(NAME, anchors=procedure.estate.anchors)
    (record,) = procedure.in_the_ledger()
    assert served.verified, served.verdict
    assert (len(procedure.at_the_ca()), record.state) == (1, OrderState.ISSUED)
    assert served.key_hash == record.application.key_hash == key_hash_of_key(host.read(KEY))
    assert procedure.waiting_keys() == []
    assert not host.exists(f"{HOME}/switching")
    assert host.read(f"{HOME}/previous/key.pem") == procedure.bought.key
    assert len(host.run(["ls", "-A", f"{HOME}/sets"]).stdout.split()) == 2
    assert procedure.host.snapshot([WEB_ROOT]) == procedure.web_root


@pytest.fixture(scope="module")
def undisturbed(host_pool: Pool, bought_elsewhere: Authority, tmp_path_factory: pytest.TempPathFactory) -> Procedure:
    hosts = {"web1": host_pool.fresh()["web1"]}
    directory = tmp_path_factory.mktemp("control")
    access = host_pool.access
    return Procedure(Estate(hosts, directory, access=access, collections=COLLECTIONS, authority=bought_elsewhere))


@pytest.fixture
def procedure(undisturbed: Procedure, request: pytest.FixtureRequest) -> Iterator[Procedure]:
    """The procedure at the halt that the test names; its site is visited all the time."""
    undisturbed.copies.restore(request.param)
    with Visitor(undisturbed.host.address, NAME) as visitor:
        yield undisturbed
    assert visitor.troubles == []
    assert visitor.visits > 10
    assert visitor.seen <= {undisturbed.bought.certificate, undisturbed.host.served(NAME).pem}


def at(halt: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("procedure", [halt], indirect=True)


@at("found")
def test_killed_on_the_way_to_the_order(procedure: Procedure) -> None:
    for kill in (
        Kill(DECIDE, 0.3),
        Kill(COMPARE, 0.3),
        Kill(NAMES, 0.3),
        Kill(KEYS, moment=key_made),
        Kill(PLACE, moment=unasked),
        Kill(PLACE, moment=unanswered),
        Kill(REPORT, moment=half_reported),
    ):
        kill.strikes(procedure)

    assert procedure.estate.run("koshin.tls.renew").rc == 0
    it_waits_for(procedure, "payment")


@at("ordered")
def test_killed_while_a_step_is_confirmed(procedure: Procedure) -> None:
    said = {"tls_certificate": NAME, "tls_step": "payment", "tls_by": "sato"}
    for seconds in (0.3, 0.6):
        Kill(CONFIRM, seconds).strikes(procedure, "koshin.tls.confirm", **said)

    assert procedure.estate.confirm("payment", NAME).rc == 0
    with Ledger.open(str(procedure.estate.ledger), actor="test", read_only=True) as ledger:
        (step,) = ledger.steps([NAME], states=tuple(StepState))
        assert [event.what for event in ledger.events()].count("step_done") == 1
    assert (step.state, step.done_by) == (StepState.DONE, "sato (claimed)")


@at("paid")
def test_killed_on_the_way_to_the_validation(procedure: Procedure) -> None:
    for kill in (
        Kill(PLACE, moment=unanswered),
        Kill(PROBE, 0.3),
        Kill(ASK, moment=unanswered),
        Kill(REPORT, 0.3),
    ):
        kill.strikes(procedure)

    assert procedure.estate.run("koshin.tls.renew").rc == 0
    it_waits_for(procedure, "phone_confirmation")


@at("answered")
def test_killed_on_the_way_to_the_new_certificate(procedure: Procedure) -> None:
    for kill in (
        Kill(PLACE, moment=unanswered),
        Kill(ASK, 0.3),
        Kill(INSTALL, moment=in_the_switch),
        Kill(WIRE, 0.3),
        Kill(REPORT, moment=half_reported),
    ):
        kill.strikes(procedure)

    assert procedure.estate.run("koshin.tls.renew").rc == 0
    it_is_renewed(procedure)


@at("answered")
def test_certificate_install_killed_at_every_step_of_the_switch(procedure: Procedure) -> None:
    """The module alone, on the host that it installs to: the run that waits for it only sees it die."""
    issued = Kill(INSTALL).strikes(procedure).result(ASK)["installations"][procedure.host.name]
    procedure.copies.save("issued")
    install = {"koshin.tls.certificate_install": {"installations": issued, "services": [SERVICE]}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [install]}]

    for moment in ("before test 1", "before test 2", "before reload 1", "after reload 1"):
        procedure.copies.restore("issued")
        procedure.strike_at(moment)
        assert procedure.estate.run(play).rc != 0, moment
        assert a_pair_lies_there(procedure), moment
        procedure.strike_at("never")
        assert procedure.estate.run(play).rc == 0, moment
        it_is_renewed(procedure)

    for path in ("sets", "switching"):
        procedure.copies.restore("issued")
        strike = procedure.strike_when(f"{HOME}/{path}")
        assert procedure.estate.run(play).rc != 0, path
        strike.join()
        assert a_pair_lies_there(procedure), path
        assert procedure.estate.run(play).rc == 0, path
        it_is_renewed(procedure)
