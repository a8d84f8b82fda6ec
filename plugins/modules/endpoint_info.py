#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoint_info
short_description: Look over the wire which certificate is served
description:
  - Shakes hands by TLS with every address of every name, many side by side, and says which certificate is served,
    whether it is the expected one, and whether a client that knows the roots only would accept it.
  - A wrong certificate, a missing intermediate or a port that does not answer is the error of its item, not of the
    module.
  - Runs anywhere; on the control host it sees what clients see from there.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - cryptography >= 3.3.2
  - dnspython, where a resolver names a C(dns_server)
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only looks.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  endpoints:
    description:
      - The names and ports to look at.
      - Give what RV(koshin.tls.certificate_install#module:endpoints) returned, or write them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the certificate that should be served there.
          - Always set it.
        type: str
        required: true
      server_name:
        description:
          - Name that a client asks for.
          - Always set it.
        type: str
        required: true
      port:
        description:
          - Port on which TLS is served.
          - Always set it.
        type: int
        required: true
      fingerprint:
        description:
          - SHA-256 of the expected certificate in lower-case hex.
          - Set it when only this certificate is the right one.
        type: str
      trust_anchors:
        description:
          - Roots in PEM form, one of which the served chain has to reach.
          - Set it when the system's roots are not the ones that count.
        type: str
      resolver:
        description:
          - Where this name is looked up, instead of O(resolver).
          - Set it when names of several accounts are looked at.
        type: dict
  resolver:
    description:
      - Where names are looked up instead of the system's resolver, as in C(tls_accounts[].resolver).
      - Set it when the names are not in the DNS, or not yet.
    type: dict
    suboptions:
      hosts:
        description: From C(name:port), or C(*:port) for every name, to C(address:port); an IPv6 address in brackets.
        type: dict
      dns_server:
        description: A DNS server as C(address) or C(address:port), for names that O(resolver.hosts) does not have.
        type: str
  timeout_seconds:
    description:
      - How many seconds one address may take to answer.
      - Raise it for slow networks.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Look at what is served after an installation
  koshin.tls.endpoint_info:
    endpoints: "{{ installed.endpoints }}"
  delegate_to: localhost
  register: served

- name: Look at one name
  koshin.tls.endpoint_info:
    endpoints:
      - name: www
        server_name: www.example.jp
        port: 443
"""

RETURN = r"""
endpoints:
  description: One item for each address of each endpoint, in the order of O(endpoints).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    server_name:
      description: Name that was asked for.
      type: str
      returned: always
    port:
      description: Port as it was given.
      type: int
      returned: always
    address:
      description: Address that was asked; null where the name has none.
      type: str
      returned: always
    reachable:
      description: Whether a certificate was served.
      type: bool
      returned: always
    fingerprint:
      description: SHA-256 of the served certificate in hex; null where none was served.
      type: str
      returned: always
    matches:
      description: Whether it is the expected one; null where none was expected or none was served.
      type: bool
      returned: always
    verified:
      description: Whether name, dates and the chain as it was served hold under the roots.
      type: bool
      returned: always
    not_after:
      description: End of validity of the served certificate (UTC); null where none was served or it cannot be read.
      type: str
      returned: always
    problem:
      description: What is wrong with the handshake, in a few words; null where nothing is.
      type: str
      returned: always
    changed:
      description: Always V(false).
      type: bool
      returned: always
    error:
      description:
        - What went wrong, or null. Keys are code, message and next_move.
        - Codes are V(name_not_found), V(no_answer), V(not_served), V(wrong_certificate), V(expired), V(not_yet_valid),
          V(name_mismatch) and V(chain_not_trusted).
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Item, each
from ansible_collections.koshin.tls.plugins.module_utils._dcv.resolver import addresses
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._install.endpoints import (
    Endpoint,
    asked,
    endpoint_from,
    unasked,
)

OPTIONS = {
    "resolver": {"type": "dict"},
    "timeout_seconds": {"type": "int", "default": 10},
}
# They only wait; a port behind a firewall waits until its time is over.
WORKERS = 64


def endpoint_info(module: Module) -> Outcome:
    resolver, seconds = module.params["resolver"], module.params["timeout_seconds"]
    wanted = [endpoint_from(entry, place, resolver) for place, entry in enumerate(module.params["endpoints"])]

    def find(endpoint: Endpoint) -> Item:
        return {"found": addresses(endpoint.resolver, endpoint.server_name, endpoint.port, timeout_seconds=seconds)}

    def ask(target: tuple[Endpoint, Item, tuple[str, int] | None]) -> Item:
        endpoint, found, place = target
        if place is None:
            return {**unasked(endpoint), "error": found["error"]}
        return asked(endpoint, *place, timeout_seconds=seconds)

    looked_up = each(wanted, find, name=lambda endpoint: endpoint.name, workers=WORKERS, blank={"found": (None,)})
    targets = [(one, found, place) for one, found in zip(wanted, looked_up) for place in found["found"]]
    items = each(targets, ask, name=lambda target: target[0].name, workers=WORKERS)
    return Outcome(
        noun="endpoints",
        items=[{**unasked(target[0]), **item} for target, item in zip(targets, items)],
    )


def main() -> None:
    run(endpoint_info, options=OPTIONS, lists={"endpoints": {}})


if __name__ == "__main__":
    main()
