# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_dns_servers``, made into nouns."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from pathlib import Path

from .._core.dns import TSIG_ALGORITHMS, DnsServer
from .._core.errors import InputRefused
from .field import NAME, Field, Fields, Values
from .named import named_entries

DNS_SERVER: Fields = {
    "name": Field(required=True, pattern=NAME),
    "address": Field(required=True, pattern=r"[0-9.]+(:[0-9]{1,5})?|[0-9a-fA-F:]+|\[[0-9a-fA-F:]+\]:[0-9]{1,5}"),
    "tsig_name": Field(),
    "tsig_secret": Field(secret=True),
    "tsig_algorithm": Field(choices=TSIG_ALGORITHMS),
    "key_file": Field(kind="path"),
}
# As tsig-keygen writes it; comments and other statements may stand around it.
_KEY = re.compile(r'key\s+"?(?P<name>[^"\s{]+)"?\s*\{(?P<body>[^}]*)\}')
_ALGORITHM = re.compile(r'algorithm\s+"?([A-Za-z0-9-]+)"?\s*;')
_SECRET = re.compile(r'secret\s+"?([A-Za-z0-9+/=]+)"?\s*;')
_LARGEST = 65_536


def dns_servers(entries: t.Sequence[t.Any]) -> dict[str, DnsServer]:
    """Return name → server; raises InputRefused, for a key that is not whole and for a key file that holds none."""
    return {name: _server(values) for name, values in named_entries(entries, DNS_SERVER, "tls_dns_servers").items()}


def _server(values: Values) -> DnsServer:
    path = f"tls_dns_servers[{values['name']}]"
    key: dict[str, str] = {
        part: values[part] for part in ("tsig_name", "tsig_secret", "tsig_algorithm") if part in values
    }
    if "key_file" in values:
        if key:
            raise InputRefused(f"{path} has a key_file and {sorted(key)[0]}.", "Keep one of them.", code="malformed")
        key = _from_file(values["key_file"], path)
    elif key and not {"tsig_name", "tsig_secret"} <= set(key):
        raise InputRefused(f"{path} has half a TSIG key.", "Give tsig_name and tsig_secret.", code="malformed")
    try:
        base64.b64decode(key.get("tsig_secret", ""), validate=True)
    except binascii.Error:
        raise InputRefused(
            f"The TSIG secret of {path} is no base64.", "Take it as tsig-keygen prints it.", code="malformed"
        ) from None
    return DnsServer(values["name"], values["address"], **key)


def _from_file(place: str, path: str) -> dict[str, str]:
    try:
        with Path(place).expanduser().open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        raise InputRefused(
            f"{path}.key_file {place} cannot be read: {error.strerror}.",
            "Let the user that runs this on the control host read it.",
            code="unreadable_file",
        ) from None
    found = _KEY.search(text)
    algorithm, secret = (found and pattern.search(found["body"]) for pattern in (_ALGORITHM, _SECRET))
    if not found or not algorithm or not secret or algorithm[1].lower() not in TSIG_ALGORITHMS:
        raise InputRefused(
            f"{path}.key_file {place} holds no key of {', '.join(TSIG_ALGORITHMS)}.",
            "Make one: tsig-keygen -a hmac-sha256 koshin.",
            code="malformed",
        )
    return {"tsig_name": found["name"], "tsig_secret": secret[1], "tsig_algorithm": algorithm[1].lower()}
