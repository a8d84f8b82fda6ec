# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one switch: ``current`` is renamed from set to set, and what a service reads are links into it.

Killed before any step, every path is still the file it was or a link to an identical copy, and all show one set.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping

from .content import read, told
from .files import replace_with_link, sync_directory, write_file
from .layout import ORIGINAL, Layout
from .sets import ROLES, Contents, Ownership, free_name, owner_of, set_contents, stage

# Role → path that a service reads; see installation.linked_paths.
Paths = Mapping[str, str]


def set_in_use(layout: Layout) -> str | None:
    """Return the name of the set that C(current) leads to, None where it leads nowhere."""
    if not os.path.islink(layout.current):
        return None
    folder, name = os.path.split(os.path.normpath(os.path.join(layout.home, os.readlink(layout.current))))
    return name if folder == layout.sets and os.path.isdir(layout.current) else None


def is_unproven(layout: Layout) -> bool:
    """Say whether a switch was begun and never proved over the wire."""
    return os.path.lexists(layout.switching)


def proven_set(layout: Layout) -> str | None:
    """Return the name of the set to go back to, that before an unproven switch; None: nothing was there."""
    if not is_unproven(layout):
        return set_in_use(layout)
    try:
        before = json.loads(read(layout.switching, follow=False) or b"")["from"]
    except (ValueError, KeyError, TypeError):
        return set_in_use(layout)
    return before if os.path.isdir(layout.sets) and before in os.listdir(layout.sets) else None


def unlinked(layout: Layout, paths: Paths) -> dict[str, str]:
    """Return those of C(paths) that are not yet links into C(current)."""
    return {role: path for role, path in paths.items() if not _is_link_to(path, layout.in_use(role))}


def is_fresh(layout: Layout, paths: Paths) -> bool:
    """Say whether the service misses a file so far, so that its own test cannot succeed yet."""
    read_now = paths.values() or [layout.in_use("fullchain"), layout.in_use("key")]
    return not all(os.path.exists(path) for path in read_now)


def owners_now(layout: Layout, paths: Paths) -> dict[str, Ownership]:
    """Return role → who owns what the service reads now, for the files that replace it."""
    return {role: owner_of(role, paths.get(role, ""), layout.in_use(role)) for role in ROLES}


def owners_of_new(layout: Layout, paths: Paths) -> dict[str, Ownership]:
    """Return what C(owners_now) does for files that are new: whatever the old key was, not everybody reads this one."""
    owners = owners_now(layout, paths)
    uid, gid, mode = owners["key"]
    return {**owners, "key": (uid, gid, mode & 0o770)}


def take_over(layout: Layout, paths: Paths) -> None:
    """Make each of C(paths) a link into C(current), which shows until the switch what the paths showed before.

    The files that were there are kept, byte for byte and with owner, group and mode, as the set "original". A link that
    leads elsewhere is replaced; what it leads to is not touched.
    """
    to_link = unlinked(layout, paths)
    shown = {role: read(path) for role, path in paths.items()}
    if any(shown[role] is not None and shown[role] != read(layout.in_use(role)) for role in to_link):
        in_use = set_in_use(layout)
        kept = {} if in_use is None else set_contents(layout, in_use)
        _show(layout, {**kept, **{role: content for role, content in shown.items() if content is not None}}, paths)
    for role, path in to_link.items():
        replace_with_link(path, layout.in_use(role))


def switch(layout: Layout, wanted: str) -> str | None:
    """Write down that nothing is proved, let C(current) lead to the set C(wanted), return the set to go back to."""
    before = proven_set(layout)
    write_file(layout.switching, json.dumps({"from": before, "to": wanted}).encode())
    replace_with_link(layout.current, f"sets/{wanted}")
    return before


def go_back(layout: Layout, before: str | None, paths: Paths) -> None:
    """Let C(current) lead to the set C(before) again; links that then lead nowhere are removed: nothing was there."""
    with told(layout.current):
        if before is not None:
            replace_with_link(layout.current, f"sets/{before}")
        elif os.path.islink(layout.current):
            os.unlink(layout.current)
        for role, path in paths.items():
            if _is_link_to(path, layout.in_use(role)) and not os.path.exists(path):
                os.unlink(path)


def prove(layout: Layout, wanted: str, before: str | None, key_hash: str) -> None:
    """Keep the way back, forget the request that this certificate answers, and write down that the switch is proved."""
    if before not in (None, wanted):
        replace_with_link(layout.previous, f"sets/{before}")
    with told(layout.pending):
        if os.path.isdir(layout.request(key_hash)):
            shutil.rmtree(layout.request(key_hash))
    settle(layout)


def settle(layout: Layout) -> None:
    """Write down that what C(current) shows is proved."""
    with told(layout.switching):
        if os.path.lexists(layout.switching):
            os.unlink(layout.switching)
            sync_directory(layout.home)


def _show(layout: Layout, contents: Contents, paths: Paths) -> None:
    """Let C(current) show C(contents), owned as what is shown now."""
    name = free_name(layout, ORIGINAL, contents)
    stage(layout, name, contents, owners_now(layout, paths))
    replace_with_link(layout.current, f"sets/{name}")


def _is_link_to(path: str, target: str) -> bool:
    return os.path.islink(path) and os.readlink(path) == target
