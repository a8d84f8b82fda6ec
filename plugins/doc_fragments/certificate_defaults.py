# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What certificates have in common."""

    DOCUMENTATION = r"""
options:
  certificate_defaults:
    description:
      - What certificates have in common that do not say otherwise, as in the variable C(tls_certificate_defaults).
      - Give it when many certificates would repeat it.
    type: dict
    default: {}
    suboptions:
      account:
        description:
          - Name of the account that certificates are ordered through.
          - Set it when there are several accounts.
        type: str
      organization:
        description:
          - Name of the organization that certificates are issued to.
          - Set it when there are several organizations.
        type: str
      product:
        description:
          - What is ordered, in the certificate authority's own word.
          - Set it when it is not the first product of the account.
        type: str
      key:
        description:
          - The keys that are made.
          - Set it when services need others than RSA with 2048 bits.
        type: dict
        suboptions:
          type:
            description:
              - Which kind of key.
              - Set V(ec) when all clients of the services know elliptic curves.
            type: str
            choices: [rsa, ec]
            default: rsa
          size:
            description:
              - "Their size in bits: 2048, 3072 or 4096 for V(rsa), 256, 384 or 521 for V(ec)."
              - Set it when the policy of the organization asks for it.
            type: int
            choices: [2048, 3072, 4096, 256, 384, 521]
      validation:
        description:
          - How the certificate authority sees that the names are ours.
          - Set it when tokens do not lie in the web roots of the certificates' own hosts.
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
              - Set them when the names are served by other hosts.
            type: list
            elements: str
          web_root:
            description:
              - Directory that the web server serves on those hosts.
              - Set it when it is not the hosts' C(tls_web_root).
            type: path
          approver:
            description:
              - Address that gets the certificate authority's mail and approves the names.
              - Set it with V(email), to one that the authority allows for most names.
            type: str
          names:
            description:
              - C(method), C(hosts), C(web_root) and C(approver) by name, for names that need others.
              - Set it when some names are not validated like the rest.
            type: dict
      services:
        description:
          - Names of the services that read certificates and are reloaded; see C(tls_services).
          - Set them when most hosts run the same service.
        type: list
        elements: str
      uses:
        description:
          - What certificates are used for, of V(server_auth) and V(client_auth).
          - Set it where most of them log in somewhere, so that you are told before authorities stop that.
        type: list
        elements: str
      on_loss:
        description:
          - What happens once the next certificate would lack one of O(certificate_defaults.uses); V(stop) orders
            nothing.
          - Set it to V(install) where serving goes before the use that is lost.
        type: str
        choices: [install, stop]
        default: stop
"""
