# SPDX-License-Identifier: GPL-3.0-or-later
"""At CAs with an API an order is placed once, a certificate issued once, wherever a run is killed; counted there."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.modules import order
from contract.applicant import ADDRESS
from contract.killing import killed_everywhere
from contract.test_placing_killed import NAME, RECORD, due_certificate
from contract.website import Website
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION, Service
from sandbox.pebble import KID, MAC_KEY, Pebble, pebble

# `make endurance` kills before each call.
EVERY = 1 if os.environ.get("KOSHIN_ENDURANCE") else 4


class ControlHost:
    """A control host whose ledger knows the account, and on which `order` runs as the module that it is."""

    def __init__(self, directory: Path, account: Mapping[str, Any]) -> None:
        directory.mkdir(parents=True)
        self.location = str(directory / "ledger.sqlite")
        self._account = {"name": "shop", **account}
        with self.ledger as ledger:
            ledger.see_account("shop", newest=None, reason="new")
            ledger.open_purchasing("shop", by="sato")

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.location, actor="test")

    def order(self, certificate: Mapping[str, Any], published: list[Any] | None = None) -> dict[str, Any]:
        """Run the module for one certificate that is due, and return what it returns."""
        said = io.StringIO()
        given = {
            "ledger": self.location,
            "accounts": [self._account],
            "organizations": [{"name": "example", **asdict(ADDRESS), "records": [RECORD]}],
            "applications": [certificate["planned"]],
            "requests": {"web1": {"requests": [certificate["request"]]}},
            "published": {"web1": {"tokens": published or []}},
            "answered": {"web1": "/var/www/html"},
        }
        with patch_module_args(given), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            order.main()
        result: dict[str, Any] = json.loads(said.getvalue())
        assert "orders" in result, result
        return result

    def order_without_error(self, certificate: Mapping[str, Any], published: list[Any] | None = None) -> dict[str, Any]:
        result = self.order(certificate, published)
        assert result["orders"][0]["error"] is None, result["orders"]
        return result


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power cut: what was written is there, synchronised or not."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def quickly(quick_disk: None, tmp_path: Path) -> Iterator[None]:
    """All that a run will import, this process has imported."""
    with CertCentral(Service(ADDRESS)) as server:
        ControlHost(tmp_path / "first", at_certcentral(server)).order(due_certificate())
    yield


def at_certcentral(server: CertCentral) -> dict[str, Any]:
    ids = {"example": ORGANIZATION}
    return {"ca": "digicert", "url": server.url, "api_key": KEY, "organization_ids": ids, "skip_approval": True}


@pytest.mark.usefixtures("quickly")
def test_killed_anywhere_there_is_one_order_at_certcentral(tmp_path: Path) -> None:
    certificate, tried, left = due_certificate(), list[tuple[ControlHost, Service]](), Counter()
    root = Service(ADDRESS).authority.root
    (tmp_path / "root.pem").write_text(root)

    with contextlib.ExitStack() as running:

        def attempt(number: int) -> Callable[[], object]:
            service = Service(ADDRESS, manners=Manners())
            server = running.enter_context(CertCentral(service))
            account = {**at_certcentral(server), "trust_store": str(tmp_path / "root.pem")}
            tried.append((ControlHost(tmp_path / f"attempt {number}", account), service))
            return lambda: tried[-1][0].order(certificate)

        killed = killed_everywhere(attempt, every=EVERY)

        for host, service in tried[:killed]:
            left[len(service.orders)] += 1
            host.order_without_error(certificate)
            assert len(service.orders) == 1, host.location
            with host.ledger as ledger:
                (record,) = ledger.orders()
            assert record.reference == str(next(iter(service.orders)))
    assert set(left) == {0, 1}


@pytest.mark.usefixtures("quickly")
def test_killed_anywhere_one_certificate_is_issued_by_acme(tmp_path: Path) -> None:
    tried, left, issued = list[tuple[ControlHost, dict[str, Any], list[Any]]](), Counter(), list[int]()
    with Website() as website, pebble(tmp_path / "acme", http_port=_port(website)) as server:
        (tmp_path / "root.pem").write_text(server.roots())

        def attempt(number: int) -> Callable[[], object]:
            certificate = due_certificate()
            host = ControlHost(tmp_path / f"attempt {number}", at(server, website, tmp_path / "root.pem"))
            tokens = host.order_without_error(certificate)["publish"]["web1"]
            for token in tokens:
                website.publish(FileToken(token["name"], token["path"], token["content"]))
            published = [{**token, "state": "published", "error": None} for token in tokens]
            tried.append((host, certificate, published))
            issued.append(server.issued())
            return lambda: host.order(certificate, published)

        killed = killed_everywhere(attempt, every=EVERY)
        issued.append(server.issued())

        for place, (host, certificate, published) in enumerate(tried[:killed]):
            done = issued[place + 1] - issued[place]
            before = server.issued()
            host.order_without_error(certificate, published)
            left[done] += 1
            assert done + server.issued() - before == 1, host.location
            with host.ledger as ledger:
                assert ledger.issues([NAME])[NAME].key_hash == certificate["request"]["key_hash"]
    assert set(left) == {0, 1}


def at(server: Pebble, website: Website, root: Path) -> dict[str, Any]:
    return {
        "ca": "acme",
        "url": server.url,
        "ca_file": str(server.ca_file),
        "eab_kid": KID,
        "eab_hmac_key": MAC_KEY,
        "trust_store": str(root),
        "resolver": {"hosts": dict(website.resolver.hosts)},
    }


def _port(website: Website) -> int:
    return int(website.address.rpartition(":")[2])
