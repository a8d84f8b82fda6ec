# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_sftp_servers is checked whole: how one logs in, whose key is trusted, and through whom."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import sftp_servers

ENTRY = {"name": "web", "host": "sftp.example", "user": "me", "private_key": "/k", "known_hosts": "/known"}


def test_the_smallest_entry():
    (server,) = sftp_servers([ENTRY]).values()

    assert (server.port, server.agent, server.jump_host, server.web_root) == (22, False, None, None)
    assert str(server) == "web (sftp.example port 22)"


def test_no_secret_is_shown():
    (server,) = sftp_servers([{**ENTRY, "password": "very secret", "passphrase": "also secret"}]).values()

    assert "secret" not in repr(server)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{key: value for key, value in ENTRY.items() if key != "known_hosts"}], "known_hosts is missing"),
        ([{key: value for key, value in ENTRY.items() if key != "private_key"}], "has no way to log in"),
        ([{**ENTRY, "port": 0}], "port is no port"),
        ([{**ENTRY, "password": "short"}], "shorter than 8"),
        ([{**ENTRY, "host": "a b"}], "does not match"),
        ([{**ENTRY, "jump_host": "jump"}], "leads to jump, which tls_sftp_servers does not have"),
        ([{**ENTRY, "jump_host": "b"}, {**ENTRY, "name": "b", "jump_host": "web"}], "round in a circle"),
        ([{**ENTRY, "jump_host": "web"}], "round in a circle"),
        ([ENTRY, ENTRY], "two entries named web"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_path(entries: list, said: str):
    with pytest.raises(InputRefused, match="tls_sftp_servers") as refused:
        sftp_servers(entries)

    assert said in str(refused.value)
    assert "short" not in str(refused.value).replace("shorter", "")
