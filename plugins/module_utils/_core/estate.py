# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Join what hosts say: wanted × found, defaults filled in, each certificate once. Jinja only hands over."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .certificate import Found, KeySpec, KeyType
from .errors import InputRefused, KoshinError
from .fileset import FileSet
from .inventory import Certificate, Method, NameValidation, OnLoss, Use
from .typed import from_plain

Entry = t.Mapping[str, t.Any]
CheckEntry = t.Callable[[t.Any, int], Entry]

_KEY_SIZES = {KeyType.RSA: (2048, 3072, 4096), KeyType.EC: (256, 384, 521)}


@dataclass(frozen=True)
class Place:
    """One entry of one host. ``certificate`` None: it could not be read. ``error``: why nothing is done for it."""

    name: str
    host: str
    certificate: Certificate | None = None
    found: Found = field(default_factory=Found)
    error: Entry | None = None


@dataclass(frozen=True)
class Estate:
    """Everything that the hosts of this run name; ``web_roots``: host → its default web root."""

    places: tuple[Place, ...]
    web_roots: t.Mapping[str, str | None]


def join(
    answers: t.Mapping[str, t.Any],
    inventory: t.Mapping[str, t.Sequence[t.Any]],
    *,
    defaults: Entry,
    domains: t.Mapping[str, Entry],
    only_account: str | None,
    only_organization: str | None,
    check_entry: CheckEntry,
) -> Estate:
    """Return the estate of one run.

    C(answers): host → what certificate_info returned there, or its failure. C(inventory): host → entries of a host that
    did not answer, so that its certificates are known to be unreachable. C(check_entry) checks an entry (_schema).
    C(domains): name → how it and what lies below it is validated, for what an entry does not say itself.
    """
    fill = _Filler(defaults, domains, only_account, only_organization, check_entry)
    places: list[Place] = []
    web_roots: dict[str, str | None] = {}
    for host, answer in answers.items():
        if "wanted" not in answer:
            places += _silent(host, answer, inventory.get(host, ()), fill)
            continue
        try:
            there, web_root = list(_answered(host, answer, fill)), _path(answer.get("web_root"))
        except (InputRefused, LookupError, TypeError, AttributeError) as error:
            # One host that says what no certificate_info says must not stop the others.
            places.append(Place(host, host, error=_broken(host, error)))
        else:
            places += there
            web_roots[host] = web_root
    return Estate(tuple(_refuse_doubles(places)), web_roots)


def _answered(host: str, answer: Entry, fill: _Filler) -> t.Iterator[Place]:
    checked = [fill.check_entry(entry, place) for place, entry in enumerate(answer["wanted"])]
    wanted = {entry["name"]: entry for entry in checked}
    for item in answer["certificates"]:
        name = _text(item["name"])
        if item["error"]:
            place = fill.place(wanted[name], host) if name in wanted else Place(name, host)
            yield _with_error(place, {key: _text(item["error"][key]) for key in ("code", "message", "next_move")})
        else:
            place = fill.place(wanted[name], host)
            yield Place(place.name, host, place.certificate, from_plain(Found, item["found"]), place.error)


def _text(value: t.Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} is no text")


def _path(value: t.Any) -> str | None:
    return None if value is None else _text(value)


def _broken(host: str, error: Exception) -> Entry:
    return KoshinError(
        f"{host} answered what certificate_info does not: {type(error).__name__}: {error}",
        f"Look at {host}: is its Python sound, and is it still yours? Then run renew.yml again.",
        code="host_failed",
    ).as_result()


def _silent(host: str, answer: Entry, entries: t.Sequence[t.Any], fill: _Filler) -> t.Iterator[Place]:
    said = str(answer.get("msg", "no answer")).strip().splitlines()
    code = "unreachable" if answer.get("unreachable") else "host_failed"
    error = KoshinError(
        f"{host} {'is unreachable' if code == 'unreachable' else 'failed'}: {said[-1] if said else 'no answer'}",
        f"Look at {host}, then run renew.yml again.",
        code=code,
    ).as_result()
    for place, entry in enumerate(entries):
        try:
            yield _with_error(fill.place(fill.check_entry(entry, place), host), error)
        except InputRefused as refused:
            yield Place(f"{host}[{place}]", host, error=refused.as_result())


def _with_error(place: Place, error: Entry) -> Place:
    return Place(place.name, place.host, place.certificate, place.found, error)


def _refuse_doubles(places: list[Place]) -> t.Iterator[Place]:
    hosts: dict[str, list[str]] = {}
    for place in places:
        if place.certificate is not None:
            hosts.setdefault(place.name, []).append(place.host)
    for place in places:
        several = hosts.get(place.name, [])
        yield place if len(several) < 2 else _with_error(place, _named_on(place.name, several))


def _named_on(name: str, hosts: list[str]) -> Entry:
    return InputRefused(
        f"Certificate {name} is named by {' and '.join(hosts)}: a certificate lives on one host.",
        "Keep the entry on one of them, or give each its own name.",
        code="named_on_several_hosts",
    ).as_result()


