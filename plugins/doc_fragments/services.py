# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The services that read certificates."""

    DOCUMENTATION = r"""
options:
  services:
    description:
      - The services of this host, as in the variable C(tls_services).
      - Give them when certificates name services.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the service; of two of one name the later counts.
          - Certificates name it in C(services).
        type: str
        required: true
      test_command:
        description:
          - Command that fails where the service's configuration or certificates are unusable; no shell reads it.
          - Set it when the service has such a command; it runs before each reload.
        type: str
      reload_command:
        description:
          - Command that makes the service read its certificates again; no shell reads it.
          - Always set it.
        type: str
        required: true
      port:
        description:
          - Port, 1 to 65535, on which the service serves the certificate by TLS.
          - Always set it; after a reload the served certificate is looked at there.
        type: int
        required: true
"""
