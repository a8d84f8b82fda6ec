# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec, KeyType
from ansible_collections.koshin.tls.plugins.module_utils._core.estate import Estate, join
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import token_places
from ansible_collections.koshin.tls.plugins.module_utils._schema.certificates import certificate_entry
from unit._core.material import found


def answer(*entries: dict, web_root: str | None = "/var/www", errors: dict | None = None) -> dict:
    """Return what certificate_info says on a host."""
    wanted = [{"name": entry["common_name"], **entry} for entry in entries]
    items = [
        {"name": entry["name"], "error": (errors or {}).get(entry["name"]), "found": to_plain(found())}
        for entry in wanted
    ]
    return {"wanted": wanted, "certificates": items, "web_root": web_root}


def joined(
    answers: dict, inventory: dict | None = None, defaults: dict | None = None, domains: dict | None = None
) -> Estate:
    return join(
        answers,
        inventory or {},
        defaults=defaults or {},
        domains=domains or {},
        only_account="shop",
        only_organization="example",
        check_entry=certificate_entry,
    )


def test_the_smallest_entry_is_filled_from_what_there_is_one_of():
    (place,) = joined({"web1": answer({"common_name": "WWW.example.jp"})}).places

    wanted = place.certificate
    assert (wanted.common_name, wanted.host, wanted.account, wanted.organization) == (
        "www.example.jp",
        "web1",
        "shop",
        "example",
    )
    assert wanted.key == KeySpec(KeyType.RSA, 2048)
    assert [(one.name, one.method) for one in wanted.validations] == [("www.example.jp", Method.FILE)]
    assert place.found.certificate is not None


def test_defaults_fill_what_an_entry_leaves_out_and_its_own_words_win():
    entry = {"common_name": "www.example.jp", "key": {"type": "ec"}, "organization": "other"}

    (place,) = joined({"web1": answer(entry)}, defaults={"account": "local", "services": ["nginx"]}).places

    assert (place.certificate.account, place.certificate.organization) == ("local", "other")
    assert place.certificate.key == KeySpec(KeyType.EC, 256)
    assert place.certificate.services == ("nginx",)


def test_names_may_be_validated_each_in_its_own_way():
    entry = {
        "common_name": "www.example.jp",
        "additional_names": ["shop.example.jp"],
        "validation": {"web_root": "/srv/www", "names": {"shop.example.jp": {"hosts": ["web2"]}}},
    }
    estate = joined({"web1": answer(entry), "web2": answer(web_root="/srv/shop")})

    (place,) = estate.places
    assert [(one.name, one.host, one.web_root) for one in token_places(place.certificate, dict(estate.web_roots))] == [
        ("www.example.jp", "web1", "/srv/www"),
        ("shop.example.jp", "web2", "/srv/www"),
    ]


def test_a_name_on_two_hosts_is_refused_on_both_and_names_both():
    entry = {"common_name": "www.example.jp"}

    places = joined({"web1": answer(entry), "web2": answer(entry)}).places

    assert [place.error["code"] for place in places] == ["named_on_several_hosts"] * 2
    assert "web1 and web2" in places[0].error["message"]


def test_a_silent_host_is_a_finding_about_its_certificates():
    said = {"unreachable": True, "msg": "Failed to connect\nNo route to host"}

    (place,) = joined({"web1": said}, inventory={"web1": [{"common_name": "www.example.jp"}]}).places

    assert (place.name, place.error["code"]) == ("www.example.jp", "unreachable")
    assert "web1 is unreachable: No route to host" in place.error["message"]


def test_a_silent_host_still_counts_as_naming_its_certificate():
    entry = {"common_name": "www.example.jp"}

    places = joined({"web1": {"failed": True, "msg": "boom"}, "web2": answer(entry)}, {"web1": [entry]}).places

    assert {place.error["code"] for place in places} == {"named_on_several_hosts"}


def test_what_a_host_says_is_broken_stays_broken_and_the_others_go_on():
    broken = {"code": "unreadable", "message": "truncated", "next_move": "look"}
    said = answer(
        {"common_name": "www.example.jp"}, {"common_name": "shop.example.jp"}, errors={"www.example.jp": broken}
    )

    first, second = joined({"web1": said}).places

    assert first.error == broken
    assert second.error is None


def test_a_key_size_that_does_not_go_with_its_type_is_refused():
    (place,) = joined({"web1": answer({"common_name": "a.example.jp", "key": {"type": "ec", "size": 2048}})}).places

    assert place.error["code"] == "unknown_choice"
    assert "256, 384, 521" in place.error["next_move"]


