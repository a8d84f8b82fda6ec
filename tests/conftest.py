# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.koshin.tls`` importable from the checkout, as it is for ansible."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import Server, server

CHECKOUT = Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".cache" / "collections"


def _link_checkout() -> None:
    link = COLLECTIONS / "ansible_collections" / "koshin" / "tls"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to("../../../..", target_is_directory=True)


_link_checkout()
sys.path.insert(0, str(COLLECTIONS))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of this run's own, with a database ``template_ledger``: an empty ledger to be copied."""
    from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger

    with server() as running:
        running.do("CREATE DATABASE template_ledger")
        Ledger.open(running.location("template_ledger"), actor="test").close()
        yield running
