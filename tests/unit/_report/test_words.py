# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences that a manager reads first, and those that a job's log shows."""

from __future__ import annotations

from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.words import headline, refusal, summary
from unit._report.material import (
    NOW,
    MemoryLedger,
    certificate,
    due,
    failed,
    issue,
    order_of,
    overview,
    step,
)

WWW, SHOP, INTRA = "www.example.jp", "shop.example.jp", "intra.example.jp"


def ledger() -> MemoryLedger:
    return MemoryLedger(orders=[order_of(WWW)], awaited=[step(WWW)], issued=[issue(SHOP, installed_at=NOW)])


def three() -> list[dict]:
    unreachable = failed("unreachable", "web2 is unreachable: timed out", "Look at web2, then run renew.yml again.")
    return [
        due(WWW),
        certificate(SHOP, serial="0b", ends_in=198),
        certificate(INTRA, host="web2", error=unreachable),
    ]


def test_the_headline_counts_every_certificate_once():
    told = headline(overview(ledger(), certificates=three()))

    assert told == ("3 certificates: 1 needs attention, 1 waits for payment until 2026-11-30 (payer), 1 renewed today")


def test_several_that_wait_are_told_with_the_first_end():
    names = [f"{number}.example.jp" for number in range(3)]
    waiting = [step(name, ends_in=7 + place) for place, name in enumerate(names)]
    phone = step("0.example.jp", StepKind.PHONE_CONFIRMATION, ends_in=20)
    memory = MemoryLedger(orders=[order_of(name) for name in names], awaited=[*waiting, phone])

    told = headline(overview(memory, certificates=[*map(due, names), certificate(SHOP)]))

    assert told == "4 certificates: 3 wait for payment, the first until 2026-11-30 (payer), 1 is fine"


def test_when_all_is_well_the_next_renewal_is_said():
    told = headline(overview(MemoryLedger(), certificates=[certificate(WWW), certificate(SHOP, ends_in=90)]))

    assert told == "2 certificates, all is well; the next renewal begins on 2026-12-23"


def test_a_run_that_saw_nothing_says_so():
    lost = [{"task": "Decide what is due", "message": "ended"}]

    assert headline(overview(MemoryLedger())) == "No certificate was looked at"
    assert headline(overview(MemoryLedger(), failures=lost)) == "No certificate was looked at; 1 failure"


def test_the_summary_names_who_must_act_and_how_it_is_confirmed():
    assert summary(overview(ledger(), certificates=three())) == [
        "3 certificates: 1 needs attention, 1 waits for payment until 2026-11-30 (payer), 1 renewed today.",
        "web2 is unreachable: timed out Look at web2, then run renew.yml again.",
        "www.example.jp: order 17 at shop waits for payment (payer) since 2026-11-21, latest by 2026-11-30. "
        "Confirm: ansible-playbook koshin.tls.confirm -e tls_certificate=www.example.jp -e tls_step=payment "
        "-e tls_by=NAME",
    ]


def test_a_thousand_lines_are_not_a_summary():
    names = [f"{number:04}.example.jp" for number in range(1_000)]
    memory = MemoryLedger(orders=[order_of(name) for name in names], awaited=[step(name) for name in names])

    lines = summary(overview(memory, certificates=[due(name) for name in names]))

    assert len(lines) == 22
    assert lines[-1] == "… and 980 more: see report.html"


def test_waiting_in_time_is_success():
    assert refusal(overview(ledger(), certificates=[due(WWW)]), "/r/report.html") is None


def test_waiting_too_long_fails_and_names_who_must_act():
    late = MemoryLedger(orders=[order_of(WWW)], awaited=[step(WWW, ends_in=-0.01)])

    error = refusal(overview(late, certificates=[due(WWW)]), "/r/report.html")

    assert error.code == "needs_attention"
    assert error.message.startswith(
        "1 of 1 certificate needs attention: www.example.jp: waits for payment (payer), which was to be done by "
        "2026-11-23. The payer must act now; then confirm: ansible-playbook koshin.tls.confirm"
    )
    assert error.next_move == "See /r/report.html."


def test_the_end_of_a_failed_run_is_short():
    refused = {"name": WWW, "error": failed("refused", "Order 17: CAA forbids it.", "Change the CAA record.")}

    error = refusal(overview(MemoryLedger(), certificates=three(), orders=[refused]), None)

    assert str(error) == (
        "2 of 3 certificates need attention: web2 is unreachable: timed out Look at web2, then run renew.yml again; "
        "www.example.jp: Order 17: CAA forbids it. Change the CAA record."
    )


def test_a_failure_without_a_certificate_fails_the_run_too():
    error = refusal(overview(MemoryLedger(), certificates=[certificate(WWW)], failures=[None]), None)

    assert str(error).startswith("1 failure: failures: a result is missing here")
