# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would be changed for one certificate, and whether it may be: only reads, so that check mode tells the truth."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from .._core.certificate import CertificateFacts
from .._core.errors import CertificateUnreadable, InputRefused, InstallationFailed
from .._x509.loading import key_hash_of_key
from .._x509.reading import certificate_facts, split_pem
from .._x509.set import check_set
from .content import read
from .installation import Installation, linked_paths
from .layout import Layout
from .service import Service
from .sets import ROLES, Contents, contents_of, facts_in, free_name
from .switch import Paths, is_unproven, set_in_use, unlinked
from .wire import LOOPBACK, Look, trusting


@dataclass(frozen=True)
class Change:
    """One certificate's way from what is there to what is wanted, checked.

    ``wanted`` is the name of its set; ``needed`` false: it is there, linked and proved. ``found`` is what the service
    reads now, None where that is nothing or unreadable.
    """

    installation: Installation
    layout: Layout
    paths: Paths
    services: tuple[Service, ...]
    facts: CertificateFacts
    contents: Contents = field(repr=False)
    wanted: str
    needed: bool
    found: CertificateFacts | None

    @property
    def name(self) -> str:
        return self.installation.name


def plan(installation: Installation, layout: Layout, services: Mapping[str, Service], now: datetime) -> Change:
    """Check a certificate, its key and where both shall lie; raises the KoshinError that says what is in the way."""
    used = _known(installation, services)
    paths = linked_paths(installation.files, layout)
    _refuse_missing_directories(paths, layout)
    trusting(installation.trust_anchors)
    chain = tuple(pem for text in installation.chain for pem in split_pem(text, "The chain"))
    key = _key(installation, layout, paths, chain)
    facts = check_set(chain, key, installation.names, now)
    contents = contents_of(chain, key)
    wanted = free_name(layout, facts.serial, contents)
    in_place = set_in_use(layout) == wanted and not unlinked(layout, paths) and not is_unproven(layout)
    now_read = {role: read(paths.get(role, layout.in_use(role))) or b"" for role in ROLES}
    return Change(installation, layout, paths, used, facts, contents, wanted, not in_place, found=facts_in(now_read))


def refuse_private_over_public(change: Change, look: Look) -> None:
    """Raise InstallationFailed where a certificate that the system trusts would give way to another CA's."""
    if change.installation.publicly_trusted or not change.needed:
        return
    for service in change.services:
        for name in change.installation.names_to_look_at:
            served = look(LOOPBACK, service.port, name)
            if not served.verified or served.leaf is None:
                continue
            issuer = certificate_facts(served.leaf, "What is served").issuer
            if issuer != change.facts.issuer:
                raise InstallationFailed(
                    f"{change.name}: {service.name} serves for {name} a publicly trusted certificate of {issuer}; "
                    f"the new one, of {change.facts.issuer}, is not publicly trusted.",
                    "Nothing was changed on this host. Give this certificate an account of a public CA.",
                    code="private_over_public",
                )


def _known(installation: Installation, services: Mapping[str, Service]) -> tuple[Service, ...]:
    unknown = next((name for name in installation.services if name not in services), None)
    if unknown is not None:
        raise InputRefused(
            f"{installation.name} is used by the service {unknown}, which tls_services does not define.",
            f"Define it there, or write one of: {', '.join(sorted(services)) or 'none is defined'}.",
            code="unknown_service",
        )
    return tuple(services[name] for name in installation.services)


def _refuse_missing_directories(paths: Paths, layout: Layout) -> None:
    for role, path in paths.items():
        if os.path.isdir(path) or not os.path.isdir(os.path.dirname(path)):
            finding = "is a directory" if os.path.isdir(path) else "lies in a directory that is not there"
            raise InstallationFailed(
                f"{layout.name}: files.{role}, {path}, {finding}.",
                "Nothing was changed on this host. Correct the path, or make the directory.",
                code="directory_missing",
            )


def _key(installation: Installation, layout: Layout, paths: Paths, chain: tuple[str, ...]) -> bytes:
    """Return the private key: it waits with its request, lies in its set already, or is the one in use (row R5)."""
    places = [layout.request(installation.key_hash)]
    if chain:
        places.append(layout.set(certificate_facts(chain[0], "The certificate").serial))
    for path in (f"{place}/key.pem" for place in places):
        key = read(path, follow=False)
        if key is not None and key_hash_of_key(key, path) == installation.key_hash:
            return key
    in_use = paths.get("key", layout.in_use("key"))
    with suppress(CertificateUnreadable):
        key = read(in_use)
        if key is not None and key_hash_of_key(key, in_use) == installation.key_hash:
            return key
    raise InstallationFailed(
        f"{installation.name}: the private key of its order (key_hash {installation.key_hash}) is not on this host.",
        f"Look for it in {layout.pending}; if it is lost, run renew.yml again: it makes a new request.",
        code="key_missing",
    )
