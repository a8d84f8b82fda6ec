# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the tokens of an order at CertCentral lie: one value for all its names, in a file or in DNS."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from .._core.account import DigicertSettings, DnsRecord
from .._core.inventory import Method
from .._core.order import DnsToken, FileToken
from .base import CertificateAuthorityRefused
from .digicert_reading import text

DIRECTORY = "/.well-known/pki-validation"
LABEL = "_dnsauth"
_FIXED_NAME = "fileauth.txt"
_VALUE = re.compile(r"[A-Za-z0-9_-]{8,128}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}\.txt")
# The API's page does not say by which key the name comes; these were seen, or are likely.
_FILE_NAME_KEYS = ("http_token_url", "http_token_filename", "filename", "file_name")


def tokens_of(
    said: Mapping[str, t.Any], names: Sequence[str], method: Method, settings: DigicertSettings
) -> tuple[tuple[FileToken, ...], tuple[DnsToken, ...]]:
    """Return the files and the records for C(names) that CertCentral does not believe yet.

    C(said): its answer with the value. Raises CertificateAuthorityRefused for a value or a file name that is none: both
    come from outside, and become files and records.
    """
    value = text(said, "dcv_random_value") or text(said, "token")
    if not _VALUE.fullmatch(value):
        raise CertificateAuthorityRefused(
            f"CertCentral hands out a token that is none: {value[:40]!r}.",
            "Look at the order at CertCentral, and report it.",
            code="malformed_token",
        )
    if method is Method.FILE:
        path = f"{DIRECTORY}/{_file_name(said, settings)}"
        return tuple(FileToken(name, path, value) for name in names), ()
    return (), tuple(dict.fromkeys(_record(name, value, settings) for name in names))


def _file_name(said: Mapping[str, t.Any], settings: DigicertSettings) -> str:
    if not settings.dynamic_file_name:
        return _FIXED_NAME
    name = next((text(said, key) for key in _FILE_NAME_KEYS if text(said, key)), _FIXED_NAME)
    bare = urlsplit(name).path if "://" in name else name
    bare = bare.removeprefix(DIRECTORY).removeprefix("/")
    if _FILE_NAME.fullmatch(bare):
        return bare
    raise CertificateAuthorityRefused(
        f"CertCentral hands out a file name that is none: {name[:80]!r}.",
        "Set dynamic_file_name of the account to false, and report it.",
        code="malformed_token",
    )


def _record(name: str, value: str, settings: DigicertSettings) -> DnsToken:
    bare = name[2:] if name.startswith("*.") else name
    if settings.dns_record is DnsRecord.CNAME:
        return DnsToken(name, f"{LABEL}.{bare}", "CNAME", f"{value}.dcv.digicert.com")
    return DnsToken(name, bare, "TXT", value)
