# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run with -vvv says of the requests to a CA: what for, how it ended, how long it took, and no secret."""

from __future__ import annotations

import logging

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._ca.session import Session
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Connection
from ansible_collections.koshin.tls.plugins.module_utils._orders.listening import listening
from ansible_collections.koshin.tls.plugins.modules import order_info

# Nothing listens on port 1.
NOWHERE = Connection("http://127.0.0.1:1")


@pytest.fixture(autouse=True)
def quiet_again():
    logger = logging.getLogger("koshin.tls")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


def ask() -> None:
    session = Session(NOWHERE, name="certcentral", headers={"X-DC-DEVKEY": "s3cret"}, patience_seconds=0)
    with pytest.raises(CertificateAuthorityUnavailable):
        session.read("/order/certificate", purpose="list the orders", query={"filters[search]": "hidden"})
    session.close()


def test_each_request_is_a_line_with_purpose_path_outcome_and_duration():
    heard = listening(3)

    ask()

    [line] = heard["debug_log"]
    assert line.startswith("certcentral: list the orders: GET /order/certificate: ")
    assert line.endswith(" s")
    assert "s3cret" not in line
    assert "hidden" not in line


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_below_vvv_there_is_nothing(verbosity: int):
    assert listening(verbosity) == {}


def test_modules_return_it_where_ansible_is_asked_for_details(office):
    assert office.module(order_info.main, _ansible_verbosity=3)["debug_log"] == []
    assert "debug_log" not in office.module(order_info.main)
