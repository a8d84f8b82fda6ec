# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sent a mail, and whether it counts: everything that people try in order to look like somebody else."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings
from ansible_collections.koshin.tls.plugins.module_utils._mail.headers import split
from ansible_collections.koshin.tls.plugins.module_utils._mail.senders import Sender, address_of, is_allowed, judged
from unit._mail.material import portal

OURS = "Authentication-Results: mail.example.jp;"


def judge(*lines: str, settings: PortalSettings | None = None) -> Sender:
    raw = "\r\n".join([*lines, "", "body"]).encode()
    return judged(raw, split(raw)[0], settings or portal())


def test_a_mail_of_the_shop():
    assert judge("From: Shop <info@shop.example>", "Subject: x") == Sender("info@shop.example", "")
    assert judge("From: Shop <info@shop.example>").trusted


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"info@shop.example", "info@shop.example"),
        (b"INFO@Shop.Example", "info@shop.example"),
        (b" <info@shop.example> ", "info@shop.example"),
        (b'"Shop, Inc. <x@y.example>" <info@shop.example>', "info@shop.example"),
        (b"Shop (a@b.example (c) \\) ) <info@shop.example>", "info@shop.example"),
        ("株式会社ショップ <info@shop.example>".encode(), "info@shop.example"),
        ("株式会社ソ <info@shop.example>".encode("cp932"), "info@shop.example"),
        (b"\x1b$B99?7\x1b(B <info@shop.example>", "info@shop.example"),
        (b"=?utf-8?B?5pu05paw?= <info@shop.example>", "info@shop.example"),
        (b"=?utf-8?Q?info=40shop.example?= <a@evil.example>", "a@evil.example"),
        (b'"info@shop.example" <a@evil.example>', "a@evil.example"),
    ],
)
def test_the_one_address(value: bytes, address: str):
    assert address_of(value) == address


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"info@shop.example, a@evil.example",
        b"info@shop.example <a@evil.example>",
        b"<info@shop.example> <a@evil.example>",
        b"shop: info@shop.example;",
        b"=?utf-8?Q?info=40shop.example?=",
        b"<=?utf-8?Q?info?=@shop.example>",
        "info@shоp.example".encode(),
        "info@ｓhop.example".encode(),
        "ｉnfo＠shop.example".encode(),
        b"info@shop.example\x00.evil.example",
        b"info@shop.example (",
        b'"Shop <info@shop.example>',
        b"info@localhost",
        b"in fo@shop.example",
        b"info@shop..example",
        b"@shop.example",
    ],
)
def test_what_is_no_one_address(value: bytes):
    assert address_of(value) == ""


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("info@shop.example", True),
        ("info@mail.shop.example", False),
        ("info@evilshop.example", False),
        ("info@shop.example.evil.example", False),
        ("order@other.example", True),
        ("info@other.example", False),
        ("info@xn--shp-0sa.example", False),
    ],
)
def test_a_domain_means_itself_and_an_address_itself(address: str, allowed: bool):
    assert is_allowed(address, ["@shop.example", "Order@Other.example"]) is allowed


@pytest.mark.parametrize(
    ("lines", "distrust"),
    [
        (("From: info@evil.example",), "info@evil.example is not among the account's senders"),
        (("From: info@shop.example", "From: a@evil.example"), "it has more than one From header"),
        (("From: a@evil.example", "FROM: info@shop.example"), "it has more than one From header"),
        (("From: info@shop.example", "Subject: a", "Subject: b"), "it has more than one Subject header"),
        (("Subject: x",), "its From is not exactly one plain address"),
        (("From: info@shop.example", *["X: y"] * 2000), "it has more than 1000 headers"),
    ],
)
def test_why_it_does_not_count_is_said(lines: tuple[str, ...], distrust: str):
    sender = judge(*lines)

    assert not sender.trusted
    assert sender.distrust == distrust


def test_senders_of_the_account_count_beside_those_of_the_shop():
    settings = portal(senders=("forwarder@example.jp",))

    assert judge("From: forwarder@example.jp", settings=settings).trusted
    assert judge("From: info@shop.example", settings=settings).trusted


@pytest.mark.parametrize(
    "result",
    [
        f"{OURS} dkim=pass header.d=shop.example",
        f"{OURS} spf=fail smtp.mailfrom=x; dkim=pass (2048-bit key) header.d=shop.example header.s=s1",
        f"{OURS} dkim=fail header.d=evil.example; dkim=pass header.d=mail.shop.example",
        f'{OURS} dkim=pass reason="good; signature" header.d="shop.example"',
        f"{OURS}\r\n\tdmarc=pass (p=none) header.from=shop.example",
        "Authentication-Results: MAIL.example.jp 1; dkim/1 = pass header.d=SHOP.example",
        "Authentication-Results: (comment) mail.example.jp (x); dkim=pass header.d=shop.example",
    ],
)
def test_what_the_mail_server_proved(result: str):
    settings = portal(authentication_server="mail.example.jp")

    assert judge(result, "From: info@shop.example", settings=settings) == Sender("info@shop.example", "")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (f"{OURS} none",),
        (f"{OURS} spf=pass smtp.mailfrom=shop.example",),
        (f"{OURS} dkim=fail header.d=shop.example",),
        (f"{OURS} dkim=fail (dkim=pass) header.d=shop.example",),
        (f"{OURS} dkim=fail (; dkim=pass header.d=shop.example)",),
        (f'{OURS} dkim=fail reason="; dkim=pass header.d=shop.example"',),
        (f"{OURS} dkim=fail ( header.d=shop.example",),
        (f"{OURS} dkim=pass header.d=evil.example",),
        (f"{OURS} dkim=pass header.d=evilshop.example",),
        (f"{OURS} dkim=pass header.d=example",),
        (f"{OURS} dkim=pass",),
        (f"{OURS} dkim=passed header.d=shop.example",),
        (f"{OURS} x-dkim=pass header.d=shop.example",),
        (f"{OURS} dmarc=pass header.from=mail.shop.example",),
        (f"{OURS} dmarc=pass",),
        (f"{OURS} dmarc=fail header.from=shop.example; arc=pass header.d=shop.example",),
        ("Authentication-Results: other.example; dkim=pass header.d=shop.example",),
        ("Authentication-Results: mail.example.jp.evil.example; dkim=pass header.d=shop.example",),
        ("Authentication-Results: evil.example mail.example.jp; dkim=pass header.d=shop.example",),
        (f"{OURS} dkim=none", f"{OURS} dkim=pass header.d=shop.example"),
        ("Authentication-Results: other.example; none", f"{OURS} dkim=pass header.d=shop.example"),
        ("ARC-" + f"{OURS} dkim=pass header.d=shop.example",),
    ],
)
def test_what_proves_nothing(lines: tuple[str, ...]):
    sender = judge(*lines, "From: info@shop.example", settings=portal(authentication_server="mail.example.jp"))

    assert not sender.trusted
    assert "mail.example.jp" in sender.distrust


def test_proof_does_not_make_a_stranger_welcome():
    settings = portal(authentication_server="mail.example.jp")

    sender = judge(f"{OURS} dkim=pass header.d=evil.example", "From: a@evil.example", settings=settings)

    assert sender.distrust == "a@evil.example is not among the account's senders"
