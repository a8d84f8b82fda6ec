# SPDX-License-Identifier: GPL-3.0-or-later
"""A reissue that gets the certificate in use revoked is refused, unless it is wanted and can be installed in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job
from ansible_collections.koshin.tls.plugins.module_utils._orders.rehearsal import rehearse
from unit._core.material import ACCOUNT, certificate
from unit._orders.authority import TRAITS, MemoryAuthority
from unit._orders.test_advance import NAME, job, ledger, run

__all__ = ["ledger"]
# The certificate in use has a second name, shop.example.jp.
FEWER = certificate(NAME)
PRICED = replace(ACCOUNT, prices=(("ov", 59_800),), currency="JPY")


def authority() -> MemoryAuthority:
    return MemoryAuthority(traits=replace(TRAITS, name_loss_revokes_hours=72))


def reissue(wanted=FEWER, *, inside: str | None = "4711", **more: object) -> Job:
    made = job(wanted=wanted, action=Action.REISSUE, account=PRICED, hosts=frozenset({"web1"}), **more)
    return replace(made, planned=replace(made.planned, reissue_of=inside))


def test_it_is_refused_with_the_price_of_a_new_order(ledger: Ledger):
    ca = authority()

    for ask in (run, lambda ca, ledger, what: rehearse(what, authority=ca, ledger=ledger)):
        with pytest.raises(KoshinError, match=r"leaves out shop.example.jp: .* 72 h later") as caught:
            ask(ca, ledger, reissue())

        assert caught.value.code == "reissue_revokes"
        assert "buy a new order for 59800 JPY (new_order: true)" in caught.value.next_move
    assert ca.submitted == []
    assert ledger.orders() == []


def test_it_is_sent_where_it_is_wanted_and_remembered_as_a_revocation(ledger: Ledger):
    ca = authority()

    run(ca, ledger, reissue(replace(FEWER, allow_revoking_reissue=True)))

    assert [one.revokes for one in ca.submitted] == [True]
    assert [one.application.revokes for one in ledger.orders()] == [True]


def test_it_is_not_sent_while_its_host_does_not_answer(ledger: Ledger):
    ca = authority()
    absent = replace(reissue(replace(FEWER, allow_revoking_reissue=True)), hosts=frozenset({"web2"}))

    with pytest.raises(KoshinError, match="web1 did not answer in this run"):
        run(ca, ledger, absent)

    assert ca.submitted == []


@pytest.mark.parametrize(
    ("what", "traits"),
    [
        (reissue(certificate(NAME, "shop.example.jp")), replace(TRAITS, name_loss_revokes_hours=72)),
        (replace(job(wanted=FEWER), hosts=frozenset({"web1"})), replace(TRAITS, name_loss_revokes_hours=72)),
        (reissue(), TRAITS),
    ],
    ids=["all names stay", "a new order", "a CA that revokes nothing"],
)
def test_what_revokes_nothing_is_sent(ledger: Ledger, what: Job, traits):
    ca = MemoryAuthority(traits=traits)

    run(ca, ledger, what)

    assert [one.revokes for one in ca.submitted] == [False]
