# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The no of CertCentral, in its own code and words, with what to do next. Codes may carry a value after a "|"."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .answer import Answer, one_line
from .base import CertificateAuthorityRefused

_MOVES: Mapping[str, str] = {
    "access_denied": "Give the API key a user and role that may do this (Orders, Domains, Organizations).",
    "ambiguous_product": "Set product in tls_certificates to ssl_securesite_flex, ssl_basic or ssl_securesite_pro.",
    "bad_request_format": "Report it with what is said: the API may have changed.",
    "caa_check_failed": "Add 'CAA 0 issue \"digicert.com\"' to the CAA records of the name, then run renew.yml again.",
    "caa_not_found": "See whether the name's DNS servers answer, with DNSSEC, then run renew.yml again.",
    "cert_validity_exceeds_order_validity": "Run renew.yml again: a new order is due instead of a reissue.",
    "csr_invalid_cannot_parse": "Have certificate_request make a new CSR, then run renew.yml again.",
    "file_random_value_not_found": "See what the token answers from outside, then run renew.yml again.",
    "insufficient_funds": "Deposit money at CertCentral, then run renew.yml again.",
    "invalid_api_key": "Correct api_key of the account: keys are shown once, and end with their user.",
    "invalid_dcv_method": "Set validation.method to one that the product takes.",
    "invalid_dns_txt": "See what the record answers at every DNS server of the name, then run renew.yml again.",
    "not_found": "See whether the account is the one it was, and whether its key may see the division.",
    "request_limit_exceeded": "Run renew.yml again later: it goes on where it was.",
}
_DEFAULT = "See what CertCentral says of the order, correct it, then run renew.yml again."
# What CertCentral says where it looked and did not see the token yet.
UNSEEN = frozenset({"file_random_value_not_found", "invalid_dns_txt", "invalid_dns_cname", "invalid_dns_method"})


@dataclass(frozen=True)
class Problem:
    code: str
    words: str

    @property
    def kind(self) -> str:
        return self.code.partition("|")[0]


class CertCentralRefused(CertificateAuthorityRefused):
    """C(problems): all that it says; C(kinds) their codes without values."""

    def __init__(self, account: str, purpose: str, status: int, problems: list[Problem], certificate: str = "") -> None:
        self.kinds = frozenset(one.kind for one in problems)
        said = "; ".join(f"{one.code}: {one.words}".rstrip(": ") for one in problems) or "it gives no reason"
        about = f"{certificate}: " if certificate else ""
        moves = [_MOVES[one.kind] for one in problems if one.kind in _MOVES]
        super().__init__(f"{about}{account} refuses ({purpose}): {status} {said}.", (moves or [_DEFAULT])[0])


def refused(answer: Answer, account: str, purpose: str, certificate: str = "") -> CertCentralRefused:
    """Return the error of an answer that is one."""
    said = answer.json(account, purpose) if answer.is_json else {}
    return CertCentralRefused(account, purpose, answer.status, problems(said), certificate)


def problems(said: t.Any) -> list[Problem]:
    """Return what an error says, whether C(errors) is a list or, as in older parts of the API, a single object."""
    found = said.get("errors") if isinstance(said, dict) else None
    every = found if isinstance(found, list) else [found]
    return [Problem(_line(one, "code", 120), _line(one, "message", 400)) for one in every[:10] if isinstance(one, dict)]


def _line(said: Mapping[str, t.Any], key: str, most: int) -> str:
    value = said.get(key)
    return one_line(value, most) if isinstance(value, str) else ""
