# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails: each once, with the orders it belongs to and the mark of its folder, or nothing of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import LedgerRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState

WWW, OWN = "www.example.jp", "own www.example.jp"


def test_a_mail_comes_back_as_it_was_understood(desk, waiting):
    mail = desk.message(
        order_number="542772",
        names=(WWW,),
        amount="￥41,800",
        due_on=desk.now.date(),
        tokens=(FileToken(WWW, "/.well-known/x.txt", "a"),),
        records=(DnsToken(WWW, "_x.example.jp", "TXT", "b"),),
        certificates=("-----BEGIN CERTIFICATE-----\n",),
        wanted="書類\0をお送りください \ud800",
    )

    assert waiting.record_messages("shop", [mail], {"INBOX": "7:41"}, {"a": [OWN]}) == 1

    assert waiting.messages() == waiting.messages(own_reference=OWN) == waiting.messages(account="shop") == [mail]
    assert waiting.messages(untied=True) == waiting.messages(account="second") == []
    assert waiting.marks("shop") == {"INBOX": "7:41"}
    assert waiting.marks("second") == {}


def test_a_mail_that_is_known_is_not_written_twice(desk, waiting):
    waiting.record_messages("shop", [desk.message(), desk.message()], {"INBOX": "1"}, {"a": [OWN, OWN]})
    before = desk.contents()

    assert waiting.record_messages("shop", [desk.message(subject="read otherwise")], {"INBOX": "1"}, {"a": [OWN]}) == 0

    assert desk.contents() == before
    assert [message.subject for message in waiting.messages()] == ["Invoice"]


def test_only_the_mark_may_move(desk, waiting):
    waiting.record_messages("shop", [], {"INBOX": "1", "Archive": "1"}, {})
    waiting.record_messages("shop", [], {"INBOX": "2"}, {})

    assert waiting.marks("shop") == {"INBOX": "2", "Archive": "1"}


def test_one_invoice_belongs_to_many_orders_some_of_which_are_found_later(desk, waiting):
    desk.ordered(waiting, "b.example")
    waiting.record_messages("shop", [desk.message()], {}, {"a": [OWN]})

    assert waiting.tie("shop", "a", [OWN, "own b.example"]) is True
    assert waiting.tie("shop", "a", ["own b.example"]) is False

    assert len(waiting.messages(own_reference="own b.example")) == 1
    assert [event.certificate for event in waiting.events() if event.what.value == "message_tied"] == [WWW, "b.example"]


def test_a_mail_that_is_read_again_belongs_to_what_it_belonged_to(desk, waiting):
    waiting.record_messages("shop", [desk.message()], {}, {"a": [OWN]})
    desk.ordered(waiting, "b.example")

    waiting.record_messages("shop", [desk.message()], {}, {"a": ["own b.example"]})
    assert waiting.messages(own_reference="own b.example") == []


def test_a_mail_of_an_order_that_is_over_is_not_free_for_another(desk, waiting):
    desk.ordered(waiting, "b.example")
    waiting.record_messages("shop", [desk.message(names=(WWW,))], {}, {"a": [OWN]})
    assert [one.identity for one in waiting.messages(free=True, naming=[WWW])] == ["a"]
    assert waiting.messages(free=True, naming=["ww_.example.jp", "example.jp"]) == []

    waiting.close_order(OWN, OrderState.CANCELLED, "given up")
    assert waiting.messages(free=True) == []


@pytest.mark.parametrize(("ties", "code"), [({"a": ["nobody's"]}, "unknown_order"), ({"z": [OWN]}, "unknown_message")])
def test_content_ties_and_marks_are_written_together_or_not_at_all(desk, waiting, ties, code):
    before = desk.contents()

    with pytest.raises(LedgerRefused) as refused:
        waiting.record_messages("shop", [desk.message()], {"INBOX": "1"}, ties)

    assert refused.value.code == code
    assert desk.contents() == before


def test_the_oldest_comes_first_whatever_came_in_first(desk, waiting):
    old = desk.message("z", received_at=desk.now - timedelta(days=1))
    waiting.record_messages("shop", [desk.message("a")], {}, {})
    waiting.record_messages("shop", [old], {}, {})

    assert [message.identity for message in waiting.messages(untied=True)] == ["z", "a"]


