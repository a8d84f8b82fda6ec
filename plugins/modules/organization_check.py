#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: organization_check
short_description: Compare record, application, CSR and certificate in use letter for letter
description:
  - A CA issues an organisation-validated certificate only if company name and address are the same wherever it looks.
    This compares, for every certificate that is about to be ordered, the organisation's fields (from which application
    and CSR are made) with the account's authoritative record and with the certificate in use, and looks at the record's
    telephone and at the responsible person.
  - Where the record differs, or shows no telephone, the ledger awaits its correction, one step of people for each
    organization, until they agree.
  - Runs on the control host. It asks nobody.
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
    description: Can run in C(check_mode); it compares, and writes nothing.
  diff_mode:
    support: none
    description: What is awaited shows C(status.yml).
options:
  applications:
    description:
      - What RV(koshin.tls.renewal_info#module:applications) returned.
      - Give it unchanged.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Compare the records before money is spent
  koshin.tls.organization_check:
    applications: "{{ plan.applications }}"
    accounts: "{{ tls_accounts }}"
    organizations: "{{ tls_organizations }}"
    people: "{{ tls_people }}"
  delegate_to: localhost
  run_once: true
  register: organization_findings
"""

RETURN = r"""
findings:
  description: One item for each thing that a CA would object to, or that somebody should know.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    severity:
      description: "V(blocks): nothing is ordered while it stands. V(warns): it is only said."
      type: str
      returned: always
    code:
      description: What kind of finding, for programs.
      type: str
      returned: always
    message:
      description: The finding, with both values.
      type: str
      returned: always
    next_move:
      description: What to do.
      type: str
      returned: always
errors:
  description: Always empty, a finding is no error of this module.
  returned: always
  type: list
  elements: str
debug_log:
  description: What was asked of authorities with an API, a line a request, without secrets.
  returned: with C(-vvv)
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._core.organization import check_organization
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.corrections import announce_corrections
from ansible_collections.koshin.tls.plugins.module_utils._orders.findings import vetting_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.job import named

OPTIONS = {**LEDGER, "applications": {"type": "list", "elements": "dict", "required": True}}


def organization_check(module: Module) -> Outcome:
    control = Control.of(module.params, verbosity=module.verbosity)
    work = [from_plain(Planned, item) for item in module.params["applications"]]
    findings = [
        finding
        for planned in work
        for finding in check_organization(
            planned.certificate,
            account=named(control.accounts, planned.certificate.account, "tls_accounts"),
            organization=named(control.organizations, planned.certificate.organization, "tls_organizations"),
            people=control.people,
            found=planned.found,
            today=control.now.date(),
        )
    ]
    findings += vetting_findings(work, control)
    changed = announce_corrections(work, findings, control, check_mode=module.check_mode)
    items = [to_plain(finding) for finding in findings]
    return Outcome(noun="findings", items=items, changed=changed, extra=dict(control.debug_log))


def main() -> None:
    run(organization_check, options=OPTIONS, lists=ORGANIZATION_LISTS)


if __name__ == "__main__":
    main()
