# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a publicly trusted certificate may carry (BR 7.1.4.2.1, RFC 5280, RFC 6761)."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_RESERVED = ("in-addr.arpa", "ip6.arpa", "local", "localhost", "invalid", "onion")


def problem_of(name: str) -> str | None:
    """Return why no CA can certify C(name), or None. C(name) is lower case, perhaps with C(*.) in front."""
    bare = name[2:] if name.startswith("*.") else name
    if not bare or bare.endswith("."):
        return "it is empty or ends with a dot"
    if not bare.isascii():
        return f"it is not ASCII; write it as {_a_label(bare)}"
    if _is_address(bare):
        return "it is an IP address"
    if len(bare) > 253:
        return f"it has {len(bare)} characters, at most 253 are allowed"
    labels = bare.split(".")
    if len(labels) < 2:
        return "it is an internal name: it has no dot"
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        return f"its part {wrong!r} is not made of letters, digits and inner hyphens (underscores are not allowed)"
    if labels[-1].isdigit():
        return "its last part is a number"
    reserved = next((end for end in _RESERVED if bare == end or bare.endswith("." + end)), None)
    return None if reserved is None else f"no CA certifies names under {reserved}"


def covers(pattern: str, name: str) -> bool:
    """Say whether C(pattern) from a certificate stands for C(name): equal, or a wildcard for just its first part."""
    if pattern == name:
        return True
    return pattern.startswith("*.") and "." in name and name.split(".", 1)[1] == pattern[2:]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _a_label(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return "its ASCII form (xn--…)"
