# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the chains that an ACME server offers is taken (RFC 8555 section 7.4.2)."""

from __future__ import annotations

from .._x509.verify import root_name
from .acme_account import AcmeAccount


def preferred(account: AcmeAccount, url: str, root: str | None) -> str:
    """Return the chain (PEM) that ends at the C(root) of that common name, the server's own first where none does."""
    first, others = account.chain(url)
    if root is None or root_name(first) == root:
        return first
    for other in others:
        chain, _links = account.chain(other)
        if root_name(chain) == root:
            return chain
    return first
