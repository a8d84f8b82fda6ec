# SPDX-License-Identifier: GPL-3.0-or-later
"""CAA records, read as RFC 8659 and RFC 8657 say."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.caa import CaaRecord, Obstacle, Permission, permission

ACCOUNT = "https://ca.example/acct/1"


def said(*records: tuple[str, str] | CaaRecord, wildcard: bool = False, account: str | None = ACCOUNT) -> Permission:
    made = [one if isinstance(one, CaaRecord) else CaaRecord(0, *one) for one in records]
    return permission(made, wildcard=wildcard, issuers=("CA.example",), methods=("ca-tbr-7",), account=account)


@pytest.mark.parametrize(
    "records",
    [
        [],
        [("iodef", "mailto:security@example.jp")],
        [("contactemail", "tls@example.jp")],
        [("unheard", "of")],
        [("issue", "ca.example")],
        [("issue", " ca.Example ")],
        [("issue", "other.example"), ("issue", "ca.example")],
        [("issue", "ca.example; policy=ev")],
        [("issue", "ca.example;")],
        [("issue", "ca.example; validationmethods=dns-01,CA-TBR-7")],
        [("issue", f"ca.example; accounturi={ACCOUNT}")],
        [("issue", "ca.example; validationmethods=ca-tbr-18"), ("issue", "ca.example")],
        [CaaRecord(128, "issue", "ca.example")],
        [("issuewild", "other.example")],
        [("issue", "ca.example"), ("issuewild", ";")],
    ],
)
def test_these_let_the_ca_in(records):
    assert said(*records).obstacle is None


@pytest.mark.parametrize(
    ("records", "obstacle", "detail"),
    [
        ([("issue", ";")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "other.example")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "notca.example")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "sub.ca.example")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "ca.example policy")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "ca.example; =x")], Obstacle.NOT_ALLOWED, ""),
        ([("issue", "ca.example; policy")], Obstacle.NOT_ALLOWED, ""),
        ([CaaRecord(128, "tbs", "unknown"), ("issue", "ca.example")], Obstacle.CRITICAL, "tbs"),
        ([("issue", "ca.example; validationmethods=ca-tbr-18")], Obstacle.METHOD, "ca-tbr-18"),
        ([("issue", "ca.example; validationmethods=")], Obstacle.METHOD, "no method"),
        (
            [("issue", "ca.example; accounturi=https://ca.example/acct/2")],
            Obstacle.ACCOUNT,
            "https://ca.example/acct/2",
        ),
        ([("issue", f"ca.example; accounturi={ACCOUNT}; accounturi={ACCOUNT}")], Obstacle.ACCOUNT, "no account"),
    ],
)
def test_these_do_not(records, obstacle, detail):
    permitted = said(*records)

    assert (permitted.obstacle, permitted.detail) == (obstacle, detail)


def test_an_account_that_nobody_knows_is_for_people_to_compare():
    assert said(("issue", f"ca.example; accounturi={ACCOUNT}"), account=None).obstacle is Obstacle.ACCOUNT


def test_issuewild_alone_counts_for_wildcard_names():
    records = (("issue", "other.example"), ("issuewild", "ca.example"))

    assert said(*records, wildcard=True) == Permission(None, "issuewild", ("ca.example",))
    assert said(*records).obstacle is Obstacle.NOT_ALLOWED


def test_a_wildcard_name_without_issuewild_goes_by_issue():
    permitted = said(("issue", "other.example"), ("issue", "another.example"), wildcard=True)

    assert permitted == Permission(Obstacle.NOT_ALLOWED, "issue", ("another.example", "other.example"))
