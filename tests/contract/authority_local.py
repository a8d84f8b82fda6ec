# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: local`` under question."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import authority_for
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, LocalSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from contract.applicant import ADDRESS, ORGANIZATION, application
from contract.under_question import Promise, Situation, UnderQuestion
from contract.website import Website

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)


class LocalUnderQuestion(UnderQuestion):
    """``ca: local``: what its questioner, and only he, may do behind its back."""

    promises = frozenset(Promise)
    validity_days = 199
    cannot = {
        Situation.REVOKED: "The embedded authority revokes nothing: who does not trust it any more removes its root.",
        Situation.LOST_ANSWER: "Nothing lies between its deed and its answer but our own process: see the questions "
        "that kill it at any point.",
        Situation.RATE_LIMITED: "It is a directory on this machine, which anybody may ask as often as he likes.",
        Situation.DEADLINE: "It answers out of a directory on this machine: there is nobody to wait for.",
    }
    told = {
        Situation.REJECTED: "^rejected: .*'Example Corporation'.*'Example Holdings'",
        Situation.UNKNOWN_WORD: "^refused_by_authority: .*awaiting-goodwill",
    }

    def __init__(self, directory: Path, website: Website) -> None:
        super().__init__(website)
        self.directory = directory

    def authority(self) -> CertificateAuthority:
        """Return the CA as another process would see it: nothing is shared but what it keeps."""
        settings = LocalSettings(directory=str(self.directory))
        account = Account("demo", "local", settings, resolver=self.website.resolver)
        return authority_for(account, clock=lambda: NOW)

    def copy(self, name: str) -> LocalUnderQuestion:
        """Return the same CA once more, as it stands, to try something out on."""
        directory = self.directory.with_name(name)
        if self.directory.exists():
            shutil.copytree(self.directory, directory)
        again = LocalUnderQuestion(directory, self.website)
        again.applications |= self.applications
        return again

    def kept(self) -> dict[str, bytes]:
        """Return all that the CA keeps."""
        return {str(path): path.read_bytes() for path in self.directory.rglob("*") if path.is_file()}

    def begins(self, not_before: datetime) -> bool:
        return not_before == NOW.replace(microsecond=0)

    def orders(self) -> int:
        """Return how many orders it has, in whatever state."""
        return len(list(self.directory.glob("orders/*.json")))

    def do(self, order: Order, kind: StepKind) -> Order:
        """Do what a person does: here a word is enough."""
        return self.authority().confirm(order.reference, kind, self.applications[order.reference])

    def change_its_mind(self) -> None:
        """Have the CA find something against the organisation that it found nothing against before."""
        record = self.directory / "records" / "duns-690512345.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "legal_name": "Example Holdings"}))

    def bring(self, situation: Situation, order: Order | None = None) -> None:
        assert order is not None
        if situation is Situation.UNKNOWN_WORD:
            self._before = self._path(order).read_text()
            self.say(order, "awaiting-goodwill")
            return
        self.website.publish(*order.tokens)
        self.validate(order)
        self.change_its_mind()
        self.do(order, StepKind.PHONE_CONFIRMATION)

    def relent(self) -> None:
        for path in self.directory.glob("orders/*.json"):
            path.write_text(self._before)

    def say(self, order: Order, word: str) -> None:
        """Have the CA answer a word for the order's state that nobody knows."""
        path = self._path(order)
        path.write_text(json.dumps({**json.loads(path.read_text()), "status": word}))

    def refused_applications(self) -> dict[str, Application]:
        """Return what this CA must say no to, by what its message must name."""
        elsewhere = replace(ORGANIZATION, address=replace(ADDRESS, legal_name="Somebody Else"))
        return {
            "Somebody Else": application(organization=elsewhere),
            "www_1.example.jp": application("www_1.example.jp"),
            "platinum": application(product="platinum"),
            "the CSR": application(csr="no PEM"),
        }

    def _path(self, order: Order) -> Path:
        return self.directory / "orders" / f"{order.reference}.json"
