# SPDX-License-Identifier: GPL-3.0-or-later
"""What is the embedded authority's own: what it objects to, what it keeps and how, its steps switched on and off."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import (
    CertificateAuthorityRefused,
    CertificateAuthorityUnavailable,
)
from ansible_collections.koshin.tls.plugins.module_utils._ca.local import LocalAuthority
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, LocalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Resolver
from ansible_collections.koshin.tls.plugins.module_utils._core.order import OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.applicant import ADDRESS, ORGANIZATION, application, new_key, request
from contract.website import Page, Website

RECORD = "duns-690512345.json"


@pytest.fixture
def website():
    with Website() as running:
        yield running


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "authorities" / "demo"


def authority(
    directory: Path, *, payment: bool = False, phone: bool = False, resolver: Resolver | None = None
) -> LocalAuthority:
    settings = LocalSettings(str(directory), payment=payment, phone=phone)
    account = Account("demo", "local", settings, resolver=resolver)
    return LocalAuthority(account, settings, clock=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))


def refusal(directory: Path, wanted) -> CertificateAuthorityRefused:
    with pytest.raises(CertificateAuthorityRefused) as caught:
        authority(directory).submit(wanted)
    assert authority(directory).find(wanted) is None
    return caught.value


def organization(**changes: str):
    return replace(ORGANIZATION, address=replace(ADDRESS, **changes), records=())


# --- objections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("www_1.example.jp", "underscores are not allowed"),
        ("192.0.2.1", "it is an IP address"),
        ("intranet", "it has no dot"),
        ("www.example.invalid", "no CA certifies names under invalid"),
        ("-www.example.jp", "inner hyphens"),
        ("www..example.jp", "inner hyphens"),
        ("*.example.jp", "cannot be validated by file"),
        ("日本.example.jp", "xn--"),
        ("x" * 60 + ".example.jp", "longer than 64 characters"),
    ],
)
def test_names_that_are_not_allowed(directory: Path, name: str, problem: str):
    key = new_key()
    refused = refusal(directory, application(name, key=key, csr=request(key, "www.example.jp")))

    assert problem in refused.message
    assert name in refused.message


def test_every_additional_name_is_looked_at(directory: Path):
    refused = refusal(directory, application("www.example.jp", "a_b.example.jp", "*.example.jp"))

    assert "'a_b.example.jp' is not allowed" in refused.message
    assert "the wildcard *.example.jp" in refused.message


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (rsa.generate_private_key(65537, 1024), "1024 bits"),
        (rsa.generate_private_key(3, 2048), "exponent is 3"),
        (ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
    ],
    ids=["short", "exponent", "curve"],
)
def test_weak_keys(directory: Path, key, problem: str):
    refused = refusal(directory, application(key=key))

    assert "the key is weak" in refused.message
    assert problem in refused.message
    assert "tls_certificates[].key" in refused.next_move


def test_a_request_that_is_none(directory: Path):
    assert "the CSR" in refusal(directory, application(csr="-----BEGIN CERTIFICATE REQUEST-----\n")).message


def test_a_request_for_something_else(directory: Path):
    other = application("other.example.jp")

    refused = refusal(directory, application("www.example.jp", csr=other.csr))

    assert "belongs to another key" in refused.message
    assert "'other.example.jp' in the CSR, but 'www.example.jp' in the application" in refused.message


@pytest.mark.parametrize("field", ["legal_name", "locality", "state", "country"])
@pytest.mark.parametrize("value", ["ZZ", ""])
def test_a_request_that_names_the_organization_otherwise(directory: Path, field: str, value: str):
    key = new_key()
    csr = request(key, "www.example.jp", replace(ADDRESS, **{field: value}))

    refused = refusal(directory, application(key=key, csr=csr))

    assert f"{field} is {value!r} in the CSR, but {getattr(ADDRESS, field)!r} in the application" in refused.message


@pytest.mark.parametrize("field", list(to_plain(ADDRESS)))
@pytest.mark.parametrize("value", ["", "  ", "-", "."])
def test_fields_with_nothing_in_them(directory: Path, field: str, value: str):
    refused = refusal(directory, application(organization=organization(**{field: value})))

    assert f"{field} of the organisation is empty" in refused.message
    assert f"Set {field}" in refused.next_move


@pytest.mark.parametrize(
    ("field", "most"),
    [("legal_name", 64), ("locality", 128), ("state", 128), ("street_address", 128), ("postal_code", 40)],
)
def test_fields_that_are_too_long(directory: Path, field: str, most: int):
    refused = refusal(directory, application(organization=organization(**{field: "x" * (most + 1)})))

    assert f"{field} of the organisation has {most + 1} characters, at most {most} are allowed" in refused.message


def test_products_and_methods_that_it_does_not_have(directory: Path):
    by_mail = (("www.example.jp", Method.EMAIL),)
    refused = refusal(directory, application("www.example.jp", "example.jp", product="ev", methods=by_mail))

    assert "no product 'ev'" in refused.message
    assert "www.example.jp cannot be validated by email" in refused.message
    assert "example.jp cannot be validated by none" in refused.message
    assert refused.next_move == "Set product to one of: ov. Set validation.method to one of: file, dns."


def test_a_number_that_is_no_duns_number_never_becomes_a_path(directory: Path):
    records = (replace(ORGANIZATION.records[0], number="../../x"),)

    refused = refusal(directory, application(organization=replace(ORGANIZATION, records=records)))

    assert "'../../x' has not nine digits" in refused.message


def test_the_default_product_may_be_named(directory: Path):
    assert authority(directory).submit(application(product="ov")).state is OrderState.OPEN


# --- the record ------------------------------------------------------------------------------------------------------


def test_the_first_order_vets_the_organization_and_a_later_one_must_agree(directory: Path):
    authority(directory).submit(application())
    moved = replace(ADDRESS, street_address="1-2-4 Marunouchi", telephone="+81-3-0000-0000")

    refused = refusal(directory, application("a.example.jp", organization=replace(ORGANIZATION, address=moved)))

    assert (
        "street_address is '1-2-4 Marunouchi' in the application, but '1-2-3 Marunouchi' in the record duns-690512345"
    ) in refused.message
    assert "telephone is '+81-3-0000-0000' in the application, but '+81-3-1234-5678'" in refused.message
    assert "have the record corrected" in refused.next_move


def test_a_record_that_was_there_before_decides(directory: Path):
    (directory / "records").mkdir(parents=True)
    (directory / "records" / RECORD).write_text(json.dumps({**to_plain(ADDRESS), "legal_name": "EXAMPLE CORPORATION"}))

    refused = refusal(directory, application())

    assert "'Example Corporation' in the application, but 'EXAMPLE CORPORATION' in the record" in refused.message


def test_an_organization_without_a_duns_number_is_known_by_its_name(directory: Path):
    authority(directory).submit(application(organization=organization()))

    assert os.listdir(directory / "records") == ["name-example.json"]

    refused = refusal(directory, application("a.example.jp", organization=organization(telephone="+81-3-0000-0000")))

    assert "in the record name-example" in refused.message


def test_a_record_that_is_broken_is_named(directory: Path):
    (directory / "records").mkdir(parents=True)
    (directory / "records" / RECORD).write_text("{")

    assert RECORD in refusal(directory, application()).message


# --- steps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payment", [True, False])
@pytest.mark.parametrize("phone", [True, False])
def test_steps_can_be_switched_off(directory: Path, website: Website, payment: bool, phone: bool):
    ca = authority(directory, payment=payment, phone=phone, resolver=website.resolver)

    order = ca.submit(application())
    assert order.awaited == ((StepKind.PAYMENT,) if payment else ())
    assert bool(order.tokens) is not payment
    if payment:
        order = ca.confirm(order.reference, StepKind.PAYMENT, application())
    website.publish(*order.tokens)
    order = ca.validate(order, application())
    assert order.awaited == ((StepKind.PHONE_CONFIRMATION,) if phone else ())
    if phone:
        order = ca.confirm(order.reference, StepKind.PHONE_CONFIRMATION, application())

    assert order.state is OrderState.ISSUED
    assert len(order.chain) == 2
    assert ca.read(order.reference, application()) == order


def test_a_step_that_is_switched_off_cannot_be_done(directory: Path):
    order = authority(directory, phone=True).submit(application())

    with pytest.raises(CertificateAuthorityRefused, match="awaits no payment now: it awaits the tokens of www"):
        authority(directory).confirm(order.reference, StepKind.PAYMENT, application())


def test_after_cancelling_nothing_is_awaited(directory: Path):
    ca = authority(directory, payment=True)
    order = ca.submit(application())
    ca.cancel(order.reference, application())

    with pytest.raises(CertificateAuthorityRefused, match="it is cancelled"):
        ca.confirm(order.reference, StepKind.PAYMENT, application())


def test_nobody_waits_while_it_looks(directory: Path, website: Website):
    ca = authority(directory, resolver=website.resolver)
    order = ca.submit(application())
    (token,) = order.tokens
    website.pages[token.name, token.path] = Page(token.content.encode(), pause_seconds=1.0)
    look = threading.Thread(target=ca.validate, args=(order, application()))
    look.start()
    while not website.asked:
        time.sleep(0.01)

    cancelled = authority(directory).cancel(order.reference, application())

    assert look.is_alive()
    look.join()
    assert ca.read(order.reference, application()) == cancelled


# --- the directory ---------------------------------------------------------------------------------------------------


@pytest.fixture
def wide_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("wide_umask")
def test_nothing_is_readable_by_others(directory: Path, website: Website):
    ca = authority(directory, resolver=website.resolver)
    order = ca.submit(application())
    website.publish(*order.tokens)
    ca.validate(order, application())

    for path in [directory.parent, directory, *directory.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert not list(directory.rglob("*.half"))


@pytest.mark.usefixtures("wide_umask")
def test_no_file_is_readable_by_others_even_for_a_moment(directory: Path, monkeypatch: pytest.MonkeyPatch):
    modes: set[int] = set()
    real = os.open

    def spy(path, flags, mode=0o777, **more):
        handle = real(path, flags, mode, **more)
        if flags & os.O_CREAT:
            modes.add(stat.S_IMODE(os.fstat(handle).st_mode))
        return handle

    monkeypatch.setattr(os, "open", spy)
    authority(directory).submit(application())

    assert modes == {0o600}


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    ca = authority(tmp_path / "file" / "ca")

    with pytest.raises(CertificateAuthorityUnavailable, match="/file: ") as caught:
        ca.submit(application())

    assert str(tmp_path / "file") in str(caught.value)


def test_a_disk_that_is_full_leaves_no_order(directory: Path, monkeypatch: pytest.MonkeyPatch):
    ca, wanted = authority(directory), application()
    ca.submit(application("first.example.jp"))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(CertificateAuthorityUnavailable, match="No space left on device"):
        ca.submit(wanted)

    assert authority(directory).find(wanted) is None


def test_what_others_put_beside_the_orders_is_nothing(directory: Path):
    wanted = application()
    order = authority(directory).submit(wanted)
    for name in ("notes.txt", "000001.json~", "backup.json", "000009.json.half"):
        (directory / "orders" / name).write_text("?")

    assert authority(directory).find(wanted) == order
    assert authority(directory).submit(application("next.example.jp")).reference == "000002"


def test_an_order_changed_by_another_process_is_read_anew(directory: Path):
    ca = authority(directory, payment=True)
    order = ca.submit(application())

    authority(directory, payment=True).confirm(order.reference, StepKind.PAYMENT, application())

    assert ca.read(order.reference, application()).tokens


def test_the_certificates_of_two_accounts_are_strangers(tmp_path: Path):
    one, other = authority(tmp_path / "one"), authority(tmp_path / "other")
    one.submit(application())
    other.submit(application())

    assert one.trust_anchors() != other.trust_anchors()
