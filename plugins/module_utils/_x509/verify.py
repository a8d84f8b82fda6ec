# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a CA delivered to the chain that a server sends. Control host only: cryptography 42 or newer."""

from __future__ import annotations

import ssl
import typing as t
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from .._core.errors import CertificateUnreadable, KeyMismatch
from .._x509.set import ChainRefused
from .loading import key_hash_of
from .reading import load_certificate, split_pem, validity
from .set import missing_names, signed_by

if t.TYPE_CHECKING:
    from cryptography import x509

    Certificates = list[x509.Certificate]


def complete_chain(
    delivered: tuple[str, ...], trust_anchors: str, names: tuple[str, ...], now: datetime, key_hash: str
) -> tuple[str, ...]:
    """Return the chain for the key with C(key_hash): PEM, leaf first, without the root, verified for every name.

    C(delivered) may come in any order, twice, with roots and strangers; C(trust_anchors) is PEM, several. The leaf is
    told by its key only; C(names): at least one. Raises KeyMismatch where no certificate is for that key, ChainRefused
    naming the link that is missing or what else is wrong (RFC 5280 section 6, BR 7.1.2), CertificateUnreadable for
    what is no certificate.
    """
    pool = _load(delivered)
    anchors = _load_anchors(trust_anchors)
    leaves = [certificate for certificate in pool if key_hash_of(certificate.public_key()) == key_hash]
    if not leaves:
        raise KeyMismatch(
            f"None of the {len(pool)} delivered certificates is for the key with the hash {key_hash}: {_list(pool)}.",
            "Compare the order's CSR with the one that was submitted; the CA may have issued for an older one.",
        )
    leaves.sort(key=lambda certificate: validity(certificate)[0], reverse=True)
    refusals = []
    for leaf in leaves:
        try:
            return _verify(leaf, pool, anchors, names, now)
        except ChainRefused as refusal:
            refusals.append(refusal)
    raise refusals[0]


