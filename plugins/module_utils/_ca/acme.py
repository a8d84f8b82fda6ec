# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(ca: acme): any authority that speaks RFC 8555, those of organisation-validated certificates with a binding.

ACME keeps neither our own reference nor a key before an order is finalized: both come from the application. A new order
buys nothing, finalizing does; so an order that was asked for twice is harmless.
"""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from .._core.account import Account, AcmeSettings
from .._core.order import Action, Application, Order, OrderState
from .._x509.reading import certificate_facts, split_pem
from .._x509.requests import request_der
from .acme_account import AcmeAccount
from .acme_advice import advice_of
from .acme_chains import leaf_first, preferred
from .acme_listing import GONE, AcmeOrders
from .acme_order import challenge_of, gone, order_of
from .acme_problems import AcmeProblem
from .acme_reading import Authorization, Standing, authorization, standing
from .acme_traits import acme_traits
from .acme_waiting import waited
from .answer import Answer
from .base import Advice, CertificateAuthorityRefused, Traits
from .session import Session

Clock = t.Callable[[], datetime]


class AcmeAuthority:
    """An ACME server as everybody sees a CA (base.CertificateAuthority). An order's number is its URL."""

    def __init__(self, account: Account, settings: AcmeSettings, *, clock: Clock, patience_seconds: float) -> None:
        self._name, self._settings, self._clock = account.name, settings, clock
        self._patience_seconds = patience_seconds
        self._traits = acme_traits(settings)
        self._lock = threading.Lock()
        self._opened: AcmeAccount | None = None
        self._listed: AcmeOrders | None = None

    @property
    def traits(self) -> Traits:
        return self._traits

    def find(self, application: Application) -> Order | None:
        """Look through the orders that the account lists, where the server lists any.

        One that is not fulfilled yet may still become a certificate for any key: it is this one by its names.
        """
        if not self._account.exists:
            # Looked for, also in check mode: nobody registers for that.
            return None
        same = self._orders.standing(application.names)
        for state in (OrderState.OPEN, OrderState.ISSUED):
            found = (self._order(one, application) for one in same if one.state is state)
            counting = next((one for one in found if one.state is state), None)
            if counting is not None:
                return counting
        return None

    def submit(self, application: Application) -> Order:
        wanted: dict[str, t.Any] = {"identifiers": [{"type": "dns", "value": name} for name in application.names]}
        if self._settings.profile is not None:
            wanted["profile"] = self._settings.profile
        replaced = application.replaces
        if application.action is Action.RENEWAL and replaced is not None and replaced.renewal_id:
            # RFC 9773 section 5: a server that gives advice may let a renewal pass by its limits.
            wanted |= {"replaces": replaced.renewal_id} if "renewalInfo" in self._account.directory else {}
        return self._order(self._new_order(wanted, application), application)

    def read(self, reference: str, application: Application) -> Order:
        try:
            said = self._read(reference)
        except AcmeProblem as problem:
            if problem.status not in GONE:
                raise
            return gone(reference, application, problem.message)
        return self._order(said, application)

    def validate(self, order: Order, application: Application) -> Order:
        said = self._read(order.reference)
        if said.word == "pending":
            self._answer(said, application)
            looking = list(said.authorizations)
            said = self._waited(said, "pending", lambda: self._looked(said.url, looking))
        if said.word == "ready":
            said = self._waited(self._finalize(said, application), "processing", lambda: self._read(said.url))
        return self._order(said, application)

    def _waited(self, said: Standing, word: str, look: t.Callable[[], Standing]) -> Standing:
        return waited(said, word, look, patience_seconds=self._patience_seconds)

    def _looked(self, url: str, looking: list[str]) -> Standing:
        """Return the order; where it is pending, the first of C(looking) may have been lost, and waiting is vain."""
        said = self._read(url)
        while said.word == "pending" and looking:
            one = self._authorization(looking[0])
            if one.is_lost:
                return replace(said, word="invalid", state=OrderState.REJECTED)
            if not one.is_valid:
                break
            looking.pop(0)
        return said

    def cancel(self, reference: str, application: Application) -> Order:
        """Give the authorizations back (RFC 8555 section 7.5.2): an order cannot be cancelled, it can only go stale."""
        said = self._read(reference)
        if said.state is OrderState.ISSUED:
            raise CertificateAuthorityRefused(
                f"Order {reference} at {self._name} is issued already.",
                "Run renew.yml to install it; what is issued cannot be cancelled.",
            )
        for url in said.authorizations:
            if self._authorization(url).status != "pending":
                continue
            try:
                self._account.tell(url, {"status": "deactivated"}, purpose="give up")
            except AcmeProblem:
                # Asked again after an answer that was lost.
                if self._authorization(url).status == "pending":
                    raise
        return self.read(reference, application)

    def change_validation(self, order: Order, application: Application) -> Order:
        """Which challenge is answered is decided when it is: nobody has to be told."""
        return self.read(order.reference, application)

    def replace_request(self, order: Order, application: Application) -> Order:
        """An order has no key before it is finalized."""
        return self.read(order.reference, application)

    def advice(self, identifiers: Sequence[str]) -> Mapping[str, Advice]:
        where = self._account.directory.get("renewalInfo")
        if not isinstance(where, str):
            return {}
        return advice_of(self._account.session, where, identifiers)

    def caa_domains(self) -> Sequence[str]:
        """Return C(caaIdentities) of the directory (RFC 8555 section 7.1.1), as far as they are names."""
        meta = self._account.directory.get("meta")
        named = meta.get("caaIdentities") if isinstance(meta, dict) else None
        return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []

    @property
    def _account(self) -> AcmeAccount:
        with self._lock:
            if self._opened is None:
                session = Session(self._settings.connection, name=self._name, patience_seconds=self._patience_seconds)
                self._opened = AcmeAccount(self._settings, session)
            return self._opened

    @property
    def _orders(self) -> AcmeOrders:
        account = self._account
        with self._lock:
            self._listed = self._listed or AcmeOrders(account)
            return self._listed

    def _new_order(self, wanted: dict[str, t.Any], application: Application) -> Standing:
        directory = self._account.directory
        try:
            answer = self._account.tell(
                directory["newOrder"],
                wanted,
                purpose="new order",
                certificate=application.certificate,
                done=lambda: self._placed(application),
            )
        except AcmeProblem as problem:
            if "replaces" not in wanted:
                raise
            # Servers refuse to replace what they did not issue, or replaced already: it is an order all the same.
            if problem.kind not in ("alreadyReplaced", "malformed", "notFound", "unauthorized", ""):
                raise
            return self._new_order({key: wanted[key] for key in wanted if key != "replaces"}, application)
        url = answer.headers.get("Location", "")
        if not url:
            nowhere = {"detail": "the new order has no URL"}
            raise AcmeProblem(self._name, "new order", answer.status, nowhere, application.certificate)
        return standing(answer.json(self._name, "order"), self._account.place(url, "new order"))

    def _placed(self, application: Application) -> Answer | None:
        """Return what the CA would have said of a new order, had its answer not been lost; None where it lists none."""
        self._orders.forget()
        placed = [one for one in self._orders.standing(application.names) if one.state is OrderState.OPEN]
        if not placed:
            return None
        answer = self._account.ask(placed[0].url, purpose="order")
        return replace(answer, headers={"Location": placed[0].url})

    def _read(self, reference: str) -> Standing:
        if not reference.startswith(("https://", "http://")):
            raise CertificateAuthorityRefused(
                f"{self._name} has no order {reference!r}.", "See whether the account is the one it was."
            )
        return standing(self._json(reference, "order"), reference)

    def _authorization(self, url: str) -> Authorization:
        return authorization(self._json(url, "authorization"), url)

    def _json(self, url: str, purpose: str) -> t.Any:
        return self._account.ask(url, purpose=purpose).json(self._name, purpose)

    def _order(self, said: Standing, application: Application) -> Order:
        if said.state is OrderState.ISSUED:
            return self._issued(said, application)
        asked = said.word in ("pending", "invalid")
        return order_of(
            application,
            said,
            [self._authorization(url) for url in said.authorizations] if asked else (),
            thumbprint=self._account.thumbprint,
            account_url=self._account.url,
            dns=self._settings.dns_challenge,
        )

    def _issued(self, said: Standing, application: Application) -> Order:
        """Return the order with its chain; one that was fulfilled for another key is of no use here."""
        text = preferred(self._account, said.certificate, self._settings.preferred_chain)
        chain = leaf_first(split_pem(text, f"order {said.url}"), application.key_hash)
        order = Order(
            reference=said.url,
            own_reference=application.own_reference,
            state=OrderState.ISSUED,
            names=application.names,
            key_hash=certificate_facts("".join(chain), f"order {said.url}").key_hash,
            validated=application.names,
            chain=chain,
        )
        if order.key_hash == application.key_hash:
            return order
        return replace(
            order,
            key_hash=application.key_hash,
            state=OrderState.CANCELLED,
            chain=(),
            reason="it was fulfilled for another key, by somebody else who uses the account",
        )

    def _answer(self, said: Standing, application: Application) -> None:
        """Tell the CA to look, once for each challenge (RFC 8555 section 7.5.1)."""
        for url in said.authorizations:
            one = self._authorization(url)
            if one.status != "pending":
                continue
            by = challenge_of(one, application, self._settings.dns_challenge)
            if by.status != "pending":
                continue
            try:
                self._account.tell(by.url, {}, purpose=f"look at {one.name}", certificate=application.certificate)
            except AcmeProblem:
                if not self._is_answered(url, by.kind):
                    raise

    def _finalize(self, said: Standing, application: Application) -> Standing:
        payload = {"csr": request_der(application.csr)}
        try:
            answer = self._account.tell(said.finalize, payload, purpose="finalize", certificate=application.certificate)
        except AcmeProblem as problem:
            # Asked again after an answer that was lost: the order says what became of it.
            if problem.kind != "orderNotReady":
                raise
            now = self._read(said.url)
            is_silent = now.state is OrderState.REJECTED and not now.problem
            return replace(now, problem=problem.before) if is_silent else now
        return standing(answer.json(self._name, "finalize"), said.url)

    def _is_answered(self, url: str, kind: str) -> bool:
        """Say whether the CA was told to look already: an answer was lost, and some refuse to be told again."""
        one = self._authorization(url)
        by = one.challenge(kind)
        return one.status != "pending" or (by is not None and by.status != "pending")
