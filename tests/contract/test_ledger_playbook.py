# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide of docs/ledger.md, as somebody types it: exported, backed up, put back, moved to a server, used there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Application
from ansible_collections.koshin.tls.plugins.module_utils._ledger.ledger import Ledger
from contract.applicant import ADDRESS
from databases import GUARDED, PASSWORD, Server

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDE = (CHECKOUT / "docs" / "ledger.md").read_text()
COLLECTIONS = next(entry for entry in sys.path if Path(entry, "ansible_collections", "koshin", "tls").exists())


class Keeper:
    """Somebody at a control host with an inventory, who types what the guide says."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.inventory = directory / "inventory.json"

    def describe(self, **variables: str) -> None:
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        self.inventory.write_text(json.dumps({"all": {"hosts": {"localhost": local}, "vars": variables}}))

    def type(self, action: str, *more: str, instead: dict[str, str]) -> str:
        """Type the guide's command of an action, with paths of this test; return what was said."""
        argv = [*command(action), *more]
        for written, meant in instead.items():
            argv = [word.replace(written, meant) for word in argv]
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        argv = [program, "-i", str(self.inventory), *argv[3:]]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "ansible" / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, cwd=self.directory, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def command(action: str) -> list[str]:
    joined = GUIDE.replace("\\\n", " ")
    found = re.search(rf"^ansible-playbook .*tls_ledger_action={action}\b.*$", joined, re.MULTILINE)
    assert found is not None, f"docs/ledger.md shows no {action}"
    return shlex.split(found.group())


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


def test_the_guide_works_when_typed(keeper: Keeper, postgresql: Server, tmp_path: Path) -> None:
    first, again = tmp_path / "first.sqlite", tmp_path / "again.sqlite"
    server = postgresql.database(options=f"OWNER {GUARDED}").replace("koshin@", f"{GUARDED}@")
    instead = {
        "/var/lib/koshin": str(tmp_path),
        "/srv/backup/koshin": str(tmp_path / "backup"),
        "postgresql://koshin@db.example.jp:5432/koshin?sslmode=verify-full": server,
    }
    with Ledger.open(str(first), actor="cron") as ledger:
        ledger.intend(application(), account="shop", host="web1")

    keeper.describe(tls_ledger=str(first))
    year = {
        "since=2026-01-01": f"since={datetime.now(UTC).year}-01-01",
        "2027-01-01": f"{datetime.now(UTC).year + 1}-01-01",
    }
    rehearsed = keeper.type("export", "--check", "--diff", instead={**instead, **year})
    assert "would be in" in rehearsed
    assert not (tmp_path / "audit-2026.csv").exists()
    keeper.type("export", instead={**instead, **year})
    assert "order_intended" in (tmp_path / "audit-2026.csv").read_text()
    keeper.type("backup", instead=instead)

    keeper.describe(tls_ledger=str(again))
    assert "Nothing is bought until" in keeper.type("restore", instead=instead)

    keeper.describe(tls_ledger=str(again), tls_ledger_destination_password=PASSWORD)
    said = keeper.type("move", "-vvv", instead=instead)
    assert "Let tls_ledger name that place" in said
    assert PASSWORD not in said

    keeper.describe(tls_ledger=server, tls_ledger_password=PASSWORD)
    said = keeper.type("backup", "-vvv", instead={**instead, "ledger.sqlite": "from-server.sqlite"})
    assert PASSWORD not in said
    with Ledger.open(str(tmp_path / "backup" / "from-server.sqlite"), actor="test", read_only=True) as backup:
        assert [event.what.value for event in backup.events()] == ["order_intended", "ledger_restored", "ledger_moved"]
        assert list(backup.open_orders()) == ["www.example.jp"]


def application() -> Application:
    return Application(
        own_reference="koshin-1",
        certificate="www.example.jp",
        common_name="www.example.jp",
        additional_names=(),
        organization=Organization("example", ADDRESS),
        methods=(),
        action=Action.NEW,
        csr="",
        key_hash="ab" * 32,
    )
