# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad nights: mails that come twice, late, forged or of another year; approvals that were given for something else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.portal import PortalAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Outcome
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger, utc_now
from ansible_collections.koshin.tls.plugins.module_utils._mail import understanding
from ansible_collections.koshin.tls.plugins.module_utils._mail.mail import Mail
from ansible_collections.koshin.tls.plugins.module_utils._orders import collect
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.correspondence import _Desk, read_mail
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job
from ansible_collections.koshin.tls.plugins.module_utils._orders.round import advance_all
from contract.applicant import key_hash
from unit._orders.authority import MemoryAuthority, opened
from unit._orders.test_advance import NAME, job, run
from unit._orders.test_correspondence import MAIL, Shop, wanted
from unit._orders.test_purchase import PRICED, TWO_OVER_50000
from unit._x509.material import DAY, authority, ec_key, leaf

DUE = date(2027, 1, 9)


@pytest.fixture
def shop(tmp_path: Path):
    made = Shop(tmp_path)
    yield made
    made.ledger.close()


def renumbered(shop: Shop) -> None:
    """The mailbox was moved or put back: nothing there counts as read."""
    for path in shop.inbox.iterdir():
        path.rename(path.with_name(f"moved-{path.name}"))


@pytest.mark.parametrize(
    "kind",
    [
        MessageKind.CANCELLATION,
        MessageKind.REJECTION,
        MessageKind.PAYMENT_RECEIVED,
        MessageKind.APPLICATION_INVITATION,
        MessageKind.RECEIVED,
        MessageKind.INVOICE,
    ],
)
def test_mails_of_last_year_that_are_read_again_say_nothing_of_this_years_order(shop: Shop, kind: MessageKind):
    shop.writes(kind, invoice_number="INV-0001", due_on=DUE)
    old = shop.inbox / "0000.eml"
    long_ago = old.stat().st_mtime - 190 * 86400
    os.utime(old, (long_ago, long_ago))
    assert shop.reads() == 1
    shop.goes_on(wanted(shop))
    before = shop.awaited()

    renumbered(shop)
    after = shop.goes_on(wanted(shop))

    assert after.order.state is OrderState.OPEN
    assert shop.awaited() == before == []
    assert shop.ledger.messages(own_reference=after.record.own_reference) == []


def test_one_invoice_that_came_before_both_orders_is_taken_up_by_both(shop: Shop):
    shop.writes(MessageKind.INVOICE, NAME, MAIL, invoice_number="INV-0007", due_on=DUE)

    shop.goes_on(wanted(shop))
    shop.goes_on(wanted(shop, MAIL, "77" * 32))

    assert (shop.awaited(), shop.awaited(MAIL)) == ([StepKind.PAYMENT], [StepKind.PAYMENT])


@pytest.mark.parametrize("dies", ["submit", "tie"])
def test_what_came_before_is_taken_up_by_an_order_whose_placing_was_killed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, dies: str
):
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)

    def killed(*_said: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(*{"submit": (PortalAuthority, dies, killed), "tie": (Ledger, dies, killed)}[dies])
        shop.goes_on(wanted(shop))
    shop.goes_on(wanted(shop))

    assert shop.awaited() == [StepKind.PAYMENT]


def test_mails_of_an_order_that_was_given_up_are_not_taken_up_by_the_next(shop: Shop):
    first = shop.goes_on(wanted(shop))
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)
    shop.goes_on(wanted(shop))
    shop.ledger.close_order(first.record.own_reference, OrderState.CANCELLED, "by hand")

    shop.goes_on(wanted(shop))

    assert shop.awaited() == []


def test_a_mail_of_the_order_before_that_is_read_again_says_nothing_of_the_next(shop: Shop):
    first = shop.goes_on(wanted(shop))
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)
    shop.goes_on(wanted(shop))
    shop.ledger.close_order(first.record.own_reference, OrderState.CANCELLED, "by hand")
    shop.goes_on(wanted(shop))

    renumbered(shop)
    shop.goes_on(wanted(shop))

    assert shop.awaited() == []


