# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom DNSSEC rests on: the keys of the root zone."""

from __future__ import annotations

import typing as t
from datetime import date

# Zone → the DS records of its keys.
Anchors = t.Mapping[str, t.Sequence[str]]

# IANA, https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017, and KSK-2024, which signs since 2026-10-11.
ROOT_ANCHORS: Anchors = {
    ".": (
        "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        "38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    )
}
CHECKED_ON = date(2026, 11, 27)
