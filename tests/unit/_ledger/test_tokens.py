# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: what was published somewhere is known until it is retracted there."""

from __future__ import annotations

import dataclasses

from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind

NAME, OWN = "www.example.jp", "own www.example.jp"


def observe(desk, ledger, *placements):
    return ledger.observed(OWN, desk.order(awaits=(StepKind.PAYMENT,)), steps=[], placements=placements)


def test_a_placement_is_remembered_once_for_each_place(desk, waiting):
    here, there = desk.placement(host="web1"), desk.placement(host="web2")

    assert observe(desk, waiting, here, here) is True
    assert observe(desk, waiting, here, there) is True
    assert observe(desk, waiting, here, there) is False

    assert sorted(waiting.placements(), key=lambda one: one.host) == [here, there]
    assert waiting.placements([NAME]) == waiting.placements()
    assert waiting.placements(["other"]) == []


def test_published_and_retracted(desk, waiting):
    here, there = desk.placement(host="web1"), desk.placement(host="web2")
    observe(desk, waiting, here, there)

    assert waiting.published([here]) is True
    assert waiting.published([here]) is False
    assert {one.host: one.published for one in waiting.placements()} == {"web1": True, "web2": False}

    assert waiting.retracted([dataclasses.replace(here, published=True)]) is True
    assert waiting.retracted([here]) is False
    assert waiting.placements() == [there]


def test_a_retracted_token_does_not_come_back_by_itself(desk, waiting):
    observe(desk, waiting, desk.placement())
    waiting.retracted([desk.placement()])

    assert observe(desk, waiting, desk.placement()) is False
    assert observe(desk, waiting, desk.placement(content="a new token")) is True
    assert [one.token.content for one in waiting.placements()] == ["a new token"]


def test_tokens_of_a_closed_order_wait_for_being_retracted(desk, waiting):
    observe(desk, waiting, desk.placement())
    waiting.published([desk.placement()])
    waiting.close_order(OWN, OrderState.CANCELLED, "given up")

    assert [one.published for one in waiting.placements()] == [True]


def test_unknown_placements_change_nothing(desk, waiting):
    assert waiting.published([desk.placement()]) is False
    assert waiting.retracted([desk.placement()]) is False
    assert waiting.published([]) is False
