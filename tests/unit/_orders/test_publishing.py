# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that the control host publishes: records, files by SFTP, task files; who publishes what, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.order import (
    DnsToken,
    FileToken,
    OrderState,
    Token,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.step import Awaited, StepKind
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import Job, Progress
from ansible_collections.koshin.tls.plugins.module_utils._orders.publishing import TokenWork, token_work
from unit._core.material import certificate
from unit._orders.authority import MemoryAuthority, opened
from unit._orders.test_advance import job, run

A, B = "a.example.jp", "b.example.jp"
ON, OFF = "/etc/koshin/on.yml", "/etc/koshin/off.yml"


def record(name: str, value: str = "abc", kind: str = "TXT", label: str = "_dnsauth") -> DnsToken:
    return DnsToken(name, f"{label}.{name}", kind, value)


def file(name: str, content: str = "abc") -> FileToken:
    return FileToken(name, "/.well-known/pki-validation/fileauth.txt", content)


def wanted(*validations: NameValidation) -> Job:
    names = [one.name for one in validations]
    return job(wanted=replace(certificate(*names), validations=validations))


def by_dns(name: str, **more: str) -> NameValidation:
    return NameValidation(name, Method.DNS, **(more or {"dns_server": "ns1"}))


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.sqlite"), actor="test") as one:
        yield opened(one)


@pytest.fixture
def authority() -> MemoryAuthority:
    return MemoryAuthority()


@pytest.fixture
def handed_out(authority: MemoryAuthority, ledger: Ledger) -> Callable[..., Progress]:
    """Place an order, and let the CA hand out tokens for it."""

    def hand_out(what: Job, *tokens: Token) -> Progress:
        placed = run(authority, ledger, what)
        return again(placed, *tokens)

    def again(placed: Progress, *tokens: Token) -> Progress:
        files = tuple(one for one in tokens if isinstance(one, FileToken))
        records = tuple(one for one in tokens if isinstance(one, DnsToken))
        authority.becomes(placed.order.reference, awaits=(), tokens=files, records=records)
        return run(authority, ledger, placed.job)

    return hand_out


def work(ledger: Ledger, *progress: Progress) -> TokenWork:
    return token_work(progress, ledger, hosts=["web1"])


def test_a_record_is_published_then_looked_at_then_retracted_and_nobody_is_asked(authority, ledger, handed_out):
    progress = handed_out(wanted(by_dns(A)), record(A))

    item = {
        "name": A,
        "record": f"_dnsauth.{A}",
        "type": "TXT",
        "value": "abc",
        "certificate": A,
    }
    assert work(ledger, progress).publish.records == [{**item, "dns_server": "ns1"}]
    assert work(ledger, progress).probes == [{**item, "resolver": {"hosts": {}, "dns_server": None}}]
    assert [step.kind for step in ledger.steps([A])] == []
    assert authority.looks == 0

    ledger.published(ledger.placements())
    believed = run(authority, ledger, progress.job)
    assert authority.looks == 1
    done = work(ledger, believed)
    assert (done.publish.records, done.retract.records, done.hosts) == ([], [{**item, "dns_server": "ns1"}], [])


def test_a_record_without_a_server_is_a_step_for_a_person(authority, ledger, handed_out):
    handed_out(wanted(NameValidation(A, Method.DNS), by_dns(B)), record(A), record(B))

    (step,) = [one for one in ledger.steps([A]) if one.kind is StepKind.PUBLISH_RECORD]
    assert step.details == f"_dnsauth.{A} TXT abc"
    ledger.published(ledger.placements())
    assert authority.looks == 0, "one record lies at its server, the other is with a person"


def test_what_lies_at_one_of_two_places_is_not_looked_at(authority, ledger, handed_out):
    progress = handed_out(wanted(by_dns(A), NameValidation(B, sftp_server="web")), record(A), file(B))

    (at_server,) = [one for one in ledger.placements() if one.host == "dns:ns1"]
    ledger.published([at_server])
    assert run(authority, ledger, progress.job).order.validated == ()
    ledger.published(ledger.placements())
    assert run(authority, ledger, progress.job).order.validated == (A, B)


