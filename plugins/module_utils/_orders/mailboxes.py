# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in the mailboxes of shops' accounts, as a run would understand it; nothing is written down."""

from __future__ import annotations

import typing as t
from dataclasses import fields
from datetime import date, datetime, timezone

from .._ca.portal import delivered
from .._core.account import Account, PortalSettings
from .._core.errors import InputRefused, KoshinError
from .._core.message import Message
from .._core.outcome import Outcome, each
from .._core.plain import to_plain
from .._core.typed import parse_time
from .._dcv.texts import text_look_up
from .._mail.mailbox import read_latest
from .._mail.understanding import understand
from .control import Control

_LISTS = ("names", "tokens", "records", "certificates")
# All of a message but its identity, its account (the item's name) and its certificates, which their keys stand for.
_SHOWN = tuple(part.name for part in fields(Message) if part.name not in ("identity", "account", "certificates"))
BLANK: dict[str, t.Any] = {**dict.fromkeys(_SHOWN), "distrust": None, **{key: [] for key in _LISTS}}


def show_mailboxes(control: Control, *, account: str | None, since: str | None, limit: int) -> Outcome:
    """Return the newest C(limit) mails of each folder of each shop's mailbox, or of one account's.

    C(since): a day or a time, in UTC. A mailbox that cannot be read is an item with its error, behind what was read.
    Raises InputRefused.
    """
    if limit < 1:
        raise InputRefused("limit is less than 1.", "Write how many mails of each folder to show.", code="malformed")
    begin = None if since is None else _time(since)
    chosen = _chosen(control, account)

    def one(shop: Account) -> dict[str, t.Any]:
        messages, trouble = _messages(shop, control.now, begin, limit)
        return {"messages": messages, "trouble": trouble}

    items = []
    for read in each(chosen, one, name=lambda shop: shop.name, blank={"messages": [], "trouble": None}):
        items += read["messages"]
        error = read["trouble"] or read["error"]
        items += [{**BLANK, "name": read["name"], "error": error}] if error else []
    return Outcome(noun="messages", items=items)


def _messages(
    account: Account, now: datetime, begin: datetime | None, limit: int
) -> tuple[list[dict[str, t.Any]], dict[str, str] | None]:
    """Return the mails of one account that could be read, and why not all."""
    settings = t.cast(PortalSettings, account.settings)
    look_up_text = text_look_up(account.resolver) if settings.check_dkim else None
    items: list[dict[str, t.Any]] = []
    try:
        for mail in read_latest(settings, now=now, since=begin, limit=limit, look_up_text=look_up_text):
            message = understand(mail, account=account.name, settings=settings)
            certificates = [{"key_hash": one.key_hash, "serial": one.serial} for one in delivered(message)]
            shown = {key: to_plain(getattr(message, key)) for key in _SHOWN}
            more = {"distrust": mail.distrust, "certificates": certificates, "error": None}
            items.append({"name": account.name, **shown, **more})
    except KoshinError as error:
        return items, error.as_result()
    return items, None


def _chosen(control: Control, account: str | None) -> list[Account]:
    shops = [
        known
        for known in control.accounts.values()
        if isinstance(known.settings, PortalSettings) and known.settings.mailbox is not None
    ]
    chosen = [shop for shop in shops if account in (None, shop.name)]
    if account is not None and not chosen:
        names = ", ".join(shop.name for shop in shops) or "none"
        raise InputRefused(
            f"tls_accounts has no account {account} with a mailbox; those with one: {names}.",
            "Correct account, or write mailbox in its entry of tls_accounts.",
            code="unknown_reference",
        )
    return chosen


def _time(text: str) -> datetime:
    try:
        if "T" in text:
            return parse_time(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise InputRefused(
            "since is neither a day nor a time.",
            "Write 2026-11-23 or 2026-11-23T12:00:00Z, in quotes.",
            code="malformed",
        ) from None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
