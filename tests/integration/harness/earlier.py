# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier run bought at the shop: it is in use, and the ledger knows its order, which runs on after it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Application, Issue, OrderState
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Order as Standing
from ansible_collections.koshin.tls.plugins.module_utils._schema.control import organizations
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from integration.harness.authority import Bought
from integration.harness.portal import Portal, Till
from sandbox.reseller.nouns import Order

OWN_REFERENCE = "koshin-0011223344556677"


def bought_by_an_earlier_run(
    shop: Portal, host: str, name: str, *, ends_in_days: float, term_ends_in_days: float, **wanted: Any
) -> Bought:
    """Puts up a site with such a certificate; `wanted`, as in `Estate.site`, says how its name is validated."""
    till = Till(shop.reseller, Method(wanted["validation"]["method"]), term_ends_in_days)
    bought = shop.estate.site(host, name, ends_in_days=ends_in_days, sold_by=till, **wanted)
    shop.look_from_here()
    shop.purchasing_is_open()
    issue = _issue(shop.reseller.order(name), host)
    application = _application(shop, shop.reseller.order(name), issue.key_hash)
    standing = Standing(OWN_REFERENCE, OWN_REFERENCE, OrderState.OPEN, (name,), issue.key_hash)
    with shop.ledger() as ledger:
        ledger.intend(application, account="shop", host=host)
        ledger.placed(OWN_REFERENCE, standing)
        ledger.collected(issue)
        ledger.installed(name, issue.serial, host, datetime.now(UTC))
    return bought


def _application(shop: Portal, order: Order, key_hash: str) -> Application:
    assert order.entry is not None
    organization = organizations(shop.estate.variables["tls_organizations"])["example"]
    return Application(
        own_reference=OWN_REFERENCE,
        certificate=order.common_name,
        common_name=order.common_name,
        additional_names=order.entry.additional_names,
        organization=organization,
        methods=order.entry.methods,
        action=Action.RENEWAL,
        csr=order.entry.csr,
        key_hash=key_hash,
    )


def _issue(order: Order, host: str) -> Issue:
    assert order.certificate is not None
    facts = certificate_facts(order.certificate.chain[0], "what the shop sold")
    return Issue(
        certificate=order.common_name,
        own_reference=OWN_REFERENCE,
        host=host,
        names=facts.names,
        key_hash=facts.key_hash,
        serial=facts.serial,
        fingerprint=facts.fingerprint,
        not_before=facts.not_before,
        not_after=facts.not_after,
        chain=order.certificate.chain,
        collected_at=facts.not_before,
        term_ends=order.term_ends,
    )
