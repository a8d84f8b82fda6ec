# SPDX-License-Identifier: GPL-3.0-or-later
"""``ca: digicert`` under question, over HTTP with the stand-in for CertCentral."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import CertificateAuthority, Revokes
from ansible_collections.koshin.tls.plugins.module_utils._ca.registry import authority_for
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, Connection, DigicertSettings
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Application, Order
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from contract.applicant import ADDRESS, ORGANIZATION, application
from contract.under_question import Promise, Situation, UnderQuestion
from contract.website import Website
from sandbox.certcentral.manners import Manners
from sandbox.certcentral.server import KEY, CertCentral
from sandbox.certcentral.service import ORGANIZATION as NUMBER
from sandbox.certcentral.service import Service


class DigicertUnderQuestion(UnderQuestion):
    """Requests wait for approval, the organisation for a call; a double order is nobody's business but ours."""

    promises = frozenset({Promise.LOOKS_WHEN_ASKED, Promise.SPEAKS_IN_TONGUES})
    validity_days = 199
    told = {
        Situation.REJECTED: "^rejected: ",
        Situation.REVOKED: "^revoked: ",
        Situation.RATE_LIMITED: "^rate_limited: certcentral answers 429",
        Situation.UNKNOWN_WORD: "^unknown_word: .*awaiting-goodwill",
        Situation.DEADLINE: "^(answer_lost|authority_unavailable): .*too slow",
    }
    patience_seconds = 10.0

    def __init__(self, _directory: Path, website: Website) -> None:
        super().__init__(website)
        self.service = Service(ADDRESS, website.resolver, Manners(vetted=False))
        self.server = CertCentral(self.service)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def settings(self) -> DigicertSettings:
        return DigicertSettings(Connection(self.server.url), KEY, (("example", NUMBER),))

    def authority(self) -> CertificateAuthority:
        account = Account("certcentral", "digicert", self.settings())
        return authority_for(account, clock=lambda: datetime.now(UTC), patience_seconds=self.patience_seconds)

    def behaves(self, **manners: object) -> None:
        self.service.manners = replace(self.service.manners, **manners)

    def orders(self) -> int:
        return len(self.service.orders)

    def do(self, order: Order, kind: StepKind) -> Order:
        if kind is StepKind.PHONE_CONFIRMATION:
            self.service.call(int(order.reference.partition(".")[0]))
            return self.read(order)
        return self.authority().confirm(order.reference, kind, self.applications[order.reference])

    def bring(self, situation: Situation, order: Order | None = None) -> None:
        if situation is Situation.LOST_ANSWER:
            self.behaves(loses_every=1, loses_paths="/order/certificate/")
        elif situation is Situation.RATE_LIMITED:
            self.behaves(busy_every=1, busy_status=429, busy_seconds=3600)
        elif situation is Situation.DEADLINE:
            self.patience_seconds = 0.5
            self.behaves(slow_seconds=1.0)
        elif order is not None and situation is Situation.REJECTED:
            self.service.reject(int(order.reference.partition(".")[0]))
        elif order is not None and situation is Situation.REVOKED:
            settings = replace(self.settings(), skip_approval=True)
            authority = authority_for(
                Account("certcentral", "digicert", settings), clock=lambda: datetime.now(UTC), patience_seconds=10
            )
            assert isinstance(authority, Revokes)
            authority.revoke(certificate_facts(order.chain[0], "the certificate").serial, "superseded")
        elif order is not None:
            self.say(order, "awaiting-goodwill")

    def relent(self) -> None:
        self.patience_seconds = 10.0
        self.service.manners = Manners(vetted=False)

    def say(self, _order: Order, word: str) -> None:
        self.behaves(word=word)

    def refused_applications(self) -> dict[str, Application]:
        mixed = (("www.example.jp", Method.FILE), ("example.jp", Method.DNS))
        return {
            "www_1.example.jp": application("www_1.example.jp"),
            "platinum": application(product="platinum"),
            "csr_invalid_cannot_parse": application(csr="no PEM"),
            "one validation method": application("www.example.jp", "example.jp", methods=mixed),
            "organization_ids": application(organization=replace(ORGANIZATION, name="unknown")),
        }
