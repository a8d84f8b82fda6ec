# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a domain is its own error, and stops no other; task files get what servers would."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityUnavailable
from ansible_collections.koshin.tls.plugins.module_utils._core.domain_validation import Prevalidated
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken
from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.domains import kept_of, validate_domains
from ansible_collections.koshin.tls.plugins.module_utils._schema.domains import domains
from unit._core.material import ACCOUNT, COMPANY, NOW
from unit._orders.authority import MemoryAuthority

TASKS = {"publish_tasks": "/etc/koshin/on.yml", "retract_tasks": "/etc/koshin/off.yml"}


class Office(MemoryAuthority):
    """A CA that holds domains; ``away``: it cannot be asked."""

    away = False

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Prevalidated] = {}

    def domains(self) -> list[Prevalidated]:
        if self.away:
            raise CertificateAuthorityUnavailable("office is away", "Try again.")
        return list(self.held.values())

    def validate_domain(self, name: str, organization: Organization) -> DnsToken:
        assert organization == COMPANY
        return DnsToken(name, f"_dnsauth.{name}", "TXT", f"token of {name}")

    def check_domain(self, name: str) -> Prevalidated:
        self.held[name] = Prevalidated(name, NOW + timedelta(days=199))
        return self.held[name]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def known(tmp_path: Path, office: Office) -> Control:
    authorities = {"office": office, "other": MemoryAuthority()}
    accounts = {name: replace(ACCOUNT, name=name) for name in authorities}
    return Control(str(tmp_path / "ledger.sqlite"), NOW, accounts, {"example": COMPANY}, {}, authorities)


def go(known: Control, *entries: dict, published: tuple = (), retracted: tuple = ()) -> Outcome:
    wanted = kept_of(domains([{"method": "dns", "prevalidation": ["office"], **entry} for entry in entries]))
    return validate_domains(wanted, known, published=published, retracted=retracted, check_mode=False)


def errors(outcome: Outcome) -> list[str | None]:
    return [item["error"] and item["error"]["code"] for item in outcome.items]


def test_a_task_file_publishes_once_and_another_retracts(known: Control, office: Office):
    entry = {"name": "example.jp", **TASKS}
    (batch,) = go(known, entry).extra["publish_tasks"]
    assert (batch["tasks"], [one["value"] for one in batch["tokens"]]) == (
        TASKS["publish_tasks"],
        ["token of example.jp"],
    )

    done = {"tokens": [{**batch["tokens"][0], "state": "published", "error": None}]}
    validated = go(known, entry, published=(done,))
    (item,) = validated.items
    assert (item["state"], item["changed"], item["until"][:10]) == ("validated", True, "2027-06-10")
    assert validated.extra["publish_tasks"] == []
    (batch,) = validated.extra["retract_tasks"]
    assert batch["tasks"] == TASKS["retract_tasks"]

    gone = {"tokens": [{**batch["tokens"][0], "state": "retracted", "error": None}]}
    after = go(known, entry, retracted=(gone,))
    assert (after.items[0]["changed"], after.extra["retract_tasks"]) == (False, [])


def test_what_stands_against_one_stops_no_other(known: Control):
    outcome = go(
        known,
        {"name": "a.jp", "dns_server": "ns1", "prevalidation": ["other"]},
        {"name": "b.jp", "dns_server": "ns1", "prevalidation": ["nobody"]},
        {"name": "c.jp", "dns_server": "ns1", "organization": "nobody"},
        {"name": "d.jp", "dns_server": "ns1"},
    )

    assert errors(outcome) == ["not_prevalidated", "unknown_reference", "unknown_reference", None]
    assert [one["record"] for one in outcome.extra["publish_records"]] == ["_dnsauth.d.jp"]


def test_a_ca_that_is_away_keeps_what_lies_where_it_lies(known: Control, office: Office):
    entry = {"name": "example.jp", "dns_server": "ns1"}
    go(known, entry)
    office.away = True

    outcome = go(known, entry)

    assert errors(outcome) == ["authority_unavailable"]
    assert (outcome.extra["publish_records"], outcome.extra["retract_records"]) == ([], [])
