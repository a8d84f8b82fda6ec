# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list ``tls_accounts``, made into nouns."""

from __future__ import annotations

import os
import typing as t

from .._core.account import (
    Account,
    AcmeChallenge,
    AcmeSettings,
    Approval,
    Budget,
    Connection,
    DigicertSettings,
    DnsRecord,
    LocalSettings,
    MailboxSettings,
    OAuth,
    PortalSettings,
    ReusedKey,
    Settings,
)
from .._core.errors import InputRefused
from .._core.provider import Provider
from .announced import ANNOUNCED, announced
from .check import check
from .field import NAME, Field, Fields, Values
from .named import named_entries
from .resolver import RESOLVER, resolver_from

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
    "ca": Field(required=True, choices=("local", "portal", "digicert", "acme")),
    "authoritative_record": Field(choices=("duns", "corporate_number", "lei", "vetted")),
    "trust_store": Field(kind="path"),
    "resolver": Field(kind="mapping", fields=RESOLVER),
    "budget": Field(kind="mapping", fields=BUDGET),
    "prices": Field(kind="mapping", values="integer"),
    "currency": Field(pattern="[A-Z]{3}"),
    "min_useful_days": Field(kind="integer"),
    "announced": Field(kind="list", fields=ANNOUNCED),
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
# In plain HTTP to this machine only: whoever listens elsewhere would read the key.
_URL = r"https://\S+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/\S*)?"
_CONNECTION: Fields = {
    "url": Field(pattern=_URL),
    "ca_file": Field(kind="path"),
    "client_certificate": Field(kind="path"),
    "client_key": Field(kind="path"),
}
_DIGICERT: Fields = {
    **_CONNECTION,
    "api_key": Field(secret=True),
    "organization_ids": Field(kind="mapping", values="integer"),
    "container_id": Field(kind="integer"),
    "order_years": Field(kind="integer", choices=(1, 2, 3)),
    "skip_approval": Field(kind="boolean"),
    "payment_method": Field(choices=("balance", "profile")),
    "dns_record": Field(choices=tuple(choice.value for choice in DnsRecord)),
    "dynamic_file_name": Field(kind="boolean"),
}
_ACME: Fields = {
    **_CONNECTION,
    "account_key": Field(secret=True),
    "eab_kid": Field(),
    "eab_hmac_key": Field(secret=True),
    "contact": Field(kind="list", pattern=r"[^@\s]+@[^@\s]+"),
    "profile": Field(),
    "preferred_chain": Field(),
    "dns_challenge": Field(choices=tuple(choice.value for choice in AcmeChallenge)),
    "costs_money": Field(kind="boolean"),
}
_OF_CA: t.Mapping[str, Fields] = {"local": _LOCAL, "portal": _PORTAL, "digicert": _DIGICERT, "acme": _ACME}
ACCOUNT: Fields = {**_EVERY, **_LOCAL, **_PORTAL, **_DIGICERT, **_ACME}
# Base of the Services API in the United States; the other one is https://certcentral.digicert.eu/services/v2.
_CERTCENTRAL = "https://www.digicert.com/services/v2"
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
    _refuse_below(values, "min_useful_days", 1, path)
    return Account(
        name=values["name"],
        ca=values["ca"],
        authoritative_record=values.get("authoritative_record", "duns"),
        trust_store=values.get("trust_store"),
        resolver=resolver_from(values.get("resolver")),
        settings=_settings(values, path, state_directory, provider_of),
        budget=Budget(**budget),
        prices=tuple(sorted(values.get("prices", {}).items())),
        currency=values.get("currency", ""),
        min_useful_days=values.get("min_useful_days", 30),
        announced=announced(values.get("announced", ())),
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
    if values["ca"] == "digicert":
        return _digicert(own, path)
    if values["ca"] == "acme":
        return _acme(own, path, os.path.join(state_directory, "accounts", f"{values['name']}.pem"))
    return _portal(own, path, provider_of)


def _digicert(own: Values, path: str) -> DigicertSettings:
    _refuse_missing(own, "api_key", path, "Give the key that CertCentral shows once when it is made, from a vault.")
    return DigicertSettings(
        **{
            **_without_connection(own),
            "organization_ids": tuple(sorted(own.get("organization_ids", {}).items())),
            "dns_record": DnsRecord(own.get("dns_record", DnsRecord.TXT.value)),
            "connection": _connection({"url": _CERTCENTRAL, **own}, path),
        }
    )


def _acme(own: Values, path: str, account_key_path: str) -> AcmeSettings:
    """An account that is bound to another one is a customer's, who pays, unless it is said that nothing is paid."""
    _refuse_missing(own, "url", path, "Give the URL of the CA's ACME directory.")
    if ("eab_kid" in own) is not ("eab_hmac_key" in own):
        raise InputRefused(
            f"{path} has one of eab_kid and eab_hmac_key.", "Give both, or none of them.", code="missing_key"
        )
    return AcmeSettings(
        **{
            **_without_connection(own),
            "contact": tuple(own.get("contact", ())),
            "dns_challenge": AcmeChallenge(own.get("dns_challenge", AcmeChallenge.ORDER.value)),
            "costs_money": own.get("costs_money", "eab_kid" in own),
            "connection": _connection(own, path),
            "account_key_path": account_key_path,
        }
    )


def _connection(own: Values, path: str) -> Connection:
    if ("client_certificate" in own) is not ("client_key" in own):
        raise InputRefused(
            f"{path} has one of client_certificate and client_key.",
            "Give both, or none of them.",
            code="missing_key",
        )
    values = {key: own[key] for key in _CONNECTION if key in own}
    return Connection(**{**values, "url": values["url"].rstrip("/")})


def _without_connection(own: Values) -> Values:
    return {key: value for key, value in own.items() if key not in _CONNECTION}


def _refuse_missing(own: Values, key: str, path: str, move: str) -> None:
    if key not in own:
        raise InputRefused(f"{path}.{key} is missing.", move, code="missing_key")


def _portal(own: Values, path: str, provider_of: ProviderOf) -> PortalSettings:
    _refuse_missing(
        own, "provider", path, "Name the shop: one that comes with the collection, or one of tls_providers."
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
