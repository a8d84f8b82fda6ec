# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next certificate will lose is known a lifetime ahead; a revocation that is coming overrides every window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.announced import Announced
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType, Subject
from ansible_collections.koshin.tls.plugins.module_utils._core.decide import Window, decide
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Certificate, OnLoss, Use
from ansible_collections.koshin.tls.plugins.module_utils._core.losses import Ahead, losses
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Bought,
    OrderState,
    Replaced,
    Severity,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.revocation import (
    ending_sooner,
    revoked_at,
    withheld_because,
)
from unit._core.material import COMPANY, NOW, certificate, facts, found, order_record

NAME = "www.example.jp"
DAY = timedelta(days=1)
LIFETIME = 199 * DAY
CLIENT = certificate(NAME, uses=(Use.CLIENT_AUTH,))


def ahead(*announced: Announced, next_in_days: float = 20, root: str = "") -> Ahead:
    return Ahead(NOW + next_in_days * DAY, NOW, LIFETIME, announced, root)


def said(wanted: Certificate, *, since: date, next_in_days: float) -> list[tuple[str, Severity]]:
    end = Announced(since, without=(Use.CLIENT_AUTH,))
    found = losses(wanted, facts(NAME), COMPANY, ahead(end, next_in_days=next_in_days))
    return [(one.code, one.severity) for one in found]


@pytest.mark.parametrize(
    ("since_in_days", "next_in_days", "expected"),
    [
        (400, 20, []),
        (151, 20, [("client_auth_ends", Severity.WARNS)]),
        (11, 20, [("client_auth_ends", Severity.WARNS)]),
        (11, 0, [("client_auth_ends", Severity.WARNS)]),
        (0, 20, [("client_auth_ends", Severity.WARNS)]),
        (0, 0, [("client_auth_ends", Severity.BLOCKS)]),
    ],
)
def test_the_end_of_client_authentication_is_told_a_lifetime_ahead_and_stops_at_the_end(
    since_in_days: int, next_in_days: int, expected: list
):
    since = (NOW + since_in_days * DAY).date()

    assert said(CLIENT, since=since, next_in_days=next_in_days) == expected
    assert said(certificate(NAME), since=since, next_in_days=next_in_days) == []


def test_who_would_rather_serve_goes_on():
    serving = replace(CLIENT, on_loss=OnLoss.INSTALL)

    assert said(serving, since=NOW.date(), next_in_days=0) == [("client_auth_ends", Severity.WARNS)]


def test_names_and_keys_that_change_are_told_as_soon_as_they_are_known():
    other = certificate(NAME, key=KeySpec(KeyType.EC, 256))

    found = losses(other, facts(NAME, "old.example.jp"), COMPANY, ahead())

    assert [one.code for one in found] == ["names_lost", "key_type_changes"]
    assert "old.example.jp" in found[0].message


def test_an_organization_that_will_be_spelled_otherwise_is_told_before_it_is_due():
    in_use = replace(facts(NAME), subject=Subject(NAME, legal_name="Example Corp."))

    [found] = losses(certificate(NAME), in_use, COMPANY, ahead())

    assert found.code == "legal_name_changes"
    assert "'Example Corp.'" in found.message
    assert repr(COMPANY.address.legal_name) in found.message
    assert losses(certificate(NAME), in_use, COMPANY, ahead(next_in_days=0)) == []


@pytest.mark.parametrize(
    ("announced", "codes"),
    [
        (Announced(NOW.date() + 300 * DAY, issuer="New CA", root="New Root"), []),
        (Announced(NOW.date() + 150 * DAY, issuer="New CA", root="New Root"), ["issuer_changes", "root_changes"]),
        (Announced(NOW.date(), issuer="Old CA, 2020", root="Old Root"), []),
        (Announced(NOW.date(), root="New Root"), ["root_changes"]),
    ],
)
def test_who_signs_and_which_root_is_told_a_lifetime_ahead(announced: Announced, codes: list[str]):
    in_use = replace(facts(NAME), issuer=r"CN=Old CA\, 2020,O=Example CA,C=US")

    found = losses(certificate(NAME), in_use, COMPANY, ahead(announced, root="Old Root"))

    assert [one.code for one in found] == codes
    assert all("today Old" in one.message for one in found)


def test_a_root_that_nobody_knows_today_is_told_as_such():
    [found] = losses(certificate(NAME), facts(NAME), COMPANY, ahead(Announced(NOW.date(), root="New Root")))

    assert "New Root, which one today is not known" in found.message


def test_a_reissue_without_a_name_is_a_revocation_that_is_coming():
    in_use = Replaced("aa", "33" * 32, NOW - 100 * DAY, NOW + 99 * DAY, True)
    record = order_record()
    record = replace(record, application=replace(record.application, replaces=in_use))
    revoking = replace(record, application=replace(record.application, revokes=True))
    serial = in_use.serial

    assert revoked_at(serial, [record], 72) is None
    assert revoked_at("1f", [revoking], 72) is None
    assert revoked_at(serial, [revoking], None) is None
    assert revoked_at(serial, [revoking], 72) == record.created_at + timedelta(hours=72)
    assert revoked_at(serial, [replace(revoking, state=OrderState.REJECTED)], 72) is None


def test_what_will_be_revoked_is_due_however_long_it_would_last():
    window = Window(30, "30 days before the end")
    lasts = found(NAME, ends_in_days=150)

    def due(what) -> bool:
        return decide(certificate(NAME), found=what, issue=None, order=None, window=window, now=NOW).due

    assert not due(lasts)
    assert due(ending_sooner(lasts, NOW + 2 * DAY))
    assert ending_sooner(lasts, NOW + 200 * DAY) == lasts
    assert ending_sooner(lasts, None) == lasts


def test_a_host_that_does_not_answer_withholds_installation():
    assert withheld_because(certificate(NAME, host="web1"), hosts=["web1"]) == ""
    assert "web1 did not answer" in withheld_because(certificate(NAME, host="web1"), hosts=["web2"])


def test_inside_an_order_that_only_the_ca_knows_a_certificate_is_reissued():
    window = Window(90, "90 days before the end", reissue_days=33, least_overlap_days=7)
    bought = Bought("4711", term_ends=NOW + 186 * DAY)
    at = {"issue": None, "order": None, "window": window, "now": NOW, "bought": bought}

    early = decide(certificate(NAME), found=found(NAME, ends_in_days=80), **at)
    due = decide(certificate(NAME), found=found(NAME, ends_in_days=20), **at)
    anew = decide(certificate(NAME, new_order=True), found=found(NAME, ends_in_days=20), **at)

    assert (early.due, due.due, due.action) == (False, True, Action.REISSUE)
    assert "gives 1 more certificate)" in due.reason
    assert anew.action is Action.RENEWAL


def test_the_cas_advice_goes_before_days_and_never_beyond_the_last_week():
    def opens(starts_in: float, ends_in: float):
        window = Window(30, "30 days", advice=(NOW + starts_in * DAY, NOW + ends_in * DAY))
        what = found(NAME, ends_in_days=60, lifetime_days=90)
        return decide(certificate(NAME), found=what, issue=None, order=None, window=window, now=NOW)

    assert NOW + 40 * DAY <= opens(40, 42).renew_at <= NOW + 42 * DAY
    assert opens(-2, -1).due
    assert "as the CA advises" in opens(-2, -1).reason
    assert opens(100, 200).renew_at == (NOW + 53 * DAY).replace(microsecond=0)
