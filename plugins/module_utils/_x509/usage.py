# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the control host reads of certificates: what they may be used for, what CAs call them."""

from __future__ import annotations

import base64

from .reading import load_certificate

_USES = {"1.3.6.1.5.5.7.3.1": "server_auth", "1.3.6.1.5.5.7.3.2": "client_auth"}


def uses_of(pem: str) -> tuple[str, ...]:
    """Return the extended key usages of a certificate; an unknown one is its dotted number."""
    from cryptography import x509

    try:
        extension = load_certificate(pem, "A certificate").extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        # Without the extension a certificate may be used for anything (RFC 5280 section 4.2.1.12).
        return tuple(_USES.values())
    return tuple(_USES.get(one.dotted_string, one.dotted_string) for one in extension.value)


def renewal_id(pem: str) -> str | None:
    """Return what RFC 9773 section 4.1 calls a certificate, None where it does not name its issuer's key."""
    from cryptography import x509

    certificate = load_certificate(pem, "A certificate")
    try:
        issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
    serial = certificate.serial_number
    # As in DER: signed, so that a first bit that is set takes a byte more.
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return None if issuer is None else f"{_text(issuer)}.{_text(octets)}"


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
