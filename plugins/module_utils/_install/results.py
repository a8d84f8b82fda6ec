# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certificate_install says of its work: items, differences, and where the certificates are served now."""

from __future__ import annotations

import os
import typing as t
from datetime import datetime

from .._core.certificate import CertificateFacts
from .._core.outcome import Item
from .change import Change
from .installation import Installation
from .sets import ROLES
from .transaction import Result


def item_of(
    wanted: Installation, change: Change | None, result: Result | None = None, refused: Item | None = None
) -> Item:
    """Return the item of a certificate: C(refused) without a change, or C(result) of one, None where it was left."""
    item = {
        "name": wanted.name,
        "changed": change is not None and change.needed,
        "error": refused,
        "serial": None,
        "key_hash": wanted.key_hash,
        "not_before": None,
        "not_after": None,
        "paths": list(wanted.files.values()),
        "services": list(wanted.services),
        "went_back": False,
    }
    if change is not None:
        item["serial"] = change.facts.serial
        item["not_before"], item["not_after"] = _utc(change.facts.not_before), _utc(change.facts.not_after)
        item["paths"] = item["paths"] or [change.layout.in_use(role) for role in ROLES]
    if result is not None and result.error is not None:
        item.update(changed=result.went_back, error=result.error.as_result(), went_back=result.went_back)
    return item


def endpoints_of(change: Change) -> list[dict[str, t.Any]]:
    """Return where a certificate is served now, as endpoint_info takes it; wildcards cannot be asked for."""
    return [
        {
            "name": change.name,
            "server_name": server_name,
            "port": service.port,
            "fingerprint": change.facts.fingerprint,
            "trust_anchors": change.installation.trust_anchors,
            "resolver": change.installation.resolver,
        }
        for service in change.services
        for server_name in change.installation.server_names
    ]


def difference(change: Change) -> dict[str, str]:
    """Return what changes for one certificate as facts, never as PEM; to be asked before it is changed."""
    before = [f"{path}: {_kind(path)}" for path in change.paths.values()]
    after = [f"{path}: link to {change.layout.in_use(role)}" for role, path in change.paths.items()]
    return {
        "before_header": change.name,
        "after_header": change.name,
        "before": _lines(change.found, before),
        "after": _lines(change.facts, after),
    }


def _lines(facts: CertificateFacts | None, paths: list[str]) -> str:
    if facts is None:
        return "".join(f"{path}\n" for path in paths)
    return (
        f"serial: {facts.serial}\nnames: {', '.join(facts.names)}\n"
        f"not_before: {_utc(facts.not_before)}\nnot_after: {_utc(facts.not_after)}\n{_lines(None, paths)}"
    )


def _kind(path: str) -> str:
    if os.path.islink(path):
        return f"link to {os.readlink(path)}"
    return "file" if os.path.exists(path) else "absent"


def _utc(moment: datetime) -> str:
    """As _core.plain writes it, without bringing all of that to the host."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
