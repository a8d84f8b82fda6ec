# SPDX-License-Identifier: GPL-3.0-or-later
"""A confirmation that nobody writes down must not look like one: without an inventory the playbooks fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("playbook", ["confirm", "status"])
def test_a_playbook_without_an_inventory_fails_and_says_why(tmp_path: Path, playbook: str):
    command = [str(Path(sys.executable).with_name("ansible-playbook")), f"koshin.tls.{playbook}", "-e", "tls_by=sato"]
    inherited = {key: value for key, value in os.environ.items() if key != "ANSIBLE_INVENTORY"}
    run = subprocess.run(
        command, cwd=tmp_path, env={**inherited, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert run.returncode == 2
    assert "The inventory has no host" in run.stdout + run.stderr
