# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.koshin.tls`` importable from the checkout, as it is for ansible."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".cache" / "collections"


def _link_checkout() -> None:
    link = COLLECTIONS / "ansible_collections" / "koshin" / "tls"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to("../../../..", target_is_directory=True)


_link_checkout()
sys.path.insert(0, str(COLLECTIONS))
