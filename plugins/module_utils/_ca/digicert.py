# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ca: digicert), DigiCert CertCentral by its Services API v2.

The number of an order is CertCentral's; a reissue or duplicate inside it is C(order.request), so that each thing that
was asked for has a number of its own.
"""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from .._core.account import Account, DigicertSettings, DnsRecord
from .._core.announced import Announced
from .._core.certificate import CertificateFacts
from .._core.domain_validation import Prevalidated
from .._core.inventory import Method, Organization, Use
from .._core.limits import limits_on
from .._core.order import Application, Bought, DnsToken, Finding, Order, OrderState
from .._core.step import StepKind
from . import digicert_account, digicert_domains
from .answer import AnswerLost
from .base import CarryOver, CertificateAuthorityRefused, Traits, Vetting
from .digicert_api import CertCentral
from .digicert_application import PRODUCTS, dcv_method, number_of, order_body, reissue_body
from .digicert_order import fulfilled, key_of, standing_of
from .digicert_problems import UNSEEN, CertCentralRefused
from .digicert_reading import Details, Row, as_number, listing
from .digicert_snapshot import Snapshot
from .digicert_tokens import LABEL

Clock = t.Callable[[], datetime]


def digicert_traits(settings: DigicertSettings, today: date) -> Traits:
    """Return what CertCentral can, C(today). Sources: its API's pages, and https://knowledge.digicert.com."""
    return Traits(
        methods=(Method.FILE, Method.DNS, Method.EMAIL),
        products=PRODUCTS,
        # From 90 days before the end to 7 after it, wherever the certificate was bought (SO23295).
        window_days=90,
        window_days_elsewhere=90,
        validity_days=min(199, limits_on(today).certificate_days - 1),
        carry_over=CarryOver.REMAINDER,
        checked_on=date(2026, 11, 26),
        costs_money=True,
        publicly_trusted=True,
        steps=frozenset({StepKind.APPROVE_REQUEST, StepKind.PHONE_CONFIRMATION}),
        method_per_name=False,
        order_days=365 * settings.order_years,
        # At any time while the order runs; what is asked for sooner wastes days of it (two certificates a year).
        reissue_window_days=33,
        # Removing or changing a name revokes what was issued before within 72 hours (multi-year plans).
        name_loss_revokes_hours=72,
        announced=(Announced(date(2027, 3, 1), without=(Use.CLIENT_AUTH,)),),
        # "Manage DNS CAA records" of its documentation: its own, and those of the brands that it took over.
        caa_domains=("digicert.com", "symantec.com", "geotrust.com", "rapidssl.com", "thawte.com"),
        record_label=LABEL if settings.dns_record is DnsRecord.CNAME else "",
    )


