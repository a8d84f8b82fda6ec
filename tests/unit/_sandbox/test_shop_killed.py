# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller is killed at every point of a change: it happened as a whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from contract.applicant import ADDRESS
from contract.killing import killed_everywhere
from sandbox.reseller.nouns import Stage
from sandbox.reseller.post import Postman
from sandbox.reseller.shop import Shop
from unit._sandbox.material import CUSTOMER, NOW, WWW, Mailbox


def opened(directory: Path) -> Shop:
    return Shop(directory, url="http://shop.example.jp", clock=lambda: NOW)


def with_an_invoice(directory: Path) -> str:
    shop = opened(directory)
    shop.register(CUSTOMER, ADDRESS)
    return shop.buy(CUSTOMER.login, common_name=WWW, name_count=1).invoice


def test_a_payment_counts_once(tmp_path: Path):
    invoice = with_an_invoice(tmp_path / "before")
    places = []

    def attempt(number: int) -> Callable[[], object]:
        places.append(shutil.copytree(tmp_path / "before", tmp_path / str(number)))
        return lambda: opened(places[-1]).pay(invoice)

    assert killed_everywhere(attempt) > 3
    stages = []
    for place in places:
        shop = opened(place)
        (order,) = shop.books.orders.values()
        stages.append(order.stage)
        if order.stage is Stage.INVOICED:
            shop.pay(invoice)
        assert shop.counts()["payment"] == 1
        assert [one.kind for one in shop.books.outbox].count(MessageKind.PAYMENT_RECEIVED) == 1
    assert set(stages) == {Stage.INVOICED, Stage.PAID}


def test_a_letter_leaves_once_or_twice_but_never_not_at_all(tmp_path: Path):
    with_an_invoice(tmp_path / "before")
    with Mailbox() as mailbox:
        host, port = mailbox.address
        places, arrived_before = [], []

        def attempt(number: int) -> Callable[[], object]:
            places.append(shutil.copytree(tmp_path / "before", tmp_path / str(number)))
            arrived_before.append(len(mailbox.contents))
            shop = opened(places[-1])
            postman = Postman(shop, host=host, port=port)
            (letter,) = shop.due_letters()
            contents = postman.contents_of(letter)
            return lambda: postman.deliver(letter, contents)

        killed = killed_everywhere(attempt)

    arrived_before.append(len(mailbox.contents))
    outcomes = set()
    for place, (before, after) in zip(places, pairwise(arrived_before), strict=True):
        outcomes.add((after - before, len(opened(place).due_letters())))
    # Nothing arrived and it will be sent; it arrived and will be sent again; it arrived and is done.
    assert outcomes == {(0, 1), (1, 1), (1, 0)}, f"killed {killed} times"
