# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: acme`` with acme2certifier: another server, another CA, other habits: no list of orders, a contact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme import AcmeAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, AcmeSettings, Connection
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    Order,
    OrderState,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.usage import renewal_id
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import complete_chain
from contract.applicant import application, new_key
from contract.website import Website
from sandbox import dirt
from sandbox.acme2certifier import KID, MAC_KEY, VALIDITY_DAYS, Acme2certifier, acme2certifier
from sandbox.dirty_acme import Dirt, DirtyAcme

NAMES = ("www.example.jp", "shop.example.jp")


class Second:
    """The server, and the account ``key`` at it."""

    def __init__(self, server: Acme2certifier, website: Website, key: Path) -> None:
        self.server, self.website, self._key = server, website, key

    def authority(self, *, url: str = "", **settings: object) -> AcmeAuthority:
        """Return the CA as another process would see it."""
        connection = Connection(url or self.server.url, ca_file=str(self.server.ca_file))
        own: dict[str, object] = {"eab_kid": KID, "eab_hmac_key": MAC_KEY, "contact": ("tls@example.jp",), **settings}
        known = AcmeSettings(connection, account_key_path=str(self._key), **own)
        account = Account("second", "acme", known)
        return AcmeAuthority(account, known, clock=lambda: datetime.now(UTC), patience_seconds=10)

    def ordered(self, wanted: Application, **settings: object) -> Order:
        order = self.authority(**settings).submit(wanted)
        self.website.publish(*order.tokens)
        return self.authority(**settings).validate(order, wanted)


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    with Website() as running:
        yield running


@pytest.fixture(scope="module")
def server(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme2certifier]:
    with acme2certifier(tmp_path_factory.mktemp("second"), website=website.address) as running:
        yield running


@pytest.fixture
def second(server: Acme2certifier, website: Website, tmp_path: Path) -> Second:
    website.pages.clear()
    return Second(server, website, tmp_path / "account" / "key.pem")


def test_an_order_goes_all_the_way_and_its_chain_ends_at_the_root(second: Second):
    wanted = application(*NAMES)

    order = second.ordered(wanted)

    assert order.state is OrderState.ISSUED
    now, anchor = datetime.now(UTC), second.server.anchor.read_text()
    assert complete_chain(order.chain, anchor, NAMES, now, wanted.key_hash)[0] == order.chain[0]
    leaf = x509.load_pem_x509_certificate(order.chain[0].encode())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=VALIDITY_DAYS)


def test_the_next_run_reads_the_order_and_the_account_is_found_without_its_binding(second: Second):
    wanted = application(*NAMES)
    order = second.ordered(wanted)
    before = (second.server.orders(), second.server.accounts(), second.server.issued())

    read = second.authority(eab_kid=None, eab_hmac_key=None, contact=()).read(order.reference, wanted)

    assert read == order
    assert second.authority().validate(order, wanted) == order
    assert (second.server.orders(), second.server.accounts(), second.server.issued()) == before


def test_where_the_server_lists_no_orders_none_is_found(second: Second):
    wanted = application(*NAMES)
    second.ordered(wanted)

    assert second.authority().find(wanted) is None


@pytest.mark.parametrize("kind", ["challenge", "finalize", "certificate"])
@pytest.mark.parametrize("bad", [dirt.lost, dirt.done_and(dirt.html(502))])
def test_what_was_done_and_not_told_is_done_once(second: Second, kind: str, bad: Dirt):
    before = second.server.orders(), second.server.issued()
    with DirtyAcme(second.server.url, second.server.ca_file) as proxy:
        proxy.soil(kind, bad, dirt.clean)

        order = second.ordered(application(*NAMES), url=proxy.url)

    assert order.state is OrderState.ISSUED
    assert (second.server.orders() - before[0], second.server.issued() - before[1]) == (1, 1)


def test_a_name_that_it_does_not_see_rejects_the_order_that_it_calls_pending_for_ever(second: Second):
    wanted = application(*NAMES)
    order = second.authority().submit(wanted)

    done = second.authority().validate(order, wanted)

    assert done.state is OrderState.REJECTED
    assert f"{NAMES[0]}: invalid" in done.reason
    assert "See what the token answers from outside" in done.reason
    assert second.authority().read(order.reference, wanted) == done


def test_an_order_that_it_does_not_give_up_stands_as_it_stood_and_what_is_issued_is_not_given_up(second: Second):
    """It answers that all is well, and changes nothing."""
    wanted = application(*NAMES)
    order = second.authority().submit(wanted)

    assert second.authority().cancel(order.reference, wanted) == order
    second.website.publish(*order.tokens)
    assert second.authority().validate(order, wanted).state is OrderState.ISSUED
    with pytest.raises(CertificateAuthorityRefused, match="is issued already"):
        second.authority().cancel(order.reference, wanted)


def test_an_order_that_was_fulfilled_for_another_key_is_none_of_ours(second: Second):
    order = second.ordered(application(*NAMES))

    ours = second.authority().read(order.reference, application(*NAMES, key=new_key()))

    assert (ours.state, ours.chain) == (OrderState.CANCELLED, ())


def test_it_advises_when_to_renew_and_a_renewal_says_what_it_replaces(second: Second):
    before = second.ordered(application(*NAMES))
    facts, known_as = certificate_facts(before.chain[0], "it"), renewal_id(before.chain[0])

    advice = second.authority().advice([known_as])[known_as]
    replaced = Replaced(facts.serial, facts.key_hash, facts.not_before, facts.not_after, True, known_as)
    renewals = [second.ordered(application(*NAMES, action=Action.RENEWAL, replaces=replaced)) for _each in range(2)]

    assert facts.not_before < advice.starts_at < advice.ends_at <= facts.not_after + timedelta(days=1)
    assert [order.state for order in renewals] == [OrderState.ISSUED] * 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"contact": ()}, "Contact information is missing"),
        ({"eab_kid": "kid-9"}, "eab|external|binding|unauthorized"),
        ({"eab_kid": None, "eab_hmac_key": None}, "externalAccountRequired"),
        ({"eab_hmac_key": "AAAA"}, "unauthorized|malformed"),
    ],
)
def test_an_account_that_it_does_not_take_is_refused_in_its_words(second: Second, wrong: dict[str, object], words: str):
    before = second.server.accounts()

    with pytest.raises(CertificateAuthorityRefused, match=rf"second refuses \(registration\): 4\d\d .*({words})"):
        second.authority(**wrong).submit(application(*NAMES))

    assert second.server.accounts() == before


def test_a_name_that_it_does_not_issue_for_is_refused_in_its_words(second: Second):
    with pytest.raises(CertificateAuthorityRefused, match="www_1.example.jp: second refuses .*rejectedIdentifier"):
        second.authority().submit(application("www_1.example.jp"))


def test_what_it_says_when_it_cannot_sign_is_not_lost_with_the_order(website: Website, tmp_path: Path):
    with acme2certifier(tmp_path / "broken", website=website.address, signs=False) as server:
        broken = Second(server, website, tmp_path / "account" / "key.pem")

        order = broken.ordered(application(*NAMES))

        assert order.state is OrderState.REJECTED
        assert order.reason.startswith("serverInternal: enrollment failed")
        assert server.issued() == 0
