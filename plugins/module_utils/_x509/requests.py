# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate signing request says."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from .._core.certificate import KeySpec, Subject
from .loading import key_hash_of, load_request, reading
from .reading import dns_names, key_spec, subject_of, with_common_name


@dataclass(frozen=True)
class RequestFacts:
    """What a certificate signing request (RFC 2986) says; its own signature was found right."""

    subject: Subject
    names: tuple[str, ...]
    key: KeySpec
    key_hash: str


def request_facts(pem: str, where: str) -> RequestFacts:
    """Return what a CSR says; raises CertificateUnreadable where it is broken or not signed by its own key."""
    request = load_request(pem, where)
    with reading(where, "request"):
        subject, public_key = subject_of(request.subject), request.public_key()
        names = with_common_name(subject, dns_names(request))
    return RequestFacts(subject, names, key_spec(public_key, where), key_hash_of(public_key))


def request_der(pem: str) -> str:
    """Return a CSR as ACME takes it: DER in base64url without padding (RFC 8555 section 7.4)."""
    from cryptography.hazmat.primitives.serialization import Encoding

    der = load_request(pem, "The CSR").public_bytes(Encoding.DER)
    return base64.urlsafe_b64encode(der).rstrip(b"=").decode("ascii")
