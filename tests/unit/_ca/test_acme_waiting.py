# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for an ACME server, without waiting."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_reading import Standing, standing
from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_waiting import waited
from unit._ca.acme_answers import CA, order


def said(word: str) -> Standing:
    return standing(order(status=word), f"{CA}/order/1")


def looks(*words: str) -> Iterator[Standing]:
    return iter([said(word) for word in words])


def test_what_is_over_is_not_waited_for():
    slept: list[float] = []

    done = waited(said("ready"), "pending", lambda: next(looks()), patience_seconds=60, sleep=slept.append)

    assert (done.word, slept) == ("ready", [])


def test_it_looks_until_the_word_changes_and_no_longer():
    slept: list[float] = []
    words = looks("pending", "pending", "ready", "valid")

    done = waited(said("pending"), "pending", lambda: next(words), patience_seconds=60, sleep=slept.append)

    assert done.word == "ready"
    assert len(slept) == 3
    assert next(words).word == "valid"


def test_pauses_grow_from_a_moment_to_a_few_seconds():
    slept: list[float] = []
    words = looks(*["processing"] * 30, "valid")

    waited(said("processing"), "processing", lambda: next(words), patience_seconds=600, sleep=slept.append)

    assert slept == sorted(slept)
    assert slept[0] < 0.1
    assert slept[-1] == 3.0


def test_a_pause_that_ends_after_the_patience_is_not_begun():
    slept: list[float] = []

    done = waited(said("pending"), "pending", lambda: said("pending"), patience_seconds=0.06, sleep=slept.append)

    assert (done.word, len(slept)) == ("pending", 1)
