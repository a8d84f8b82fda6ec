# SPDX-License-Identifier: GPL-3.0-or-later
"""CertCentral's limits, kept by its stand-in: how few questions tell all states, how near orders come to its pace."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from table import Row, at_most, share

from ansible_collections.koshin.tls.plugins.module_utils._ca.digicert import DigicertAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, Connection, DigicertSettings
from contract.applicant import ADDRESS, application, new_key, request
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION, Service

PENDING, PLACED, WORKERS = 1_000, 200, 16
MOST_QUESTIONS, LEAST_PACE, LEAST_REFUSALS = 5, 90, 0
# The tighter of its two limits; the other one is not reached by so few requests.
REQUESTS, SECONDS = 100, 5.0


def rows() -> list[Row]:
    print("Placing orders as fast as CertCentral lets one, which takes a minute ...", file=sys.stderr, flush=True)
    # Placed first: whatever was asked before with the same key would take a place of theirs.
    placed = _placing()
    return [_states(), *placed]


def _authority(server: CertCentral) -> DigicertAuthority:
    settings = DigicertSettings(Connection(server.url), KEY, (("example", ORGANIZATION),), skip_approval=True)
    account = Account("certcentral", "digicert", settings)
    return DigicertAuthority(account, settings, clock=lambda: datetime.now(UTC), patience_seconds=120)


def _service() -> Service:
    return Service(ADDRESS, manners=Manners(validated=("example.jp",), limits=True))


def _states() -> Row:
    service = _service()
    body = {"organization": {"id": ORGANIZATION}, "certificate": {"csr": request(new_key(), "www.example.jp")}}
    numbers = service.seed(body, PENDING, lambda place: f"www{place}.example.jp")
    with CertCentral(service) as server:
        states = _authority(server).states([str(number) for number in numbers])
        asked = server.counted
    if len(states) != PENDING:
        raise RuntimeError(f"the state of {PENDING - len(states)} orders is not known")
    return at_most(f"requests for the state of {PENDING:,} orders at CertCentral", count=asked, goal=MOST_QUESTIONS)


def _placing() -> list[Row]:
    """Return how many requests were refused for the rate, and the share of the allowed pace that was reached."""
    wanted = [application(f"www{place}.example.jp") for place in range(PLACED)]
    service = _service()
    with CertCentral(service) as server:
        authority = _authority(server)
        begun = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            orders = list(pool.map(authority.submit, wanted))
        taken = time.monotonic() - begun
        asked, refused = server.counted, server.refused
    if len({order.reference for order in orders}) != PLACED:
        raise RuntimeError("some orders were not placed")
    # The first hundred may go at once, each further hundred with the next window.
    least = (asked - 1) // REQUESTS * SECONDS
    return [
        at_most(f"refusals for the rate while {PLACED} orders are placed there", count=refused, goal=LEAST_REFUSALS),
        share(
            f"pace of those {asked} requests, of what is allowed", percent=round(100 * least / taken), goal=LEAST_PACE
        ),
    ]
