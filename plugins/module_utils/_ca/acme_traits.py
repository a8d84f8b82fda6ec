# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ACME server can, as far as it is known before it is asked."""

from __future__ import annotations

from datetime import date

from .._core.account import AcmeSettings, leads_to_this_machine
from .._core.inventory import Method
from .acme_order import RECORD_LABELS
from .base import CarryOver, Traits


def acme_traits(settings: AcmeSettings) -> Traits:
    """Return what an ACME server can; how long its certificates last is the CA's secret until they are issued."""
    return Traits(
        methods=(Method.FILE, Method.DNS),
        products=(settings.profile or "default",),
        window_days=30,
        window_days_elsewhere=30,
        validity_days=199,
        carry_over=CarryOver.NOTHING,
        checked_on=date(2026, 11, 26),
        costs_money=settings.costs_money,
        publicly_trusted=not leads_to_this_machine(settings.connection.url),
        steps=frozenset(),
        names_in_csr=True,
        validity_is_known=False,
        caa_methods={Method.FILE: ("http-01",), Method.DNS: (settings.dns_challenge.value,)},
        record_label=RECORD_LABELS[settings.dns_challenge],
    )
