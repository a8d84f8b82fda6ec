# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an ACME server sends on to: URLs in headers and answers, which may lead anywhere. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

_PORTS = {"https": 443, "http": 80}


def placed(url: str, base: str, known: Sequence[str]) -> str | None:
    """Return C(url), relative to C(base), whole; None where it is at no scheme, host and port of those C(known)."""
    if not url:
        return None
    try:
        whole = urljoin(base, url)
        return whole if _origin(whole) in [_origin(one) for one in known] else None
    except ValueError:
        return None


def host_of(url: str) -> str:
    """Return host and port of a URL for people, "" where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2][:100]
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454); a URL with a user is at no host of ours. Raises ValueError."""
    parts = urlsplit(url)
    host = "" if "@" in parts.netloc else (parts.hostname or "")
    if not host:
        raise ValueError("no host")
    return parts.scheme, host, parts.port or _PORTS.get(parts.scheme)
