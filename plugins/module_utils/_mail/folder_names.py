# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of mailbox folders on the wire: UTF-7 as IMAP modifies it (RFC 3501 section 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re

_OUTSIDE = re.compile("[^\x20-\x7e]+")
_SHIFTED = re.compile("&([^-]*)-")


def to_wire(name: str) -> str:
    """Return C(name) as servers know it: 請求書 is "&i8tsQmb4-"."""
    return _OUTSIDE.sub(lambda found: _shift(found[0]), name.replace("&", "&-"))


def from_wire(name: str) -> str:
    """Return a server's name of a folder as people read it; one that is no modified UTF-7 as it stands."""
    try:
        return _SHIFTED.sub(lambda found: _unshift(found[1]), name)
    except (binascii.Error, UnicodeError):
        return name


def _shift(text: str) -> str:
    coded = base64.b64encode(text.encode("utf-16-be")).decode("ascii").rstrip("=")
    return f"&{coded.replace('/', ',')}-"


def _unshift(coded: str) -> str:
    padded = coded.replace(",", "/") + "=" * (-len(coded) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be") if coded else "&"
