# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that wait on the key host for a certificate: what of them is whole, and what is left over."""

from __future__ import annotations

import json
import os
import re
import typing as t
from dataclasses import dataclass

from .._core.errors import CertificateUnreadable
from .._x509.loading import key_hash_of_csr, key_hash_of_key
from .content import read, told
from .layout import PREFIX, Layout

_OURS = re.compile(f"[0-9a-f]{{64}}|{re.escape(PREFIX)}.*")


@dataclass(frozen=True)
class Pending:
    """A request that is whole: its key lies beside it. ``profile``: what was asked for, see C(request.profile)."""

    key_hash: str
    csr: str
    profile: t.Mapping[str, t.Any]


def pending_requests(layout: Layout) -> dict[str, Pending]:
    """Return key_hash → request of those that are whole; raises InstallationFailed where they may not be read."""
    every = (_whole(layout.request(name), name) for name in pending_directories(layout))
    return {request.key_hash: request for request in every if request is not None}


def pending_directories(layout: Layout) -> list[str]:
    """Return the names of the directories that we made there, whole or not."""
    with told(layout.pending):
        try:
            with os.scandir(layout.pending) as entries:
                ours = (entry for entry in entries if _OURS.fullmatch(entry.name))
                return sorted(entry.name for entry in ours if entry.is_dir(follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return []


def _whole(directory: str, key_hash: str) -> Pending | None:
    key, csr, profile = (read(f"{directory}/{name}", follow=False) for name in ("key.pem", "csr.pem", "profile.json"))
    if key is None or csr is None or profile is None:
        return None
    try:
        text, wanted = csr.decode("ascii"), json.loads(profile)
        hashes = {key_hash, key_hash_of_key(key, directory), key_hash_of_csr(text, directory)}
    except (CertificateUnreadable, ValueError):
        return None
    return Pending(key_hash, text, wanted) if len(hashes) == 1 and isinstance(wanted, dict) else None
