# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded authority at work, whoever asks it: it vets, hands out tokens, looks for them, and issues."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._ca.base import CertificateAuthorityRefused
from .._core.inventory import Resolver
from .._core.order import Application
from .._core.step import StepKind
from .._dcv.look import look_all
from .._dcv.sight import Sight
from .._x509.authority import issue, new_intermediate, new_root
from .._x509.reading import certificate_facts
from . import local_order
from .base import Traits
from .local_objections import Objection, differences, objections, record_name, refusal
from .local_order import LocalOrder, Status
from .local_store import Issuer, Store

Clock = t.Callable[[], datetime]


class Engine:
    """An authority in a directory. C(name) is what its messages call it; C(steps) are what every order needs of people.

    Raises CertificateAuthorityRefused for its own no, CertificateAuthorityUnavailable where its directory fails it.
    """

    def __init__(
        self,
        directory: str,
        *,
        name: str,
        steps: tuple[StepKind, ...],
        traits: Traits,
        resolver: Resolver | None,
        clock: Clock,
    ) -> None:
        self._store = Store(directory)
        self._name = name
        self._steps = steps
        self._traits = traits
        self._resolver = resolver
        self._clock = clock

    def find(self, application: Application) -> LocalOrder | None:
        """Return the order that is this application already; only reads."""
        return local_order.matching(self._store.orders(), application)

    def order(self, reference: str) -> LocalOrder:
        """Return an order as it stands; only reads."""
        order = self._store.order(reference)
        if order is None:
            raise CertificateAuthorityRefused(
                f"{self._name} has no order {reference!r}.", "See whether the account's directory is the one it was."
            )
        return order

    def place(self, application: Application) -> LocalOrder:
        """Accept an application, or refuse it with every reason; the same own reference twice is the same order."""
        with self._store.changing():
            orders, own = self._store.orders(), application.own_reference
            known = next((order for order in orders if order.application.own_reference == own), None)
            if known is not None:
                return known
            found = objections(application, self._traits) or self._differences(application)
            if found:
                raise refusal(application, self._name, found)
            self._remember(application)
            self._issuer()
            number = int(orders[-1].reference) + 1 if orders else 1
            return self._kept(local_order.placed(f"{number:06d}", application, self._steps))

    def look(self, reference: str) -> LocalOrder:
        """Look for every token that was handed out and not seen yet; nobody waits for us meanwhile."""
        waiting = self.order(reference).unvalidated
        if not waiting:
            return self.order(reference)
        sights = look_all([(token, self._resolver or Resolver()) for token in waiting])
        seen = {sight.name for sight in sights if sight.seen}
        with self._store.changing():
            return self._changed(reference, lambda order: local_order.looked_at(order, seen, _unseen(sights)))

    def confirm(self, reference: str, kind: StepKind) -> LocalOrder:
        """Take a step as done; a step done before changes nothing, one that is not awaited is refused."""
        with self._store.changing():
            order = self.order(reference)
            if kind in order.done:
                return order
            if kind not in order.awaits:
                raise CertificateAuthorityRefused(
                    f"{order.application.certificate}: order {reference} of {self._name} awaits no {kind.value} now: "
                    f"{_stands(order)}.",
                    "Run renew.yml; it says what is waited for.",
                )
            return self._changed(reference, lambda order: local_order.confirmed(order, kind))

    def cancel(self, reference: str) -> LocalOrder:
        """Give an order up; one that is closed already stays as it is, one that is issued cannot be given up."""
        with self._store.changing():
            order = self.order(reference)
            if order.status is Status.ISSUED:
                raise CertificateAuthorityRefused(
                    f"{order.application.certificate}: order {reference} of {self._name} is issued already.",
                    "Run renew.yml to install it; what is issued cannot be cancelled.",
                )
            if order.status is not Status.OPEN:
                return order
            return self._kept(local_order.closed(order, Status.CANCELLED, "cancelled by the applicant"))

    def has_issued(self, serial: str) -> bool:
        """Say whether the certificate of this serial (lower-case hex) is ours."""
        return self._store.has_certificate(serial)

    def own_references(self) -> list[str]:
        """Return the applicants' own references of all orders, oldest first."""
        return [order.application.own_reference for order in self._store.orders()]

    def root(self) -> str:
        """Return the root (PEM), empty before the first order."""
        return self._store.root()

    def _changed(self, reference: str, change: t.Callable[[LocalOrder], LocalOrder]) -> LocalOrder:
        """Change an order, and issue it in the same stroke if nothing is missing any more."""
        order = self.order(reference)
        changed = change(order)
        if changed.complete:
            changed = self._finished(changed)
        return order if changed == order else self._kept(changed)

    def _finished(self, order: LocalOrder) -> LocalOrder:
        """Issue, unless the organisation's record was changed since the application was accepted."""
        application = order.application
        found = self._differences(application)
        if found:
            return local_order.closed(order, Status.REJECTED, "; ".join(objection.reason for objection in found))
        issuer = self._issuer()
        certificate = issue(
            application.csr,
            names=application.names,
            organization=application.organization,
            issuer_key=issuer.key,
            issuer_cert=issuer.certificate,
            not_before=self._clock(),
            validity_days=self._traits.validity_days,
        )
        self._store.keep_certificate(certificate_facts(certificate, "the new certificate").serial, certificate)
        return local_order.issued(order, (certificate, issuer.certificate))

    def _differences(self, application: Application) -> list[Objection]:
        name = record_name(application)
        record = self._store.record(name)
        return [] if record is None else differences(application.organization.address, record, name)

    def _remember(self, application: Application) -> None:
        """Keep the organisation as it was vetted with its first order."""
        name = record_name(application)
        if self._store.record(name) is None:
            self._store.keep_record(name, application.organization.address)

    def _issuer(self) -> Issuer:
        issuer = self._store.issuer()
        if issuer is None:
            now, name = self._clock(), self._name[:48]  # a common name has room for 64 characters
            root_key, root = new_root(f"{name} root", now)
            key, certificate = new_intermediate(root_key, root, f"{name} intermediate", now)
            issuer = Issuer(root=root, root_key=root_key, certificate=certificate, key=key)
            self._store.keep_issuer(issuer)
        return issuer

    def _kept(self, order: LocalOrder) -> LocalOrder:
        self._store.keep_order(order)
        return order


def _unseen(sights: t.Iterable[Sight]) -> str:
    return "; ".join(f"{sight.url} {sight.problem}" for sight in sights if not sight.seen)


def _stands(order: LocalOrder) -> str:
    if order.status is not Status.OPEN:
        return f"it is {order.status.value}"
    if order.awaits:
        return f"it awaits {order.awaits[0].value}"
    return f"it awaits the tokens of {', '.join(token.name for token in order.unvalidated)}"
