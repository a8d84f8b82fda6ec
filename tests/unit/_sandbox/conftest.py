# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in reseller with one customer, in a directory of the test, on the test's own clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.applicant import ADDRESS
from contract.website import Website
from sandbox.reseller.shop import Shop
from unit._sandbox.material import CUSTOMER, NOW


@pytest.fixture
def website():
    with Website() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, website: Website) -> Shop:
    opened = Shop(tmp_path / "shop", url="http://shop.example.jp", clock=lambda: NOW)
    opened.register(CUSTOMER, ADDRESS)
    opened.resolve(website.resolver)
    return opened
