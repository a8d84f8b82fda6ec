# SPDX-License-Identifier: GPL-3.0-or-later
"""An order is placed once, wherever its run is killed and however many run at once; counted at the CA, not by us."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

import databases
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate, Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned, token_places
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.modules import order
from contract.applicant import ADDRESS, key_hash, new_key, request
from contract.killing import begun, ended, killed_everywhere
from databases import Server

NAME = "www.example.jp"
PROCESSES = 20
RECORD = {"source": "duns", "number": "690512345", "checked_on": "2026-10-01", "checked_by": "suzuki"}
# What a kill can leave: orders at the CA, and what the ledger says of the one it knows of.
NOTHING, WRITTEN_DOWN, ACCEPTED, KNOWN = (0, ""), (0, "intended"), (1, "intended"), (1, "open")


class ControlHost:
    """A control host with its ledger and the embedded authority, on which `order` runs as the module that it is.

    ``server``: where its ledger lies; without one it is a file.
    """

    def __init__(self, directory: Path, server: Server | None) -> None:
        self.directory = directory
        self.directory.mkdir(exist_ok=True)
        self._server = server
        self.location = server.database(template="template_ledger") if server else str(directory / "ledger.sqlite")

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.location, actor="test")

    def another(self, name: str) -> ControlHost:
        """Return another control host that has never ordered anything."""
        return ControlHost(self.directory.with_name(name), self._server)

    def leave(self) -> None:
        if self._server is not None:
            self._server.drop(self.location)

    def order(self, certificate: dict) -> dict:
        """Run the module for one certificate that is due, and return what it returns of it."""
        said = io.StringIO()
        given = patch_module_args(self._parameters(certificate))
        with given, contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            order.main()
        result = json.loads(said.getvalue())
        assert "orders" in result, result
        (item,) = result["orders"]
        return item

    def order_without_error(self, certificate: dict) -> None:
        error = self.order(certificate)["error"]
        assert error is None, f"{self.directory}: {error}"

    def stands(self) -> tuple[int, str]:
        """Return the number of orders at the CA, and the state of the one that the ledger knows of."""
        states = [] if self._has_no_ledger() else databases.read(self.location, "SELECT state FROM orders")
        assert len(states) <= 1
        return len(self._at_the_ca()), states[0][0] if states else ""

    def has_one_order(self) -> bool:
        """Say whether the CA has one, and the ledger that one."""
        (path,) = self._at_the_ca()
        with self.ledger as ledger:
            (record,), steps = ledger.orders(), ledger.steps()
        kept = json.loads(path.read_text())
        return (
            record.state is OrderState.OPEN
            and (record.reference, record.own_reference) == (kept["reference"], kept["application"]["own_reference"])
            and len(steps) == 1
        )

    def _has_no_ledger(self) -> bool:
        """A file may have been killed before there was anything in it; a database is a ledger from the beginning."""
        is_file = self._server is None
        return is_file and not (os.path.exists(self.location) and "orders" in databases.tables(self.location))

    def _at_the_ca(self) -> list[Path]:
        return list(self.directory.glob("ca/orders/*.json"))

    def _parameters(self, certificate: dict) -> dict:
        organization = {"name": "example", **asdict(ADDRESS), "records": [RECORD]}
        return {
            "ledger": self.location,
            "accounts": [{"name": "shop", "ca": "local", "directory": str(self.directory / "ca")}],
            "organizations": [organization],
            "applications": [certificate["planned"]],
            "requests": {"web1": {"requests": [certificate["request"]]}},
            "answered": {"web1": "/var/www/html"},
        }


def due_certificate() -> dict:
    """Return what renewal_info and certificate_request say of a certificate that is to be ordered, its key made."""
    key = new_key()
    csr = request(key, NAME, names=(NAME,))
    wanted = Certificate(
        name=NAME,
        common_name=NAME,
        host="web1",
        account="shop",
        organization="example",
        validations=(NameValidation(NAME, Method.FILE),),
    )
    planned = Planned(
        wanted,
        Decision(True, Action.NEW, "there is no certificate yet"),
        Found(pending={key_hash(key): csr}),
        NextStep.APPLY,
        token_places(wanted, {"web1": "/var/www/html"}),
    )
    item = {"name": NAME, "changed": True, "error": None, "key_hash": key_hash(key), "csr": csr}
    return {"planned": to_plain(planned), "request": item}


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power cut: what was written is there, synchronised or not."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> ControlHost:
    """A control host that has never ordered anything; all that this process will import, it has imported."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    ControlHost(tmp_path / "another", server).order(due_certificate())
    return ControlHost(tmp_path / "before", server)


def test_killed_anywhere_the_next_run_ends_with_one_order(before: ControlHost, quick_disk: None) -> None:
    certificate, tried, left = due_certificate(), [], Counter()

    def attempt(number: int) -> Callable[[], object]:
        tried.append(before.another(f"attempt {number}"))
        return lambda: tried[-1].order(certificate)

    killed = killed_everywhere(attempt)

    for one in tried[:killed]:
        left[one.stands()] += 1
        one.order_without_error(certificate)
        assert one.has_one_order(), one.directory
        one.leave()
    assert set(left) == {NOTHING, WRITTEN_DOWN, ACCEPTED, KNOWN}, left


def test_twenty_at_once_place_one_order(before: ControlHost) -> None:
    certificate = due_certificate()

    twenty = [begun(lambda: before.order_without_error(certificate), 0) for _unused in range(PROCESSES)]

    assert [ended(one) for one in twenty] == [False] * PROCESSES
    assert before.stands() == KNOWN
    before.order_without_error(certificate)
    assert before.has_one_order()


@pytest.mark.parametrize("every", [3, 8])
def test_twenty_at_once_all_of_them_killed_place_one_order_or_none(before: ControlHost, every: int) -> None:
    certificate = due_certificate()

    twenty = [begun(lambda: before.order(certificate), number * every) for number in range(1, PROCESSES + 1)]

    assert True in [ended(one) for one in twenty]
    assert before.stands() in {NOTHING, WRITTEN_DOWN, ACCEPTED, KNOWN}
    before.order_without_error(certificate)
    assert before.has_one_order()
