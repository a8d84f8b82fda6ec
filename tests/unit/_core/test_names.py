# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.domains import check_names
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.names import covers, problem_of
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Severity
from unit._core.material import certificate


@pytest.mark.parametrize(
    "name", ["www.example.jp", "*.example.jp", "xn--wgv71a.example.jp", "a-b.c0.jp", "1.example.jp"]
)
def test_ordinary_names_are_allowed(name):
    assert problem_of(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "empty"),
        ("example.jp.", "dot"),
        ("intranet", "internal name"),
        ("_dmarc.example.jp", "underscores"),
        ("-a.example.jp", "hyphens"),
        ("a..example.jp", "letters"),
        ("*.*.example.jp", "letters"),
        ("192.0.2.1", "IP address"),
        ("2001:db8::1", "IP address"),
        ("日本.example.jp", "xn--wgv71a.example.jp"),
        ("printer.local", "local"),
        ("2.0.192.in-addr.arpa", "in-addr.arpa"),
        ("example.123", "number"),
        ("www.example.jp\n.evil", "letters"),
        ("a" * 64 + ".example.jp", "letters"),
        (".".join(["a" * 60] * 5), "characters"),
    ],
)
def test_names_that_no_ca_certifies_are_refused_with_the_reason(name, words):
    assert words in problem_of(name)


def test_a_wildcard_covers_just_one_label():
    assert covers("*.example.jp", "www.example.jp")
    assert not covers("*.example.jp", "a.b.example.jp")
    assert not covers("*.example.jp", "example.jp")


def codes(wanted, *, methods=(Method.FILE,), web_roots=None):
    known = {"web1": "/var/www"} if web_roots is None else web_roots
    return [finding.code for finding in check_names(wanted, methods=methods, per_name=True, web_roots=known)]


def test_a_certificate_that_can_be_validated_is_no_finding():
    assert codes(certificate("www.example.jp", "example.jp")) == []


def test_a_wildcard_by_file_is_impossible():
    assert codes(certificate("*.example.jp")) == ["method_impossible"]


def test_a_method_that_the_ca_does_not_offer_is_impossible_and_the_offered_ones_are_named():
    wanted = certificate(validations=(NameValidation("www.example.jp", Method.EMAIL),))

    (finding,) = check_names(wanted, methods=(Method.FILE, Method.DNS), per_name=True, web_roots={})

    assert finding.code == "method_impossible"
    assert finding.next_move == "Choose one of: file, dns."


def test_a_token_needs_a_web_root_on_a_host_of_this_run():
    there = certificate(validations=(NameValidation("www.example.jp", Method.FILE, hosts=("web2",)),))

    assert codes(there) == ["method_impossible"]
    assert codes(there, web_roots={"web2": None}) == ["method_impossible"]
    assert codes(there, web_roots={"web2": "/srv"}) == []


def test_a_common_name_longer_than_64_is_refused():
    long = "a" * 60 + ".example.jp"

    assert codes(certificate(long)) == ["name_too_long"]


def test_where_one_way_counts_for_all_names_a_mixture_is_found_before_money_is_spent():
    mixed = certificate("www.example.jp", "*.example.jp")
    ways = (NameValidation("www.example.jp", Method.FILE), NameValidation("*.example.jp", Method.DNS))
    mixed = replace(mixed, validations=ways)
    offered = {"methods": (Method.FILE, Method.DNS, Method.EMAIL), "web_roots": {"web1": "/srv"}}

    (finding,) = check_names(mixed, per_name=False, **offered)

    assert (finding.code, finding.severity) == ("method_impossible", Severity.BLOCKS)
    assert finding.next_move == "Choose one of: dns, email."
    assert check_names(mixed, per_name=True, **offered) == []
