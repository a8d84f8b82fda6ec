# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CertCentral says of an account itself: its domains, its organisations, its money."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta

from .._core.account import Account, DigicertSettings
from .._core.inventory import Organization
from .._core.order import Finding, Severity
from .._core.step import Awaited, StepKind
from .base import Vetting
from .digicert_api import CertCentral
from .digicert_reading import moment, text

_SKEW = timedelta(seconds=60)


def vetting(api: CertCentral, organization: Organization, settings: DigicertSettings) -> Vetting | None:
    """Return how an organisation stands; request_authenticity, the phone call, is told by each order."""
    number = dict(settings.organization_ids).get(organization.name)
    if number is None:
        return None
    until = ends(api.organization_validation(number))
    waits = () if until is not None else (Awaited(StepKind.PHONE_CONFIRMATION, link=organization.address.telephone),)
    return Vetting(str(number), text(api.organization(number), "name"), until, waits)


def findings(api: CertCentral, account: Account) -> list[Finding]:
    """Return what people should know: little money, clocks that are apart."""
    return [*_money(api, account), *_clock(api, account)]


def _money(api: CertCentral, account: Account) -> list[Finding]:
    said = api.balance()
    funds = _amount(_money_text(said, "total_available_funds") or _money_text(said, "balance"))
    dearest = max((price for _product, price in account.prices), default=0)
    if funds is None or funds > dearest:
        return []
    message = f"{account.name} has {funds:g} {text(said, 'currency')} left".rstrip()
    needed = f", and one order costs up to {dearest}" if dearest else ""
    return [
        Finding(account.name, Severity.WARNS, "low_balance", f"{message}{needed}.", "Deposit money at CertCentral.")
    ]


def _clock(api: CertCentral, account: Account) -> list[Finding]:
    skew = api.session.skew
    if skew is None or abs(skew) <= _SKEW:
        return []
    message = f"The clocks of {account.name} and of this machine are {abs(skew).total_seconds():.0f} s apart."
    return [Finding(account.name, Severity.WARNS, "clocks_apart", message, "Set this machine's clock (NTP).")]


def ends(validations: object) -> datetime | None:
    """Return when the validation of type ov ends, None where there is none in force."""
    found = [
        moment(text(one, "validated_until"))
        for one in (validations if isinstance(validations, list) else [])
        if text(one, "type") in ("ov", "") and text(one, "status") in ("active", "complete")
    ]
    return max((one for one in found if one is not None), default=None)


def _money_text(said: t.Any, key: str) -> str:
    """Return an amount as it is written, also where it comes as a number."""
    value = said.get(key) if isinstance(said, dict) else None
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else text(said, key)


def _amount(said: str) -> float | None:
    bare = said.replace(",", "")
    return float(bare) if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]+)?", bare) else None
