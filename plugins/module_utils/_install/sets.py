# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of files: certificate, chain, fullchain and key that belong together, complete or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping

from .._core.certificate import CertificateFacts
from .._core.errors import CertificateUnreadable
from .._x509.reading import certificate_facts
from .content import read, told
from .files import PRIVATE, PUBLIC, make_directory, sync_directory, write_private
from .layout import PREFIX, Layout

ROLES = ("certificate", "chain", "fullchain", "key")

# Role → what its file holds.
Contents = Mapping[str, bytes]
# Numbers of user and group, and the mode.
Ownership = tuple[int, int, int]


def contents_of(chain: tuple[str, ...], key: bytes) -> Contents:
    """Return the files of a set from its certificates (PEM, leaf first) and its key."""
    certificates = [f"{pem.strip()}\n".encode("ascii") for pem in chain]
    return {
        "certificate": certificates[0],
        "chain": b"".join(certificates[1:]),
        "fullchain": b"".join(certificates),
        "key": key,
    }


def set_contents(layout: Layout, name: str) -> Contents:
    """Return what a set holds; empty where there is none."""
    found = {role: read(f"{layout.set(name)}/{role}.pem", follow=False) for role in ROLES}
    return {role: content for role, content in found.items() if content is not None}


def facts_in(contents: Contents) -> CertificateFacts | None:
    """Return what the leaf of a set says, None where there is none that can be read."""
    for role in ("certificate", "fullchain"):
        try:
            return certificate_facts(contents.get(role, b"").decode("ascii", "replace"), role)
        except CertificateUnreadable:
            continue
    return None


def stage(layout: Layout, name: str, contents: Contents, owners: Mapping[str, Ownership]) -> None:
    """Write the set C(name) unless it is there; whoever looks sees all of it or nothing."""
    make_directory(layout.home)
    make_directory(layout.sets)
    if os.path.isdir(layout.set(name)):
        return
    temporary = f"{layout.sets}/{PREFIX}{name}"
    make_directory(temporary, 0o700)
    for role, content in contents.items():
        _write(f"{temporary}/{role}.pem", content, owners[role])
    with told(temporary):
        os.chmod(temporary, 0o755)
        sync_directory(temporary)
        os.rename(temporary, layout.set(name))
    sync_directory(layout.sets)


def free_name(layout: Layout, wanted: str, contents: Contents) -> str:
    """Return the name of the set that holds C(contents) or will: C(wanted), numbered where another one lies there."""
    name, number = wanted, 1
    while os.path.isdir(layout.set(name)) and set_contents(layout, name) != contents:
        number += 1
        name = f"{wanted}-{number}"
    return name


def owner_of(role: str, *paths: str) -> Ownership:
    """Return who owns the first of C(paths) that is there, links followed; else what a new file of this role gets."""
    for path in paths:
        with told(path):
            if os.path.exists(path):
                found = os.stat(path)
                return found.st_uid, found.st_gid, found.st_mode & 0o777
    return os.geteuid(), os.getegid(), PRIVATE if role == "key" else PUBLIC


def sweep(layout: Layout, paths: Iterable[str]) -> None:
    """Remove what killed runs left half made: in this certificate's directories, and links to them beside C(paths)."""
    ours = {layout.home, layout.sets}
    for directory in filter(os.path.isdir, ours | {os.path.dirname(path) for path in paths}):
        with told(directory):
            for entry in (f"{directory}/{name}" for name in os.listdir(directory) if name.startswith(PREFIX)):
                is_link = os.path.islink(entry)
                if directory in ours and os.path.isdir(entry) and not is_link:
                    shutil.rmtree(entry)
                elif directory in ours or (is_link and os.readlink(entry).startswith(f"{layout.home}/")):
                    os.unlink(entry)


def _write(path: str, content: bytes, owner: Ownership) -> None:
    uid, gid, mode = owner
    write_private(path, content)
    with told(path):
        os.chown(path, uid, gid)  # a directory may give its own group to new files
        os.chmod(path, mode)
