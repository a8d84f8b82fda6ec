# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the action group koshin.tls.control takes."""

    DOCUMENTATION = r"""
requirements:
  - Python >= 3.11
  - SQLAlchemy >= 2
attributes:
  action_group:
    description: Use C(group/koshin.tls.control) in C(module_defaults) to give O(ledger) and O(accounts) once.
    support: full
    membership:
      - koshin.tls.control
options:
  ledger:
    description:
      - The file of the ledger, which remembers orders, steps of people, tokens and issued certificates.
      - Give it when the ledger of the control host lies elsewhere than in the home of the user who runs this.
    type: path
    default: ~/.local/state/koshin/ledger.sqlite
  accounts:
    description:
      - The accounts at certificate authorities, as in the variable C(tls_accounts).
      - Give all of them; a certificate names its account.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the account.
          - Certificates name it in C(account).
        type: str
        required: true
      ca:
        description:
          - Which certificate authority it is at.
          - V(local) is the authority that comes with the collection, for trying things out and for rehearsals.
        type: str
        required: true
        choices: [local]
      authoritative_record:
        description:
          - Which record of an organization the authority compares with.
          - Set it when the authority looks elsewhere than in the D-U-N-S record.
        type: str
        choices: [duns, corporate_number, lei, vetted]
        default: duns
      trust_store:
        description:
          - Absolute path of a PEM file with the roots that served chains must end at.
          - Set it when the authority's roots are not in the system's trust store.
        type: path
      resolver:
        description:
          - Where names are looked up instead of in DNS as the system does.
          - Set it for authorities that look from this machine only, such as V(local), for tests and rehearsals.
        type: dict
        suboptions:
          hosts:
            description:
              - C(name:port) to C(address:port).
              - Set it when names do not stand in any DNS.
            type: dict
          dns_server:
            description:
              - C(address) or C(address:port) of a DNS server.
              - Set it when another DNS than the system's knows the names.
            type: str
      directory:
        description:
          - Directory of an authority of O(accounts[].ca=local).
          - Set it when it should not lie in C(authorities/<account>) beside the ledger.
        type: path
      payment:
        description:
          - Whether an authority of O(accounts[].ca=local) waits for payment.
          - Switch it off when a rehearsal should not stop there.
        type: bool
        default: true
      phone:
        description:
          - Whether an authority of O(accounts[].ca=local) waits for a phone confirmation.
          - Switch it off when a rehearsal should not stop there.
        type: bool
        default: true
      costs_money:
        description:
          - Whether an authority of O(accounts[].ca=local) is treated as one that costs money.
          - Switch it on to try the precautions that real purchases have.
        type: bool
        default: false
"""