@dataclass(frozen=True)
class _Filler:
    """Fills in what an entry leaves to its domains and to the defaults."""

    defaults: Entry
    domains: t.Mapping[str, Entry]
    only_account: str | None
    only_organization: str | None
    check_entry: CheckEntry

    def place(self, entry: Entry, host: str) -> Place:
        try:
            return Place(entry["name"], host, self.certificate(entry, host))
        except InputRefused as error:
            return Place(entry["name"], host, error=error.as_result())

    def certificate(self, said: Entry, host: str) -> Certificate:
        entry, name = {**self.defaults, **said}, said["name"]
        names = tuple(known.lower() for known in (entry["common_name"], *entry.get("additional_names", ())))
        return Certificate(
            name=name,
            common_name=names[0],
            host=host,
            account=entry.get("account") or _required(self.only_account, name, "account"),
            organization=entry.get("organization") or _required(self.only_organization, name, "organization"),
            additional_names=tuple(dict.fromkeys(known for known in names[1:] if known != names[0])),
            product=entry.get("product"),
            key=_key(name, {**self.defaults.get("key", {}), **entry.get("key", {})}),
            validations=_validations(
                names, self.defaults.get("validation", {}), self.domains, said.get("validation", {})
            ),
            services=tuple(entry.get("services", ())),
            files=FileSet(**entry.get("files", {})),
            bought_here=entry.get("bought_here", False),
            new_order=entry.get("new_order", False),
            allow_revoking_reissue=entry.get("allow_revoking_reissue", False),
            uses=_uses(name, entry.get("uses", ())),
            on_loss=OnLoss(entry.get("on_loss", OnLoss.STOP.value)),
        )


def _required(only: str | None, name: str, key: str) -> str:
    if only is not None:
        return only
    raise InputRefused(
        f"Certificate {name} names no {key}, and there is not just one.",
        f"Add {key} to its entry or to tls_certificate_defaults.",
        code="missing_key",
    )


def _key(name: str, entry: Entry) -> KeySpec:
    kind = KeyType(entry.get("type", KeyType.RSA.value))
    size = entry.get("size", _KEY_SIZES[kind][0])
    if size not in _KEY_SIZES[kind]:
        raise InputRefused(
            f"Certificate {name}: key size {size} does not go with type {kind.value}.",
            f"Write one of {', '.join(str(known) for known in _KEY_SIZES[kind])}.",
            code="unknown_choice",
        )
    return KeySpec(kind, size)


def _uses(name: str, words: t.Sequence[str]) -> tuple[Use, ...]:
    known = [use.value for use in Use]
    wrong = next((word for word in words if word not in known), None)
    if wrong is not None:
        raise InputRefused(
            f"Certificate {name}: uses holds what is none of: {', '.join(known)}.",
            "Write one of them.",
            code="unknown_choice",
        )
    return tuple(Use(word) for word in words)


def _validations(
    names: tuple[str, ...], defaults: Entry, domains: t.Mapping[str, Entry], entry: Entry
) -> tuple[NameValidation, ...]:
    """Return how each name is validated: what the certificate says goes before its domain, that before the defaults."""
    own = {name.lower(): values for name, values in {**defaults.get("names", {}), **entry.get("names", {})}.items()}
    unknown = sorted({name.lower() for name in entry.get("names", {})} - set(names))
    if unknown:
        raise InputRefused(
            f"validation.names has {unknown[0]}, which is no name of the certificate.",
            "Correct the name, or add it to additional_names.",
            code="unknown_name",
        )
    return tuple(
        _validation(name, defaults, domain_of(name, domains), {**entry, **own.get(name, {})})
        for name in dict.fromkeys(names)
    )


def domain_of(name: str, domains: t.Mapping[str, Entry]) -> Entry:
    """Return what is said of the nearest domain that C(name) lies in, {} where nothing is."""
    labels = name.removeprefix("*.").split(".")
    above = (".".join(labels[depth:]) for depth in range(len(labels)))
    return next((domains[parent] for parent in above if parent in domains), {})


def _validation(name: str, defaults: Entry, domain: Entry, said: Entry) -> NameValidation:
    entry = {**defaults, **domain, **said}
    method = Method(entry.get("method", Method.FILE.value))
    # Hosts that a certificate names itself get its files, wherever those of its domain are carried.
    carried = {} if "hosts" in said and method is Method.FILE else domain
    at_server = carried.get("sftp_server") is not None
    return NameValidation(
        name,
        method,
        hosts=tuple(entry.get("hosts", ())),
        web_root=({**domain, **said} if at_server else entry).get("web_root"),
        approver=entry.get("approver"),
        dns_server=domain.get("dns_server"),
        sftp_server=carried.get("sftp_server"),
        publish_tasks=carried.get("publish_tasks"),
        retract_tasks=carried.get("retract_tasks"),
    )
