# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.decide import Window, decide, jitter, opens_at
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Decision
from unit._core.material import DAY, NOW, certificate, facts, found, issue, order_record

HERE = Window(60, "60 days before the end, bought through this account")
ELSEWHERE = Window(90, "90 days before the end, bought elsewhere")


def decision(*, lies: Found, issued=None, order=None, window=HERE, wanted=None) -> Decision:
    return decide(wanted or certificate(), found=lies, issue=issued, order=order, window=window, now=NOW)


def test_renewal_opens_sixty_days_before_the_end_a_little_later_by_name():
    opens = opens_at("www.example.jp", facts(ends_in_days=100), HERE.days)

    assert NOW + 40 * DAY <= opens <= NOW + 46 * DAY


def test_what_was_bought_elsewhere_opens_ninety_days_before():
    assert decision(lies=found(ends_in_days=75)).due is False
    assert decision(lies=found(ends_in_days=75), window=ELSEWHERE).due is True


def test_a_window_longer_than_half_the_lifetime_waits_for_half_of_it():
    opens = opens_at("www.example.jp", facts(ends_in_days=47, lifetime_days=47), HERE.days)

    assert opens >= NOW + 23.5 * DAY


def test_due_says_why_and_since_when():
    due = decision(lies=found(ends_in_days=20))

    assert due.due is True
    assert due.action is Action.RENEWAL
    assert due.reason.startswith("ends 2026-12-13; renewal is open since 2026-10-")
    assert "bought through this account" in due.reason


def test_not_due_says_from_when():
    early = decision(lies=found(ends_in_days=150))

    assert (early.due, early.action) == (False, Action.NONE)
    assert "renewal from 2027-0" in early.reason


def test_ended_is_due_however_the_window_stands():
    assert decision(lies=found(ends_in_days=-1)).reason == "ended 2026-11-22"


def test_nothing_there_is_new():
    assert decision(lies=Found()).action is Action.NEW


def test_a_name_that_is_missing_is_due_and_named():
    due = decision(
        lies=found("www.example.jp", ends_in_days=150), wanted=certificate("www.example.jp", "shop.example.jp")
    )

    assert due.due is True
    assert due.reason == "shop.example.jp is not in the certificate in use"


def test_a_wildcard_in_use_covers_a_wanted_name():
    assert (
        decision(
            lies=found("www.example.jp", "*.example.jp", ends_in_days=150),
            wanted=certificate("www.example.jp", "a.example.jp"),
        ).due
        is False
    )


def test_an_open_order_is_gone_on_with_whatever_lies_there():
    assert decision(lies=found(ends_in_days=150), order=order_record()).reason == "an order is open since 2026-11-22"


def pending(lies: Found) -> Found:
    """Return the same host with the key of the issue waiting on it."""
    return replace(lies, pending={issue().key_hash: "csr"})


def test_what_is_issued_and_waits_for_installation_is_not_bought_again():
    waits = decision(lies=pending(found(ends_in_days=5)), issued=issue())

    assert waits.due is False
    assert "not installed yet" in waits.reason


def test_what_was_issued_and_is_installed_is_judged_by_its_own_end():
    assert decision(lies=found(ends_in_days=20, serial="bb"), issued=issue(ends_in_days=20, serial="bb")).due is True


def test_what_lasts_longer_than_the_new_certificate_gives_way_to_it_all_the_same():
    """A placeholder signed by itself lasts ten years; and public lifetimes shrink."""
    placeholder = found("web1", ends_in_days=3000, lifetime_days=3650)

    assert decision(lies=placeholder).reason == "www.example.jp is not in the certificate in use"
    assert "not installed yet" in decision(lies=pending(placeholder), issued=issue(ends_in_days=47)).reason


def test_what_somebody_put_there_later_stays():
    later = found(ends_in_days=150, lifetime_days=149)

    assert "renewal from" in decision(lies=pending(later), issued=replace(issue(), collected_at=NOW - DAY)).reason


def test_what_was_never_installed_and_ended_blocks_nothing():
    ended = replace(issue(ends_in_days=-1), collected_at=NOW - 200 * DAY)

    assert decision(lies=pending(Found()), issued=ended).action is Action.NEW


def test_what_stands_for_none_of_the_wanted_names_is_not_waited_for():
    assert decision(lies=pending(Found()), issued=issue(name="old.example.jp")).action is Action.NEW


def test_what_was_issued_for_a_key_that_is_not_there_has_to_be_issued_again():
    lost = decision(lies=found(ends_in_days=20), issued=issue())

    assert (lost.due, lost.action) == (True, Action.REISSUE)
    assert lost.reason == "issued until 2027-06-10, but its key is not on web1"
    moved = decision(lies=Found(), issued=replace(issue(), installed_at=NOW), wanted=certificate(host="web2"))
    assert moved.reason.endswith("but its key is not on web2")


def test_paths_that_were_changed_get_what_was_installed_elsewhere_on_the_host():
    assert "not installed yet" in decision(lies=Found(), issued=replace(issue(), installed_at=NOW)).reason


@pytest.mark.parametrize("name", ["www.example.jp", "mail.example.jp", "a"])
def test_jitter_is_the_same_in_every_run_and_never_more_than_its_bound(name):
    assert jitter(name, 6 * DAY) == jitter(name, 6 * DAY)
    assert 0 * DAY <= jitter(name, 6 * DAY) <= 6 * DAY


def test_jitter_differs_between_names():
    assert jitter("www.example.jp", DAY) != jitter("shop.example.jp", DAY)


SHOP = Window(60, "60 days before the end", reissue_days=30, renews_reused_keys=True)


def in_order(*, runs_days: float, reused_key: bool = False):
    """Return the issue of the certificate in use, whose order runs on for so many days from now."""
    return replace(issue(serial="aa", ends_in_days=20), term_ends=NOW + runs_days * DAY, reused_key=reused_key)


def decided(ends_in_days: float, known):
    wanted = found(ends_in_days=ends_in_days)
    return decide(certificate(), found=wanted, issue=known, order=None, window=SHOP, now=NOW)


def test_inside_its_order_a_certificate_is_reissued_in_the_orders_own_window():
    early, due = decided(50, in_order(runs_days=180)), decided(20, in_order(runs_days=180))

    assert (early.due, early.action) == (False, Action.NONE)
    assert "reissue from" in early.reason
    assert (due.due, due.action) == (True, Action.REISSUE)


def test_an_order_that_ends_soon_after_is_renewed():
    assert decided(20, in_order(runs_days=49)).action is Action.RENEWAL
    assert decided(20, in_order(runs_days=50)).action is Action.REISSUE


def test_another_certificate_than_the_orders_own_is_renewed():
    assert decided(20, replace(in_order(runs_days=180), serial="cc", collected_at=NOW - 300 * DAY)).action is (
        Action.RENEWAL
    )


def test_one_for_the_key_before_is_reissued_at_once():
    decision = decided(150, in_order(runs_days=300, reused_key=True))

    assert (decision.due, decision.action) == (True, Action.REISSUE)
    assert decided(150, in_order(runs_days=160, reused_key=True)).due is False
