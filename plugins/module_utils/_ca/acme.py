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
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from .._core.account import Account, AcmeSettings, leads_to_this_machine
from .._core.inventory import Method
from .._core.order import Action, Application, Order, OrderState
from .._x509.reading import certificate_facts, split_pem
from .._x509.requests import request_der
from .acme_account import AcmeAccount, made_at
from .acme_advice import advice_of
from .acme_chains import preferred
from .acme_order import challenge_of, order_of
from .acme_problems import AcmeProblem
from .acme_reading import Authorization, Standing, authorization, standing
from .acme_waiting import waited
from .base import Advice, CarryOver, CertificateAuthorityRefused, Traits
from .session import Session

Clock = t.Callable[[], datetime]

_MOST_ORDERS = 100
_WORKERS = 16


def acme_traits(settings: AcmeSettings) -> Traits:
    """Return what an ACME server can; how long its certificates last is the CA's secret until they are issued."""
    return Traits(
        methods=(Method.FILE, Method.DNS),
        products=(settings.profile or "default",),
        window_days=30,
        window_days_elsewhere=30,
        validity_days=199,
        carry_over=CarryOver.NOTHING,
        checked_on=date(2026, 11, 26),
        costs_money=settings.costs_money,
        publicly_trusted=not leads_to_this_machine(settings.connection.url),
        steps=frozenset(),
        names_in_csr=True,
    )


