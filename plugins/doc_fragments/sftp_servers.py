# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Web servers that take files by SFTP."""

    DOCUMENTATION = r"""
options:
  sftp_servers:
    description:
      - The servers that take files by SFTP, the variable C(tls_sftp_servers).
      - Give it where an entry of C(tls_domains) names one.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - What it is called in the inventory.
          - Always give it.
        type: str
        required: true
      host:
        description:
          - Its name or address, as the control host or the jump host reaches it.
          - Always give it.
        type: str
        required: true
      port:
        description:
          - The port that its SSH server listens on.
          - Set it where that is another.
        type: int
        default: 22
      user:
        description:
          - Who we log in as; the files that we make belong to that user.
          - Always give it.
        type: str
        required: true
      password:
        description:
          - The user's password.
          - Set it from a vault, where the server takes no key.
        type: str
      private_key:
        description:
          - A file on the control host with the private key that we log in with.
          - Set it wherever the server takes keys, unless an agent holds the key.
        type: path
      passphrase:
        description:
          - What the private key is encrypted with.
          - Set it from a vault, where the key is encrypted.
        type: str
      agent:
        description:
          - Whether the keys of the SSH agent on the control host (C(SSH_AUTH_SOCK)) are offered.
          - Set it where the key lies in an agent.
        type: bool
        default: false
      known_hosts:
        description:
          - A file on the control host with the server's host key, in a line as of OpenSSH's C(known_hosts); one that is
            not there is never trusted.
          - Always give it; C(ssh-keyscan) writes such lines, and whoever runs the server confirms the fingerprint.
        type: path
        required: true
      jump_host:
        description:
          - The entry of this list that the server is reached through.
          - Set it where the control host does not reach the server itself.
        type: str
      web_root:
        description:
          - The directory there that the web server serves, as a whole path as SFTP shows it.
          - Set it unless every token names its own.
        type: path
"""
