#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: renewal_info
short_description: Say which certificates are due, why, and what is next
description:
  - Joins what the inventory wants, what M(koshin.tls.certificate_info) found on every host, what the ledger
    remembers, and what the CA says of its renewal window. Each certificate gets a decision with its reason.
  - Runs on the control host, once for all hosts of a run. It only reads.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
  - koshin.tls.organizations
  - koshin.tls.certificate_defaults
  - koshin.tls.domains
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only reads.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  answers:
    description:
      - What M(koshin.tls.certificate_info) returned, by the name of the host; for a host that failed or was silent,
        its failed result as Ansible registered it.
      - Give the registered results of all hosts of the play.
    type: dict
    required: true
  inventory:
    description:
      - The entries of C(tls_certificates) of hosts that did not answer, by the name of the host.
      - Give it so that the certificates of an unreachable host are named in the report.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Decide what is due
  koshin.tls.renewal_info:
    answers: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'found'))) }}"
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
    people: "{{ tls_people }}"
  delegate_to: localhost
  run_once: true
  register: plan
"""

RETURN = r"""
certificates:
  description: One item for each entry of each host.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    host:
      description: Its key host.
      type: str
      returned: always
    account:
      description: The account it is bought through.
      type: str
      returned: always
    names:
      description: Common name and additional names.
      type: list
      elements: str
      returned: always
    due:
      description: Whether something has to be bought now or is being bought.
      type: bool
      returned: always
    reason:
      description: Why.
      type: str
      returned: always
    action:
      description: V(none), V(new), V(renewal) or V(reissue).
      type: str
      returned: always
    renew_at:
      description: When its renewal begins.
      type: str
      returned: always
    next_step:
      description: "What the next run does or waits for: a row of the procedure."
      type: str
      returned: always
    waiting_for:
      description: "Steps that people do: step, what, role, since, latest_by."
      type: list
      elements: dict
      returned: always
    latest_by:
      description: The earliest deadline of these steps.
      type: str
      returned: always
    serial:
      description: Serial number of the certificate in use.
      type: str
      returned: always
    issuer:
      description: Issuer of the certificate in use.
      type: str
      returned: always
    not_before:
      description: Begin of the certificate in use.
      type: str
      returned: always
    not_after:
      description: End of the certificate in use.
      type: str
      returned: always
    window_days:
      description: How many days before its end a certificate of this account is renewed.
      type: int
      returned: always
    reissue_window_days:
      description: The most days before its end at which one is issued again inside an order that runs on.
      type: int
      returned: always
    reissue_overlap_days:
      description: The least days before its end at which one is issued again inside an order that runs on.
      type: int
      returned: always
    issuances:
      description: "Further certificates of its order, planned together: asks_at, ends_at."
      type: list
      elements: dict
      returned: always
    carry_over:
      description: "Days that should carry over: remaining_days, certificate_days, order_days."
      type: dict
      returned: always
    error:
      description: "What is wrong, or null: code, message, next_move."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
findings:
  description: "What the next certificate will lose or change: name, severity, code, message, next_move."
  returned: always
  type: list
  elements: dict
applications:
  description: What M(koshin.tls.order) and the checks take, for certificates with work to do. Pass it on unchanged.
  returned: always
  type: list
  elements: dict
requests:
  description: What M(koshin.tls.certificate_request) takes, by host.
  returned: always
  type: dict
answered:
  description: Hosts that answered, with their default web root.
  returned: always
  type: dict
hosts:
  description: Hosts that have work to do in this run.
  returned: always
  type: list
  elements: str
debug_log:
  description: What was asked of authorities with an API, a line a request, without secrets.
  returned: with C(-vvv)
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._core.estate import join
from ansible_collections.koshin.tls.plugins.module_utils._core.placement import is_host
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.describe import certificate_item, request_items
from ansible_collections.koshin.tls.plugins.module_utils._orders.survey import has_work, survey
from ansible_collections.koshin.tls.plugins.module_utils._schema.certificates import certificate_entry
from ansible_collections.koshin.tls.plugins.module_utils._schema.control import certificate_defaults
from ansible_collections.koshin.tls.plugins.module_utils._schema.domains import DOMAIN, domains

OPTIONS = {
    **LEDGER,
    "answers": {"type": "dict", "required": True},
    # What users wrote, unchecked: a secret under a misspelt key would be shown with it.
    "inventory": {"type": "dict", "default": {}, "no_log": True},
    "certificate_defaults": {"type": "dict", "default": {}, "no_log": True},
}


def renewal_info(module: Module) -> Outcome:
    control = Control.of(module.params, verbosity=module.verbosity)
    estate = join(
        module.params["answers"],
        module.params["inventory"],
        defaults=certificate_defaults(module.params["certificate_defaults"]),
        domains=domains(module.params["domains"]),
        only_account=control.only(control.accounts),
        only_organization=control.only(control.organizations),
        check_entry=certificate_entry,
    )
    with control.ledger(read_only=True) as ledger:
        surveyed, memory = survey(
            estate,
            accounts=control.accounts,
            organizations=control.organizations,
            authorities=control.authorities,
            ledger=ledger,
            now=control.now,
        )
    working = [one for one in surveyed if has_work(one)]
    due = {one.place.host for one in working} | (memory.token_places & set(estate.web_roots))
    if not due and any(not is_host(place) for place in memory.token_places):
        # The control host sweeps alone, and needs one host of the play to do it from.
        due = set(sorted(estate.web_roots)[:1])
    return Outcome(
        noun="certificates",
        items=[certificate_item(one) for one in surveyed],
        extra={
            "applications": [to_plain(one.planned) for one in working],
            "requests": request_items(working, control.organizations, control.authorities),
            "findings": [to_plain(finding) for one in surveyed for finding in one.findings],
            "answered": dict(estate.web_roots),
            "hosts": sorted(due),
            **control.debug_log,
        },
    )


def main() -> None:
    run(renewal_info, options=OPTIONS, lists={**ORGANIZATION_LISTS, "domains": DOMAIN})


if __name__ == "__main__":
    main()
