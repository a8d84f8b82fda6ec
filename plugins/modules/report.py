#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Say what was done, what waits for whom, and what failed
description:
  - Writes C(report.html) for people, C(report.json) for programs and C(koshin.prom) for the textfile collector of
    Prometheus' node exporter. Files are written only when more than the time of writing differs; as days pass, the
    days that are left differ.
  - Writes an application sheet for each order that waits at a shop without an API for a purchase, an application, a
    reissue or a look on My Page, in Japanese and in English, as a page and as text, to the directory C(sheets) beside
    the report; removes it when the step is done. They hold people's data, so that only the user of the run may read
    them.
  - Tells the ledger which tokens hosts retracted and which certificates they installed.
  - Fails after all of that when something failed or a step waits past its last day, and names what. Waiting in time is
    success. It fails in C(check_mode) too.
  - Takes results as they come. One that is missing or failed is reported as a failure and keeps no report from being
    written, so each list may hold items, whole registered results, and nulls.
  - Runs on the control host, once, last of all.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); says what would be written, and writes nothing.
  diff_mode:
    support: full
    description: Shows what the report says before and after, in short lines; what application sheets say is not shown.
options:
  directory:
    description:
      - Directory of the three files and of C(sheets), made where it is missing. The three can be read by everybody; no
        names of people and no secrets are in them.
      - Name one that a web server or the node exporter reads, or one of your own.
    type: path
    default: ~/.local/state/koshin/report
  time_zone:
    description:
      - Zone of the days that people read, such as V(Asia/Tokyo). C(report.json) and C(koshin.prom) carry times in UTC.
      - Set it where the readers live elsewhere.
    type: str
    default: UTC
  certificates:
    description:
      - The items that M(koshin.tls.renewal_info) returned.
      - Always give them; what is not among them is not in the report.
    type: list
    elements: raw
    default: []
  findings:
    description:
      - The items that M(koshin.tls.organization_check) and M(koshin.tls.domain_check) returned.
      - Give them where these modules ran.
    type: list
    elements: raw
    default: []
  requests:
    description:
      - The items that M(koshin.tls.certificate_request) returned, each with the C(host) it ran on.
      - Give them where it ran.
    type: list
    elements: raw
    default: []
  orders:
    description:
      - The items that M(koshin.tls.order) returned, of all its tasks; of two of one name the later one counts.
      - Give them where it ran.
    type: list
    elements: raw
    default: []
  tokens:
    description:
      - The items that M(koshin.tls.http_token) returned, each with the C(host) it ran on.
      - Give them where it ran; retracted ones are recorded in the ledger.
    type: list
    elements: raw
    default: []
  installations:
    description:
      - The items that M(koshin.tls.certificate_install) returned, each with the C(host) it ran on.
      - Give them where it ran; they are recorded in the ledger.
    type: list
    elements: raw
    default: []
  endpoints:
    description:
      - The items that M(koshin.tls.endpoint_info) returned.
      - Give them where it ran.
    type: list
    elements: raw
    default: []
  failures:
    description:
      - Hosts that failed or were unreachable (C(host), C(message)), and tasks of the control host that failed (C(task),
        C(message)).
      - Give them so that a run in which anything failed ends as failed.
    type: list
    elements: raw
    default: []
"""

EXAMPLES = r"""
- name: Report
  koshin.tls.report:
    directory: "{{ playbook_dir }}/report"
    time_zone: Asia/Tokyo
    accounts: "{{ tls_accounts }}"
    certificates: "{{ plan.certificates | default([]) }}"
    findings: "{{ organization_findings.findings | default([]) }}"
    orders: "{{ orders.orders | default([]) }}"
    failures:
      - host: web2
        message: unreachable
  delegate_to: localhost
  run_once: true
  register: written

- name: Say it
  ansible.builtin.debug:
    var: written.summary
"""

RETURN = r"""
files:
  description: One item for each file.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - V(report.html), V(report.json) or V(koshin.prom); for an application sheet the certificate, our own reference
          of the order, the language and the form, as in C(www.example.jp.koshin-0011223344556677.ja.html).
      type: str
      returned: always
    path:
      description: Where it lies.
      type: str
      returned: always
    changed:
      description: Whether it was written or removed, or in check mode would be.
      type: bool
      returned: always
    state:
      description: V(absent) for an application sheet that was removed, V(present) otherwise.
      type: str
      returned: always
    error:
      description: Always null; where the files cannot be written the module fails.
      type: dict
      returned: always
