#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order
short_description: Find, place, validate and collect orders of certificates, never twice
description:
  - Takes every order as far as it goes now. An order is written into the ledger before its request is sent, and is
    looked for at the CA before it is sent (again); so whatever is killed and whenever, it is placed once.
  - Steps that people do (payment, phone confirmation) are announced in the ledger; what people confirmed with
    M(koshin.tls.human_step) is passed on where the CA takes a person's word, else the CA's own answer decides.
  - A collected chain is completed and verified before it enters the ledger.
  - Runs on the control host. Two runs never work on one certificate at the same time.
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
    description: Can run in C(check_mode); says what would be ordered, and sends and writes nothing.
  diff_mode:
    support: full
    description: Shows each order before and after.
options:
  action:
    description:
      - V(advance) finds, places, asks for validation and collects, as far as it goes now; V(cancel) gives up the open
        orders of O(certificates); V(release) lets go of them, so that people finish them by hand. Nothing is ordered
        for a released certificate until another one is in use, or somebody confirms the step C(finish_by_hand).
        V(resend) has the CA send its approval mails again.
      - Use V(cancel) when an order cannot go on, for example because its key is lost; V(release) when it should go on
        without this collection; V(resend) when an approver has no mail.
    type: str
    choices: [advance, cancel, release, resend]
    default: advance
  applications:
    description:
      - What RV(koshin.tls.renewal_info#module:applications) returned.
      - Give it unchanged, with O(action=advance).
    type: list
    elements: dict
    default: []
  requests:
    description:
      - What M(koshin.tls.certificate_request) returned, by the name of the host.
      - Give it with O(action=advance); without the CSR of its own host a certificate cannot be ordered.
    type: dict
    default: {}
  findings:
    description:
      - What M(koshin.tls.organization_check) and M(koshin.tls.domain_check) returned.
      - Give them with O(action=advance); a certificate with a finding that blocks is not ordered.
    type: list
    elements: dict
    default: []
  published:
    description:
      - What M(koshin.tls.http_token) returned, by the name of the host.
      - Give it after publishing, so that the CA is asked to look.
    type: dict
    default: {}
  published_at_servers:
    description:
      - What M(koshin.tls.dns_token) and M(koshin.tls.sftp_token) returned; for what a task file published, a mapping
        whose C(tokens) are the items of RV(publish_tasks) with a C(state).
      - Give it after publishing from the control host, so that the CA is asked to look.
    type: list
    elements: dict
    default: []
  probes:
    description:
      - What M(koshin.tls.token_probe) returned on the control host.
      - Give it, so that tokens that neither it nor the CA sees are findings; it decides nothing.
    type: list
    elements: dict
    default: []
  outside_probes:
    description:
      - What M(koshin.tls.token_probe) returned on hosts outside the firewall, each with the host's name as C(item), as
        a loop registers it.
      - Give it where there are such hosts; the CA is not asked to validate names whose tokens one of them does not see.
    type: list
    elements: dict
    default: []
  answered:
    description:
      - What RV(koshin.tls.renewal_info#module:answered) returned, the hosts of this run.
      - Give it unchanged, with O(action=advance); other hosts get nothing to do.
    type: dict
    default: {}
  certificates:
    description:
      - Identifiers of certificates.
      - Give them with O(action=cancel), O(action=release) and O(action=resend).
    type: list
    elements: str
    default: []
  approval:
    description:
      - "Who approves purchases, as in the variable C(tls_approval): C(people), how many, and C(over), the amount from
        which on they do, in the account's currency. The requester of the organization is none of them."
      - Give it where nobody may buy alone; what has no price in C(prices) of its account always waits.
    type: dict
  wait_seconds:
    description:
      - How long to wait for a certificate that another run works on.
      - Raise it where runs overlap for long; past it the item says by whom it is held.
    type: int
    default: 30
  retention_days:
    description:
      - For how long the words of mails and the notes of people are kept; numbers, dates and certificates stay.
      - Set it to what the rules of the organization on people's data allow.
    type: int
    default: 400
"""

EXAMPLES = r"""
- name: Take all orders as far as they go now
  koshin.tls.order:
    applications: "{{ plan.applications }}"
    answered: "{{ plan.answered }}"
    requests: "{{ requests }}"
    findings: "{{ organization_findings.findings + domain_findings.findings }}"
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
    people: "{{ tls_people }}"
  delegate_to: localhost
  run_once: true
  register: orders

- name: Give up the order of www.example.jp
  koshin.tls.order:
    action: cancel
    certificates: [www.example.jp]
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true

- name: Finish the order of www.example.jp by hand
  koshin.tls.order:
    action: release
    certificates: [www.example.jp]
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
orders:
  description: One item for each certificate.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    changed:
      description: Whether something was placed, confirmed, collected, cancelled, released or sent again.
      type: bool
      returned: always
    account:
      description: The account.
      type: str
      returned: always
    action:
      description: V(none), V(new), V(renewal) or V(reissue).
      type: str
      returned: always
    message:
      description: What was done, or in check mode would be done.
      type: str
      returned: always
    state:
      description: Where the order stands, null where there is none.
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
    key_hash:
      description: SHA-256 of the public key it is for.
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
    tokens:
      description: "Tokens that the CA handed out: name, path, content."
      type: list
      elements: dict
      returned: always
    validated:
      description: Names that the CA believes.
      type: list
      elements: str
      returned: always
    by_hand:
      description: How the order is finished by hand, a line each.
      type: list
      elements: str
      returned: with O(action=release)
    error:
      description: "What went wrong, or null: code, message, next_move."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
findings:
  description: "What mails and issued certificates show: name, severity, code, message, next_move."
  returned: with O(action=advance)
  type: list
  elements: dict
publish:
  description: Tokens to publish, by host, as M(koshin.tls.http_token) takes them.
  returned: with O(action=advance)
  type: dict
publish_records:
  description: Records to publish, as M(koshin.tls.dns_token) takes them.
  returned: with O(action=advance)
  type: list
  elements: dict
publish_uploads:
  description: Files to publish by SFTP, as M(koshin.tls.sftp_token) takes them.
  returned: with O(action=advance)
  type: list
  elements: dict
publish_tasks:
  description: "Task files of the user, each with the tokens that it has not published yet: tasks, tokens."
  returned: with O(action=advance)
  type: list
  elements: dict
retract:
  description: Tokens to retract, by host, as M(koshin.tls.http_token) takes them.
  returned: with O(action=advance)
  type: dict
retract_records:
  description: Records to retract, as M(koshin.tls.dns_token) takes them.
  returned: with O(action=advance)
  type: list
  elements: dict
retract_uploads:
  description: Files to retract by SFTP, as M(koshin.tls.sftp_token) takes them.
  returned: with O(action=advance)
  type: list
  elements: dict
retract_tasks:
  description: "Task files of the user that retract tokens: tasks, tokens."
  returned: with O(action=advance)
  type: list
  elements: dict
probes:
  description: Tokens that should answer now, as M(koshin.tls.token_probe) takes them.
  returned: with O(action=advance)
  type: list
  elements: dict
token_hosts:
  description: Hosts that have a token to publish or to retract.
  returned: with O(action=advance)
  type: list
  elements: str
installations:
  description: Certificates to install, by host, as M(koshin.tls.certificate_install) takes them.
  returned: with O(action=advance)
  type: dict
debug_log:
  description: What was asked of authorities with an API, a line a request, without secrets.
  returned: with C(-vvv)
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._core.order import Finding
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.cancel import cancel
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import jobs, signing_requests
from ansible_collections.koshin.tls.plugins.module_utils._orders.release import release
from ansible_collections.koshin.tls.plugins.module_utils._orders.resend import resend
from ansible_collections.koshin.tls.plugins.module_utils._orders.round import advance_all
from ansible_collections.koshin.tls.plugins.module_utils._schema.accounts import approval

BY_HAND = {"cancel": cancel, "release": release, "resend": resend}
ITEMS = {"type": "list", "elements": "dict", "default": []}
OPTIONS = {
    **LEDGER,
    "action": {"choices": ["advance", *BY_HAND], "default": "advance"},
    "applications": ITEMS,
    "requests": {"type": "dict", "default": {}},
    "findings": ITEMS,
    "published": {"type": "dict", "default": {}},
    "published_at_servers": ITEMS,
    "probes": ITEMS,
    "outside_probes": ITEMS,
    "answered": {"type": "dict", "default": {}},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "approval": {"type": "dict"},
    "wait_seconds": {"type": "int", "default": 30},
    "retention_days": {"type": "int", "default": 400},
}


def order(module: Module) -> Outcome:
    params, control = module.params, Control.of(module.params, verbosity=module.verbosity)
    if params["action"] in BY_HAND:
        by_hand, wait_seconds = BY_HAND[params["action"]], params["wait_seconds"]
        return by_hand(params["certificates"], control, check_mode=module.check_mode, wait_seconds=wait_seconds)
    work = jobs(
        [from_plain(Planned, item) for item in params["applications"]],
        accounts=control.accounts,
        organizations=control.organizations,
        people=control.people,
        requests=signing_requests(params["requests"]),
        findings=[from_plain(Finding, item) for item in params["findings"]],
        hosts=params["answered"],
        approval=approval(params["approval"]),
    )
    return advance_all(
        work,
        control,
        published=params["published"],
        hosts=params["answered"],
        check_mode=module.check_mode,
        wait_seconds=params["wait_seconds"],
        retention_days=params["retention_days"],
        published_at_servers=params["published_at_servers"],
        probes=params["probes"],
        outside_probes=params["outside_probes"],
    )


def main() -> None:
    run(order, options=OPTIONS, lists=ORGANIZATION_LISTS)


if __name__ == "__main__":
    main()
