# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the receiving mail server says that it proved: Authentication-Results (RFC 8601), the topmost header alone.

A sender may write such headers too. The server puts its own on top; so one further down counts for nothing, whatever
name it carries.
"""

from __future__ import annotations

import re

from .headers import Headers

_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[^()"\\]+|[()]|["\\]', re.DOTALL)
_METHOD = re.compile(r"\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z0-9]+)(?=\s|$)", re.IGNORECASE)
_PROPERTY = re.compile(r'\b(header\.[a-z0-9-]+)\s*=\s*(?:"([^"]*)"|([^\s";]+))', re.IGNORECASE)


def proved_by_server(headers: Headers, server: str, domain: str) -> str:
    """Return "" where C(server) says that C(domain) sent the mail (dkim=pass or dmarc=pass for it), else why not."""
    values = headers.all("authentication-results")
    if not values:
        return f"{server} says nothing about it"
    name, *results = _without_comments(values[0].decode("latin-1")).split(";")
    said = name.split()
    if not said or said[0].strip('"').lower() != server.lower() or len(said) > 2:
        return f"its topmost Authentication-Results header is not by {server}"
    if any(_proves(result, domain) for result in results):
        return ""
    return f"{server} does not say dkim=pass or dmarc=pass for {domain}"


def aligned(signer: str, domain: str) -> bool:
    """Say whether a signature of C(signer) speaks for C(domain): equal, or one lies under the other.

    Domains that only share a parent are not aligned here: whether one owner has both, no list is at hand to say.
    """
    signer, domain = signer.lower().rstrip("."), domain.lower().rstrip(".")
    if "." not in signer or not domain:
        return False
    return signer == domain or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")


def _proves(result: str, domain: str) -> bool:
    found = _METHOD.match(result)
    if found is None or found[2].lower() != "pass":
        return False
    properties = {name.lower(): quoted or bare for name, quoted, bare in _PROPERTY.findall(result, found.end())}
    if found[1].lower() == "dkim":
        return aligned(properties.get("header.d", ""), domain)
    return found[1].lower() == "dmarc" and properties.get("header.from", "").lower() == domain


def _without_comments(text: str) -> str:
    """Return C(text) without what stands in brackets: "dkim=fail (dkim=pass)" says fail. "" where brackets are open."""
    kept, depth = [], 0
    for token in _COMMENT_OR_TEXT.findall(text):
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif depth == 0:
            kept.append(token.replace(";", " ") if token.startswith('"') else token)
        if depth < 0:
            return ""
    return "" if depth else "".join(kept)
