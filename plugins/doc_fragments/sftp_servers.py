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
      - Web servers that take files by SFTP, the variable C(tls_sftp_servers).
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
          - Its name or address, as it stands in O(sftp_servers[].known_hosts).
          - Always give it.
        type: str
        required: true
      port:
        description:
          - The port on which it answers.
          - Set it where that is not 22.
        type: int
        default: 22
      user:
        description:
          - Who logs in; the user needs to write below the web root and nothing else.
          - Always give it.
        type: str
        required: true
      password:
        description:
          - The user's password, from a vault.
          - Set it where the server takes no keys.
        type: str
      private_key:
        description:
          - A file on the control host with the user's private key.
          - Set it unless an agent has the key, or the server takes passwords only.
        type: path
      passphrase:
        description:
          - The passphrase of that file, from a vault.
          - Set it where the file is encrypted.
        type: str
      agent:
        description:
          - Whether keys of the running C(ssh-agent) are tried.
          - Set it where AWX or you have loaded the key there.
        type: bool
        default: false
      known_hosts:
        description:
          - A file on the control host with the server's host key, as C(ssh-keyscan) writes it; compare it with the
            server's own before it is trusted.
          - Always give it; a server that is not in it is not spoken with.
        type: path
        required: true
      jump_host:
        description:
          - The entry of this list that the server is reached through.
          - Set it where the control host does not get there itself.
        type: str
      web_root:
        description:
          - The directory that the web server serves, as a user of SFTP sees it, C(/) where that is where one lands.
          - Set it unless each domain says it.
        type: path
"""
