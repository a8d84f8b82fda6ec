# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The certificates that a host wants."""

    DOCUMENTATION = r"""
options:
  certificates:
    description:
      - The certificates of this host, as in the variable C(tls_certificates).
      - Give the host's whole list.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the certificate; by default its common name, with C(wildcard.) for C(*.).
          - Set it when two certificates have one common name.
        type: str
      common_name:
        description:
          - The name that the certificate is for.
          - Always set it.
        type: str
        required: true
      additional_names:
        description:
          - Further names that it is for.
          - Set them when it serves more than one name.
        type: list
        elements: str
      account:
        description:
          - Name of the account that it is ordered through.
          - Set it when there are several accounts and the defaults name none.
        type: str
      organization:
        description:
          - Name of the organization that it is issued to.
          - Set it when there are several organizations and the defaults name none.
        type: str
      product:
        description:
          - What is ordered, in the certificate authority's own word.
          - Set it when it is not the first product of the account.
        type: str
      bought_here:
        description:
          - Whether the certificate in use was bought through this account before the collection knew it.
          - Set it for the first renewal of what was bought by hand at a shop without an API.
        type: bool
        default: false
      new_order:
        description:
          - Whether the next certificate is bought, and not reissued inside the order that still runs.
          - Switch it on where a name is removed and the certificate in use must not be revoked.
        type: bool
        default: false
      allow_revoking_reissue:
        description:
          - Whether a reissue that removes or changes a name may be sent, after which the authority revokes the
            certificate in use within days.
          - Switch it on where the new certificate will be on all its hosts by then.
        type: bool
        default: false
      uses:
        description:
          - What it is used for, of V(server_auth) and V(client_auth).
          - Set it with V(client_auth) where it logs in somewhere, so that you are told before authorities stop that.
        type: list
        elements: str
      on_loss:
        description:
          - What happens once the next certificate would lack one of O(certificates[].uses), V(stop) orders nothing.
          - Set it to V(install) where serving goes before the use that is lost.
        type: str
        choices: [install, stop]
        default: stop
      key:
        description:
          - The key that is made for it.
          - Set it when the service needs another than RSA with 2048 bits.
        type: dict
        suboptions:
          type:
            description:
              - Which kind of key.
              - Set V(ec) when all clients of the service know elliptic curves.
            type: str
            choices: [rsa, ec]
            default: rsa
          size:
            description:
              - "Its size in bits: 2048, 3072 or 4096 for V(rsa), 256, 384 or 521 for V(ec)."
              - Set it when the policy of the organization asks for it.
            type: int
            choices: [2048, 3072, 4096, 256, 384, 521]
      validation:
        description:
          - How the certificate authority sees that the names are ours.
          - Set it when not every name's token lies in the web root of this host.
        type: dict
        suboptions:
          method:
            description:
              - A file on a web host, a DNS record, or a mail to an approver.
              - Set it when it is not a file.
            type: str
            choices: [file, dns, email]
            default: file
          hosts:
            description:
              - Names of the inventory's hosts that get the tokens.
              - Set them when the names are served by other hosts than this one.
            type: list
            elements: str
          web_root:
            description:
              - Directory that the web server serves on those hosts.
              - Set it when it is not the host's C(tls_web_root).
            type: path
          approver:
            description:
              - Address that gets the certificate authority's mail and approves the name.
              - Set it with V(email), to one that the authority allows for the name.
            type: str
          names:
            description:
              - C(method), C(hosts), C(web_root) and C(approver) by name, for names that need others.
              - Set it when one certificate's names are not all validated in one way.
            type: dict
      services:
        description:
          - Names of the services that read it and are reloaded; see C(tls_services).
          - Set them when anything serves it.
        type: list
        elements: str
      files:
        description:
          - Absolute paths that the services read; they become links to the set that is current.
          - Set them when the services do not read C(/etc/koshin/tls/<name>/current/).
        type: dict
        suboptions:
          certificate:
            description:
              - The certificate alone.
              - Set it when the service reads such a file.
            type: path
          chain:
            description:
              - The intermediate certificates alone.
              - Set it when the service reads such a file.
            type: path
          fullchain:
            description:
              - The certificate and its intermediate certificates.
              - Set it when the service reads such a file.
            type: path
          key:
            description:
              - The private key.
              - Set it when the service reads such a file.
            type: path
"""
