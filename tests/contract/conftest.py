# SPDX-License-Identifier: GPL-3.0-or-later
"""Every question is asked of every authority."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.authorities import AUTHORITIES
from contract.under_question import UnderQuestion
from contract.website import Website


@pytest.fixture
def website():
    with Website() as running:
        yield running


@pytest.fixture(params=AUTHORITIES)
def ca(request: pytest.FixtureRequest, tmp_path: Path, website: Website) -> UnderQuestion:
    return AUTHORITIES[request.param](tmp_path / "authority", website)
