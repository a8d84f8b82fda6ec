# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts for the tests: web1 and web2 are Debian 12, old1 is Debian 11 with Python 3.9 and cryptography 3.3.2."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from integration.harness.authority import Authority
from integration.harness.commands import demand_a_machine_for_hosts
from integration.harness.estate import Estate
from integration.harness.host import Host
from integration.harness.images import BOOKWORM, BULLSEYE, images
from integration.harness.pool import Pool, pool
from integration.harness.portal import Portal, Sells, portal
from integration.harness.slots import Slot, claimed_slot

# tests/conftest.py puts a link to the checkout there.
COLLECTIONS = Path(__file__).resolve().parents[2] / ".cache" / "collections"


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """Whoever runs the tests may have settings of Ansible in the environment: they are not the tests'."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where images are kept from run to run, and hosts while they live; KOSHIN_TESTS_CACHE names another place."""
    demand_a_machine_for_hosts()
    return Path(os.environ.get("KOSHIN_TESTS_CACHE", "/var/cache/koshin-tests"))


@pytest.fixture(scope="session")
def slot(cache: Path) -> Iterator[Slot]:
    """The place of this run, beside other runs on the same machine."""
    with claimed_slot(cache / "slots") as claimed:
        yield claimed


@pytest.fixture(scope="session")
def host_pool(cache: Path, slot: Slot) -> Iterator[Pool]:
    """The hosts of this run, not booted: tests take `hosts`."""
    suites = {"web1": BOOKWORM.suite, "web2": BOOKWORM.suite, "old1": BULLSEYE.suite}
    with (
        images([BOOKWORM, BULLSEYE], cache / "images") as image,
        pool(slot, {name: image[suite] for name, suite in suites.items()}) as made,
    ):
        yield made


@pytest.fixture
def hosts(host_pool: Pool) -> Mapping[str, Host]:
    """web1, web2 and old1, just booted, with nothing on them but Debian's nginx, sshd and Python."""
    return host_pool.fresh()


@pytest.fixture(scope="session")
def bought_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority, made by openssl, of the certificates that lie on the hosts before the collection comes."""
    return Authority(tmp_path_factory.mktemp("bought-elsewhere"))


@pytest.fixture
def estate(hosts: Mapping[str, Host], host_pool: Pool, bought_elsewhere: Authority, tmp_path: Path) -> Estate:
    """An operator's estate on the fresh hosts, without any certificate yet: `estate.site` puts one up."""
    directory = tmp_path / "control"
    directory.mkdir()
    access = host_pool.access
    return Estate(hosts, directory, access=access, collections=COLLECTIONS, authority=bought_elsewhere)


@pytest.fixture
def shop(hosts: Mapping[str, Host], host_pool: Pool, tmp_path: Path) -> Iterator[Portal]:
    """An operator's estate on the fresh web1 and web2 whose certificates come from the stand-in reseller."""
    directory = tmp_path / "control"
    directory.mkdir()

    def estate(sells: Sells) -> Estate:
        two = {name: hosts[name] for name in ("web1", "web2")}
        return Estate(two, directory, access=host_pool.access, collections=COLLECTIONS, authority=sells)

    with portal(estate, tmp_path / "shop") as opened:
        yield opened
