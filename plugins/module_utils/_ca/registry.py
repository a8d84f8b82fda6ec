# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which class speaks for an account. Imports stand in the functions: a run loads the authority that it uses only."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._core.account import Account, LocalSettings
from .._core.errors import InputRefused
from .base import CertificateAuthority, Traits

# Their tokens are looked at by this machine; where others look, names are what DNS says.
_LOOKS_FROM_HERE = frozenset({"local"})


def authority_for(account: Account, *, clock: t.Callable[[], datetime]) -> CertificateAuthority:
    """Return the authority of C(account); nothing is read, made or sent yet. C(clock) tells the time in UTC.

    Raises InputRefused for a CA that is not known, and for a resolver where none may be given.
    """
    settings = _checked(account)
    from .local import LocalAuthority

    return LocalAuthority(account, settings, clock=clock)


def traits_of(account: Account) -> Traits:
    """Return what the CA of C(account) can; its directory, or whatever else it needs, may be missing.

    Raises InputRefused as C(authority_for) does.
    """
    settings = _checked(account)
    from .local import local_traits

    return local_traits(settings)


def resolver_allowed(account: Account) -> bool:
    """Say whether names may be looked up elsewhere than in DNS: only where the CA itself looks from this machine."""
    return account.ca in _LOOKS_FROM_HERE


def _checked(account: Account) -> LocalSettings:
    if account.resolver is not None and not resolver_allowed(account):
        raise InputRefused(
            f"tls_accounts[{account.name}].resolver is set, but {account.ca} looks names up itself.",
            "Remove it: a resolver is for ca local only.",
            code="resolver_not_allowed",
        )
    if account.ca != "local" or not isinstance(account.settings, LocalSettings):
        raise InputRefused(
            f"tls_accounts[{account.name}].ca is {account.ca!r}, which is not known.",
            "Write local.",
            code="unknown_choice",
        )
    return account.settings
