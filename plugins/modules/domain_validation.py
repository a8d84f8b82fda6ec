#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_validation
short_description: Have domains validated ahead of orders, where the authority keeps validations
description:
  - Keeps every domain whose entry of O(domains) says C(prevalidation) validated at those accounts. A domain is
    submitted where the authority does not know it, and anew a third of its life before its validation ends, 30 days at
    most. What the authority still holds is not repeated.
  - Says which records have to be published and retracted; call it again with what M(koshin.tls.dns_token) and task
    files did, and the authority is asked to look. What was published is remembered in the ledger, so that the next run
    retracts what a killed one left behind.
  - Runs on the control host, independent of any order.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
  - koshin.tls.organizations
  - koshin.tls.domains
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); says which domains would be validated anew, and sends and writes nothing.
  diff_mode:
    support: full
    description: Says what becomes of each domain.
options:
  published_at_servers:
    description:
      - What M(koshin.tls.dns_token) returned for RV(publish_records), and mappings whose C(tokens) are the items of
        RV(publish_tasks) with a C(state).
      - Give it after publishing, so that the authority is asked to look.
    type: list
    elements: dict
    default: []
  retracted_at_servers:
    description:
      - The same for RV(retract_records) and RV(retract_tasks).
      - Give it after retracting, so that nothing is retracted again.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Have domains validated that will be needed
  koshin.tls.domain_validation:
    domains: "{{ tls_domains }}"
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
  delegate_to: localhost
  run_once: true
  register: validations

- name: Publish their records
  koshin.tls.dns_token:
    tokens: "{{ validations.publish_records }}"
    dns_servers: "{{ tls_dns_servers }}"
  delegate_to: localhost
  run_once: true
  register: published

- name: Let the authority look
  koshin.tls.domain_validation:
    domains: "{{ tls_domains }}"
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
    published_at_servers: ["{{ published }}"]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
domains:
  description: One item for each domain and account.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The domain.
      type: str
      returned: always
    account:
      description: The account at which it is kept validated.
      type: str
      returned: always
    state:
      description: "V(validated), V(pending): the authority waits for the record, V(due): check mode, or null."
      type: str
      returned: always
    until:
      description: When the validation that counts now ends, null where there is none.
      type: str
      returned: always
    message:
      description: What was done, or in check mode would be done.
      type: str
      returned: always
    changed:
      description: Whether it was submitted or validated.
      type: bool
      returned: always
    error:
      description: "What went wrong, or null: code, message, next_move."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
publish_records:
  description: Records to publish, as M(koshin.tls.dns_token) takes them; C(certificate) is the account.
  returned: always
  type: list
  elements: dict
publish_tasks:
  description: "Task files of the user, each with the tokens that it has not published yet: tasks, tokens."
  returned: always
  type: list
  elements: dict
retract_records:
  description: Records to retract, as M(koshin.tls.dns_token) takes them.
  returned: always
  type: list
  elements: dict
retract_tasks:
  description: "Task files of the user that retract tokens: tasks, tokens."
  returned: always
  type: list
  elements: dict
probes:
  description: Records that should be seen now, as M(koshin.tls.token_probe) takes them.
  returned: always
  type: list
  elements: dict
debug_log:
  description: What was asked of authorities with an API, a line a request, without secrets.
  returned: with C(-vvv)
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.domains import kept_of, validate_domains
from ansible_collections.koshin.tls.plugins.module_utils._schema.domains import DOMAIN, domains

ITEMS = {"type": "list", "elements": "dict", "default": []}
OPTIONS = {**LEDGER, "published_at_servers": ITEMS, "retracted_at_servers": ITEMS}


def domain_validation(module: Module) -> Outcome:
    return validate_domains(
        kept_of(domains(module.params["domains"])),
        Control.of(module.params, verbosity=module.verbosity),
        published=module.params["published_at_servers"],
        retracted=module.params["retracted_at_servers"],
        check_mode=module.check_mode,
    )


def main() -> None:
    run(domain_validation, options=OPTIONS, lists={**ORGANIZATION_LISTS, "domains": DOMAIN})


if __name__ == "__main__":
    main()