errors:
  description: Always empty.
  returned: always
  type: list
  elements: str
summary:
  description: What happened and what is waited for, in short lines, also when the module fails.
  returned: always
  type: list
  elements: str
  sample:
    - "1 certificate: 1 waits for payment until 2026-12-01 (payer)."
    - "www.example.jp: order 17 at local waits for payment (payer) since 2026-11-23, latest by 2026-12-01. Confirm:
      ansible-playbook koshin.tls.confirm -e tls_certificate=www.example.jp -e tls_step=payment -e tls_by=NAME"
page:
  description: Path of C(report.html).
  returned: always
  type: str
"""

import os
from datetime import datetime, timezone

from ansible_collections.koshin.tls.plugins.module_utils._core.dates import Calendar, calendar
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, missing_library, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER, Control
from ansible_collections.koshin.tls.plugins.module_utils._report.gather import overview_of
from ansible_collections.koshin.tls.plugins.module_utils._report.intake import NOUNS, Handed, authorities, take
from ansible_collections.koshin.tls.plugins.module_utils._report.memory import Memory, told
from ansible_collections.koshin.tls.plugins.module_utils._report.overview import Trouble
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_files import SHEETS, Kept, keep, linked
from ansible_collections.koshin.tls.plugins.module_utils._report.words import refusal, summary
from ansible_collections.koshin.tls.plugins.module_utils._report.write import PAGE, items, write

OPTIONS = {
    **LEDGER,
    "directory": {"type": "path", "default": "~/.local/state/koshin/report"},
    "time_zone": {"type": "str", "default": "UTC"},
    # Not shown again as the module's arguments: they are what other modules returned, of a thousand certificates.
    **{noun: {"type": "list", "elements": "raw", "default": [], "no_log": True} for noun in (*NOUNS, "failures")},
}


def report(module: Module) -> Outcome:
    params, now = module.params, datetime.now(timezone.utc).replace(microsecond=0)
    directory, handed = params["directory"], take(params)
    known = calendar(params["time_zone"], now)
    days = known or Calendar(now)
    memory, refused = remember(module, handed, now)
    sheets = keep_sheets(module, memory, days)
    overview = overview_of(
        handed,
        memory,
        authorities=authorities(params["accounts"]),
        calendar=days,
        others=[*refused, *sheets.troubles],
        check_mode=module.check_mode,
    )
    written = write(directory, linked(overview, sheets.links), check_mode=module.check_mode)
    header, drawn = os.path.join(directory, "report.json"), os.path.join(directory, PAGE)
    return Outcome(
        noun="files",
        items=[
            *items(directory, written.changed),
            *items(os.path.join(directory, SHEETS), sheets.changed, sheets.gone),
        ],
        extra={"summary": summary(overview), "page": drawn},
        diff=[{"before_header": header, "after_header": header, "before": written.before, "after": written.after}],
        warnings=[] if known else [f"This machine knows no time zone {params['time_zone']}: days are those of UTC."],
        failure=refusal(overview, None if module.check_mode else drawn),
    )


def keep_sheets(module: Module, memory: Memory, days: Calendar) -> Kept:
    """Write the application sheets. The accounts are read for them alone: a mistake there keeps nothing else."""
    directory, check_mode = module.params["directory"], module.check_mode
    try:
        return keep(directory, memory, lambda: Control.of(module.params).accounts, days, check_mode=check_mode)
    except ImportError as error:
        return Kept(troubles=(Trouble("application sheets", *missing(error)),))


def remember(module: Module, handed: Handed, now: datetime) -> tuple[Memory, list[Trouble]]:
    """Tell the ledger what is new and read it. Without one the report is written all the same, and says so."""
    control = Control.of_ledger(module.params, now)
    try:
        return told(lambda read_only: control.ledger(read_only=read_only), handed, now, check_mode=module.check_mode)
    except (KoshinError, ImportError) as error:
        return Memory(), [Trouble("ledger", *missing(error))]


def missing(error: KoshinError | ImportError) -> tuple[str, str]:
    said = error if isinstance(error, KoshinError) else missing_library(error)
    return said.message, said.next_move


def main() -> None:
    run(report, options=OPTIONS, lists=CONTROL_LISTS)


if __name__ == "__main__":
    main()
