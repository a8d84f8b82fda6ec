# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
import yaml

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._schema.certificates import certificate_entry
from ansible_collections.koshin.tls.plugins.module_utils._schema.check import check
from ansible_collections.koshin.tls.plugins.module_utils._schema.control import organizations, people
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import Field, secrets
from ansible_collections.koshin.tls.plugins.module_utils._schema.services import service_entries

FIELDS = {
    "name": Field(required=True),
    "api_key": Field(secret=True),
    "port": Field(kind="integer"),
    "on_call": Field(kind="boolean"),
    "inner": Field(kind="mapping", fields={"password": Field(secret=True)}),
    "items": Field(kind="list", fields={"name": Field()}),
    "by_name": Field(kind="mapping", each={"method": Field(choices=("file", "dns"))}),
}

COMPANY = """
name: example
legal_name: Example Corporation
street_address: 1-2-3 Marunouchi
locality: Chiyoda-ku
state: Tokyo
postal_code: 100-0005
country: JP
telephone: "+81-3-1234-5678"
"""


def refusal(text: str) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        check(yaml.safe_load(text), FIELDS, "tls_things[x]")
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "path", "move"),
    [
        ("{name: x, api_kye: verysecretvalue}", "unknown_key", "tls_things[x].api_kye", "nearest known key is api_key"),
        ("{name: x, inner: {pasword: verysecretvalue}}", "unknown_key", "tls_things[x].inner.pasword", "password"),
        ("{name: x, on: verysecretvalue}", "unknown_key", "not text", "in quotes"),
        ("{api_key: verysecretvalue}", "missing_key", "tls_things[x].name", "Add name"),
        ("{name: no}", "wrong_type", "tls_things[x].name is true or false", "put it in quotes"),
        ("{name: 012345670}", "wrong_type", "tls_things[x].name is a number", "put it in quotes"),
        ("{name: +81312345678}", "wrong_type", "is a number", "put it in quotes"),
        ("{name: 12:30}", "wrong_type", "is a number", "put it in quotes"),
        ("{name: x, port: true}", "wrong_type", "tls_things[x].port", "a whole number"),
        ("{name: x, api_key: short}", "secret_too_short", "tls_things[x].api_key", "secret"),
        ("{name: x, api_key: ''}", "secret_too_short", "empty", "secret"),
        ('{name: "a\\nb"}', "control_character", "tls_things[x].name", "one line"),
        ("{name: x, items: [{name: y, nmae: z}]}", "unknown_key", "tls_things[x].items[y].nmae", "nearest"),
        ("{name: x, by_name: {a.jp: {method: fax}}}", "unknown_choice", "tls_things[x].by_name[a.jp].method", "one of"),
        ("{name: x, by_name: {no: {method: dns}}}", "unknown_key", "by_name", "quotes"),
        ("[1]", "not_a_mapping", "tls_things[x]", "key: value"),
    ],
)
def test_each_mistake_names_its_path_and_the_next_move_and_shows_no_value(text, code, path, move):
    error = refusal(text)

    assert error.code == code
    assert path in error.message
    assert move in error.next_move
    assert "verysecretvalue" not in str(error)


def test_what_is_right_comes_back_without_its_nulls():
    assert check({"name": "x", "port": None, "on_call": False}, FIELDS, "x") == {"name": "x", "on_call": False}


def test_secrets_are_found_however_malformed_the_rest_is():
    data = [{"api_key": "longsecret", "nonsense": 1}, "junk", {"inner": {"password": "another1"}}, {"inner": 3}]

    assert secrets(data, FIELDS) == {"longsecret", "another1"}


@pytest.mark.parametrize(
    "line",
    ["country: NO", "telephone: +81312345678", "postal_code: 1000005", "state: 12", "legal_name: ''"],
)
def test_yaml_traps_in_an_organisation_are_refused(line):
    entry = yaml.safe_load(COMPANY) | yaml.safe_load(line)

    if line == "legal_name: ''":
        assert organizations([entry])["example"].address.legal_name == ""
        return
    with pytest.raises(InputRefused, match="put it in quotes"):
        organizations([entry])


def test_a_record_without_quotes_is_refused_and_one_with_hyphens_is_read():
    entry = yaml.safe_load(COMPANY)

    with pytest.raises(InputRefused, match=r"records\[0\].number is a number.*quotes"):
        organizations([{**entry, "records": yaml.safe_load("[{source: duns, number: 690512345}]")}])
    (record,) = organizations([{**entry, "records": [{"source": "duns", "number": "69-051-2345"}]}])["example"].records
    assert record.number == "690512345"
    assert record.address.legal_name == "Example Corporation"


def test_a_record_that_differs_repeats_the_fields_that_do():
    entry = yaml.safe_load(COMPANY) | {
        "records": [{"source": "duns", "number": "690512345", "legal_name": "EXAMPLE CORPORATION"}]
    }

    (record,) = organizations([entry])["example"].records

    assert (record.address.legal_name, record.address.locality) == ("EXAMPLE CORPORATION", "Chiyoda-ku")


def test_a_person_may_have_left():
    someone = {"name": "sato", "family_name": "Sato", "given_name": "H", "email": "s@example.jp"}

    assert str(people([{**someone, "left_on": "2026-01-31"}])["sato"].left_on) == "2026-01-31"
    with pytest.raises(InputRefused, match="not a date"):
        people([{**someone, "left_on": "31.1.2026"}])


def test_a_certificates_name_is_its_common_name_or_says_what_is_wrong():
    assert certificate_entry({"common_name": "*.Example.jp"}, 0)["name"] == "wildcard.example.jp"
    with pytest.raises(InputRefused, match=r"tls_certificates\[a/b\].name"):
        certificate_entry({"common_name": "a/b"}, 0)


def test_of_two_services_the_later_counts_and_ports_are_ports():
    one = {"name": "nginx", "reload_command": "nginx -s reload", "port": 443}

    assert service_entries([one, {**one, "port": 8443}])["nginx"]["port"] == 8443
    with pytest.raises(InputRefused, match="65535"):
        service_entries([{**one, "port": 70000}])
