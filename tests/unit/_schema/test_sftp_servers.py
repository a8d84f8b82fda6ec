# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of SFTP servers: what a person may write, and which ways lead nowhere."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpServer
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import secrets
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import SFTP_SERVER, sftp_servers

WEB = {"name": "web", "host": "sftp.example.jp", "user": "example", "known_hosts": "/etc/koshin/known_hosts"}
KEY = {"private_key": "/etc/koshin/id_ed25519"}


def entry(**more: object) -> dict[str, object]:
    return {key: value for key, value in {**WEB, **KEY, **more}.items() if value is not None}


def test_an_entry_becomes_a_server():
    assert sftp_servers([entry()]) == {
        "web": SftpServer(
            "web", "sftp.example.jp", "example", "/etc/koshin/known_hosts", private_key=KEY["private_key"]
        )
    }


def test_everything_that_may_be_said():
    whole = {
        **entry(port=2222, password="a secret one", passphrase="another secret", agent=True),
        "jump_host": "bastion",
        "web_root": "/htdocs",
    }
    servers = sftp_servers([whole, entry(name="bastion")])

    assert servers["web"] == SftpServer(**whole)
    assert servers["bastion"].port == 22
    assert secrets([whole], SFTP_SERVER) == {"a secret one", "another secret"}


def test_a_server_may_be_several_jumps_away():
    assert len(sftp_servers([entry(jump_host="b"), entry(name="b", jump_host="c"), entry(name="c")])) == 3


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "web", "sftp.xn--wgv71a.example.jp"])
def test_hosts_as_people_write_them(host: str):
    assert sftp_servers([entry(host=host)])["web"].host == host


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"private_key": None}, "has nothing to log in with"),
        ({"private_key": None, "agent": False}, "has nothing to log in with"),
        ({"private_key": None, "agent": True, "passphrase": "a secret one"}, "has a passphrase and no private_key"),
        ({"known_hosts": None}, "known_hosts is missing"),
        ({"known_hosts": "known_hosts"}, "known_hosts is not an absolute path"),
        ({"host": "user@example.jp"}, "host does not match"),
        ({"host": "-oProxyCommand=x"}, "host does not match"),
        ({"user": "a b"}, "user does not match"),
        ({"port": 0}, "port is no port"),
        ({"port": 65_536}, "port is no port"),
        ({"port": "22"}, "port is text"),
        ({"web_root": "htdocs"}, "web_root is not an absolute path"),
        ({"password": "short"}, "shorter than 8"),
        ({"jump_host": "other"}, "jump_host is other, which tls_sftp_servers does not have"),
        ({"jump_host": "web"}, "go round in a circle: web, web"),
        ({"jumphost": "web"}, "The nearest known key is jump_host"),
    ],
)
def test_a_server_that_is_described_wrong(more: dict[str, object], words: str):
    with pytest.raises(InputRefused, match=words) as caught:
        sftp_servers([entry(**more)])

    assert "secret one" not in str(caught.value)


def test_jump_hosts_that_lead_back():
    circle = [entry(jump_host="b"), entry(name="b", jump_host="c"), entry(name="c", jump_host="b")]

    with pytest.raises(InputRefused, match="circle: web, b, c, b"):
        sftp_servers(circle)


def test_two_servers_of_one_name():
    with pytest.raises(InputRefused, match="two entries named web"):
        sftp_servers([entry(), entry()])