def test_files_go_by_sftp_into_the_web_root_that_was_named(ledger, handed_out):
    whole = NameValidation(A, sftp_server="web", web_root="/htdocs")
    progress = handed_out(wanted(whole, NameValidation(B, sftp_server="web")), file(A), file(B))

    uploads = {one["name"]: one for one in work(ledger, progress).publish.uploads}
    assert (uploads[A]["sftp_server"], uploads[A]["web_root"], "web_root" in uploads[B]) == ("web", "/htdocs", False)


def test_a_task_file_gets_all_its_tokens_once_and_another_retracts_them(authority, ledger, handed_out):
    tasks = {"publish_tasks": ON, "retract_tasks": OFF}
    progress = handed_out(wanted(by_dns(A, **tasks), NameValidation(B, **tasks)), record(A), file(B))

    (batch,) = work(ledger, progress).publish.results("publish")["publish_tasks"]
    assert batch["tasks"] == ON
    assert sorted((one["name"], one["publish_tasks"]) for one in batch["tokens"]) == [(A, ON), (B, ON)]
    ledger.published(ledger.placements())
    assert work(ledger, progress).publish.tasks == {}
    assert len(work(ledger, progress).probes) == 2

    believed = run(authority, ledger, progress.job)
    (batch,) = work(ledger, believed).retract.results("retract")["retract_tasks"]
    assert (batch["tasks"], sorted(one["name"] for one in batch["tokens"])) == (OFF, [A, B])


def test_what_is_looked_at_for_years_is_never_retracted(ledger, handed_out):
    persistent = DnsToken(A, f"_validation-persist.{A}", "TXT", "ca.example; accounturi=https://ca.example/1")
    progress = handed_out(wanted(by_dns(A)), persistent)
    assert len(work(ledger, progress).publish.records) == 1

    ledger.close_order(progress.record.own_reference, OrderState.CANCELLED, "test")
    assert work(ledger, progress).retract.records == []


def test_the_second_of_two_orders_that_want_one_file_waits_for_the_first(authority, ledger, handed_out):
    first = handed_out(wanted(NameValidation(A, hosts=("web1",), web_root="/srv")), file(A, "one"))
    second = handed_out(wanted(NameValidation(B, hosts=("web1",), web_root="/srv")), file(B, "two"))

    both = work(ledger, first, second)
    assert [one["content"] for one in both.publish.hosts["web1"]] == ["one"]
    assert [one["content"] for one in both.probes] == ["one"]
    (finding,) = both.findings
    assert (finding.name, finding.code) == (B, "token_waits")
    assert "/srv/.well-known/pki-validation/fileauth.txt on web1" in finding.message
    assert "a.example.jp" in finding.message

    ledger.close_order(first.record.own_reference, OrderState.CANCELLED, "test")
    ledger.retracted([one for one in ledger.placements() if one.certificate == A])
    after = work(ledger, second)
    assert ([one["content"] for one in after.publish.hosts["web1"]], after.findings) == (["two"], [])


def test_two_orders_share_a_name_of_txt_records_but_not_of_a_cname(ledger, handed_out):
    texts = [handed_out(wanted(by_dns(name)), replace(record(name), record="_x.example.jp")) for name in (A, B)]
    assert (len(work(ledger, *texts).publish.records), work(ledger, *texts).findings) == (2, [])

    names = ["c.example.jp", "d.example.jp"]
    aliases = [
        handed_out(wanted(by_dns(name)), DnsToken(name, "_y.example.jp", "CNAME", f"{name}.ca.example"))
        for name in names
    ]
    both = work(ledger, *aliases)
    assert [one["value"] for one in both.publish.records] == ["c.example.jp.ca.example"]
    assert [one.name for one in both.findings] == ["d.example.jp"]


def test_a_run_that_was_killed_leaves_records_that_the_next_sweeps(ledger, handed_out):
    progress = handed_out(wanted(by_dns(A)), record(A))
    ledger.published(ledger.placements())
    ledger.close_order(progress.record.own_reference, OrderState.CANCELLED, "test")

    swept = token_work([], ledger, hosts=[])

    assert [one["record"] for one in swept.retract.records] == [f"_dnsauth.{A}"]


