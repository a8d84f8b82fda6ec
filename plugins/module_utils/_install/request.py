# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a key and its request and let them wait, or find the one that waits already.

A kill leaves nothing half that counts: a request is made beside its place and renamed. Nothing here waits for the disk;
before a request leaves the host its key must outlive the machine: call C(sync_all).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import typing as t
from dataclasses import dataclass

from .._core.certificate import KeySpec, KeyType, Subject
from .._core.errors import InputRefused, InstallationFailed
from .._schema.field import NAME
from .._x509.keys import make_key, make_request
from .._x509.loading import key_hash_of_key
from .content import told
from .files import PRIVATE, make_directory
from .layout import PREFIX, Layout
from .pending import Pending, pending_directories, pending_requests

SUBJECT = ("common_name", "legal_name", "street_address", "locality", "state", "postal_code", "country")
# What Ansible checks of an entry: no secrets are in it, and hosts are spared our own checks of users' lists.
REQUEST: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "key": {
        "type": "dict",
        "required": True,
        "no_log": False,
        "options": {
            "type": {"type": "str", "choices": ["rsa", "ec"], "required": True},
            "size": {"type": "int", "choices": [2048, 3072, 4096, 256, 384, 521], "required": True},
        },
    },
    # Not Ansible's text, which takes false, YAML's reading of NO, for the country "False".
    "subject": {"type": "dict", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class Plan:
    """What is done for one certificate: C(waiting) is returned, or one made; directories C(removed) are of no use."""

    layout: Layout
    profile: t.Mapping[str, t.Any]
    waiting: Pending | None
    removed: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.waiting is None or bool(self.removed)

    def diff(self) -> dict[str, str]:
        """Return before and after as Ansible shows them: facts and hashes, never PEM."""
        key = self.profile["key"]
        made = f"new {key['type']} {key['size']} key and request for {self.profile['subject']['common_name']}\n"
        return {
            "before_header": self.layout.pending,
            "after_header": self.layout.pending,
            "before": "".join(f"{name}\n" for name in self.removed),
            "after": "" if self.waiting else made,
        }


def plan(entry: t.Mapping[str, t.Any], directory: str) -> Plan:
    """Decide for one entry of C(requests); raises InputRefused, or InstallationFailed where a kept key is lost."""
    layout, keep = Layout(entry["name"], directory), entry["keep"]
    profile = {"key": entry["key"], "subject": _subject(layout.name, entry["subject"]), "names": entry["names"]}
    if not re.fullmatch(NAME, layout.name):
        raise InputRefused(f"{layout.name!r} is no name of a certificate.", f"It matches {NAME}.", code="malformed")
    whole = pending_requests(layout)
    suitable = {key_hash for key_hash, request in whole.items() if request.profile == profile}
    kept = [key_hash for key_hash in keep if key_hash in whole]
    if keep and not kept:
        raise _lost(layout, keep)
    chosen = next(iter([*(key for key in kept if key in suitable), *kept, *sorted(suitable)]), None)
    removed = (name for name in pending_directories(layout) if name not in suitable.union(keep))
    return Plan(layout, profile, whole[chosen] if chosen else None, tuple(removed))


def _subject(name: str, given: t.Mapping[str, t.Any]) -> dict[str, str]:
    for part, value in given.items():
        if part not in SUBJECT:
            raise InputRefused(
                f"{name}: the subject knows no {part}.", f"It knows {', '.join(SUBJECT)}.", "unknown_key"
            )
        if not isinstance(value, (str, type(None))):
            raise InputRefused(f"{name}: {part} of the subject is not text.", "Put it in quotes.", "wrong_type")
    if not given.get("common_name"):
        raise InputRefused(f"{name}: the subject has no common name.", "Give it one.", "missing_key")
    return {part: value for part, value in given.items() if value}


def carry_out(decided: Plan, *, dry_run: bool) -> Pending:
    """Return the request that waits, made where none did.

    C(dry_run) makes it too, to see that it can be made, and forgets it. Raises what C(make_request) raises,
    InstallationFailed where it cannot be written.
    """
    request = decided.waiting or _make(decided.layout, decided.profile, dry_run)
    if not dry_run:
        for name in decided.removed:
            with told(decided.layout.request(name)):
                shutil.rmtree(decided.layout.request(name))
    return request


def _make(layout: Layout, profile: t.Mapping[str, t.Any], dry_run: bool) -> Pending:
    key = make_key(KeySpec(KeyType(profile["key"]["type"]), profile["key"]["size"]))
    csr = make_request(key, Subject(**profile["subject"]), tuple(profile["names"]))
    request = Pending(key_hash_of_key(key, "The new key"), csr, profile)
    if not dry_run:
        _write(layout, key, request)
    return request


def _write(layout: Layout, key: bytes, request: Pending) -> None:
    make_directory(layout.pending, 0o700, sync=False)
    unfinished = f"{layout.pending}/{PREFIX}{os.urandom(8).hex()}"
    make_directory(unfinished, 0o700, sync=False)
    profile = json.dumps(request.profile, ensure_ascii=False)
    files = {"key.pem": key, "csr.pem": request.csr.encode("ascii"), "profile.json": profile.encode()}
    for name, content in files.items():
        write_new(f"{unfinished}/{name}", content)
    with told(layout.pending):
        os.rename(unfinished, layout.request(request.key_hash))


def sync_all(path: str) -> None:
    """Wait until all that was written on the file system of C(path) outlives the machine: one wait for many files."""
    import ctypes

    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(handle)


def write_new(path: str, content: bytes) -> None:
    """Write a file that its owner alone reads and that is not there yet; raises InstallationFailed."""
    with told(path), open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE), "wb") as file:
        file.write(content)


def _lost(layout: Layout, keep: t.Sequence[str]) -> InstallationFailed:
    return InstallationFailed(
        f"{layout.name}: the key of its open order is not in {layout.pending} any more (key_hash {', '.join(keep)}).",
        "Put it back from a backup, or cancel the order (koshin.tls.order with action: cancel), then run again.",
        code="pending_key_lost",
    )