class DigicertAuthority:
    """CertCentral as everybody sees a CA (base.CertificateAuthority), and with its further powers."""

    def __init__(self, account: Account, settings: DigicertSettings, *, clock: Clock, patience_seconds: float) -> None:
        self._account, self._settings, self._clock = account, settings, clock
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._opened: CertCentral | None = None
        self._snapshot = Snapshot(lambda: self._api)

    @property
    def traits(self) -> Traits:
        return digicert_traits(self._settings, self._clock().date())

    def find(self, application: Application) -> Order | None:
        """Look among the orders for its names, as they stood when this run first asked, and then at each.

        By its names alone only an open order of the same product and organisation is meant.
        """
        product = application.product or PRODUCTS[0]
        organization = dict(self._settings.organization_ids).get(application.organization.name)
        names = frozenset(application.names)
        # CertCentral may have added names, so reference and key are looked for among all that have one in common.
        alike = [one for one in self._snapshot.open_orders() if one.names & names]
        alike += [one for one in self._snapshot.issued_orders() if one.names & names and _is_newer(one, application)]
        found = [self._api.order(one.number) for one in alike]
        questions: tuple[t.Callable[[Details], bool], ...] = (
            lambda one: one.own_reference == application.own_reference,
            lambda one: bool(application.key_hash) and key_of(one) == application.key_hash,
            lambda one: frozenset(one.names) == names and one.may_be_taken_up(product, organization),
        )
        same = next((one for agrees in questions for one in found if agrees(one)), None)
        return None if same is None else self._order(same, None, _as_submitted(application, same))

    def submit(self, application: Application) -> Order:
        if application.reissue_of is not None:
            return self._reissue(application)
        product = application.product or PRODUCTS[0]
        said = self._api.place(product, order_body(application, self._settings), application.certificate)
        return self._placed(said, None, application)

    def read(self, reference: str, application: Application) -> Order:
        number, request = number_of(reference)
        try:
            return self._order(self._api.order(number), request, application)
        except CertCentralRefused as problem:
            if "not_found" not in problem.kinds:
                raise
            raise CertificateAuthorityRefused(
                f"{self._account.name} has no order {reference!r}: {problem.message}", problem.next_move
            ) from None

    def validate(self, order: Order, application: Application) -> Order:
        """Ask CertCentral to look now; it also looks by itself, ever more seldom."""
        number, _request = number_of(order.reference)
        problem = None
        try:
            self._api.check(number, application.certificate)
        except CertCentralRefused as refused:
            problem = refused
        after = self.read(order.reference, application)
        if problem is None or after.state is not OrderState.OPEN:
            return after
        if not problem.kinds & UNSEEN:
            raise problem
        return replace(after, reason=f"{problem.message} {problem.next_move}")

    def confirm(self, reference: str, kind: StepKind, application: Application) -> Order:
        """Approve the request where that is what was confirmed; everything else CertCentral knows by itself."""
        number, request = number_of(reference)
        waiting = self._api.order(number).waiting_request(request) if kind is StepKind.APPROVE_REQUEST else None
        if waiting is not None:
            self._api.approve(waiting, f"Approved by way of koshin.tls, {application.own_reference}.")
        return self.read(reference, application)

    def cancel(self, reference: str, application: Application) -> Order:
        number, request = number_of(reference)
        if request is not None:
            raise CertificateAuthorityRefused(
                f"Reissue {reference} of {application.certificate} cannot be cancelled here: its order was paid.",
                "Reject its request at CertCentral, then run renew.yml again.",
                code="cannot_cancel",
            )
        said = self._api.order(number)
        if said.state is OrderState.ISSUED or said.certificate is not None:
            raise CertificateAuthorityRefused(
                f"{application.certificate}: order {reference} at {self._account.name} is issued already.",
                "Run renew.yml to install it; what is issued cannot be cancelled.",
            )
        self._api.cancel(number, application.certificate)
        return self.read(reference, application)

    def change_validation(self, order: Order, application: Application) -> Order:
        number, _request = number_of(order.reference)
        self._api.change_method(number, dcv_method(application, self._settings), application.certificate)
        self._tell_approvers(number, application)
        return self.read(order.reference, application)

    def replace_request(self, order: Order, application: Application) -> Order:
        number, _request = number_of(order.reference)
        self._api.replace_request(number, application.csr, application.certificate)
        return self.read(order.reference, application)

    def duplicate(self, reference: str, application: Application) -> Order:
        number, _request = number_of(reference)
        body = reissue_body(application, self._settings)
        return self._placed(self._api.duplicate(number, body, application.certificate), number, application)

    def revoke(self, serial: str, reason: str) -> None:
        if not self._api.revoke(serial, reason):
            raise CertificateAuthorityRefused(
                f"The revocation of {serial} at {self._account.name} was only asked for: an administrator has to "
                "approve it.",
                "Approve it at CertCentral (Certificates, Requests).",
                code="not_approved",
            )

    def states(self, references: Sequence[str]) -> Mapping[str, OrderState]:
        wanted = {number_of(reference)[0]: reference for reference in references}
        found: dict[str, OrderState] = {}
        for one in self._api.all_orders():
            if one.number in wanted:
                found[wanted[one.number]] = one.state
            if len(found) == len(wanted):
                break
        return found

    def bought(self, facts: CertificateFacts) -> Bought | None:
        """Told by names and last day, then, of the one order that is left, by its serial."""
        names, day = frozenset(facts.names), facts.not_after.date().isoformat()
        for one in self._snapshot.issued_orders():
            if one.names == names and one.valid_till == day:
                found = self._api.order(one.number)
                if found.serial == facts.serial:
                    return Bought(str(found.number), found.term_ends, found.buys_by_itself, found.renewed)
        return None

    def domains(self) -> Sequence[Prevalidated]:
        return digicert_domains.domains(self._api)

    def validate_domain(self, name: str, organization: Organization) -> DnsToken:
        return digicert_domains.validate(self._api, name, organization, self._settings, self._clock())

    def check_domain(self, name: str) -> Prevalidated:
        return digicert_domains.check(self._api, name)

    def vetting(self, organization: Organization) -> Vetting | None:
        return digicert_account.vetting(self._api, organization, self._settings)

    def findings(self) -> Sequence[Finding]:
        return digicert_account.findings(self._api, self._account)

    @property
    def _api(self) -> CertCentral:
        with self._lock:
            if self._opened is None:
                name, patience = self._account.name, self._patience_seconds
                self._opened = CertCentral(self._settings, name=name, patience_seconds=patience)
            return self._opened

    def _reissue(self, application: Application) -> Order:
        if application.order_in_use is None:
            raise CertificateAuthorityRefused(
                f"{application.certificate}: nobody knows inside which order it would be issued again.",
                "See whether the certificate in use was bought through this account.",
                code="no_order_in_use",
            )
        number, _request = number_of(application.order_in_use)
        body = reissue_body(application, self._settings)
        return self._placed(self._api.reissue(number, body, application.certificate), number, application)

    def _placed(self, said: Mapping[str, t.Any], inside: int | None, application: Application) -> Order:
        """Return what was just asked for. C(inside): the order of a reissue or a duplicate."""
        number = inside or as_number(said, "id")
        requests = [as_number(one, "id") for one in listing(said, "requests")]
        if number is None or (inside is not None and not any(requests)):
            raise AnswerLost(self._account.name, "order", "it took the order, and does not say its number")
        request = requests[0] if inside is not None else None
        try:
            self._tell_approvers(number, application)
            return self._order(self._api.order(number), request, application)
        except CertificateAuthorityRefused as problem:
            # It is placed: whatever is wrong with looking at it, its number has to be known.
            reference = str(number) if request is None else f"{number}.{request}"
            return Order(
                reference=reference,
                own_reference=application.own_reference,
                state=OrderState.OPEN,
                names=application.names,
                key_hash=application.key_hash,
                reason=f"it is placed, and cannot be looked at: {problem.message}",
            )

    def resend_mails(self, reference: str, application: Application) -> None:
        self._api.resend(int(reference), _mails(application), application.certificate)

    def _tell_approvers(self, number: int, application: Application) -> None:
        """Have the mails go to the addresses of the inventory, and not to whatever CertCentral finds."""
        if application.approvers:
            self._api.resend(number, _mails(application), application.certificate)

    def _order(self, said: Details, request: int | None, application: Application) -> Order:
        if request is not None and said.rejected(request):
            return standing_of(self._api, said, request, application, self._settings)
        if said.word == "issued" or (request is not None and said.state is OrderState.ISSUED):
            return fulfilled(self._api, said, request, application)
        return standing_of(self._api, said, request, application, self._settings)


def _is_newer(one: Row, application: Application) -> bool:
    """What ends no later than the certificate in use is not its successor."""
    in_use = application.replaces
    return in_use is None or one.valid_till > in_use.not_after.date().isoformat()


def _as_submitted(application: Application, said: Details) -> Application:
    """An order that is found may be for another key or bear another reference than what is asked for now."""
    # One that was placed without a CSR has no key yet: it is ours only by our reference.
    key = key_of(said) or (application.key_hash if said.own_reference == application.own_reference else "")
    return replace(application, own_reference=said.own_reference or application.own_reference, key_hash=key)


def _mails(application: Application) -> list[dict[str, str]]:
    """Return the approvers as CertCentral takes them; without any it writes to whom it finds."""
    return [{"domain": name, "email": address, "email_domain": name} for name, address in application.approvers]
