# SPDX-License-Identifier: GPL-3.0-or-later
"""The procedure's shop with one order, told day by day: what its mails say, what people confirm."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ansible_collections.koshin.tls.plugins.module_utils._core.message import Message, MessageKind
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Application, Order, Replaced
from ansible_collections.koshin.tls.plugins.module_utils._core.portal import standing
from ansible_collections.koshin.tls.plugins.module_utils._core.portal_facts import Delivered, PortalFacts
from ansible_collections.koshin.tls.plugins.module_utils._core.step import (
    AUTHORITY,
    DUTIES,
    HumanStep,
    StepKind,
    StepState,
)
from ansible_collections.koshin.tls.plugins.module_utils._schema.provider import provider
from unit._core.material import DAY, NOW, application

WWW = "www.example.jp"
OWN_KEY, KEY_IN_USE = "33" * 32, "11" * 32


def wanted(action: Action = Action.RENEWAL, *, ends_in_days: float = 60, here: bool = True) -> Application:
    """Return an application for the certificate in use, which ends in so many days."""
    end = NOW + ends_in_days * DAY
    replaced = None if action is Action.NEW else Replaced("aa", KEY_IN_USE, end - 199 * DAY, end, here)
    return replace(application(), action=action, replaces=replaced, additional_names=("shop.example.jp",))


def mail(kind: MessageKind, day: float = 0, **said: object) -> Message:
    """Return a trusted mail that arrives so many days after the order was placed."""
    made = Message(f"{kind.value} {day}", "shop", "INBOX", "1", NOW + day * DAY, "info@shop.example", "", kind, True)
    return replace(made, **said)


def step(kind: StepKind, day: float = 0, *, by: str = "sato") -> HumanStep:
    """Return a step that was done so many days after the order was placed."""
    at = NOW + day * DAY
    role = DUTIES[kind].role
    return HumanStep(WWW, "koshin-1", kind, StepState.DONE, role, at, None, done_at=at, done_by=by)


def ended_by_itself(kind: StepKind, day: float = 0) -> HumanStep:
    return step(kind, day, by=AUTHORITY)


def certificate(key_hash: str = OWN_KEY, day: float = 9, serial: str = "bb") -> Delivered:
    at = NOW + day * DAY
    return Delivered(key_hash, serial, ("leaf", "intermediate"), at, (WWW,), at)


def facts(
    *known: Message | HumanStep | Delivered, day: float = 0, shop: str = "bestssl", **more: object
) -> PortalFacts:
    """Return what is known so many days after the order was placed."""
    made = PortalFacts(
        provider=provider(shop, []),
        application=wanted(),
        placed_at=NOW,
        now=NOW + day * DAY,
        messages=tuple(one for one in known if isinstance(one, Message)),
        steps=tuple(one for one in known if isinstance(one, HumanStep)),
        delivered=tuple(one for one in known if isinstance(one, Delivered)),
    )
    return replace(made, **more)


def order(*known: Message | HumanStep | Delivered, **more: object) -> Order:
    """Return how the order stands."""
    return standing(facts(*known, **more))


def on(day: float) -> datetime:
    return NOW + day * DAY
