# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Application, Decision, OrderRecord
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned, TokenPlace
from ansible_collections.koshin.tls.plugins.module_utils._core.procedure import NextStep
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from unit._core.material import NOW, application, certificate, found, order_record

PLANNED = Planned(
    certificate("www.example.jp", "example.jp"),
    Decision(True, Action.RENEWAL, "ends soon", NOW),
    replace(found(), pending={"33": "csr"}),
    NextStep.APPLY,
    (TokenPlace("example.jp", "web1", None),),
)


@pytest.mark.parametrize("noun", [PLANNED, application(), order_record(), Found(), found()])
def test_nouns_survive_the_way_through_json(noun):
    assert from_plain(type(noun), json.loads(json.dumps(to_plain(noun)))) == noun


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sttep": "x"}, "unknown key 'sttep'"),
        ({"step": "dance"}, "dance"),
        ({"token_places": "x"}, "not a list"),
        ({"token_places": [{"name": 1}]}, "not a str"),
        ({"token_places": [{"name": "a"}]}, "incomplete"),
        ({"decision": {"due": 1, "action": "none", "reason": ""}}, "not a bool"),
        ({"decision": {"due": True, "action": "none", "reason": "", "renew_at": "yesterday"}}, "yesterday"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, words):
    with pytest.raises(InputRefused, match=words):
        from_plain(Planned, {**to_plain(PLANNED), **change})


def test_the_first_years_survive_too():
    """A certificate says any year from 1 on, and what a host says must not break what the others say."""
    early = replace(found(), certificate=replace(found().certificate, not_before=datetime(1, 1, 1, tzinfo=UTC)))

    assert from_plain(Found, to_plain(early)) == early


def test_types_are_not_guessed():
    with pytest.raises(InputRefused):
        from_plain(Application, [])
    with pytest.raises(InputRefused):
        from_plain(OrderRecord, {**to_plain(order_record()), "created_at": 12})
