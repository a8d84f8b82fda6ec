# SPDX-License-Identifier: GPL-3.0-or-later
"""What only ACME does, with a real Pebble: records, profiles, chains, advice, names that are believed already."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme import AcmeAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_account import AcmeAccount
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthorityRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, AcmeChallenge, AcmeSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    Action,
    Application,
    Order,
    OrderState,
    Replaced,
)
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from ansible_collections.koshin.tls.plugins.module_utils._x509.usage import renewal_id
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import root_name
from contract.applicant import application, new_key
from contract.authority_acme import AcmeUnderQuestion
from contract.website import Website

NAMES = ("www.example.jp", "shop.example.jp")


@pytest.fixture
def acme(tmp_path: Path, website: Website) -> Iterator[AcmeUnderQuestion]:
    with AcmeUnderQuestion(tmp_path / "acme", website) as running:
        yield running


def authority(ca: AcmeUnderQuestion, **settings: object) -> AcmeAuthority:
    account = Account("ca", "acme", replace(ca.settings(), **settings))
    return AcmeAuthority(account, account.settings, clock=lambda: datetime.now(UTC), patience_seconds=10)


def other(ca: AcmeUnderQuestion, tmp_path: Path, **manners: object) -> AcmeUnderQuestion:
    """Another Pebble, with manners of its own, in front of the same website."""
    return AcmeUnderQuestion(tmp_path / "other", ca.website, **manners)


def issued(ca: AcmeUnderQuestion, wanted: Application, **settings: object) -> Order:
    asked = authority(ca, **settings)
    order = asked.submit(wanted)
    ca.website.publish(*order.tokens)
    return asked.validate(order, wanted)


def by_dns(*names: str, **more: object) -> Application:
    return application(*names, methods=tuple((name, Method.DNS) for name in names), **more)


def test_names_are_validated_by_records_and_a_wildcard_with_them(acme: AcmeUnderQuestion):
    wanted = by_dns("example.jp", "*.example.jp")
    order = authority(acme).submit(wanted)

    assert [(one.name, one.record, one.type) for one in order.records] == [
        ("example.jp", "_acme-challenge.example.jp", "TXT"),
        ("*.example.jp", "_acme-challenge.example.jp", "TXT"),
    ]
    for one in order.records:
        acme.pebble.write_record(one.record, one.value)
    assert authority(acme).validate(order, wanted).state is OrderState.ISSUED


def test_a_record_that_stays_names_ca_and_account(acme: AcmeUnderQuestion):
    persistent = {"dns_challenge": AcmeChallenge.PERSISTENT}
    wanted = by_dns("www.example.jp")
    order = authority(acme, **persistent).submit(wanted)

    (record,) = order.records
    assert record.record == "_validation-persist.www.example.jp"
    assert "; accounturi=https://localhost" in record.value
    acme.pebble.write_record(record.record, record.value)
    assert authority(acme, **persistent).validate(order, wanted).state is OrderState.ISSUED
    again = by_dns("www.example.jp")
    order = authority(acme, **persistent).submit(again)
    assert [one.value for one in order.records] == [record.value]
    assert authority(acme, **persistent).validate(order, again).state is OrderState.ISSUED


def test_files_and_records_go_together_in_one_order(acme: AcmeUnderQuestion):
    wanted = application(*NAMES, methods=((NAMES[0], Method.FILE), (NAMES[1], Method.DNS)))
    order = authority(acme).submit(wanted)

    assert [one.name for one in order.tokens] == [NAMES[0]]
    assert [one.name for one in order.records] == [NAMES[1]]
    acme.website.publish(*order.tokens)
    acme.pebble.write_record(order.records[0].record, order.records[0].value)
    assert authority(acme).validate(order, wanted).state is OrderState.ISSUED


def test_a_wildcard_by_file_is_refused_in_words(acme: AcmeUnderQuestion):
    with pytest.raises(CertificateAuthorityRefused, match=r"offers no http-01 for \*\.example\.jp") as caught:
        authority(acme).submit(application("*.example.jp", methods=(("*.example.jp", Method.FILE),)))

    assert caught.value.code == "method_not_offered"


def test_names_that_are_believed_already_need_no_token(acme: AcmeUnderQuestion, tmp_path: Path):
    with other(acme, tmp_path, reused_authorizations=100) as reusing:
        assert issued(reusing, application(*NAMES)).state is OrderState.ISSUED
        wanted = application(*NAMES)

        order = authority(reusing).submit(wanted)

        assert (order.tokens, order.validated, order.ready) == ((), NAMES, True)
        assert authority(reusing).validate(order, wanted).state is OrderState.ISSUED


def test_a_profile_is_asked_for(acme: AcmeUnderQuestion, tmp_path: Path):
    with other(acme, tmp_path, lifetimes={"default": 100, "ov": 50}) as offering:
        order = issued(offering, application(*NAMES), profile="ov")
        facts = certificate_facts(order.chain[0], "it")
        assert timedelta(days=49) < facts.not_after - facts.not_before <= timedelta(days=50)
        with pytest.raises(CertificateAuthorityRefused, match="invalidProfile|profile"):
            authority(offering, profile="platinum").submit(application("www.example.jp"))


def test_the_chain_that_is_preferred_is_taken_and_else_the_first(acme: AcmeUnderQuestion, tmp_path: Path):
    with other(acme, tmp_path, alternate_roots=2) as offering:
        root = root_name(offering.pebble.roots(2))

        preferred = issued(offering, application(*NAMES), preferred_chain=root)
        unknown = issued(offering, application(*NAMES), preferred_chain="No such root")

        assert root_name("".join(preferred.chain)) == root
        assert root_name("".join(unknown.chain)) == root_name(offering.pebble.roots(0))


def test_advice_is_asked_for_side_by_side_and_what_is_unknown_is_left_out(acme: AcmeUnderQuestion):
    orders = [issued(acme, application(f"www{place}.example.jp")) for place in range(3)]
    acme.pebble.advise(orders[0].chain[0], "2026-12-01T00:00:00Z", "2026-12-02T00:00:00.5Z")
    names = [renewal_id(order.chain[0]) for order in orders]

    advice = authority(acme).advice([*names, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"])

    assert set(advice) == set(names)
    assert advice[names[0]].starts_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert advice[names[1]].ends_at > datetime.now(UTC)


def test_a_renewal_says_what_it_replaces_and_one_that_was_replaced_before_is_an_order_all_the_same(
    acme: AcmeUnderQuestion,
):
    before = issued(acme, application(*NAMES))
    facts = certificate_facts(before.chain[0], "it")
    known_as = renewal_id(before.chain[0])
    replaced = Replaced(facts.serial, facts.key_hash, facts.not_before, facts.not_after, True, known_as)
    renewal = {"action": Action.RENEWAL, "replaces": replaced}

    first = issued(acme, application(*NAMES, **renewal))
    second = issued(acme, application(*NAMES, **renewal))

    assert (first.state, second.state) == (OrderState.ISSUED, OrderState.ISSUED)
    said = [authority(acme)._json(order.reference, "order").get("replaces") for order in (first, second)]
    assert said == [known_as, None]


def test_a_name_that_the_ca_does_not_see_is_rejected_with_its_words_and_what_to_do(acme: AcmeUnderQuestion):
    wanted = application(*NAMES)
    order = authority(acme).submit(wanted)
    acme.website.publish(order.tokens[0])

    done = authority(acme).validate(order, wanted)

    assert done.state is OrderState.REJECTED
    assert f"{NAMES[1]}: unauthorized" in done.reason
    assert "See what the token answers from outside" in done.reason


def test_an_order_that_was_fulfilled_for_another_key_is_none_of_ours(acme: AcmeUnderQuestion):
    theirs = application(*NAMES)
    order = issued(acme, theirs)

    ours = authority(acme).read(order.reference, application(*NAMES, key=new_key()))

    assert (ours.state, ours.chain) == (OrderState.CANCELLED, ())
    assert "another key" in ours.reason


def test_the_account_key_is_nobody_elses_and_one_of_many_that_begin_at_once_wins(acme: AcmeUnderQuestion):
    begin, urls = threading.Barrier(8), []

    def work(_place: int) -> None:
        one = authority(acme)
        begin.wait()
        urls.append(one._account.url)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    path = Path(acme.settings().account_key_path)
    assert len(set(urls)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_key_from_a_vault_lies_on_no_disk(acme: AcmeUnderQuestion):
    assert authority(acme)._account.url
    path = Path(acme.settings().account_key_path)
    key = path.read_text()
    path.unlink()

    assert issued(acme, application(*NAMES), account_key=key).state is OrderState.ISSUED
    assert not path.exists()


@pytest.mark.parametrize("wrong", [{"eab_kid": "kid-9"}, {"eab_kid": None, "eab_hmac_key": None}])
def test_an_account_that_is_not_bound_is_refused_with_what_to_do(acme: AcmeUnderQuestion, wrong: dict[str, object]):
    with pytest.raises(CertificateAuthorityRefused, match="eab_kid|EAB|external|binding|unauthorized"):
        authority(acme, **wrong).submit(application(*NAMES))


def test_fifty_orders_side_by_side(acme: AcmeUnderQuestion):
    one = authority(acme)
    wanted = [application(f"www{place}.example.jp") for place in range(50)]

    def work(what: Application) -> OrderState:
        order = one.submit(what)
        acme.website.publish(*order.tokens)
        return one.validate(order, what).state

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(work, wanted)) == {OrderState.ISSUED}
    assert acme.pebble.issued() == 50
    assert acme.orders() == 50


def test_settings_show_no_secret():
    settings = AcmeSettings.__dataclass_fields__

    assert [name for name in ("account_key", "eab_hmac_key") if settings[name].repr] == []


def test_looking_registers_nobody_and_makes_no_key(acme: AcmeUnderQuestion):
    assert authority(acme).find(application(*NAMES)) is None

    assert not Path(acme.settings().account_key_path).exists()
    assert "newAccount" not in acme.pebble.log.read_text()


def test_an_order_that_the_server_cleared_away_is_over(acme: AcmeUnderQuestion):
    order = authority(acme).submit(application(*NAMES))

    forgotten = authority(acme).read(f"{order.reference}x", application(*NAMES))

    assert forgotten.state is OrderState.CANCELLED
    assert "the CA knows it no longer" in forgotten.reason


@pytest.mark.parametrize(
    ("meta", "domains"),
    [
        ({"caaIdentities": ["ca.example", 5, "other.example"]}, ["ca.example", "other.example"]),
        ({"caaIdentities": "ca.example"}, []),
        ({}, []),
        (None, []),
    ],
)
def test_the_directory_says_how_caa_records_name_the_ca(acme: AcmeUnderQuestion, monkeypatch, meta, domains):
    monkeypatch.setattr(AcmeAccount, "directory", {"meta": meta})

    assert list(authority(acme).caa_domains()) == domains
