#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_info
short_description: Show open orders as the ledger and the CA know them
description:
  - Lists the orders that are open in the ledger, asks the CA how each stands now, and names everything that waits for
    people, each thing once, such as one payment for all certificates of an invoice.
  - Runs on the control host. It only reads.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
  - koshin.tls.organizations
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
  format:
    description:
      - What RV(summary) says. V(status) is what waits for whom; V(handover) is, for each open order, what somebody
        needs who goes on with it by hand.
      - Use V(handover) before holidays, and when this program cannot run.
    type: str
    choices: [status, handover]
    default: status
  time_zone:
    description:
      - The zone whose calendar days RV(summary) shows, such as V(Asia/Tokyo).
      - Set it to the zone of the people who read it.
    type: str
    default: UTC
"""

EXAMPLES = r"""
- name: Show what is open
  koshin.tls.order_info:
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
    people: "{{ tls_people }}"
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
human_steps:
  description: What waits for people, steps that are one for them once; what ends first before all others.
  returned: always
  type: list
  elements: dict
  contains:
    step:
      description: Which step it is.
      type: str
      returned: always
    certificates:
      description: Identifiers of the certificates that wait for it.
      type: list
      elements: str
      returned: always
    names:
      description: Their names.
      type: list
      elements: str
      returned: always
    account:
      description: The account, empty where it belongs to none.
      type: str
      returned: always
    orders:
      description: The CA's numbers of the orders that wait for it.
      type: list
      elements: str
      returned: always
    subject:
      description: What makes it one step, such as the number of an invoice, empty where nothing.
      type: str
      returned: always
    what:
      description: What a person does.
      type: str
      returned: always
    details:
      description: What exactly, in this case.
      type: str
      returned: always
    afterwards:
      description: What happens when it is done.
      type: str
      returned: always
    role:
      description: Which contact of the organization does it.
      type: str
      returned: always
    person:
      description: "Who that is, null where nobody is named: the keys of O(people)."
      type: dict
      returned: always
    deputy:
      description: Who stands in, null where nobody is named.
      type: dict
      returned: always
    since:
      description: Since when it is awaited.
      type: str
      returned: always
    latest_by:
      description: When it must be done for the renewal to end in time, null where there is no such time.
      type: str
      returned: always
    due_on:
      description: The shop's own last day, null where it named none.
      type: str
      returned: always
    link:
      description: A link, a code or a telephone number, empty where there is none.
      type: str
      returned: always
    confirmed_by:
      description: Who confirmed it so far, where several people have to.
      type: list
      elements: str
      returned: always
    missing:
      description: How many people still have to confirm it.
      type: int
      returned: always
    taken_by:
      description: Who is at it now, null where nobody is.
      type: str
      returned: always
    taken_until:
      description: Until when, null where nobody is.
      type: str
      returned: always
    confirm:
      description: The command that confirms it.
      type: str
      returned: always
purchasing:
  description: "Accounts at which nothing is bought until somebody opens purchasing: account, reason, since, confirm."
  returned: always
  type: list
  elements: dict
released:
  description: "Orders that people finish by hand: name, account, own_reference, confirm (should it come to nothing)."
  returned: always
  type: list
  elements: dict
summary:
  description: The same for people, a line each, as O(format) says.
  returned: always
  type: list
  elements: str
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
debug_log:
  description: What was asked of authorities with an API, a line a request, without secrets.
  returned: with C(-vvv)
  type: list
  elements: str
"""

from datetime import datetime, timezone

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar, calendar
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.show import FORMATS, show_orders

OPTIONS = {
    **LEDGER,
    "certificates": {"type": "list", "elements": "str", "default": []},
    "format": {"choices": list(FORMATS), "default": FORMATS[0]},
    "time_zone": {"default": "UTC"},
}


def order_info(module: Module) -> Outcome:
    params, now = module.params, datetime.now(timezone.utc)
    days = calendar(params["time_zone"], now)
    if days is None:
        module.warn(f"This machine knows no time zone {params['time_zone']}: days are those of UTC.")
    control = Control.of(params, verbosity=module.verbosity)
    return show_orders(params["certificates"], control, style=params["format"], calendar=days or Calendar(now))


def main() -> None:
    run(order_info, options=OPTIONS, lists=ORGANIZATION_LISTS)


if __name__ == "__main__":
    main()
