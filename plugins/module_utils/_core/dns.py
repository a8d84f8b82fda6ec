# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where DNS records are written: the user's ``tls_dns_servers``, and one record at one of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import KoshinError

TSIG_ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
# What CAs hand out is a word or a few; nothing here needs quoting.
_TXT = re.compile(r"[ !#-\[\]-~]{1,1024}")
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{1,63}\.?")
_TLSA = re.compile(r"[0-3] [01] [0-2] [0-9A-Fa-f]{2,2048}")
_VALUES = {"TXT": _TXT, "CNAME": _HOST, "TLSA": _TLSA}
RECORD_TYPES = tuple(_VALUES)


class RecordRefused(KoshinError):
    """A DNS record cannot be published or retracted."""

    code = "record_refused"


@dataclass(frozen=True)
class DnsServer:
    """A primary that takes updates (RFC 2136): C(address) or C(address:port), and the TSIG key (RFC 8945) for it.

    C(tsig_secret): base64, "" without a key.
    """

    name: str
    address: str
    tsig_name: str = ""
    tsig_secret: str = ""
    tsig_algorithm: str = TSIG_ALGORITHMS[0]


@dataclass(frozen=True)
class Record:
    """One record that validates C(name): C(owner) without a final dot, C(type) one of RECORD_TYPES, C(ttl) seconds.

    C(replaces): values of earlier tokens of the same order, which it takes the place of.
    """

    name: str
    owner: str
    type: str
    value: str
    ttl: int
    replaces: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.owner}. {self.type}"


def check_record(record: Record) -> None:
    """Raise RecordRefused where a record is none for its name, or its value is not one of its type.

    It may lie at the name, at a name above it that is no top-level domain, or below either in labels that begin with
    "_" (BR 3.2.2.4.7): nothing else is any CA's business.
    """
    labels = record.owner.lower().split(".")
    while labels and labels[0].startswith("_"):
        labels.pop(0)
    base, name = ".".join(labels), record.name.lower().removeprefix("*.")
    if _HOST.fullmatch(record.owner) is None or len(labels) < 2 or not f".{name}".endswith(f".{base}"):
        raise RecordRefused(
            f"{record.owner!r} is no record for {record.name}: it has to lie at that name or above it.",
            "Look at what the CA asked for; records of other names are never written.",
        )
    if not is_value(record.type, record.value):
        raise RecordRefused(
            f"The value for {record} is no plain value of type {record.type}.",
            "Put it in quotes; if it stands so in the CA's answer, ask the CA.",
        )


def is_value(kind: str, value: str) -> bool:
    """Return whether a record of type C(kind) may say C(value)."""
    return _VALUES[kind].fullmatch(value) is not None
