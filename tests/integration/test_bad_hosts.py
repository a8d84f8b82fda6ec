# SPDX-License-Identifier: GPL-3.0-or-later
"""What is broken, missing or wrong on a host, or of one certificate: a clear error of its own, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integration.harness.estate import ORGANIZATION, Estate
from integration.harness.runner import Run

GOOD = "good.example.test"
# It was installed and put back: its paths are links by now, to a copy of what they held.
WENT_BACK = "silent.example.test"
LONG = f"{'a' * 60}.example.test"
CRYPTOGRAPHY = "/usr/lib/python3/dist-packages/cryptography"
READ_ONLY = "/var/www/readonly"


def truncated(estate: Estate, host: str, name: str) -> None:
    path = f"/etc/nginx/tls/{name}.pem"
    text = estate.hosts[host].read(path)
    estate.hosts[host].write(path, text[: len(text) // 4])


def with_the_key_of_another(estate: Estate, host: str, name: str) -> None:
    other = estate.hosts[host].read(f"/etc/nginx/tls/{WENT_BACK}.key")
    estate.hosts[host].write(f"/etc/nginx/tls/{name}.key", other, mode=0o600)


def with_a_long_name(estate: Estate, host: str, name: str) -> None:
    estate.certificate(host, name).update(common_name=LONG, name=name)


def with_an_unknown_account(estate: Estate, host: str, name: str) -> None:
    estate.certificate(host, name)["account"] = "shop"


def for_an_organization_without_a_town(estate: Estate, host: str, name: str) -> None:
    estate.variables["tls_organizations"].append({**ORGANIZATION, "name": "blank", "locality": " "})
    estate.certificate(host, name)["organization"] = "blank"


def with_a_missing_web_root(estate: Estate, host: str, name: str) -> None:
    estate.certificate(host, name)["validation"] = {"web_root": "/var/www/nowhere"}


def with_a_read_only_web_root(estate: Estate, host: str, name: str) -> None:
    estate.hosts[host].run(["mkdir", READ_ONLY])
    estate.hosts[host].run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", READ_ONLY])
    estate.certificate(host, name)["validation"] = {"web_root": READ_ONLY}


def with_a_port_that_does_not_answer(estate: Estate, host: str, name: str) -> None:
    estate.variables["tls_services"] = [{"name": "silent", "reload_command": "/bin/true", "port": 8443}]
    estate.certificate(host, name)["services"] = ["silent"]


def without_cryptography(estate: Estate, host: str, _name: str) -> None:
    estate.hosts[host].run(["mv", CRYPTOGRAPHY, f"{CRYPTOGRAPHY}.away"])


@dataclass(frozen=True)
class Case:
    """A certificate of its own on a host; `words` must all be said of it, in message or next move."""

    host: str
    spoil: Callable[[Estate, str, str], None]
    code: str
    words: tuple[str, ...]


CASES = {
    "truncated.example.test": Case("web2", truncated, "unreadable", ("/etc/nginx/tls/truncated", "intact copy")),
    "mismatch.example.test": Case("web2", with_the_key_of_another, "key_mismatch", ("/etc/nginx/tls/mismatch", "key")),
    "long.example.test": Case("web1", with_a_long_name, "name_too_long", (LONG, "64", "additional_names")),
    "account.example.test": Case("web1", with_an_unknown_account, "unknown_reference", ("shop", "local")),
    "blank.example.test": Case(
        "web1", for_an_organization_without_a_town, "field_not_allowed", ("locality", "empty", "tls_organizations")
    ),
    "nowhere.example.test": Case("web2", with_a_missing_web_root, "token_refused", ("/var/www/nowhere", "web_root")),
    "readonly.example.test": Case("web2", with_a_read_only_web_root, "token_refused", (READ_ONLY, "read-only")),
    WENT_BACK: Case("web2", with_a_port_that_does_not_answer, "no_answer", ("8443", "silent")),
    "old.example.test": Case("old1", without_cryptography, "host_failed", ("cryptography", "python3-cryptography")),
}
HOST_OF = {GOOD: "web1", **{name: case.host for name, case in CASES.items()}}
ORDERED = {GOOD, "nowhere.example.test", "readonly.example.test", WENT_BACK}


def test_each_has_an_error_of_its_own_and_the_good_one_is_renewed(estate: Estate) -> None:
    estate.nobody_is_waited_for()
    estate.variables["tls_certificate_defaults"]["organization"] = "example"
    bought = {name: estate.site(host, name) for name, host in HOST_OF.items()}
    for name, case in CASES.items():
        case.spoil(estate, case.host, name)
    before = estate.snapshot(["/etc/nginx", "/var/www"])

    run = estate.run("koshin.tls.renew")

    assert run.rc != 0
    errors = errors_of(run)
    assert errors.keys() == CASES.keys()
    for name, case in CASES.items():
        assert case.code in errors[name], name
        told = " ".join(errors[name][case.code])
        assert all(word in told for word in case.words), told

    assert estate.hosts["web1"].served(GOOD, anchors=estate.anchors).verified
    for name, case in CASES.items():
        assert estate.hosts[case.host].served(name).pem == bought[name].certificate
    assert set(estate.orders()) == ORDERED
    assert difference(before, estate.snapshot(["/etc/nginx", "/var/www"])) == {
        (HOST_OF[name], f"/etc/nginx/tls/{name}.{end}") for name in (GOOD, WENT_BACK) for end in ("pem", "key")
    }
    assert estate.hosts[HOST_OF[WENT_BACK]].read(f"/etc/nginx/tls/{WENT_BACK}.pem") == bought[WENT_BACK].fullchain
    assert estate.hosts[HOST_OF[WENT_BACK]].read(f"/etc/nginx/tls/{WENT_BACK}.key") == bought[WENT_BACK].key
    assert {one["name"]: one["status"] for one in estate.report()["certificates"]} == {
        GOOD: "renewed",
        **dict.fromkeys(CASES, "attention"),
    }


def errors_of(run: Run) -> dict[str, dict[str, tuple[str, str]]]:
    """Name of a certificate → code → message and next move, of all that the modules of a run returned."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for item in items_of(run):
        error = item.get("error")
        if error:
            told = found.setdefault(item.get("certificate") or item["name"], {})
            told[error["code"]] = (error["message"], error["next_move"])
    return found


def items_of(run: Run) -> Iterator[dict[str, Any]]:
    for event in run.events:
        if event["event"] in ("runner_on_ok", "runner_on_failed"):
            for value in event["event_data"].get("res", {}).values():
                yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def difference(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (host, path)
        for host in before
        for path in before[host].keys() | after[host].keys()
        if before[host].get(path) != after[host].get(path)
    }
