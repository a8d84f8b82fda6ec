#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_info
short_description: Show open orders as the ledger and the CA know them
description:
  - Lists the orders that are open in the ledger, asks the CA how each stands now, and names the steps of people that
    it waits for.
  - Runs on the control host. It only reads.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only reads.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  certificates:
    description:
      - Identifiers of certificates.
      - Give them to see these only; by default all open orders are listed.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what is open
  koshin.tls.order_info:
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true
  register: orders
"""

RETURN = r"""
orders:
  description: One item for each open order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    account:
      description: The account.
      type: str
      returned: always
    host:
      description: The key host.
      type: str
      returned: always
    action:
      description: V(new), V(renewal) or V(reissue).
      type: str
      returned: always
    state:
      description: "Where it stands in the ledger: V(intended) or V(open)."
      type: str
      returned: always
    authority_state:
      description: Where it stands at the CA, null where that is not known.
      type: str
      returned: always
    reference:
      description: The CA's number of the order.
      type: str
      returned: always
    own_reference:
      description: Our own number of it.
      type: str
      returned: always
    names:
      description: The names of the certificate.
      type: list
      elements: str
      returned: always
    key_hash:
      description: SHA-256 of the public key it is for.
      type: str
      returned: always
    created_at:
      description: When it was written down.
      type: str
      returned: always
    updated_at:
      description: When it last moved.
      type: str
      returned: always
    reason:
      description: The CA's own words.
      type: str
      returned: always
    waiting_for:
      description: "Steps that people do: step, what, role, since, latest_by."
      type: list
      elements: dict
      returned: always
    error:
      description: "What went wrong, or null: code, message, next_move."
      type: dict
      returned: always
summary:
  description: The same for people, a line each.
  returned: always
  type: list
  elements: str
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.show import show_orders

OPTIONS = {**LEDGER, "certificates": {"type": "list", "elements": "str", "default": []}}


def order_info(module: Module) -> Outcome:
    return show_orders(module.params["certificates"], Control.of(module.params))


def main() -> None:
    run(order_info, options=OPTIONS, lists=CONTROL_LISTS)


if __name__ == "__main__":
    main()
