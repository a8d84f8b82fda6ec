# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for hosts know themselves: which paths an entry claims, and how a service's command is run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.koshin.tls.plugins.module_utils._door import missing_library
from ansible_collections.koshin.tls.plugins.modules import certificate_request
from ansible_collections.koshin.tls.plugins.modules.certificate_info import certificate_info
from ansible_collections.koshin.tls.plugins.modules.certificate_install import run_command


@dataclass
class Asked:
    """What an AnsibleModule is to the work: its parameters, and a command that tells what it was given."""

    params: dict = field(default_factory=dict)
    check_mode: bool = False

    def run_command(self, words: Sequence[str], **more: object) -> tuple[int, str, str]:
        return 0, json.dumps({"words": words, **more}), ""


def test_certificates_that_claim_one_file_are_refused_before_anything_is_ordered(tmp_path: Path):
    shared, other = {"fullchain": "/tls/www.pem", "key": "/tls/www.key"}, {"fullchain": "/tls/mail.pem"}
    malformed = [{"common_name": "a.example.jp", "files": "/tls/www.pem"}, {"common_name": "b.example.jp", "files": {}}]
    entries = [{"common_name": f"{name}.example.jp", "files": shared} for name in ("www", "shop")]
    entries += [{"common_name": "mail.example.jp", "files": other}, *malformed]

    outcome = certificate_info(Asked({"certificates": entries, "directory": str(tmp_path), "web_root": None}))

    codes = [item["error"] and item["error"]["code"] for item in outcome.items]
    assert codes == ["claimed_twice", "claimed_twice", None, "wrong_type", None]
    assert "/tls/www.key" in outcome.items[1]["error"]["message"]
    assert [entry["name"] for entry in outcome.extra["wanted"]] == ["mail.example.jp", "b.example.jp"]


def test_requests_are_returned_in_their_order_and_what_was_asked_is_not_shown_again(
    tmp_path: Path, capsys: pytest.CaptureFixture
):
    key, names = {"type": "ec", "size": 256}, [f"host{number}.example.jp" for number in range(20)]
    wanted = [{"name": name, "key": key, "subject": {"common_name": name}} for name in names]
    given = {"requests": [*wanted, {**wanted[3]}], "directory": str(tmp_path)}

    with patch_module_args(given), pytest.raises(SystemExit):
        certificate_request.main()

    result = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in result["requests"]] == [*names, names[3]]
    assert result["errors"] == [names[3], names[3]]
    assert len({item["key_hash"] for item in result["requests"]} - {None}) == 19
    assert result["invocation"] == {"module_args": {"directory": str(tmp_path)}}


def test_commands_are_found_where_daemons_lie_whatever_the_path_is(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    ran = json.loads(run_command(Asked(), ("nginx", "-t"))[1])

    assert ran["words"] == ["nginx", "-t"]
    assert ran["environ_update"]["PATH"].startswith("/usr/bin:/bin:")
    assert "/usr/sbin" in ran["environ_update"]["PATH"].split(":")


def test_a_library_that_cannot_be_loaded_is_named_with_the_reason():
    absent = missing_library(ModuleNotFoundError("No module named 'dns'", name="dns.resolver"))
    foreign = missing_library(ImportError("libssl.so.1.1: cannot open shared object file"))

    assert "cannot load dnspython: No module named" in absent.message
    assert "cannot load cryptography: libssl.so.1.1" in foreign.message
    assert "python3-cryptography" in foreign.next_move
