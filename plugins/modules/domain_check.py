#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_check
short_description: Look whether every name can be certified and validated as the inventory says
description:
  - Looks, for every certificate that is about to be ordered, whether its names are well-formed and allowed, whether the
    account's CA offers the validation method of each name, whether the method is possible for the name, whether it is
    known where its token has to lie, and whether a name that is validated by file has an address.
  - Looks whether the CAA records of each name (RFC 8659), found by climbing to the root, let the account's CA in, for
    the method by which the name is validated (RFC 8657); what stands against it comes with the record to add. The
    servers of the zone are asked themselves; where they differ, the strictest answer counts, and the difference is
    said. Accounts of which nobody can say how CAA records name their CA are left out.
  - Looks whether the approver of each name that is validated by mail is one that CAs accept (BR 3.2.2.4.4, .13, .14),
    and whether mail gets there; says when validation by mail ends.
  - Says which validations that the authority holds will have run out at the renewal after next, unless C(prevalidation)
    of O(domains) keeps them.
  - Asks every authoritative server of each name's zone, names those that are lame, silent, slow, apart or behind in
    signing, and verifies the DNSSEC chain from the root down, and in signed zones the answers for the names, of which
    there may be none (at most 20 names of each zone). A broken chain blocks, and an answer that no server gives so that
    it validates, as every CA has to refuse then. What cannot be judged from here blocks nothing.
  - Asks the name servers that will get records whether they serve the zone and take our key, and logs in to
    SFTP servers that will get files; nothing is written.
  - Names are looked up as the account's C(resolver) says, else as this machine does; where the CA looks from elsewhere,
    a name that is not found here is a warning.
  - Runs on the control host. It only reads.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - dnspython
  - paramiko, where files are carried by SFTP
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
  - koshin.tls.domains
  - koshin.tls.dns_servers
  - koshin.tls.sftp_servers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only reads.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  applications:
    description:
      - What RV(koshin.tls.renewal_info#module:applications) returned.
      - Give it unchanged.
    type: list
    elements: dict
    required: true
  answered:
    description:
      - What RV(koshin.tls.renewal_info#module:answered) returned, the hosts of this run and their default web roots.
      - Give it unchanged.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the names before money is spent
  koshin.tls.domain_check:
    applications: "{{ plan.applications }}"
    answered: "{{ plan.answered }}"
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true
  register: domain_findings
"""

RETURN = r"""
findings:
  description: One item for each name that cannot be certified or validated so.
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
      description: The finding.
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
"""

from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.plan import Planned
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.approver_findings import approver_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.caa_findings import caa_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.domains import ending_findings, kept_of
from ansible_collections.koshin.tls.plugins.module_utils._orders.findings import domain_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.server_findings import server_findings
from ansible_collections.koshin.tls.plugins.module_utils._orders.zone_findings import zone_findings
from ansible_collections.koshin.tls.plugins.module_utils._schema.dns_servers import DNS_SERVER, dns_servers
from ansible_collections.koshin.tls.plugins.module_utils._schema.domains import DOMAIN, domains
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import SFTP_SERVER, sftp_servers

OPTIONS = {
    **LEDGER,
    "applications": {"type": "list", "elements": "dict", "required": True},
    "answered": {"type": "dict", "required": True},
}


def domain_check(module: Module) -> Outcome:
    control = Control.of(module.params)
    planned = [from_plain(Planned, item) for item in module.params["applications"]]
    findings = domain_findings(planned, control, web_roots=module.params["answered"])
    findings += caa_findings(planned, control)
    findings += ending_findings(planned, control, kept_of(domains(module.params["domains"])))
    findings += approver_findings(planned, control)
    findings += zone_findings(planned, control)
    findings += server_findings(
        planned,
        control,
        dns_servers=dns_servers(module.params["dns_servers"]),
        sftp_servers=sftp_servers(module.params["sftp_servers"]),
    )
    return Outcome(noun="findings", items=[to_plain(finding) for finding in findings])


def main() -> None:
    run(
        domain_check,
        options=OPTIONS,
        lists={**CONTROL_LISTS, "domains": DOMAIN, "dns_servers": DNS_SERVER, "sftp_servers": SFTP_SERVER},
    )


if __name__ == "__main__":
    main()