def system_trust_anchors() -> str:
    """Return this machine's trust store as PEM: SSL_CERT_FILE, or where OpenSSL looks. Raises ChainRefused if none."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else sorted(Path(paths.capath or "/nowhere").glob("????????.[0-9]"))
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    if not split_pem(text, "The system's trust store"):
        raise ChainRefused(
            "This machine has no trust store.",
            "Install the package ca-certificates, set SSL_CERT_FILE, or give the account a trust_store.",
            code="no_trust_anchors",
        )
    return text


def root_name(chain: str) -> str:
    """Return the common name of the root that a chain (PEM, leaf first) ends at, present in it or not."""
    from cryptography.x509.oid import NameOID

    blocks = split_pem(chain, "The chain")
    names = (
        load_certificate(blocks[-1], "The chain").issuer.get_attributes_for_oid(NameOID.COMMON_NAME) if blocks else []
    )
    return str(names[0].value) if names else ""


def _load(delivered: tuple[str, ...]) -> Certificates:
    blocks: list[tuple[str, str]] = []
    for place, text in enumerate(delivered, start=1):
        where = f"Delivered certificate {place} of {len(delivered)}"
        blocks += [(pem, where) for pem in split_pem(text, where) or (text,)]
    return list(dict.fromkeys(load_certificate(pem, where) for pem, where in blocks))


@lru_cache(maxsize=8)
def _load_anchors(trust_anchors: str) -> Certificates:
    anchors = []
    for pem in split_pem(trust_anchors, "The trust anchors"):
        try:
            anchors.append(load_certificate(pem, "A trust anchor"))
        except CertificateUnreadable:
            # System stores hold roots of the nineties with broken serial numbers: what cannot be read is not trusted.
            continue
    if not anchors:
        raise ChainRefused(
            "There is no trust anchor that can be read.", "Correct the trust_store of the account.", "no_trust_anchors"
        )
    return anchors


def _verify(
    leaf: x509.Certificate, pool: Certificates, anchors: Certificates, names: tuple[str, ...], now: datetime
) -> tuple[str, ...]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    missing = missing_names(leaf, names)
    if missing:
        raise ChainRefused(
            f"The delivered certificate {_describe(leaf)} does not stand for {', '.join(missing)}.",
            "Have it reissued with these names.",
            code="name_not_covered",
        )
    policy = PolicyBuilder().store(Store(anchors)).time(now.astimezone(timezone.utc).replace(tzinfo=None))
    others = _below(
        anchors, [certificate for certificate in pool if certificate is not leaf and _in_force(certificate, now)]
    )
    try:
        paths = [policy.build_server_verifier(x509.DNSName(_host_under(name))).verify(leaf, others) for name in names]
    except (VerificationError, ValueError) as error:
        raise _refusal(leaf, pool, anchors, now, str(error)) from None
    path = _up_to_the_root(paths[0], [*anchors, *others])
    sent = path[:-1] if len(path) > 1 and _is_root(path[-1]) else path
    return tuple(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in sent)


def _below(anchors: Certificates, pool: Certificates) -> Certificates:
    """Return what of C(pool) descends from the anchors, nearest first.

    The verifier tries candidates as they come, and would else walk through circles and detours of cross-signing.
    """
    ordered = list(anchors)
    for issuer in ordered:
        ordered += [one for one in pool if one not in ordered and signed_by(one, issuer)]
    return ordered[len(anchors) :]


def _up_to_the_root(path: Certificates, issuers: Certificates) -> Certificates:
    """Go on where the path ends at a trusted intermediate: other clients trust the root alone."""
    path = list(path)
    while not _is_root(path[-1]):
        above = next((one for one in issuers if one not in path and signed_by(path[-1], one)), None)
        if above is None:
            break
        path.append(above)
    return path


def _refusal(
    leaf: x509.Certificate, pool: Certificates, anchors: Certificates, now: datetime, said: str
) -> ChainRefused:
    """Find out what a verifier's refusal means for whoever has to act."""
    reached = _reached(leaf, [*pool, *anchors])
    start = f"The chain of {_describe(leaf)}"
    if not any(certificate in anchors for certificate in reached):
        ends = _list(anchors) if len(anchors) <= 3 else f"one of {len(anchors)} trust anchors"
        return ChainRefused(
            f"{start} {_gap(reached, pool)}; it should end at {ends}.",
            "Ask the CA for the certificate that is missing, or correct the account's trust_store.",
        )
    outside = [certificate for certificate in reached if not _in_force(certificate, now)]
    if outside:
        first, last = validity(outside[0])
        return ChainRefused(
            f"{start} is not in force: {_describe(outside[0])} is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
            "Check this machine's clock; else ask the CA for the certificate's successor.",
        )
    return ChainRefused(f"{start} does not verify: {said}.", "Show this to the CA: it issued what no browser accepts.")


def _reached(leaf: x509.Certificate, issuers: Certificates) -> Certificates:
    """Return the leaf and all that signed it, and signed those, nearest first."""
    reached = [leaf]
    for certificate in reached:
        reached += [issuer for issuer in issuers if issuer not in reached and signed_by(certificate, issuer)]
    return reached


def _gap(reached: Certificates, pool: Certificates) -> str:
    for certificate in reached:
        if _is_root(certificate):
            return f"ends at the root {_describe(certificate)}, which is no trust anchor"
        if not any(signed_by(certificate, issuer) for issuer in pool):
            namesake = any(issuer.subject == certificate.issuer for issuer in pool)
            finding = "was delivered with another key only" if namesake else "was not delivered"
            return f"breaks off at {_describe(certificate)}: its issuer {certificate.issuer.rfc4514_string()} {finding}"
    return "leads in a circle: " + _list(reached[1:])


def _in_force(certificate: x509.Certificate, now: datetime) -> bool:
    not_before, not_after = validity(certificate)
    return not_before <= now <= not_after


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def _host_under(name: str) -> str:
    """Return a host name to verify for: the verifier takes no wildcard."""
    return f"any-host.{name[2:]}" if name.startswith("*.") else name


def _describe(certificate: x509.Certificate) -> str:
    return f"{certificate.subject.rfc4514_string()} (serial {certificate.serial_number:x})"


def _list(certificates: Certificates) -> str:
    return ", ".join(_describe(certificate) for certificate in certificates) or "none"
