# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The no of an ACME server, in its own words, with what to do next (RFC 8555 section 6.7)."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .acme_reading import problem_kind, problem_words
from .answer import Answer
from .base import CertificateAuthorityRefused

_MOVES: Mapping[str, str] = {
    "accountDoesNotExist": "Look at account_key and eab_kid of the account: the CA knows no such account.",
    "alreadyReplaced": "Run renew.yml again: the order is asked for without naming the certificate before.",
    "badCSR": "Look at the names and the key in tls_certificates: the CA takes no such request.",
    "badPublicKey": "Choose another key in tls_certificates[].key.",
    "caa": "Add the CA to the CAA records of the name, then run renew.yml again.",
    "connection": "See whether the name answers from outside (firewall, port 80), then run renew.yml again.",
    "dns": "See whether the name's DNS servers answer, with DNSSEC, then run renew.yml again.",
    "externalAccountRequired": "Set eab_kid and eab_hmac_key of the account, as the CA handed them out.",
    "incorrectResponse": "See what the token answers from outside, then run renew.yml again.",
    "invalidContact": "Correct contact of the account.",
    "invalidProfile": "Set profile of the account to one that the CA offers.",
    "rateLimited": "Run renew.yml again later: it goes on where it was.",
    "rejectedIdentifier": "Ask the CA why, or take the name out of tls_certificates.",
    "tls": "Correct how the name answers on port 443, then run renew.yml again.",
    "unauthorized": "See what the token answers from outside, and whether the account may order the name and the "
    "organization is validated at the CA; then run renew.yml again.",
    "unsupportedContact": "Correct contact of the account.",
    "unsupportedIdentifier": "Take the name out of tls_certificates: the CA validates no such names.",
    "userActionRequired": "Accept the CA's new terms where it says, then run renew.yml again.",
}
_DEFAULT = "See what the CA says, correct it, then run renew.yml again."


class AcmeProblem(CertificateAuthorityRefused):
    """A problem document; C(kind) is the last part of its type, "" where it has none.

    C(before): what the server said when it was asked the same the time before, "" where that was nothing.
    """

    def __init__(
        self, account: str, purpose: str, status: int, problem: t.Any, certificate: str = "", before: str = ""
    ) -> None:
        self.kind, self.status, self.before = problem_kind(problem), status, before
        words = problem_words(problem) or "it gives no reason"
        about = f"{certificate}: " if certificate else ""
        earlier = f"; the time before: {before}" if before else ""
        super().__init__(
            f"{about}{account} refuses ({purpose}): {status} {words}{earlier}", _MOVES.get(self.kind, _DEFAULT)
        )


def refused(answer: Answer, account: str, purpose: str, certificate: str = "", before: str = "") -> AcmeProblem:
    """Return the error of an answer that is one, whatever its body is."""
    return AcmeProblem(account, purpose, answer.status, _problem(answer, account, purpose), certificate, before)


def words_of(answer: Answer, account: str, purpose: str) -> str:
    """Return the problem that an answer is, "" where it is none."""
    return "" if answer.is_fine else problem_words(_problem(answer, account, purpose))


def _problem(answer: Answer, account: str, purpose: str) -> t.Any:
    return answer.json(account, purpose) if answer.is_json else {}


def move_of(words: str) -> str:
    """Return what to do about the words of a problem that an order or a challenge carries."""
    return _MOVES.get(words.partition(":")[0], _DEFAULT)
