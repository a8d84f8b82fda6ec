# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CA announced of the certificates that it will issue: data, of a provider, of an account, or its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .inventory import Use


@dataclass(frozen=True)
class Announced:
    """From C(since) on certificates are issued so.

    C(without): uses that they no longer allow. C(issuer), C(root): common names of who signs them and of the root that
    they end at, "" where that stays.
    """

    since: date
    without: tuple[Use, ...] = ()
    issuer: str = ""
    root: str = ""