def test_a_mail_of_another_account_is_a_mistake(desk, waiting):
    with pytest.raises(ValueError, match="another account than second"):
        waiting.record_messages("second", [desk.message()], {}, {})


def test_two_thousand_mails_at_once(desk, waiting):
    many = [desk.message(str(number)) for number in range(2000)]

    assert waiting.record_messages("shop", many, {"INBOX": "2000"}, {str(n): [OWN] for n in range(2000)}) == 2000
    assert waiting.record_messages("shop", many, {"INBOX": "2000"}, {}) == 0
    assert len(waiting.messages(own_reference=OWN)) == 2000
    waiting.verify_events()


def test_the_audit_trail_holds_no_words_of_a_mail_or_a_note(desk, waiting):
    waiting.record_messages("shop", [desk.message(wanted="secret of the firm")], {}, {"a": [OWN]})
    waiting.confirm(WWW, StepKind.PAYMENT, by="sato", note="secret of the bank")
    waiting.withdraw(WWW, StepKind.PAYMENT, by="sato", note="secret of the till")

    told = json.dumps([event.details for event in waiting.events()])
    assert "secret" not in told
    assert "Invoice" not in told


def test_what_the_operator_says_is_kept_with_the_confirmation(desk, waiting):
    said = desk.message("typed", MessageKind.VALIDATION_TOKEN, folder="(operator)", sender="sato")

    _steps, changed = waiting.confirm(WWW, StepKind.PAYMENT, by="sato", messages=[said])
    assert (changed, waiting.messages(own_reference=OWN)) == (True, [said])

    assert waiting.confirm(WWW, StepKind.PAYMENT, by="sato", messages=[said])[1] is False
    another = desk.message("typed anew", MessageKind.VALIDATION_TOKEN, folder="(operator)", sender="sato")
    assert waiting.confirm(WWW, StepKind.PAYMENT, by="sato", messages=[another])[1] is True


def test_nothing_is_kept_of_a_confirmation_that_is_refused(desk, waiting):
    with pytest.raises(LedgerRefused, match="does not wait"):
        waiting.confirm(WWW, StepKind.TOKEN, by="sato", messages=[desk.message()])

    assert waiting.messages() == []


def test_words_are_forgotten_and_facts_are_kept(desk, waiting):
    kept = {"order_number": "542772", "names": (WWW,), "certificates": ("pem",), "due_on": desk.now.date()}
    mail = desk.message(wanted="papers", link="https://shop.example/x", code="1234", **kept)
    waiting.record_messages("shop", [mail], {}, {"a": [OWN]})
    waiting.confirm(WWW, StepKind.PAYMENT, by="sato", note="by transfer", reference="2026-1123")
    waiting.collected(desk.issue())
    later = desk.later(days=400)

    assert waiting.forget(later) == 2

    (message,) = waiting.messages(own_reference=OWN)
    assert (message.subject, message.wanted, message.link, message.code) == ("", "", "", "")
    assert {key: getattr(message, key) for key in kept} == kept
    (step,) = waiting.steps(states=[StepState.DONE])
    assert (step.note, step.details, step.reference, step.done_by) == ("", "", "2026-1123", "sato")
    assert waiting.issues()[WWW].chain
    waiting.verify_events()
    assert waiting.forget(later) == 0


def test_what_is_young_or_belongs_to_an_open_order_is_not_forgotten(desk, waiting):
    waiting.record_messages("shop", [desk.message()], {}, {"a": [OWN]})
    waiting.confirm(WWW, StepKind.PAYMENT, by="sato", note="by transfer")
    events = waiting.events()

    assert waiting.forget(desk.later(days=400)) == 0
    waiting.close_order(OWN, OrderState.RELEASED, "by hand")
    assert waiting.forget(desk.now - timedelta(days=400)) == 0

    assert [message.subject for message in waiting.messages()] == ["Invoice"]
    assert [event.what.value for event in waiting.events()[len(events) :]] == ["order_closed"]