def test_a_token_that_goes_another_way_by_now_is_not_given_to_the_file_that_failed(authority, ledger, handed_out):
    tasks = {"publish_tasks": ON, "retract_tasks": OFF}
    progress = handed_out(wanted(by_dns(A, **tasks)), record(A))

    moved = run(authority, ledger, wanted(by_dns(A)))
    now = work(ledger, moved)

    assert (now.publish.tasks, [one["dns_server"] for one in now.publish.records]) == ({}, ["ns1"])
    assert [one.host for one in now.dropped] == [f"tasks:{ON}"]
    ledger.retracted(now.dropped)
    ledger.close_order(progress.record.own_reference, OrderState.CANCELLED, "test")
    assert (work(ledger).retract.tasks, len(work(ledger).retract.records)) == ({}, 1)


def test_what_was_published_where_the_inventory_does_not_want_it_any_more_stays_until_the_order_ends(
    authority, ledger, handed_out
):
    progress = handed_out(wanted(by_dns(A)), record(A))
    ledger.published(ledger.placements())
    authority.becomes("1", validated=())

    moved = run(authority, ledger, wanted(by_dns(A, dns_server="ns2")))
    now = work(ledger, moved)

    assert [one["dns_server"] for one in now.publish.records] == ["ns2"]
    assert (now.retract.records, now.dropped) == ([], [])
    ledger.close_order(progress.record.own_reference, OrderState.CANCELLED, "test")
    assert sorted(one["dns_server"] for one in work(ledger).retract.records) == ["ns1", "ns2"]


def test_a_run_leaves_the_tokens_of_another_runs_orders_alone(authority, ledger, handed_out):
    mine = handed_out(wanted(by_dns(A)), record(A))
    handed_out(wanted(by_dns(B)), record(B))
    ledger.published(ledger.placements())

    believed = run(authority, ledger, mine.job)

    retracted = work(ledger, believed).retract.records
    assert [one["record"] for one in retracted] == [f"_dnsauth.{A}"]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (FileToken(A, "/.well-known/../../etc/cron.d/x", "abc"), "token_refused"),
        (FileToken(A, "/.well-known/x.txt", "<?php system($_GET[0]);"), "token_refused"),
        (DnsToken(A, "_dnsauth.other.example", "TXT", "abc"), "record_refused"),
        (DnsToken(A, f"_dnsauth.{A}", "TXT", "abc\n@ IN NS evil.example."), "record_refused"),
    ],
)
def test_what_is_no_token_of_the_name_reaches_no_task_file_and_nobody_else(ledger, handed_out, token: Token, code: str):
    tasks = {"publish_tasks": ON, "retract_tasks": OFF}
    method = Method.DNS if isinstance(token, DnsToken) else Method.FILE
    progress = handed_out(wanted(NameValidation(A, method, **tasks)), token)

    done = work(ledger, progress)

    assert (done.publish.tasks, done.probes) == ({}, [])
    assert [(one.name, one.code) for one in done.findings] == [(A, code)]


def test_a_shop_that_asks_people_for_records_gets_those_of_a_server_from_there(authority, ledger):
    """A shop's mail asks for all of them."""
    asked = (record(A), record(B))
    step = Awaited(StepKind.PUBLISH_RECORD, details="; ".join(f"{one.record} {one.type} {one.value}" for one in asked))

    for validations, left in (
        ((by_dns(A), by_dns(B)), None),
        ((by_dns(A), NameValidation(B, Method.DNS)), f"_dnsauth.{B} TXT abc"),
        ((NameValidation(A, Method.DNS), NameValidation(B, Method.DNS)), step.details),
    ):
        authority.orders.clear()
        what = wanted(*validations)
        placed = run(authority, ledger, what)
        authority.becomes(placed.order.reference, awaits=(step,), records=asked)
        told = run(authority, ledger, what)

        assert [one.details for one in told.order.awaits] == ([] if left is None else [left])
        ledger.close_order(placed.record.own_reference, OrderState.CANCELLED, "test")


def test_a_value_with_a_semicolon_is_believed_when_somebody_says_it_is_there(authority, ledger, handed_out):
    persistent = DnsToken(A, f"_validation-persist.{A}", "TXT", "ca.example; accounturi=https://ca.example/1")
    progress = handed_out(wanted(NameValidation(A, Method.DNS)), persistent)
    assert authority.looks == 0

    ledger.confirm(A, StepKind.PUBLISH_RECORD, by="suzuki")

    assert run(authority, ledger, progress.job).order.validated == (A,)
