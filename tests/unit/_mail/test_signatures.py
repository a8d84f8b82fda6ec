# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM signatures, made by dkimpy with keys of the test and looked up in a DNS of the test."""

from __future__ import annotations

from functools import cache

import dkim
import dns.resolver
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.koshin.tls.plugins.module_utils._mail.headers import split
from ansible_collections.koshin.tls.plugins.module_utils._mail.senders import Sender, judged
from ansible_collections.koshin.tls.plugins.module_utils._mail.signatures import proved_by_signature
from sandbox.name_server import NameServer
from unit._mail.material import letter, portal


@cache
def keys(name: str) -> tuple[bytes, bytes]:
    """Private key (PEM) and TXT record of a domain."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])


def signed(raw: bytes, domain: str = "shop.example", **more: object) -> bytes:
    given = {"include_headers": [b"From", b"Subject", b"To"], **more}
    return dkim.sign(raw, b"s1", domain.encode(), keys(domain)[0], **given) + raw


def look_up(name: str) -> bytes | None:
    domain = name.rstrip(".").removeprefix("s1._domainkey.")
    return keys(domain)[1] if domain in ("shop.example", "mail.shop.example", "evil.example") else None


def judge(raw: bytes, resolver=look_up, **more: object) -> Sender:
    return judged(raw, split(raw)[0], portal(check_dkim=True, **more), look_up_text=resolver)


MAIL = letter("更新のご案内").as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("domain", ["shop.example", "mail.shop.example"])
def test_a_valid_signature_of_the_sender(domain: str):
    assert judge(signed(MAIL, domain)) == Sender("info@shop.example", "")


def test_one_valid_signature_among_others_is_enough():
    raw = signed(signed(MAIL), "evil.example").replace(b"s=s1; t=", b"s=s1; t=", 1)

    assert judge(raw).trusted


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (MAIL, "it has no DKIM signature of shop.example"),
        (signed(MAIL, "evil.example"), "it has no DKIM signature of shop.example"),
        (
            signed(MAIL).replace(b"charset", b"Charset").replace(b"12345", b"54321"),
            "cannot be checked: body hash mismatch",
        ),
        (signed(MAIL).replace(b"To: tls@", b"To: slt@"), "is not valid"),
        (signed(MAIL, length=True) + b"more", "leaves the end of the mail open"),
        (signed(MAIL, signature_algorithm=b"rsa-sha1"), "an algorithm that is no longer good"),
        (signed(MAIL, include_headers=[b"From", b"To"]), "does not cover From and Subject"),
        (
            signed(MAIL).replace(b"d=shop.example", b"d=shop.example; d=evil.example"),
            "no DKIM signature of shop.example",
        ),
        (signed(MAIL).replace(b"s=s1", b"s=s2"), "its DKIM signature"),
        (b"From x\r\n" + signed(MAIL).replace(b"To:", b"not a header\r\nTo:", 1), "its DKIM signature"),
    ],
)
def test_what_proves_nothing(raw: bytes, why: str):
    sender = judge(raw)

    assert not sender.trusted
    assert why in sender.distrust


def test_a_signature_that_two_readers_read_differently_proves_nothing():
    """As if a way were found to show one signature to the choice here and another to the library that verifies it."""
    headers, _body = split(signed(MAIL))

    why = proved_by_signature(signed(MAIL, "evil.example"), headers, "shop.example", look_up)

    assert why == "its DKIM signature can be read in two ways"


def test_a_resolver_that_fails_proves_nothing():
    def failing(name: str) -> bytes | None:
        raise OSError("no network")

    assert "no network" in judge(signed(MAIL), resolver=failing).distrust


def test_without_a_resolver_dns_is_asked_as_this_machine_does(monkeypatch: pytest.MonkeyPatch):
    record = keys("shop.example")[1].decode()
    with NameServer({"s1._domainkey.shop.example": {"TXT": f'"{record[:200]}" "{record[200:]}"'}}) as server:
        machine = dns.resolver.Resolver(configure=False)
        address, _colon, port = server.address.partition(":")
        machine.nameservers, machine.port = [address], int(port)
        monkeypatch.setattr(dns.resolver, "default_resolver", machine)

        assert judge(signed(MAIL), resolver=None).trusted
        assert not judge(signed(MAIL, "mail.shop.example"), resolver=None).trusted


def test_a_stranger_is_not_looked_up_at_all():
    def never(name: str) -> bytes | None:
        raise AssertionError(name)

    raw = signed(MAIL.replace(b"info@shop.example", b"info@evil.example"), "evil.example")

    assert judge(raw, resolver=never).distrust == "info@evil.example is not among the account's senders"


def test_one_of_two_proofs_is_enough():
    stamped = b"Authentication-Results: mail.example.jp; dkim=pass header.d=shop.example\r\n" + MAIL

    assert judge(stamped, authentication_server="mail.example.jp").trusted
    assert judge(signed(MAIL), authentication_server="mail.example.jp").trusted
    assert "; " in judge(MAIL, authentication_server="mail.example.jp").distrust
