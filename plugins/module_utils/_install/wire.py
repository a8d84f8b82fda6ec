# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is really served: a handshake over the wire, judged by the roots that are given and by nothing else."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from .._core.errors import CertificateUnreadable

LOOPBACK = "127.0.0.1"
PAUSE_SECONDS = 0.05  # nginx needs 0.1 s after a reload, Apache 1 s
ONE_LOOK_SECONDS = 5.0

# OpenSSL's X509_V_ERR_* (openssl-verification-options(1)); every other one is about the chain.
_CODES = {9: "not_yet_valid", 10: "expired", 62: "name_mismatch", 64: "name_mismatch"}


@dataclass(frozen=True)
class Served:
    """What one look found: the leaf (PEM) and its SHA-256 in hex, None where none was served.

    ``verified``: chain and name hold under the anchors. Otherwise ``code`` is no_answer, not_served, expired,
    not_yet_valid, name_mismatch or chain_not_trusted, and ``problem`` says it in words.
    """

    fingerprint: str | None = None
    leaf: str | None = None
    verified: bool = False
    code: str | None = None
    problem: str | None = None


Look = Callable[..., Served]  # what look() promises


def look(
    address: str,
    port: int,
    server_name: str,
    *,
    trust_anchors: str | None = None,
    timeout_seconds: float = ONE_LOOK_SECONDS,
) -> Served:
    """Shake hands once (TLS, SNI), and once more for the leaf where it does not verify; what is found is never raised.

    C(trust_anchors) are roots in PEM; without them those of the system count. Intermediates must come from the server.
    Raises CertificateUnreadable for anchors that are none.
    """
    served = _handshake(address, port, server_name, trusting(trust_anchors or None), timeout_seconds)
    if served.verified or served.code in ("no_answer", "not_served"):
        return served
    seen = _handshake(address, port, server_name, _believing(), timeout_seconds)
    return seen if seen.leaf is None else replace(served, fingerprint=seen.fingerprint, leaf=seen.leaf)


def look_until(enough: Callable[[Served], bool], look_once: Callable[[], Served], deadline: float) -> Served:
    """Look until what is served is C(enough) or C(deadline) (time.monotonic) passed; return the last look."""
    while True:
        served = look_once()
        if enough(served) or time.monotonic() >= deadline:
            return served
        time.sleep(PAUSE_SECONDS)


# Reading the system's roots takes as long as several handshakes; a context serves any number of threads.
@lru_cache(maxsize=64)
def trusting(trust_anchors: str | None) -> ssl.SSLContext:
    """Return what C(look) verifies with; raises CertificateUnreadable for anchors that are none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust_anchors is None:
        context.load_default_certs()
        return context
    try:
        # Bundles have comments in every language between their certificates.
        context.load_verify_locations(cadata=trust_anchors.encode("ascii", "ignore").decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise CertificateUnreadable("The trust anchors are not in PEM form.", "Correct the trust_store.") from None
    return context


@lru_cache(maxsize=1)
def _believing() -> ssl.SSLContext:
    """Accept what is there, however old or weak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _handshake(address: str, port: int, server_name: str, context: ssl.SSLContext, timeout_seconds: float) -> Served:
    try:
        server_name.encode("idna")
        plain = socket.create_connection((address, port), timeout_seconds)
    except UnicodeError:
        return Served(code="not_served", problem=f"{server_name!r} is no name that a client can ask for")
    except OSError as error:
        return Served(code="no_answer", problem=error.strerror or str(error))
    try:
        with plain, context.wrap_socket(plain, server_hostname=server_name) as secure:
            der = secure.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        return Served(code=_CODES.get(error.verify_code, "chain_not_trusted"), problem=error.verify_message)
    except OSError as error:
        said = getattr(error, "reason", None) or error.strerror or error
        return Served(code="not_served", problem=f"the handshake failed ({said})")
    return Served(hashlib.sha256(der).hexdigest(), ssl.DER_cert_to_PEM_cert(der), verified=True)