@pytest.mark.parametrize("kind", [MessageKind.CANCELLATION, MessageKind.REJECTION])
def test_a_no_that_names_nothing_ends_no_order(shop: Shop, kind: MessageKind):
    first = shop.goes_on(wanted(shop))
    message = shop_says(shop, kind)

    assert message.names == ()
    assert shop.goes_on(wanted(shop)).order.state is OrderState.OPEN
    assert shop.ledger.messages(own_reference=first.record.own_reference) == []


def shop_says(shop: Shop, kind: MessageKind, identity: str = "ab", **said: object) -> Message:
    """Let a mail of a kind arrive; it names neither certificate nor order, unless C(said)."""
    made = Message(identity * 32, "shop", "INBOX", "1", utc_now(), "support@bestssl.net", "Sorry", kind, True)
    message = replace(made, **said)
    desk = _Desk("shop", shop.ledger)
    desk.take(message, "INBOX", "1:1")
    desk.write()
    return message


@pytest.mark.parametrize("kind", [MessageKind.CANCELLATION, MessageKind.REJECTION])
def test_a_no_to_the_order_before_that_is_sent_again_is_none_to_the_next(shop: Shop, kind: MessageKind):
    first = shop.goes_on(wanted(shop))
    shop_says(shop, kind, "ab", order_number="B-77", names=(NAME,))
    with suppress(KoshinError):
        shop.goes_on(wanted(shop))
    shop.ledger.close_order(first.record.own_reference, OrderState.CANCELLED, "by hand")
    second = shop.goes_on(wanted(shop))

    shop_says(shop, kind, "cd", order_number="B-77", names=(NAME,))
    assert shop.ledger.messages(own_reference=second.record.own_reference) == []
    shop_says(shop, kind, "ef", order_number="B-78", names=(NAME,))
    assert len(shop.ledger.messages(own_reference=second.record.own_reference)) == 1


def test_a_mail_that_nobody_foresaw_hides_none_after_it(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.goes_on(wanted(shop))
    shop.writes(MessageKind.EXPIRY_REMINDER)
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)
    understand = understanding.understand

    def stumbles(mail: Mail, *, account: str, settings: PortalSettings) -> Message:
        return understand(mail, account=account, settings=settings) if "0001" in mail.number else 1 / 0

    monkeypatch.setattr(understanding, "understand", stumbles)
    shop.goes_on(wanted(shop))

    assert shop.awaited() == [StepKind.PAYMENT]
    assert shop.findings() == ["mail_unreadable", "senders_unproved"]
    assert shop.reads() == 0


def test_a_message_in_the_ledger_that_cannot_be_read_stops_no_other_account(shop: Shop):
    shop_says(shop, MessageKind.INVOICE)
    shop.goes_on(wanted(shop))
    with shop.ledger._writing() as transaction:
        transaction.connection.exec_driver_sql("UPDATE messages SET content = '{}'")
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)

    assert read_mail([shop.account], shop.ledger, now=utc_now())["shop"].new == 1
    assert shop.findings() == ["row_unreadable", "senders_unproved"]


# --- approvals -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(shop: Shop) -> Ledger:
    return opened(shop.ledger, "local")


def approved(ledger: Ledger, what: Job, *people: str) -> None:
    with pytest.raises(KoshinError):
        run(MemoryAuthority(), ledger, what)
    for one in people:
        ledger.confirm(NAME, StepKind.APPROVE_PURCHASE, by=one)


@pytest.mark.parametrize("other", ["price", "account", "names"])
def test_an_approval_is_for_what_was_shown_and_for_nothing_dearer(ledger: Ledger, other: str):
    what = replace(job(), account=PRICED, approval=TWO_OVER_50000)
    approved(ledger, what, "sato", "tanaka")
    changed = {
        "price": replace(what, account=replace(PRICED, prices=(("ov", 657800),))),
        "account": replace(what, account=replace(PRICED, name="dear")),
        "names": replace(
            what,
            planned=replace(
                what.planned, certificate=replace(what.planned.certificate, additional_names=("evil.example.jp",))
            ),
        ),
    }[other]
    opened(ledger, "dear")
    authority = MemoryAuthority()

    with pytest.raises(KoshinError) as caught:
        run(authority, ledger, changed)

    assert (caught.value.code, authority.submitted) == ("not_approved", [])
    (step,) = ledger.steps([NAME])
    assert (step.state, step.confirmed_by) == (StepState.OPEN, ())


