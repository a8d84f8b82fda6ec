# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who sent a mail, and whether that counts: an allowed address, and proof of it where the account wants proof.

Anybody can write any From. What is not trusted is shown to people and changes nothing.
"""

from __future__ import annotations

import re
import typing as t

from .._core.account import PortalSettings
from .authentication import proved_by_server
from .charsets import decoded
from .cleaning import shown
from .headers import Headers
from .signatures import LookUpText, proved_by_signature

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
# A second one of these makes mail programs disagree about what the mail says, whoever proved the first.
_ONCE = ("from", "subject", "content-type", "content-transfer-encoding", "mime-version")


class Sender(t.NamedTuple):
    """``address`` in lower case, "" where there is not exactly one; ``distrust``: why it does not count, or ""."""

    address: str
    distrust: str

    @property
    def trusted(self) -> bool:
        return not self.distrust


def judged(raw: bytes, headers: Headers, settings: PortalSettings, *, look_up_text: LookUpText | None = None) -> Sender:
    """Say who sent a mail and whether it counts for this account. C(raw): the mail with its headers, for signatures.

    C(look_up_text): name → its TXT record, else DNS is asked as this machine does. Nothing is raised.
    """
    twice = next((name for name in _ONCE if len(headers.all(name)) > 1), None)
    if twice is not None:
        return Sender("", f"it has more than one {twice.capitalize()} header")
    if headers.problem:
        return Sender("", headers.problem)
    address = address_of(headers.first("from"))
    if not address:
        return Sender("", "its From is not exactly one plain address")
    if not is_allowed(address, (*settings.senders, *settings.provider.senders)):
        return Sender(address, f"{address} is not among the account's senders")
    return Sender(address, _unproved(raw, headers, address, settings, look_up_text))


def address_of(value: bytes) -> str:
    """Return the one address of a From header in lower case, "" where there is none, more, or a doubtful one.

    Only what stands as an address counts: one in the name before it is decoration. Addresses of other signs than ASCII
    look like those that they imitate, and are none here.
    """
    text = _without_names(decoded(value, ""))
    bracketed = re.fullmatch(r"[^<>@,;]*<\s*([^<>\s]+)\s*>\s*", text)
    address = (bracketed[1] if bracketed else text.strip()).lower()
    return address if _ADDRESS.fullmatch(address) and "=?" not in address and ".." not in address else ""


def is_allowed(address: str, senders: t.Iterable[str]) -> bool:
    """Say whether an address is among C(senders): addresses, or domains with a leading @, which mean no others."""
    domain = "@" + address.rpartition("@")[2]
    return any(allowed.lower() in (address, domain) for allowed in senders)


def _unproved(
    raw: bytes, headers: Headers, address: str, settings: PortalSettings, look_up_text: LookUpText | None
) -> str:
    """Return why the proofs that the account wants are missing; one of two is enough."""
    domain = address.rpartition("@")[2]
    objections = []
    if settings.authentication_server:
        objections.append(proved_by_server(headers, settings.authentication_server, domain))
    if settings.check_dkim and "" not in objections:
        objections.append(proved_by_signature(raw, headers, domain, look_up_text))
    return "" if "" in objections else shown("; ".join(objections)) if objections else ""


def _without_names(text: str) -> str:
    """Return a From header without quoted names and comments, which may hold any sign; "" where one has no end."""
    kept, depth, quoted, place = [], 0, False, 0
    while place < len(text):
        sign = text[place]
        if sign == "\\" and (quoted or depth):
            place += 1
        elif sign == '"' and not depth:
            quoted = not quoted
        elif not quoted and sign in "()":
            depth += 1 if sign == "(" else -1
            if depth < 0:
                return ""
        elif not quoted and not depth:
            kept.append(sign)
        place += 1
    return "" if quoted or depth else "".join(kept)
