# SPDX-License-Identifier: GPL-3.0-or-later
"""How things stand at the end of a run: what the ledger says counts, and the run after says the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.overview import Deed, Status
from ansible_collections.koshin.tls.plugins.module_utils._report.page import page
from unit._report.material import (
    DAY,
    NOW,
    MemoryLedger,
    certificate,
    due,
    failed,
    installation,
    issue,
    order_of,
    overview,
    placement,
    step,
    token,
)

WWW = "www.example.jp"
INTENDED = order_of(WWW, reference=None, state=OrderState.INTENDED)
RENEWED = certificate(WWW, serial="0b", ends_in=198)


def ordered(*steps: object) -> MemoryLedger:
    return MemoryLedger(orders=[order_of(WWW)], awaited=steps)


@pytest.mark.parametrize(
    ("ledger", "item", "status", "state"),
    [
        (MemoryLedger(), certificate(WWW), Status.FINE, "fine"),
        (MemoryLedger(), due(WWW), Status.DUE, "due"),
        (ordered(step(WWW)), due(WWW), Status.WAITING, "waits for payment"),
        (ordered(step(WWW, ends_in=-1)), due(WWW), Status.ATTENTION, "needs attention"),
        (ordered(), due(WWW), Status.UNDER_WAY, "being validated and issued"),
        (ordered(step(WWW, done=True)), due(WWW), Status.UNDER_WAY, "being validated and issued"),
        (MemoryLedger([INTENDED]), due(WWW), Status.UNDER_WAY, "applied for, not answered yet"),
        (MemoryLedger(issued=[issue(WWW)]), due(WWW), Status.UNDER_WAY, "issued, not installed yet"),
        (MemoryLedger(issued=[issue(WWW, installed_at=NOW)]), RENEWED, Status.RENEWED, "renewed today"),
        (MemoryLedger(issued=[issue(WWW, installed_at=NOW - DAY)]), RENEWED, Status.FINE, "fine"),
        (MemoryLedger(), certificate(WWW, error=failed("unreadable", "not PEM")), Status.ATTENTION, "needs attention"),
        (MemoryLedger(), certificate(WWW, not_after=None), Status.DUE, "nothing is known of it"),
    ],
)  # fmt: skip
def test_every_certificate_has_one_status(ledger, item, status, state):
    [standing] = overview(ledger, certificates=[item]).standings

    assert (standing.status, standing.state) == (status, state)


def test_a_run_that_ordered_and_the_run_after_draw_one_page():
    ledger = ordered(step(WWW))
    placed = {"name": WWW, "changed": True, "error": None, "message": "order 17 is placed", "waiting_for": []}
    waits = [{"step": "payment", "role": "payer", "since": to_plain(NOW), "latest_by": None}]
    later = due(WWW, reason="an order is open since 2026-11-21", renew_at=None, waiting_for=waits)

    first = overview(ledger, certificates=[due(WWW)], orders=[placed])
    second = overview(ledger, certificates=[later], orders=[{**placed, "changed": False}])

    assert page(first) == page(second)
    assert first.said == (f"{WWW}: order 17 is placed",)
    assert second.said == ()


def test_a_run_that_installed_and_the_run_after_draw_one_page():
    ledger = MemoryLedger(issued=[issue(WWW, installed_at=NOW)])
    finding = {"name": WWW, "severity": "warns", "code": "old", "message": "old record", "next_move": ""}
    first = overview(ledger, certificates=[due(WWW)], installations=[installation(WWW)], findings=[finding])
    [now] = first.standings

    # What renewal_info says in the next run of the certificate that is in use then.
    found = certificate(WWW, serial="0b", ends_in=198, not_before=to_plain(NOW - DAY), renew_at=to_plain(now.renew_at))
    second = overview(ledger, certificates=[found])

    assert now.status is Status.RENEWED
    assert NOW + 138 * DAY <= now.renew_at <= NOW + 144 * DAY
    assert page(first) == page(second)


def test_inside_an_order_that_runs_on_the_next_date_is_that_of_a_reissue():
    inside = replace(issue(WWW, installed_at=NOW), term_ends=NOW + 390 * DAY)
    ledger = MemoryLedger(issued=[inside])

    [now] = overview(ledger, certificates=[due(WWW)], installations=[installation(WWW)]).standings

    assert NOW + 168 * DAY <= now.renew_at <= NOW + 171 * DAY


def test_a_failed_installation_leaves_the_old_certificate_and_the_run_failed():
    ledger = MemoryLedger(issued=[issue(WWW)])
    back = installation(WWW, error=failed("installation_failed", "nginx -t failed."), went_back=True)

    told = overview(ledger, certificates=[due(WWW)], installations=[back])

    assert told.standings[0].status is Status.ATTENTION
    assert told.standings[0].serial == "0a"
    assert [trouble.message for trouble in told.troubles] == ["nginx -t failed."]


def test_in_check_mode_nothing_counts_as_installed():
    told = overview(MemoryLedger(), check_mode=True, certificates=[due(WWW)], installations=[installation(WWW)])

    assert told.standings[0].status is Status.DUE
    assert told.said == (f"{WWW}: would be installed on web1, valid until 2027-06-09",)


def test_a_silent_host_is_named_once_with_all_its_certificates():
    error = failed("unreachable", "web2 is unreachable: timed out", "Look at web2, then run renew.yml again.")
    silent = [certificate(name, host="web2", error=error) for name in ("a.example.jp", "b.example.jp")]

    told = overview(
        MemoryLedger(),
        certificates=[*silent, certificate(WWW)],
        failures=[{"host": "web2", "message": "UNREACHABLE!"}],
    )

    [trouble] = told.troubles
    assert (trouble.subject, trouble.certificates) == ("web2", ("a.example.jp", "b.example.jp"))
    assert [one.status for one in told.standings] == [Status.ATTENTION, Status.ATTENTION, Status.FINE]


def test_a_host_that_failed_on_the_way_concerns_what_was_due_there():
    told = overview(
        MemoryLedger(),
        certificates=[due(WWW), certificate("b.example.jp"), due("c.example.jp", host="web2")],
        failures=[{"host": "web1", "task": "Install", "message": "No space left"}],
    )

    [trouble] = told.troubles
    assert (trouble.message, trouble.certificates) == ("Install: No space left", (WWW,))


@pytest.mark.parametrize("noun", ["requests", "orders", "installations", "endpoints", "certificates"])
def test_an_error_of_any_item_is_trouble(noun):
    item = {**due(WWW), "error": failed("refused", "The CA said no.", "Correct it.")}

    told = overview(MemoryLedger(), **{"certificates": [due(WWW)], noun: [item]})

    [trouble] = told.troubles
    assert (trouble.subject, trouble.message, trouble.next_move) == (WWW, "The CA said no.", "Correct it.")


def test_an_error_of_a_token_is_its_certificates_trouble():
    refused = token("shop.example.jp", certificate=WWW, error=failed("token_refused", "web root missing"))

    assert overview(MemoryLedger(), tokens=[refused]).troubles[0].certificates == (WWW,)


def test_an_order_that_went_well_in_the_end_is_no_trouble():
    busy = {"name": WWW, "error": failed("authority_unavailable", "timed out")}

    told = overview(ordered(), certificates=[due(WWW)], orders=[busy, {"name": WWW, "error": None, "changed": False}])

    assert told.troubles == ()


def test_findings_that_block_are_trouble_and_those_that_warn_are_not():
    blocks = {"name": WWW, "severity": "blocks", "code": "differs", "message": "legal_name differs", "next_move": "x"}
    warns = {**blocks, "severity": "warns", "message": "an old look"}

    told = overview(MemoryLedger(), certificates=[due(WWW)], findings=[warns, blocks, warns])

    assert [one.message for one in told.findings] == ["legal_name differs", "an old look"]
    assert [one.message for one in told.troubles] == ["legal_name differs"]


def test_without_a_ledger_the_items_say_what_is_waited_for():
    waits = [{"step": "payment", "role": "payer", "since": to_plain(NOW - DAY), "latest_by": to_plain(NOW + DAY)}]
    order = {"name": WWW, "reference": "17", "account": "shop", "waiting_for": waits}

    [wait] = overview(None, certificates=[due(WWW)], orders=[order]).waits

    assert (wait.name, wait.step, wait.order, wait.latest_by) == (WWW, "payment", "17", NOW + DAY)


def test_with_a_ledger_it_alone_says_what_is_waited_for():
    waits = [{"step": "payment", "role": "payer", "since": None, "latest_by": None}]

    assert overview(ordered(), certificates=[due(WWW, waiting_for=waits)]).waits == ()


def test_the_most_urgent_wait_comes_first():
    ledger = MemoryLedger(
        orders=[order_of(WWW), order_of("b.example.jp")],
        awaited=[step(WWW), step("b.example.jp", StepKind.PHONE_CONFIRMATION, ends_in=2), step("b.example.jp")],
    )

    told = overview(ledger)

    assert [(one.name, one.step) for one in told.waits] == [
        ("b.example.jp", "phone_confirmation"),
        ("b.example.jp", "payment"),
        (WWW, "payment"),
    ]


def test_waits_that_end_together_come_in_the_procedures_order():
    kinds = [StepKind.TELL_SWITCHBOARD, StepKind.MAIL_APPROVAL, StepKind.APPLICATION, StepKind.MY_PAGE]
    names = [WWW, "b.example.jp"]
    ledger = MemoryLedger(
        orders=[order_of(name) for name in names], awaited=[step(name, kind) for name in names for kind in kinds]
    )

    told = overview(ledger)

    in_order = ["application", "my_page", "mail_approval", "tell_switchboard"]
    assert [(one.step, one.name) for one in told.waits] == [(kind, name) for kind in in_order for name in sorted(names)]


def test_certificates_come_by_renewal_what_has_begun_first():
    names = ["fine-late", "due-late", "fine-soon", "due-soon"]
    items = [certificate(names[0], ends_in=150), due(names[1], ends_in=30), certificate(names[2], ends_in=70)]

    told = overview(MemoryLedger(), certificates=[*items, due(names[3], ends_in=5)])

    assert [one.name for one in told.standings] == ["due-soon", "due-late", "fine-soon", "fine-late"]


def test_what_carries_over_is_told_while_it_is_being_renewed():
    assert overview(MemoryLedger(), certificates=[due(WWW)]).standings[0].credit_days == 20
    assert overview(MemoryLedger(), certificates=[certificate(WWW)]).standings[0].credit_days == 0


def test_what_was_done_comes_newest_first_and_names_nobody():
    ledger = MemoryLedger(
        orders=[order_of("b.example.jp")],
        awaited=[step(WWW, done=True)],
        issued=[issue(WWW, installed_at=NOW)],
    )

    told = overview(ledger)

    assert told.deeds == (
        Deed(NOW, WWW, "installed, valid until 2027-06-09"),
        Deed(NOW - DAY, WWW, "payment done (payer)"),
        Deed(NOW - DAY, WWW, "issued, valid until 2027-06-09"),
        Deed(NOW - 2 * DAY, "b.example.jp", "ordered at shop: order 17"),
    )
    assert "Sato" not in page(told)


def test_this_run_says_what_it_changed():
    told = overview(
        MemoryLedger(issued=[issue(WWW)], lying=[placement(WWW)]),
        certificates=[due(WWW)],
        orders=[{"name": WWW, "changed": True, "message": "order 17 is issued", "error": None}],
        tokens=[token(WWW), token("shop.example.jp", certificate=WWW), token(WWW, state="published", changed=False)],
        installations=[installation(WWW)],
    )

    assert told.said == (
        f"{WWW}: order 17 is issued",
        f"{WWW}: 2 tokens retracted on web1",
        f"{WWW}: installed on web1, valid until 2027-06-09",
    )
