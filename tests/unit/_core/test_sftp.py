# SPDX-License-Identifier: GPL-3.0-or-later
"""The noun of an SFTP server shows what finds it, and never what lets us in."""

from __future__ import annotations

from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpRefused, SftpServer

SERVER = SftpServer("web", "192.0.2.1", "example", "/k", password="a secret one", passphrase="another secret")


def test_secrets_are_not_shown():
    assert "secret" not in repr(SERVER)
    assert str(SERVER) == "SFTP server web (192.0.2.1 port 22)"


def test_what_has_no_code_of_its_own_has_failed():
    assert SftpRefused("It is so.", "Do this.").as_result()["code"] == "sftp_failed"