def test_half_an_approval_does_not_count_for_something_else(ledger: Ledger):
    what = replace(job(), account=PRICED, approval=TWO_OVER_50000)
    approved(ledger, what, "sato")
    dearer = replace(what, account=replace(PRICED, prices=(("ov", 657800),)))

    approved(ledger, dearer, "tanaka")

    with pytest.raises(KoshinError):
        run(MemoryAuthority(), ledger, dearer)


# --- whole runs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def night(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """One run for one certificate, as the module order does it."""
    monkeypatch.setattr(collect, "system_trust_anchors", lambda: "roots")
    settings = shop.account.settings
    assert isinstance(settings, PortalSettings)
    authorities = {"shop": PortalAuthority(shop.account, settings, clock=utc_now)}
    known = Control(str(tmp_path / "ledger.sqlite"), utc_now(), {"shop": shop.account}, {}, {}, authorities)

    def goes(*, check_mode: bool = False) -> Outcome:
        options = {"published": {}, "hosts": ["web1"], "wait_seconds": 0, "retention_days": 400}
        return advance_all([wanted(shop)], known, check_mode=check_mode, **options)

    return goes


def everything(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Return file → content and time of change of all that lies there; the ledger as a dump."""
    files = [path for path in directory.rglob("*") if path.is_file() and "ledger" not in path.name]
    dump = "\n".join(sqlite3.connect(directory / "ledger.sqlite").iterdump()).encode()
    return {"ledger": (dump, 0), **{str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}}


def test_check_mode_reads_no_mail_and_writes_nothing_at_any_halt(shop: Shop, tmp_path: Path, night):
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)
    for _halt in ("before the order", "before the payment", "after it"):
        before = everything(tmp_path)
        night(check_mode=True)
        assert everything(tmp_path) == before
        night()
        with suppress(KoshinError):
            shop.ledger.confirm(NAME, StepKind.PAYMENT, by="sato")


def test_a_run_without_news_writes_nothing(shop: Shop, tmp_path: Path, night):
    shop.writes(MessageKind.INVOICE, invoice_number="INV-0007", due_on=DUE)
    night()
    night()
    before = everything(tmp_path)

    assert [item["changed"] for item in night().items] == [False]
    assert everything(tmp_path) == before


# --- certificates ----------------------------------------------------------------------------------------------------


def test_a_certificate_for_the_key_in_use_counts_only_if_it_verifies(shop: Shop, tmp_path: Path):
    """Everybody knows that key: whoever may write as the shop could end the order with a certificate of his own."""
    now, in_use = utc_now().replace(microsecond=0), ec_key()
    root, forger = authority("Root"), authority("Forger")
    (tmp_path / "root.pem").write_text(root.pem)
    shop.account = replace(shop.account, trust_store=str(tmp_path / "root.pem"))
    what = in_use_of(wanted(shop), key_hash(in_use))
    shop.goes_on(what)

    forged = leaf(forger, NAME, key=in_use, not_before=now, not_after=now + 199 * DAY)
    shop_says(shop, MessageKind.CERTIFICATE, "ab", certificates=(forged.pem, forger.pem))
    assert shop.goes_on(what).order.state is OrderState.OPEN

    genuine = leaf(root, NAME, key=in_use, not_before=now, not_after=now + 199 * DAY)
    shop_says(shop, MessageKind.CERTIFICATE, "cd", certificates=(genuine.pem,))
    assert shop.goes_on(what).order.reused_key


def in_use_of(what: Job, key: str) -> Job:
    """Return the certificate that is due with another key in use."""
    found = what.planned.found
    assert found.certificate is not None
    certificate = replace(found.certificate, key_hash=key)
    return replace(what, planned=replace(what.planned, found=replace(found, certificate=certificate, key_hash=key)))
