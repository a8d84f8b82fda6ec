# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nouns that hosts need: what a key, a certificate and its files are.

Times are aware datetimes in UTC; lengths of time carry their unit in their name. Sizes of keys are bits.
``key_hash`` is always SHA-256 of the DER SubjectPublicKeyInfo in lower-case hex: the thread through the procedure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class KeyType(str, Enum):
    RSA = "rsa"
    EC = "ec"


@dataclass(frozen=True)
class KeySpec:
    type: KeyType = KeyType.RSA
    size: int = 2048


@dataclass(frozen=True)
class Subject:
    """The distinguished name's attributes that matter here; empty where the certificate or request has none."""

    common_name: str = ""
    legal_name: str = ""
    street_address: str = ""
    locality: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says. ``serial``: lower-case hex, no leading zeros; ``fingerprint``: SHA-256 of the DER."""

    subject: Subject
    names: tuple[str, ...]
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key: KeySpec
    key_hash: str
    fingerprint: str


@dataclass(frozen=True)
class Found:
    """What lies on the key host for one certificate.

    ``certificate`` None: nothing is there. ``unproven``: a switch was begun and never proved over the wire.
    ``pending``: key_hash → CSR (PEM) of the requests that wait there for a certificate.
    """

    certificate: CertificateFacts | None = None
    key_hash: str | None = None
    unproven: bool = False
    pending: t.Mapping[str, str] = field(default_factory=dict)
