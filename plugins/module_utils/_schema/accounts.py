# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_accounts``, made into nouns."""

from __future__ import annotations

import os
import typing as t

from .._core.account import (
    Account,
    Approval,
    Budget,
    LocalSettings,
    MailboxSettings,
    OAuth,
    PortalSettings,
    ReusedKey,
    Settings,
)
from .._core.errors import InputRefused
from .._core.inventory import Resolver
from .._core.provider import Provider
from .check import check
from .field import NAME, Field, Fields, Values
from .named import named_entries
from .resolver import RESOLVER

OAUTH: Fields = {
    "token_url": Field(required=True, pattern=r"https?://\S+"),
    "client_id": Field(required=True),
    "client_secret": Field(required=True, secret=True),
    "scope": Field(),
}
MAILBOX: Fields = {
    "host": Field(),
    "port": Field(kind="integer"),
    "starttls": Field(kind="boolean"),
    "user": Field(),
    "password": Field(secret=True),
    "oauth": Field(kind="mapping", fields=OAUTH),
    "ca_file": Field(kind="path"),
    "folders": Field(kind="list"),
    "directory": Field(kind="path"),
}
BUDGET: Fields = {
    "orders_per_run": Field(kind="integer"),
    "orders_per_30_days": Field(kind="integer"),
    "amount_per_30_days": Field(kind="integer"),
}
_EVERY: Fields = {
    "name": Field(required=True, pattern=NAME),
    "ca": Field(required=True, choices=("local", "portal")),
    "authoritative_record": Field(choices=("duns", "corporate_number", "lei", "vetted")),
    "trust_store": Field(kind="path"),
    "resolver": Field(kind="mapping", fields=RESOLVER),
    "budget": Field(kind="mapping", fields=BUDGET),
    "prices": Field(kind="mapping", values="integer"),
    "currency": Field(pattern="[A-Z]{3}"),
}
_LOCAL: Fields = {
    "directory": Field(kind="path"),
    "payment": Field(kind="boolean"),
    "phone": Field(kind="boolean"),
    "costs_money": Field(kind="boolean"),
}
_PORTAL: Fields = {
    "provider": Field(pattern=NAME),
    "mailbox": Field(kind="mapping", fields=MAILBOX),
    "reused_key": Field(choices=tuple(choice.value for choice in ReusedKey)),
    "senders": Field(kind="list", pattern=r"[^@\s]*@[^@\s]+"),
    "link_hosts": Field(kind="list", pattern=r"[a-z0-9.-]+"),
    "authentication_server": Field(),
    "check_dkim": Field(kind="boolean"),
}
_OF_CA: t.Mapping[str, Fields] = {"local": _LOCAL, "portal": _PORTAL}
ACCOUNT: Fields = {**_EVERY, **_LOCAL, **_PORTAL}
APPROVAL: Fields = {"people": Field(kind="integer"), "over": Field(kind="integer")}

ProviderOf = t.Callable[[str], Provider]


def accounts(entries: t.Sequence[t.Any], state_directory: str, provider_of: ProviderOf) -> dict[str, Account]:
    """Return name → account; a local authority lives in C(state_directory)/authorities/<account> unless it says where.

    C(provider_of): the shop of a name. Raises InputRefused.
    """
    checked = named_entries(entries, ACCOUNT, "tls_accounts")
    return {name: _account(values, state_directory, provider_of) for name, values in checked.items()}


def approval(entry: t.Mapping[str, t.Any] | None) -> Approval | None:
    """Return the checked ``tls_approval``, None where nobody has to approve; raises InputRefused."""
    if not entry:
        return None
    values = check(entry, APPROVAL, "tls_approval")
    _refuse_below(values, "people", 1, "tls_approval")
    _refuse_below(values, "over", 0, "tls_approval")
    return Approval(**values)


def _account(values: Values, state_directory: str, provider_of: ProviderOf) -> Account:
    path = f"tls_accounts[{values['name']}]"
    _refuse_foreign(values, path)
    budget = values.get("budget", {})
    for key in budget:
        _refuse_below(budget, key, 0, f"{path}.budget")
    return Account(
        name=values["name"],
        ca=values["ca"],
        authoritative_record=values.get("authoritative_record", "duns"),
        trust_store=values.get("trust_store"),
        resolver=_resolver(values["resolver"]) if "resolver" in values else None,
        settings=_settings(values, path, state_directory, provider_of),
        budget=Budget(**budget),
        prices=tuple(sorted(values.get("prices", {}).items())),
        currency=values.get("currency", ""),
    )


def _refuse_foreign(values: Values, path: str) -> None:
    """A key that another CA takes would do nothing here: somebody expects something of it."""
    ours = {**_EVERY, **_OF_CA[values["ca"]]}
    foreign = sorted(key for key in values if key not in ours)
    if foreign:
        raise InputRefused(
            f"{path}.{foreign[0]} means nothing for ca {values['ca']}.", f"Remove {foreign[0]}.", code="unknown_key"
        )


def _settings(values: Values, path: str, state_directory: str, provider_of: ProviderOf) -> Settings:
    own = {key: values[key] for key in _OF_CA[values["ca"]] if key in values}
    if values["ca"] == "local":
        own.setdefault("directory", os.path.join(state_directory, "authorities", values["name"]))
        return LocalSettings(**own)
    if "provider" not in own:
        raise InputRefused(
            f"{path}.provider is missing.",
            "Name the shop: one that comes with the collection, or one of tls_providers.",
            code="missing_key",
        )
    return PortalSettings(
        provider=provider_of(own["provider"]),
        mailbox=_mailbox(own["mailbox"], f"{path}.mailbox") if "mailbox" in own else None,
        reused_key=ReusedKey(own.get("reused_key", ReusedKey.ACCEPT_THEN_REISSUE.value)),
        senders=tuple(address.lower() for address in own.get("senders", ())),
        link_hosts=tuple(own.get("link_hosts", ())),
        authentication_server=own.get("authentication_server", ""),
        # Anybody can write any From: where no server of ours proves it, its signature has to.
        check_dkim=own.get("check_dkim", "authentication_server" not in own),
    )


def _mailbox(values: Values, path: str) -> MailboxSettings:
    if ("host" in values) == ("directory" in values):
        raise InputRefused(
            f"{path} names both host and directory, or none of them.",
            "Write host for an IMAP server, or directory for files of mails.",
            code="missing_key",
        )
    if "host" in values:
        _check_login(values, path)
    given = {key: value for key, value in values.items() if key not in ("oauth", "folders")}
    given.setdefault("port", 143 if values.get("starttls") else 993)
    return MailboxSettings(
        **given,
        folders=tuple(values.get("folders", ("INBOX",))),
        oauth=OAuth(**values["oauth"]) if "oauth" in values else None,
    )


def _check_login(values: Values, path: str) -> None:
    if not values.get("user"):
        raise InputRefused(f"{path}.user is missing.", "Write the user who logs in there.", code="missing_key")
    if ("password" in values) == ("oauth" in values):
        raise InputRefused(
            f"{path} has both password and oauth, or none of them.",
            "Write the way in which the user logs in.",
            code="missing_key",
        )


def _refuse_below(values: Values, key: str, least: int, path: str) -> None:
    if key in values and values[key] < least:
        raise InputRefused(f"{path}.{key} is less than {least}.", f"Write {least} or more.", code="malformed")


def _resolver(values: Values) -> Resolver:
    return Resolver(hosts=tuple(sorted(values.get("hosts", {}).items())), dns_server=values.get("dns_server"))