class AcmeAuthority:
    """An ACME server as everybody sees a CA (base.CertificateAuthority). An order's number is its URL."""

    def __init__(self, account: Account, settings: AcmeSettings, *, clock: Clock, patience_seconds: float) -> None:
        self._name, self._settings, self._clock = account.name, settings, clock
        self._patience_seconds = patience_seconds
        self._traits = acme_traits(settings)
        self._lock = threading.Lock()
        self._opened: AcmeAccount | None = None
        self._listed: tuple[Standing, ...] | None = None
        # Orders as they were just read, so that the word to validate need not ask again.
        self._seen: dict[str, tuple[Standing, Sequence[Authorization]]] = {}

    @property
    def traits(self) -> Traits:
        return self._traits

    def find(self, application: Application) -> Order | None:
        """Look through the orders that the account lists, where the server lists any.

        One that is not fulfilled yet may still become a certificate for any key: it is this one by its names.
        """
        same = [one for one in self._orders() if set(one.names) == set(application.names)]
        waiting = [one for one in same if one.state is OrderState.OPEN]
        if waiting:
            return self._order(waiting[0], application)
        issued = (self._order(one, application) for one in same if one.state is OrderState.ISSUED)
        return next((one for one in issued if one.state is OrderState.ISSUED), None)

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
        return self._order(self._read(reference), application)

    def validate(self, order: Order, application: Application) -> Order:
        known = self._seen.pop(order.reference, None)
        said, asked = known if known is not None else self._looked(self._read(order.reference))
        if said.word == "pending":
            self._answer(asked, application)
            said = self._waited(said, "pending")
        if said.word == "ready":
            said = self._waited(self._finalize(said, application), "processing")
        return self._order(said, application)

    def _waited(self, said: Standing, word: str) -> Standing:
        return waited(said, word, lambda: self._read(said.url), patience_seconds=self._patience_seconds)

    def cancel(self, reference: str, application: Application) -> Order:
        """Give the authorizations back (RFC 8555 section 7.5.2): an order cannot be cancelled, it can only go stale."""
        said = self._read(reference)
        if said.state is OrderState.ISSUED:
            raise CertificateAuthorityRefused(
                f"Order {reference} at {self._name} is issued already.",
                "Run renew.yml to install it; what is issued cannot be cancelled.",
            )
        for url in said.authorizations:
            if authorization(self._json(url, "authorization"), url).status == "pending":
                self._account.tell(url, {"status": "deactivated"}, purpose="give up")
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

    @property
    def _account(self) -> AcmeAccount:
        with self._lock:
            if self._opened is None:
                session = Session(self._settings.connection, name=self._name, patience_seconds=self._patience_seconds)
                self._opened = AcmeAccount(self._settings, session)
            return self._opened

    def _new_order(self, wanted: dict[str, t.Any], application: Application) -> Standing:
        directory = self._account.directory
        try:
            answer = self._account.tell(
                directory["newOrder"], wanted, purpose="new order", certificate=application.certificate
            )
        except AcmeProblem as problem:
            if "replaces" not in wanted:
                raise
            # Servers refuse to replace what they did not issue, or replaced already: it is an order all the same.
            if problem.kind not in ("alreadyReplaced", "malformed", "notFound", "unauthorized", ""):
                raise
            return self._new_order({key: wanted[key] for key in wanted if key != "replaces"}, application)
        url = made_at(answer, directory["newOrder"])
        if not url:
            nowhere = {"detail": "the new order has no URL"}
            raise AcmeProblem(self._name, "new order", answer.status, nowhere, application.certificate)
        return standing(answer.json(self._name, "order"), url)

    def _read(self, reference: str) -> Standing:
        if not reference.startswith(("https://", "http://")):
            raise CertificateAuthorityRefused(
                f"{self._name} has no order {reference!r}.", "See whether the account is the one it was."
            )
        return standing(self._json(reference, "order"), reference)

    def _json(self, url: str, purpose: str) -> t.Any:
        return self._account.ask(url, purpose=purpose).json(self._name, purpose)

    def _order(self, said: Standing, application: Application) -> Order:
        if said.state is OrderState.ISSUED:
            return self._issued(said, application)
        self._seen[said.url] = said, asked = self._looked(said)
        return order_of(
            application,
            said,
            asked,
            thumbprint=self._account.thumbprint,
            account_url=self._account.url,
            dns=self._settings.dns_challenge,
        )

    def _looked(self, said: Standing) -> tuple[Standing, Sequence[Authorization]]:
        """Return an order with its authorizations, where they still say anything."""
        urls = said.authorizations if said.word in ("pending", "invalid") else ()
        return said, [authorization(self._json(url, "authorization"), url) for url in urls]

    def _issued(self, said: Standing, application: Application) -> Order:
        """Return the order with its chain; one that was fulfilled for another key is of no use here."""
        chain = preferred(self._account, _named(said, "certificate"), self._settings.preferred_chain)
        pems = split_pem(chain, f"order {said.url}")
        # In whatever order they come.
        is_ours = application.key_hash in {certificate_facts(pem, f"order {said.url}").key_hash for pem in pems}
        return Order(
            reference=said.url,
            own_reference=application.own_reference,
            state=OrderState.ISSUED if is_ours else OrderState.CANCELLED,
            names=application.names,
            key_hash=application.key_hash,
            validated=application.names,
            chain=pems if is_ours else (),
            reason="" if is_ours else "it was fulfilled for another key, by somebody else who uses the account",
        )

    def _answer(self, asked: Sequence[Authorization], application: Application) -> None:
        """Tell the CA to look, once for each challenge (RFC 8555 section 7.5.1)."""
        for one in asked:
            if one.status != "pending":
                continue
            challenge = challenge_of(one, application, self._settings.dns_challenge)
            if challenge.status == "pending":
                self._account.tell(
                    challenge.url, {}, purpose=f"look at {one.name}", certificate=application.certificate
                )

    def _finalize(self, said: Standing, application: Application) -> Standing:
        payload = {"csr": request_der(application.csr)}
        try:
            url = _named(said, "finalize")
            answer = self._account.tell(url, payload, purpose="finalize", certificate=application.certificate)
        except AcmeProblem as problem:
            # Asked again after an answer that was lost: the order says what became of it.
            if problem.kind != "orderNotReady":
                raise
            return self._read(said.url)
        return standing(answer.json(self._name, "finalize"), said.url)

    def _orders(self) -> tuple[Standing, ...]:
        """Return the newest orders of the account as they stood when this run first asked: many ask."""
        account = self._account
        with self._lock:
            if self._listed is None:
                self._listed = self._list(account)
            return self._listed

    def _list(self, account: AcmeAccount) -> tuple[Standing, ...]:
        said = account.ask(account.url, purpose="account").json(self._name, "account")
        where = said.get("orders") if isinstance(said, dict) else None
        if not isinstance(where, str):
            return ()
        try:
            listed = account.ask(where, purpose="orders").json(self._name, "orders")
        except AcmeProblem:
            # Some servers name the list and have none.
            return ()
        urls = listed.get("orders") if isinstance(listed, dict) else None
        known = [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []
        with ThreadPoolExecutor(_WORKERS) as pool:
            return tuple(pool.map(lambda url: _standing(account, url), reversed(known[-_MOST_ORDERS:])))


def _standing(account: AcmeAccount, url: str) -> Standing:
    return standing(account.ask(url, purpose="order").json(account.session.name, "order"), url)


def _named(said: Standing, what: str) -> str:
    url = str(getattr(said, what))
    if not url:
        raise CertificateAuthorityRefused(
            f"The ACME server says that order {said.url} is {said.word}, and names no {what} URL.",
            "Run renew.yml again later; if it stays so, tell the CA.",
            code="unreadable_answer",
        )
    return url
