#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Make keys and certificate signing requests, and keep them until their certificates come
description:
  - Makes, for every certificate that is due on this host, a private key and a certificate signing request, and keeps
    them in C(<name>/pending/<key_hash>/) below O(directory). All of a host are made in one task.
  - A request that waits already and asks for the same is returned as it is; one that belongs to an open order is
    returned whatever it asks for, and is never removed.
  - A private key does not leave its host, is readable by its owner only, and is never returned.
  - What cannot be made is the error of its item, not of the module.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - cryptography >= 3.3.2
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); says what would be made and removed, and changes nothing.
  diff_mode:
    support: full
    description: Shows the common name and key type of what is made, and the key_hash of what is removed; never PEM.
options:
  requests:
    description:
      - The requests that are needed on this host.
      - Give what RV(koshin.tls.renewal_info#module:requests) holds for the host, unchanged.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Identifier of the certificate on this host, and the name of its directory below O(directory).
        type: str
        required: true
      key:
        description: The key to make.
        type: dict
        required: true
        suboptions:
          type:
            description: Kind of the key, V(rsa) or V(ec).
            type: str
            required: true
            choices: [rsa, ec]
          size:
            description: V(2048), V(3072) or V(4096) bits for V(rsa); V(256), V(384) or V(521) for V(ec).
            type: int
            required: true
            choices: [2048, 3072, 4096, 256, 384, 521]
      subject:
        description: What the request says of its holder; what is empty or left out is not in the request.
        type: dict
        required: true
        suboptions:
          common_name:
            description: The certificate's first name.
            type: str
            required: true
          legal_name:
            description: Name of the organization, letter for letter as in its record.
            type: str
          street_address:
            description: Street of the organization.
            type: str
          locality:
            description: Town of the organization.
            type: str
          state:
            description: State, province or prefecture of the organization.
            type: str
          postal_code:
            description: Postal code of the organization.
            type: str
          country:
            description: Country of the organization as two letters, in quotes.
            type: str
      names:
        description:
          - The names that the request carries as subject alternative names.
          - Leave it empty where the CA takes the names from the order.
        type: list
        elements: str
        default: []
      keep:
        description:
          - The key_hash of every open order of this certificate.
          - Their requests are returned, whatever they ask for; where none of them is there, the item carries an error.
        type: list
        elements: str
        default: []
  directory:
    description:
      - Where keys, requests and sets of files lie on this host.
      - Set it, alike for every module that has it, where C(/etc) is not the place for them.
    type: path
    default: /etc/koshin/tls
"""

EXAMPLES = r"""
- name: Make the keys and requests that are needed on this host
  koshin.tls.certificate_request:
    requests: "{{ plan.requests[inventory_hostname] | default([]) }}"
  become: true
  register: requests

- name: Make one by hand
  koshin.tls.certificate_request:
    requests:
      - name: www.example.jp
        key:
          type: ec
          size: 256
        subject:
          common_name: www.example.jp
          legal_name: Example Corporation
          locality: Chiyoda-ku
          state: Tokyo
          country: "JP"
        names: [example.jp]
  become: true
"""

RETURN = r"""
requests:
  description: One item for each entry, in the order of O(requests).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate; the entry's number, from 0 on, where it has none.
      type: str
      returned: always
    changed:
      description: Whether a request was made, or one of no use was removed.
      type: bool
      returned: always
    key_hash:
      description:
        - SHA-256 of the SubjectPublicKeyInfo of the request's key, in hex.
        - Null where the item carries an error, and in check mode where a request would be made.
      type: str
      returned: always
    csr:
      description: The request in PEM form; null where RV(requests[].key_hash) is.
      type: str
      returned: always
    error:
      description:
        - "What went wrong, or null: code, message, next_move."
        - "Codes: V(pending_key_lost), V(key_refused), V(file_unusable), V(claimed_twice), and those of malformed
          entries."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

import os
import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, each, run
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import DIRECTORY, absolute, refuse_doubles
from ansible_collections.koshin.tls.plugins.module_utils._install.request import REQUEST, carry_out, plan, sync_all

OPTIONS = {
    "requests": {"type": "list", "elements": "dict", "default": [], "options": REQUEST},
    "directory": {"type": "path", "default": DIRECTORY},
}


def certificate_request(module: Module) -> Outcome:
    directory, entries = absolute(module.params["directory"]), module.params["requests"]
    names = [entry["name"] for entry in entries]
    doubles = refuse_doubles((name,) for name in names)
    diffs: dict[int, dict[str, str]] = {}

    def request(place: int) -> dict[str, t.Any]:
        if names[place] in doubles:
            raise doubles[names[place]]
        decided = plan(entries[place], directory)
        made = carry_out(decided, dry_run=module.check_mode)
        shown = decided.waiting if module.check_mode else made
        if decided.changes:
            diffs[place] = decided.diff()
        return {
            "changed": decided.changes,
            "key_hash": shown.key_hash if shown else None,
            "csr": shown.csr if shown else None,
        }

    blank = {"changed": False, "key_hash": None, "csr": None}
    items = each(range(len(entries)), request, name=names.__getitem__, workers=os.cpu_count() or 1, blank=blank)
    if not module.check_mode and any(item["key_hash"] for item in items):
        # A certificate must never come for a key that a power failure took away.
        sync_all(directory)
    return Outcome("requests", items, diff=[diffs[place] for place in sorted(diffs)])


def main() -> None:
    run(certificate_request, options=OPTIONS)


if __name__ == "__main__":
    main()
