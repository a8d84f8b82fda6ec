# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which class speaks for an account. Imports stand in the functions: a run loads the authority that it uses only."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._core.account import (
    Account,
    AcmeSettings,
    LocalSettings,
    PortalSettings,
    leads_to_this_machine,
)
from .._core.errors import InputRefused
from .base import CertificateAuthority


def authority_for(
    account: Account, *, clock: t.Callable[[], datetime], patience_seconds: float = 30
) -> CertificateAuthority:
    """Return the authority of C(account); nothing is read, made or sent yet. C(clock) tells the time in UTC.

    C(patience_seconds): how long each call may wait for a CA that is busy or slow. Raises InputRefused for a resolver
    where none may be given.
    """
    _refuse_resolver(account)
    settings = account.settings
    if isinstance(settings, LocalSettings):
        from .local import LocalAuthority

        return LocalAuthority(account, settings, clock=clock)
    if isinstance(settings, PortalSettings):
        from .portal import PortalAuthority

        return PortalAuthority(account, settings, clock=clock)
    if isinstance(settings, AcmeSettings):
        from .acme import AcmeAuthority

        return AcmeAuthority(account, settings, clock=clock, patience_seconds=patience_seconds)
    from .digicert import DigicertAuthority

    return DigicertAuthority(account, settings, clock=clock, patience_seconds=patience_seconds)


def resolver_allowed(account: Account) -> bool:
    """Say whether names may be looked up elsewhere than in DNS: only where the CA itself is on this machine."""
    settings = account.settings
    if isinstance(settings, LocalSettings):
        return True
    url = settings.provider.my_page if isinstance(settings, PortalSettings) else settings.connection.url
    return leads_to_this_machine(url)


def _refuse_resolver(account: Account) -> None:
    if account.resolver is not None and not resolver_allowed(account):
        raise InputRefused(
            f"tls_accounts[{account.name}].resolver is set, but {account.ca} looks names up itself.",
            "Remove it: a resolver is for a CA on this machine only.",
            code="resolver_not_allowed",
        )
