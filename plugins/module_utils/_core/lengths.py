# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many characters a field of the subject may have."""

from __future__ import annotations

import typing as t

# Characters, by field of model.Subject (BR 7.1.4.2; DigiCert takes 64 of each, the stricter source is a CA's business).
FIELD_LENGTHS: t.Mapping[str, int] = {
    "common_name": 64,
    "legal_name": 64,
    "street_address": 128,
    "locality": 128,
    "state": 128,
    "postal_code": 40,
    "country": 2,
}
