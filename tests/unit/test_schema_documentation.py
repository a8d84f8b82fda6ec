# SPDX-License-Identifier: GPL-3.0-or-later
"""The inner keys of the user's lists are known twice: to the schema and to the documentation. They say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from ansible_collections.koshin.tls.plugins.doc_fragments import (
    certificate_defaults,
    certificates,
    control,
    dns_servers,
    domains,
    organizations,
    providers,
    services,
    sftp_servers,
)
from ansible_collections.koshin.tls.plugins.module_utils._core.account import ReusedKey
from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import KeySpec
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import NameValidation
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import Provider
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import DEFAULT_LEDGER
from ansible_collections.koshin.tls.plugins.module_utils._schema import accounts as accounts_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import certificates as hosts_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import control as control_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import dns_servers as dns_servers_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import domains as domains_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import provider as provider_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import services as services_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema import sftp_servers as sftp_servers_schema
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import Field, Fields

FRAGMENTS = (
    control,
    certificates,
    certificate_defaults,
    dns_servers,
    domains,
    organizations,
    providers,
    services,
    sftp_servers,
)
OPTIONS = {
    name: option
    for fragment in FRAGMENTS
    for name, option in yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"].items()
}
SCHEMA: dict[str, Fields] = {
    "accounts": accounts_schema.ACCOUNT,
    "certificates": hosts_schema.CERTIFICATE,
    "certificate_defaults": control_schema.CERTIFICATE_DEFAULTS,
    "dns_servers": dns_servers_schema.DNS_SERVER,
    "domains": domains_schema.DOMAIN,
    "organizations": control_schema.ORGANIZATION,
    "people": control_schema.PERSON,
    "providers": provider_schema.PROVIDER,
    "services": services_schema.SERVICE,
    "sftp_servers": sftp_servers_schema.SFTP_SERVER,
}
TYPES = {
    "text": "str",
    "date": "str",
    "path": "path",
    "integer": "int",
    "boolean": "bool",
    "list": "list",
    "mapping": "dict",
}
every_list = pytest.mark.parametrize("option", SCHEMA)


@every_list
def test_documentation_and_schema_know_the_same_keys(option: str):
    documented = {path: facts_of(entry) for path, entry in walk(OPTIONS[option])}
    checked = {path: facts_from(field) for path, field in walk_fields(SCHEMA[option])}

    assert documented == checked


@every_list
def test_keys_that_the_user_chooses_say_what_may_stand_under_them(option: str):
    documented = dict(walk(OPTIONS[option]))
    chosen = {path: field.each for path, field in walk_fields(SCHEMA[option]) if field.each}

    unsaid = [(path, key) for path, each in chosen.items() for key in each if f"C({key})" not in text(documented[path])]
    assert unsaid == []


@pytest.mark.parametrize("option", OPTIONS)
def test_each_key_has_one_sentence_what_and_one_when(option: str):
    entries = [(option, OPTIONS[option]), *walk(OPTIONS[option])]

    assert [path for path, entry in entries if len(entry["description"]) != 2] == []
    assert [path for path, entry in entries if not all(line.endswith(".") for line in entry["description"])] == []


def test_documented_defaults_are_those_of_the_nouns():
    entries = [
        {"name": "a", "ca": "local"},
        {"name": "b", "ca": "digicert", "api_key": "0123456789"},
        {"name": "c", "ca": "acme", "url": "https://ca.example/directory"},
    ]
    account, certcentral, acme = accounts_schema.accounts(entries, "/state", no_shop).values()
    validation, key = NameValidation("a.example"), KeySpec()

    assert defaults("accounts") == {
        "reused_key": ReusedKey.ACCEPT_THEN_REISSUE.value,
        "mailbox.starttls": False,
        "authoritative_record": account.authoritative_record,
        "payment": account.settings.payment,
        "phone": account.settings.phone,
        "min_useful_days": account.min_useful_days,
        "order_years": certcentral.settings.order_years,
        "skip_approval": certcentral.settings.skip_approval,
        "dns_record": certcentral.settings.dns_record.value,
        "dynamic_file_name": certcentral.settings.dynamic_file_name,
        "dns_challenge": acme.settings.dns_challenge.value,
    }
    assert not account.settings.costs_money
    assert not acme.settings.costs_money
    everywhere = {**to_plain({"key.type": key.type, "validation.method": validation.method}), "on_loss": "stop"}
    switches = dict.fromkeys(("bought_here", "new_order", "allow_revoking_reissue"), False)
    assert defaults("certificates") == {**everywhere, **switches}
    assert defaults("certificate_defaults") == everywhere
    assert [defaults(option) for option in ("organizations", "people", "providers", "services")] == [{}, {}, {}, {}]


def test_the_ledger_lies_where_the_documentation_says():
    assert OPTIONS["ledger"]["default"] == DEFAULT_LEDGER


def test_where_an_authority_lies_by_default_is_said():
    account = accounts_schema.accounts([{"name": "a", "ca": "local"}], "/state", no_shop)["a"]

    assert account.settings.directory == "/state/authorities/a"
    assert "C(authorities/<account>) beside the ledger" in text(dict(walk(OPTIONS["accounts"]))["directory"])


def no_shop(name: str) -> Provider:
    raise AssertionError(f"no shop is asked for, and {name} was")


def walk(option: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return path → entry for everything beneath an option."""
    for key, entry in option.get("suboptions", {}).items():
        yield f"{above}{key}", entry
        yield from walk(entry, f"{above}{key}.")


def walk_fields(fields: Fields, above: str = "") -> Iterator[tuple[str, Field]]:
    for key, field in fields.items():
        yield f"{above}{key}", field
        yield from walk_fields(field.fields, f"{above}{key}.")


def facts_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": entry["type"],
        "elements": entry.get("elements"),
        "required": entry.get("required", False),
        "choices": list(entry.get("choices", [])),
    }


def facts_from(field: Field) -> dict[str, Any]:
    return {
        "type": TYPES[field.kind],
        "elements": None if field.kind != "list" else "dict" if field.fields else "str",
        "required": field.required,
        "choices": list(field.choices),
    }


def defaults(option: str) -> dict[str, Any]:
    return {path: entry["default"] for path, entry in walk(OPTIONS[option]) if "default" in entry}


def text(entry: Mapping[str, Any]) -> str:
    return re.sub(r"\s+", " ", " ".join(entry["description"]))
