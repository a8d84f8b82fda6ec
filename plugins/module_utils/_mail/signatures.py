# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DKIM signatures (RFC 6376), checked here by dkimpy, for accounts whose mail server does not check them."""

from __future__ import annotations

import re
import typing as t

from .authentication import aligned
from .cleaning import shown
from .headers import Headers

MOST_SIGNATURES = 5
LOOK_UP_SECONDS = 10

LookUpText = t.Callable[[str], t.Optional[bytes]]
# RFC 8301 forbids rsa-sha1.
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
# What a signature has to cover, or its owner did not say what the mail says.
_COVERED = frozenset({"from", "subject"})


def proved_by_signature(raw: bytes, headers: Headers, domain: str, look_up_text: LookUpText | None) -> str:
    """Return "" where a valid signature speaks for C(domain), else why none does. Nothing is raised but ImportError."""
    objections = []
    for place, value in enumerate(headers.all("dkim-signature")[:MOST_SIGNATURES]):
        tags = _tags(value)
        if aligned(tags.get("d", ""), domain):
            objection = _unfit(tags) or _invalid(raw, place, tags, look_up_text)
            if not objection:
                return ""
            objections.append(objection)
    return "; ".join(objections) or f"it has no DKIM signature of {domain}"


def _unfit(tags: t.Mapping[str, str]) -> str:
    """Return why a signature proves nothing, though it may be valid."""
    if tags.get("a", "").lower() not in _ALGORITHMS:
        return "its DKIM signature uses an algorithm that is no longer good"
    if "l" in tags:
        return "its DKIM signature leaves the end of the mail open (l=)"
    covered = {name.strip().lower() for name in tags.get("h", "").split(":")}
    return "" if covered >= _COVERED else "its DKIM signature does not cover From and Subject"


def _invalid(raw: bytes, place: int, tags: t.Mapping[str, str], look_up_text: LookUpText | None) -> str:
    import dkim

    def look_up(name: bytes, timeout: float = LOOK_UP_SECONDS) -> bytes | None:
        if look_up_text is not None:
            return look_up_text(name.decode("ascii"))
        return t.cast(t.Optional[bytes], dkim.get_txt(name, timeout=timeout))

    try:
        checked = dkim.DKIM(raw, timeout=LOOK_UP_SECONDS, minkey=1024)
        if not checked.verify(place, dnsfunc=look_up):
            return "its DKIM signature is not valid"
        # The library reads the headers itself: what it found valid has to be what was chosen here.
        verified = {
            name.decode(): re.sub(r"\s+", "", value.decode()) for name, value in checked.signature_fields.items()
        }
        return "" if verified == tags else "its DKIM signature can be read in two ways"
    except Exception as error:
        # A stranger's mail goes through many hands in there; whatever they raise, nothing is proved.
        return f"its DKIM signature cannot be checked: {shown(error)}"


def _tags(value: bytes) -> dict[str, str]:
    """Read C(tag=value;) pairs; a tag that is there twice makes all of them void (RFC 6376 section 3.2)."""
    found: dict[str, str] = {}
    for pair in value.decode("latin-1").split(";"):
        name, equals, content = pair.partition("=")
        if equals and name.strip() in found:
            return {}
        if equals:
            found[name.strip()] = re.sub(r"\s+", "", content)
    return found
