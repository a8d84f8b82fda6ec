# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Name servers that take updates."""

    DOCUMENTATION = r"""
options:
  dns_servers:
    description:
      - The primaries that take updates, the variable C(tls_dns_servers).
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
      address:
        description:
          - Its address as C(192.0.2.53), C(192.0.2.53:5353), C(2001:db8::53) or C([2001:db8::53]:5353).
          - Always give it.
        type: str
        required: true
      tsig_name:
        description:
          - Name of its TSIG key.
          - Set it with O(dns_servers[].tsig_secret), unless there is a key file.
        type: str
      tsig_secret:
        description:
          - The key's secret in base64.
          - Set it from a vault, unless there is a key file.
        type: str
      tsig_algorithm:
        description:
          - The key's algorithm.
          - Set it where the key is of another kind.
        type: str
        choices: [hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      key_file:
        description:
          - A file on the control host with the key as C(tsig-keygen) writes it.
          - Set it instead of the three where the key lies in such a file.
        type: path
"""
