# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the chains that an ACME server offers is taken (RFC 8555 section 7.4.2)."""

from __future__ import annotations

from .._core.errors import CertificateUnreadable
from .._x509.loading import key_hash_of
from .._x509.reading import load_certificate
from .._x509.verify import root_name
from .acme_account import AcmeAccount
from .base import CertificateAuthorityRefused


def preferred(account: AcmeAccount, url: str, root: str | None) -> str:
    """Return the chain (PEM) that ends at the C(root) of that common name, the server's own first where none does."""
    first, others = account.chain(url)
    if root is None or root_name(first) == root:
        return first
    for other in others:
        try:
            chain, _links = account.chain(other)
            if root_name(chain) == root:
                return chain
        except (CertificateAuthorityRefused, CertificateUnreadable):
            # The first one is a good chain, too.
            continue
    return first


def leaf_first(chain: tuple[str, ...], key_hash: str) -> tuple[str, ...]:
    """Return the chain with the certificate for a key in front, as section 9.1 wants it, wherever the server put it."""

    def is_other(pem: str) -> bool:
        return key_hash_of(load_certificate(pem, "The chain").public_key()) != key_hash

    return tuple(sorted(chain, key=is_other))
