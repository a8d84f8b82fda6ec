# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one run knows and intends for one certificate: from renewal_info to the later modules of the control host."""

from __future__ import annotations

from dataclasses import dataclass

from .certificate import Found
from .inventory import Certificate
from .order import Bought, Decision
from .placement import is_host, places_of
from .procedure import NextStep


@dataclass(frozen=True)
class TokenPlace:
    """Where the token of one name lies (placement.py); ``web_root`` None: not known in this run."""

    name: str
    host: str
    web_root: str | None


@dataclass(frozen=True)
class Planned:
    """``issued``: the serial of the newest certificate that the ledger knew when this was decided.

    ``bought_here``: the certificate in use was bought through its account; ``bought``: its order there, where the CA
    tells. ``reissue_of``: the order inside which it is issued again (order.Application). ``renewal_id``: what
    RFC 9773 calls the certificate in use.
    """

    certificate: Certificate
    decision: Decision
    found: Found
    step: NextStep
    token_places: tuple[TokenPlace, ...] = ()
    issued: str | None = None
    bought_here: bool = False
    bought: Bought | None = None
    reissue_of: str | None = None
    renewal_id: str | None = None


def token_places(certificate: Certificate, web_roots: dict[str, str | None]) -> tuple[TokenPlace, ...]:
    """Return every place where a token of C(certificate) has to lie; C(web_roots): host → its default."""
    return tuple(
        TokenPlace(validation.name, place, web_root or (web_roots.get(place) if is_host(place) else web_root))
        for validation in certificate.validations
        for place, web_root in places_of(validation, certificate.host)
    )
