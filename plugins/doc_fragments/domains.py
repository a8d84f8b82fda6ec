# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How names are validated, domain by domain."""

    DOCUMENTATION = r"""
options:
  domains:
    description:
      - How the names of domains are validated, as in the variable C(tls_domains). A name follows the nearest domain
        that it lies in; what its certificate says itself under C(validation) goes before, the defaults come after.
      - Give it where names are validated by DNS, or their files are not on hosts of the inventory.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The domain; it stands for itself, its wildcard and all names below.
          - Always give it.
        type: str
        required: true
      method:
        description:
          - A file on a web host, a DNS record, or a mail to an approver.
          - Set it when it is not a file.
        type: str
        choices: [file, dns, email]
        default: file
      hosts:
        description:
          - Names of the inventory's hosts that get the files.
          - Set them when the names are served by other hosts than those of their certificates.
        type: list
        elements: str
      web_root:
        description:
          - Directory that the web server serves, on those hosts or on the SFTP server.
          - Set it when it is not the C(tls_web_root) of the hosts, or the C(web_root) of the server.
        type: path
      approver:
        description:
          - Address that gets the certificate authority's mail and approves the names.
          - Set it with V(email), to one that the authority allows.
        type: str
      dns_server:
        description:
          - The entry of C(tls_dns_servers) that records are written to.
          - Set it where a server takes updates (RFC 2136); without it a person enters records, or a task file does.
        type: str
      sftp_server:
        description:
          - The entry of C(tls_sftp_servers) that files are carried to.
          - Set it where the web server is no host of the inventory, and takes files by SFTP.
        type: str
      publish_tasks:
        description:
          - A file of tasks on the control host that publishes C(tls_tokens), records or files.
          - Set it where none of the collection's modules reaches the place; the guide on validation shows how.
        type: path
      retract_tasks:
        description:
          - A file of tasks on the control host that retracts C(tls_tokens); it may be the same file, C(tls_token_state)
            tells which is wanted.
          - Set it together with O(domains[].publish_tasks).
        type: path
      prevalidation:
        description:
          - Names of accounts whose authorities validate domains ahead of orders, and hold this one as validated.
          - Set it where no order should wait for validation; C(renew.yml) has the domain validated anew in time.
        type: list
        elements: str
      organization:
        description:
          - Name of the organization that the domain belongs to at those accounts.
          - Set it together with O(domains[].prevalidation) when there are several organizations.
        type: str
"""
