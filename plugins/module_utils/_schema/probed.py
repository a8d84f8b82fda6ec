# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of tokens that are looked at: files and records."""

from __future__ import annotations

from .._core.dns import RECORD_TYPES
from .._core.errors import InputRefused
from .._core.order import DnsToken, FileToken, Token
from .field import Field, Fields, Values
from .resolver import RESOLVER

PROBED: Fields = {
    "name": Field(required=True),
    "path": Field(pattern="/.*"),
    "content": Field(),
    "record": Field(),
    "type": Field(choices=RECORD_TYPES),
    "value": Field(),
    "certificate": Field(),
    "web_root": Field(),
    "resolver": Field(kind="mapping", fields=RESOLVER),
}


def probed_token(values: Values) -> Token:
    """Return the token of a checked entry; raises InputRefused where it is neither a file nor a record."""
    if {"path", "content"} <= values.keys() and "record" not in values:
        return FileToken(values["name"], values["path"], values["content"])
    if {"record", "value"} <= values.keys() and "path" not in values:
        return DnsToken(values["name"], values["record"], values.get("type", "TXT"), values["value"])
    raise InputRefused(
        f"The token of {values['name']} is neither a file nor a record.",
        "Give path and content, or record and value.",
        code="missing_key",
    )