def test_a_validation_for_a_name_that_is_not_there_is_refused():
    entry = {"common_name": "a.example.jp", "validation": {"names": {"b.example.jp": {"method": "dns"}}}}

    (place,) = joined({"web1": answer(entry)}).places

    assert place.error["code"] == "unknown_name"


@pytest.mark.parametrize(
    "broken",
    [
        {"wanted": None},
        {"wanted": [{"name": "../../etc", "common_name": "www.example.jp"}]},
        {"wanted": [{"name": "www.example.jp"}]},
        {"wanted": [{"name": "www.example.jp", "common_name": "www.example.jp", "key": "rsa"}]},
        {"certificates": [{"name": {}, "error": None, "found": {}}]},
        {"certificates": [{"name": "www.example.jp", "error": None, "found": {"serial": 1}}]},
        {"certificates": [{"name": "www.example.jp", "error": "no", "found": None}]},
        {"certificates": 7},
        {"certificates": [{"name": "other.example.jp", "error": None, "found": {}}]},
        {"web_root": 7},
    ],
)
def test_a_host_that_says_what_cannot_be_stops_no_other(broken):
    odd = {**answer({"common_name": "www.example.jp"}), **broken}

    estate = joined({"web1": odd, "web2": answer({"common_name": "shop.example.jp"})})

    first, second = estate.places
    assert (first.name, first.certificate, first.error["code"]) == ("web1", None, "host_failed")
    assert "web1 answered what certificate_info does not" in first.error["message"]
    assert (second.name, second.error) == ("shop.example.jp", None)
    assert estate.web_roots == {"web2": "/var/www"}


# --- tls_domains -----------------------------------------------------------------------------------------------------

DOMAINS = {
    "example.jp": {"method": "dns", "dns_server": "ns1"},
    "shop.example.jp": {"sftp_server": "web", "web_root": "/htdocs", "method": "file"},
}


def validations(entry: dict, defaults: dict | None = None) -> dict:
    (place,) = joined({"web1": answer(entry)}, domains=DOMAINS, defaults=defaults).places
    assert place.error is None, place.error
    return {one.name: one for one in place.certificate.validations}


def test_a_name_follows_the_nearest_domain_that_it_lies_in():
    names = ["*.example.jp", "a.shop.example.jp", "example.com", "notexample.jp"]

    found = validations({"common_name": "www.example.jp", "additional_names": names})

    assert [(found[name].method.value, found[name].dns_server) for name in ("www.example.jp", "*.example.jp")] == [
        ("dns", "ns1"),
        ("dns", "ns1"),
    ]
    shop = found["a.shop.example.jp"]
    assert (shop.method, shop.sftp_server, shop.web_root, shop.dns_server) == (Method.FILE, "web", "/htdocs", None)
    assert [found[name].method for name in ("example.com", "notexample.jp")] == [Method.FILE, Method.FILE]


def test_what_a_certificate_says_goes_before_its_domain_and_that_before_the_defaults():
    entry = {
        "common_name": "www.example.jp",
        "additional_names": ["b.example.jp", "c.shop.example.jp", "other.example"],
        "validation": {
            "names": {
                "b.example.jp": {"method": "email", "approver": "admin@example.jp"},
                "c.shop.example.jp": {"hosts": ["web2"]},
            }
        },
    }

    found = validations(entry, {"validation": {"method": "email", "web_root": "/var/www"}})

    assert [found[name].method.value for name in ("www.example.jp", "b.example.jp", "other.example")] == [
        "dns",
        "email",
        "email",
    ]
    assert (found["c.shop.example.jp"].hosts, found["c.shop.example.jp"].sftp_server) == (("web2",), None)


def test_a_web_root_of_hosts_is_none_of_an_sftp_server():
    found = validations({"common_name": "a.shop.example.jp"}, {"validation": {"web_root": "/var/www"}})
    assert found["a.shop.example.jp"].web_root == "/htdocs"

    places = token_places(
        joined(
            {"web1": answer({"common_name": "a.shop.example.jp"})},
            domains={"example.jp": {"sftp_server": "web"}},
            defaults={"validation": {"web_root": "/var/www"}},
        )
        .places[0]
        .certificate,
        {},
    )
    assert [(one.host, one.web_root) for one in places] == [("sftp:web", "")]
