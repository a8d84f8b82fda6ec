# SPDX-License-Identifier: GPL-3.0-or-later
"""Resellers are data: those that come with the collection, and a user's own, which start from them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormSource, unchecked
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import PROVIDER, SHIPPED, provider

every_shipped = pytest.mark.parametrize("name", sorted(SHIPPED))


@every_shipped
def test_what_comes_with_the_collection_knows_every_kind_of_mail(name: str):
    shop = provider(name, [])

    unknown = set(MessageKind) - {shape.kind for shape in shop.shapes} - {MessageKind.NOT_UNDERSTOOD}
    assert unknown == set()


@every_shipped
def test_what_comes_with_the_collection_has_forms_for_what_every_shop_asks(name: str):
    shop = provider(name, [])

    needed = {FormSource.CSR, FormSource.COMMON_NAME, FormSource.ADDITIONAL_NAMES, FormSource.VALIDATION_METHODS}
    assert needed <= {field.source for field in shop.form}
    assert needed <= {field.source for field in shop.reissue_form}
    assert {FormSource.LEGAL_NAME, FormSource.TELEPHONE, FormSource.STREET_ADDRESS} <= {f.source for f in shop.form}


@every_shipped
def test_what_comes_with_the_collection_was_looked_up_this_year(name: str):
    assert unchecked("www", provider(name, []), today=date(2026, 11, 25)) is None


def test_the_procedures_shop_opens_60_days_before_the_end_and_90_for_what_others_sold():
    shop = provider("bestssl", [])

    assert (shop.window_days, shop.window_days_elsewhere, shop.application_window_days) == (60, 90, 90)
    assert shop.sends_invoice and shop.applies_automatically and shop.carries_over


def test_its_newer_form_opens_at_30_and_takes_an_earlier_application_for_new():
    shop, older = provider("bestssl_30", []), provider("bestssl", [])

    assert (shop.window_days, shop.application_window_days) == (30, 30)
    assert shop.window_days_elsewhere > shop.application_window_days
    assert shop.same_subject_on_reissue
    assert (shop.shapes, shop.labels, shop.form) == (older.shapes, older.labels, older.form)


def test_a_shop_of_ones_own_puts_its_words_before_those_of_its_base():
    own = {
        "name": "myshop",
        "base": "generic_ja",
        "title": "My shop",
        "checked_on": "2026-11-20",
        "window_days": 45,
        "methods": ["dns"],
        "senders": ["Order@MyShop.example.jp"],
        "shapes": [{"kind": "invoice", "subject": ["代金のご案内"]}],
        "labels": {"amount": ["代金"]},
        "expected": [],
    }
    shop, base = provider("myshop", [own]), provider("generic_ja", [])

    assert (shop.name, shop.title, shop.window_days, shop.methods) == ("myshop", "My shop", 45, (Method.DNS,))
    assert shop.senders == ("order@myshop.example.jp",)
    assert shop.shapes[0].subject == ("代金のご案内",) and shop.shapes[1:] == base.shapes
    assert shop.labels.amount == ("代金", *base.labels.amount) and shop.labels.tax == base.labels.tax
    assert shop.expected == () and shop.form == base.form


def test_a_user_corrects_a_shop_that_comes_with_the_collection_under_its_own_name():
    shop = provider("bestssl", [{"name": "bestssl", "base": "bestssl", "checked_on": "2027-05-01", "window_days": 40}])

    assert (shop.window_days, shop.checked_on) == (40, date(2027, 5, 1))
    assert shop.window_days_elsewhere == 90


def test_a_shop_without_a_base_says_everything_itself():
    rules = {key: True for key, field in PROVIDER.items() if field.kind == "boolean"}
    days = {key: 30 for key, field in PROVIDER.items() if field.kind == "integer"}
    entry = {"name": "own", "title": "Own", "language": "en", "checked_on": "2026-11-01", "methods": ["email"]}

    assert provider("own", [{**entry, **rules, **days}]).shapes == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"checked_on": "2026-11-01"}, "tls_providers[shop].title is missing"),
        ({"base": "generic_ja"}, "tls_providers[shop].checked_on is missing"),
        ({"base": "bestsll", "checked_on": "2026-11-01"}, "tls_providers[shop].base names no provider"),
        ({"base": "shop", "checked_on": "2026-11-01"}, "tls_providers[shop].base names no provider"),
        ({"base": "generic_ja", "checked_on": "yesterday"}, "tls_providers[shop].checked_on is not a date"),
        ({"base": "generic_ja", "checked_on": "2026-11-01", "window_days": -1}, "window_days is no number of days"),
        ({"base": "generic_ja", "checked_on": "2026-11-01", "validity_days": 0}, "sells no certificate"),
        ({"base": "generic_ja", "checked_on": "2026-11-01", "methods": []}, "sells no certificate"),
        ({"base": "generic_ja", "checked_on": "2026-11-01", "methods": ["fax"]}, "methods[0] does not match"),
        ({"base": "generic_ja", "checked_on": "2026-11-01", "windows_days": 3}, "windows_days is an unknown key"),
        (
            {"base": "generic_ja", "checked_on": "2026-11-01", "shapes": [{"kind": "invoice"}]},
            "shapes has one of kind invoice that fits every mail",
        ),
        (
            {"base": "generic_ja", "checked_on": "2026-11-01", "form": [{"source": "fax", "label": "FAX"}]},
            "source is none of",
        ),
        (
            {"base": "generic_ja", "checked_on": "2026-11-01", "link_hosts": ["https://shop.example.jp"]},
            "link_hosts[0] does not match",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(entry: dict[str, object], said: str):
    with pytest.raises(InputRefused, match="^") as refused:
        provider("generic_ja", [{"name": "shop", **entry}])

    assert said in refused.value.message


def test_an_unknown_shop_is_refused_with_the_nearest_known():
    with pytest.raises(InputRefused, match="bestssl_30|bestssl"):
        provider("bestsll", [])


def test_data_that_nobody_checked_for_a_year_are_a_finding():
    shop = provider("bestssl", [])

    still_good = unchecked("www.example.jp", shop, today=shop.checked_on + timedelta(days=365))
    finding = unchecked("www.example.jp", shop, today=shop.checked_on + timedelta(days=366))

    assert still_good is None
    assert finding is not None
    assert (finding.name, finding.code) == ("www.example.jp", "provider_unchecked")
    assert "bestssl" in finding.message and "checked_on" in finding.next_move
