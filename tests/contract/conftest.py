# SPDX-License-Identifier: GPL-3.0-or-later
"""Every question is asked of every authority."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca import pace
from contract.authorities import ALL, AUTHORITIES
from contract.dirty_ca import DirtyCa, dirty_ca
from contract.under_question import UnderQuestion
from contract.website import Website


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin with an API key that asked nothing yet: its limits count for minutes in one process."""
    monkeypatch.setattr(pace, "_PACES", {})


@pytest.fixture
def website():
    with Website() as running:
        yield running


@pytest.fixture(scope="module")
def soiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirtyCa]:
    with dirty_ca(tmp_path_factory.mktemp("dirty")) as running:
        yield running


@pytest.fixture
def dirty(soiled: DirtyCa, tmp_path: Path) -> DirtyCa:
    soiled.begin(tmp_path)
    return soiled


@pytest.fixture
def ca(request: pytest.FixtureRequest, tmp_path: Path, website: Website) -> Iterator[UnderQuestion]:
    with ALL[request.param](tmp_path / "authority", website) as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask every authority, or, where a question rests on promises, every one that makes them.

    Of a situation everybody is asked in whom it can occur.
    """
    if "ca" not in metafunc.fixturenames:
        return
    situation = metafunc.definition.get_closest_marker("situation")
    if situation is not None:
        asked = [name for name, one in ALL.items() if not set(situation.args) & set(one.cannot)]
        metafunc.parametrize("ca", asked, indirect=True)
    else:
        needed = {promise for mark in metafunc.definition.iter_markers("rests_on") for promise in mark.args}
        asked = [name for name, one in AUTHORITIES.items() if needed <= one.promises]
        metafunc.parametrize("ca", asked, indirect=True)
