# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of the control host take in common, read into nouns: accounts, organisations, people, the ledger."""

from __future__ import annotations

import getpass
import os
import socket
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .._ca.base import CertificateAuthority, Remembers
from .._ca.registry import authority_for
from .._core.account import Account
from .._core.inventory import Organization, Person
from .._ledger.ledger import DEFAULT_LEDGER, Ledger, beside, utc_now
from .._schema.accounts import ACCOUNT, accounts
from .._schema.control import ORGANIZATION, PERSON, organizations, people
from .._schema.field import Fields
from .._schema.provider import PROVIDER, provider
from .listening import listening

LEDGER: dict[str, t.Any] = {
    # Not shown among the module's arguments: somebody may have written a password into it, which is then refused.
    "ledger": {"type": "path", "default": DEFAULT_LEDGER, "no_log": True},
    "ledger_password": {"no_log": True},
    "actor": {"type": "str"},
}
CONTROL_LISTS: dict[str, Fields] = {"accounts": ACCOUNT, "providers": PROVIDER}
ORGANIZATION_LISTS: dict[str, Fields] = {**CONTROL_LISTS, "organizations": ORGANIZATION, "people": PERSON}

# AWX's own limit of a user's name.
_NAME_LENGTH = 150
# How long a CA is waited for by modules that take no C(wait_seconds).
_PATIENCE_SECONDS = 30

Noun = t.TypeVar("Noun")


@dataclass(frozen=True)
class Control:
    """The control host's side of a run. ``now`` is read once, so that one run has one time.

    ``awx_user``: who launched the AWX job that this is, "" where nobody did, None where it is no AWX job.
    """

    ledger_path: str
    now: datetime
    accounts: Mapping[str, Account]
    organizations: Mapping[str, Organization]
    people: Mapping[str, Person]
    authorities: Mapping[str, CertificateAuthority]
    awx_user: str | None = None
    debug_log: Mapping[str, t.Any] = field(default_factory=dict)
    ledger_password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, params: Mapping[str, t.Any], *, verbosity: int = 0) -> Control:
        """Read a module's parameters; raises InputRefused. C(verbosity): how many -v Ansible was called with."""
        patience = params.get("wait_seconds", _PATIENCE_SECONDS)
        known = accounts(
            params["accounts"], beside(params["ledger"]), lambda name: provider(name, _list(params, "providers"))
        )
        return cls(
            ledger_path=params["ledger"],
            ledger_password=params.get("ledger_password"),
            now=utc_now(),
            accounts=known,
            organizations=organizations(_list(params, "organizations")),
            people=people(_list(params, "people")),
            authorities={
                name: authority_for(account, clock=utc_now, patience_seconds=patience)
                for name, account in known.items()
            },
            awx_user=awx_user(params),
            debug_log=listening(verbosity),
        )

    @classmethod
    def of_ledger(cls, params: Mapping[str, t.Any], now: datetime) -> Control:
        """Read where the ledger lies, and nothing else: a mistake in the accounts must not keep it closed."""
        password = params.get("ledger_password")
        return cls(params["ledger"], now, {}, {}, {}, {}, awx_user(params), ledger_password=password)

    def ledger(self, *, read_only: bool) -> Ledger:
        """Open the ledger; a context manager."""
        return Ledger.open(
            self.ledger_path,
            actor=_actor(self.awx_user),
            password=self.ledger_password,
            read_only=read_only,
        )

    def remembering(self, ledger: Ledger) -> dict[str, CertificateAuthority]:
        """Return the authorities, those that have no memory of their own with the ledger's."""
        return {
            name: one.remembering(ledger) if isinstance(one, Remembers) else one
            for name, one in self.authorities.items()
        }

    @staticmethod
    def only(nouns: Mapping[str, Noun]) -> str | None:
        """Return the name of the one entry that a certificate can mean without naming it, None where there are more."""
        return next(iter(nouns)) if len(nouns) == 1 else None


def _list(params: Mapping[str, t.Any], name: str) -> Sequence[t.Any]:
    return params.get(name) or []


def awx_user(params: Mapping[str, t.Any]) -> str | None:
    """Return who launched the AWX job that this is, "" where nobody did, None where it is no AWX job."""
    actor = params.get("actor")
    return None if actor is None else " ".join(str(actor).split())[:_NAME_LENGTH]


def _actor(launched_by: str | None) -> str:
    """Return who runs this, for the audit trail: the user of AWX, else the user and host of the process."""
    if launched_by:
        return f"{launched_by} (AWX)"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
