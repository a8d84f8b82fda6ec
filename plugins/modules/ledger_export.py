#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_export
short_description: Export, back up, restore or move the ledger
description:
  - Writes the audit trail of a period as CSV, writes a backup, fills an empty ledger from one, or takes the ledger to
    another place, such as from a file to a PostgreSQL database or back.
  - The hash chain of the audit trail is verified before anything is handed on; the last hash is returned.
  - A backup does not know what is bought after it was made; in it, and in a ledger that was filled from it, purchasing
    is closed for every account until C(confirm.yml) opens it again.
  - Runs on the control host.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); verifies all the same, says what would be written, and writes nothing.
  diff_mode:
    support: full
    description: Shows which events and which last hash the file or ledger held before and holds after.
options:
  action:
    description:
      - V(export) writes the audit trail to O(path) as CSV; V(backup) writes a backup there; V(restore) fills the ledger
        from the backup there; V(move) takes the ledger to O(destination), and lets nobody use it at its old place.
      - Use V(backup) each night, V(restore) when the ledger was lost, V(move) when several control hosts come to share
        it, V(export) when somebody asks what was done.
    type: str
    choices: [export, backup, restore, move]
    default: export
  path:
    description:
      - Absolute path of the CSV file, or of the backup. It is written with mode 0600, and replaced as a whole.
      - Give it with every O(action) except V(move).
    type: path
  since:
    description:
      - First day (C(2026-01-01)) or time (C(2026-01-01T00:00:00Z)) of the period, in UTC.
      - Give it with O(action=export) to leave out what was before.
    type: str
  before:
    description:
      - Day or time, in UTC, at which the period is over; it is not part of it itself.
      - Give it with O(action=export) to leave out what came later.
    type: str
  destination:
    description:
      - Where the ledger is taken to, an absolute path or V(postgresql://user@host:5432/database); nothing lies there,
        or an empty ledger.
      - Give it with O(action=move), and let C(tls_ledger) name it afterwards.
    type: path
  destination_password:
    description:
      - Password of the user of O(destination) at its PostgreSQL server, of at least 8 characters.
      - Give it with O(action=move) when neither E(PGPASSWORD) nor a password file holds it.
    type: str
"""

EXAMPLES = r"""
- name: What was done last year
  koshin.tls.ledger_export:
    path: /var/lib/koshin/audit-2026.csv
    since: "2026-01-01"
    before: "2027-01-01"
  delegate_to: localhost
  run_once: true

- name: Back the ledger up
  koshin.tls.ledger_export:
    action: backup
    path: /srv/backup/koshin/ledger.sqlite
  delegate_to: localhost
  run_once: true

- name: Share the ledger with other control hosts
  koshin.tls.ledger_export:
    action: move
    destination: postgresql://koshin@db.example.jp:5432/koshin?sslmode=verify-full
    destination_password: "{{ vault_ledger }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: What was done, or in check mode would be, and what comes next.
  returned: always
  type: str
  sample: "41 events of the audit trail are in /var/lib/koshin/audit-2026.csv."
copies:
  description: What was written, as a list of one.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The O(action).
      type: str
      returned: always
    place:
      description: The path or location that was written.
      type: str
      returned: always
    last_hash:
      description: Hash of the last event that was handed on; it stands for the whole audit trail up to there.
      type: str
      returned: always
    previous_hash:
      description: Hash of the event before the first one that was exported, null for any other O(action).
      type: str
      returned: always
    events:
      description: How many events were exported, null for any other O(action).
      type: int
      returned: always
    changed:
      description: Whether anything was written.
      type: bool
      returned: always
    error:
      description: Always null; what cannot be done fails the module.
      type: dict
      returned: always
errors:
  description: Always empty, see RV(copies[].error).
  returned: success
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER
from ansible_collections.koshin.tls.plugins.module_utils._orders.keeping import copied

OPTIONS = {
    **LEDGER,
    "action": {"choices": ["export", "backup", "restore", "move"], "default": "export"},
    "path": {"type": "path"},
    "since": {},
    "before": {},
    # Not shown among the module's arguments: somebody may have written a password into it, which is then refused.
    "destination": {"type": "path", "no_log": True},
    "destination_password": {"no_log": True},
}


def ledger_export(module: Module) -> Outcome:
    return copied(module.params, check_mode=module.check_mode)


def main() -> None:
    run(ledger_export, options=OPTIONS, lists=CONTROL_LISTS)


if __name__ == "__main__":
    main()
