# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same shop as it works today: renewal opens 30 days before the end, whoever sold the certificate."""

from __future__ import annotations

import typing as t

PROVIDER: dict[str, t.Any] = {
    "name": "bestssl_30",
    "base": "bestssl",
    "title": "BestSSL(30日前更新)",
    "checked_on": "2026-11-01",
    # bestssl.net/faq/renew-process/: 60 and 45 days before the end it tells that one may renew soon; at 30 days notice
    # and invoice come; reminders at 21, 14 and 7 days.
    "window_days": 30,
    # Bought elsewhere: no notice, no invoice. One buys first, whenever one likes, and applies inside the window: an
    # earlier application counts as new, and the days left are lost. Fifteen days for the purchase are ours.
    "window_days_elsewhere": 45,
    "application_window_days": 30,
}
