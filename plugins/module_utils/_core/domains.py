# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can every name be validated as the inventory says? Looked at before money is spent (row R10)."""

from __future__ import annotations

import typing as t

from .inventory import Certificate, Method, NameValidation
from .names import problem_of
from .order import Finding, Severity
from .placement import is_host, places_of


def check_names(
    certificate: Certificate,
    *,
    methods: t.Sequence[Method],
    per_name: bool,
    web_roots: t.Mapping[str, str | None],
) -> list[Finding]:
    """Return what stands against a name or its method.

    C(methods): what the account's CA offers, C(per_name): a way of its own for each name, or one for all.
    C(web_roots): host → its default web root, for hosts of this run only.
    """
    findings = [] if per_name else _mixture(certificate, methods)
    for validation in certificate.validations:
        problem = problem_of(validation.name)
        if problem is not None:
            findings.append(_not_allowed(certificate.name, validation.name, problem))
        else:
            findings += _method(certificate, validation, methods, web_roots)
    return findings + _common_name(certificate)


def _not_allowed(certificate: str, name: str, problem: str) -> Finding:
    return Finding(
        certificate,
        Severity.BLOCKS,
        "name_not_allowed",
        f"{name} cannot be certified: {problem}.",
        "Correct it in tls_certificates.",
    )


def _mixture(certificate: Certificate, methods: t.Sequence[Method]) -> list[Finding]:
    """One way for the whole order: a file shows no wildcard."""
    used = sorted({one.method.value for one in certificate.validations})
    if len(used) < 2:
        return []
    has_wildcard = any(name.startswith("*.") for name in certificate.names)
    possible = [one.value for one in methods if not (one is Method.FILE and has_wildcard)]
    return [
        _impossible(
            certificate,
            f"{certificate.name} mixes {' and '.join(used)}; {certificate.account} takes one way for all names.",
            f"Choose one of: {', '.join(possible) or 'none is possible, split the certificate'}.",
        )
    ]


def _common_name(certificate: Certificate) -> list[Finding]:
    if len(certificate.common_name) <= 64:
        return []
    return [
        Finding(
            certificate.name,
            Severity.BLOCKS,
            "name_too_long",
            f"The common name {certificate.common_name} has {len(certificate.common_name)} characters, at most 64 fit.",
            "Take a shorter name as the common name, and put this one under additional_names.",
        )
    ]


def _method(
    certificate: Certificate,
    validation: NameValidation,
    methods: t.Sequence[Method],
    web_roots: t.Mapping[str, str | None],
) -> t.Iterator[Finding]:
    name, method = validation.name, validation.method
    if method not in methods:
        offered = ", ".join(known.value for known in methods)
        yield _impossible(
            certificate,
            f"{name}: account {certificate.account} offers no {method.value} validation.",
            f"Choose one of: {offered}.",
        )
    elif method is Method.FILE and name.startswith("*."):
        yield _impossible(
            certificate, f"{name}: a wildcard name cannot be validated by file (BR 3.2.2.4.18).", "Choose dns."
        )
    elif method is Method.FILE and validation.web_root is None:
        hosts = (place for place, _root in places_of(validation, certificate.host) if is_host(place))
        for host in (host for host in hosts if not web_roots.get(host)):
            lacks = "has no web root" if host in web_roots else "is not in this run"
            yield _impossible(
                certificate,
                f"{name}: its token has to lie on {host}, which {lacks}.",
                f"Set tls_web_root for {host} or validation.names[{name}].web_root; leave {host} out by no limit.",
            )


def _impossible(certificate: Certificate, message: str, next_move: str) -> Finding:
    return Finding(certificate.name, Severity.BLOCKS, "method_impossible", message, next_move)
