#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: human_step
short_description: Confirm or withdraw a step that a person does for an order
description:
  - Writes into the ledger that somebody did what an order waits for, such as paying, or takes that back.
  - M(koshin.tls.order) acts on it in the next run. Where the certificate authority takes a person's word, the
    confirmation is passed on to it; elsewhere the authority's own answer decides.
  - A step that is not awaited is refused, and the message says what is awaited instead.
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
    description: Can run in C(check_mode); says what would change, and writes nothing.
  diff_mode:
    support: full
    description: Shows the step before and after.
options:
  certificate:
    description:
      - Identifier of the certificate whose order waits for the step.
      - Take it from the report, or from what C(status.yml) prints.
    type: str
    required: true
  step:
    description:
      - Which step it is.
      - Take it from the report, or from what C(status.yml) prints.
    type: str
    required: true
    choices: [payment, phone_confirmation]
  state:
    description:
      - V(done) confirms the step; V(withdrawn) takes a confirmation back, so that the step is awaited again.
      - Use V(withdrawn) when a step was confirmed by mistake.
    type: str
    choices: [done, withdrawn]
    default: done
  by:
    description:
      - Who did the step, or who takes the confirmation back.
      - Always give it; it is kept in the audit trail as what was claimed.
    type: str
    required: true
  note:
    description:
      - Whatever a reader of the audit trail should know.
      - Give it when the step went otherwise than usual.
    type: str
    default: ""
  reference:
    description:
      - A number to find the step by elsewhere, such as that of a bank transfer.
      - Give it with O(state=done) when there is one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: The invoice is paid
  koshin.tls.human_step:
    certificate: www.example.jp
    step: payment
    by: sato
    reference: "2026-1123"
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true

- name: It was another invoice that was paid
  koshin.tls.human_step:
    certificate: www.example.jp
    step: payment
    state: withdrawn
    by: sato
    note: Paid was the invoice of shop.example.jp.
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: What was noted, or in check mode would be, and what comes next.
  returned: always
  type: str
  sample: "payment of www.example.jp is done, says sato. Run renew.yml: it goes on from here."
human_steps:
  description: The step, as a list of one.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    step:
      description: Which step it is.
      type: str
      returned: always
    state:
      description: V(done), or V(open) while it is awaited.
      type: str
      returned: always
    role:
      description: Which contact of the organization does it.
      type: str
      returned: always
    since:
      description: Since when it is or was awaited.
      type: str
      returned: always
    by:
      description: Who did it, null while it is awaited.
      type: str
      returned: always
    done_at:
      description: When it was confirmed, null while it is awaited and in check mode.
      type: str
      returned: always
    decided_by:
      description: >-
        V(confirmation) where the certificate authority takes a person's word, V(authority) where its own answer
        decides, null where O(accounts) does not hold the order's account.
      type: str
      returned: always
    changed:
      description: Whether this was news.
      type: bool
      returned: always
    error:
      description: Always null; a refused step fails the module.
      type: dict
      returned: always
errors:
  description: Always empty, see RV(human_steps[].error).
  returned: success
  type: list
  elements: str
"""

import dataclasses

from ansible_collections.koshin.tls.plugins.module_utils._ca.base import AcceptsConfirmation
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.step import HumanStep, StepKind, StepState
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER, Control

OPTIONS = {
    **LEDGER,
    "certificate": {"required": True},
    "step": {"required": True, "choices": [kind.value for kind in StepKind]},
    "state": {"choices": ["done", "withdrawn"], "default": "done"},
    "by": {"required": True},
    "note": {"default": ""},
    "reference": {"default": ""},
}
WANTED = {"done": StepState.DONE, "withdrawn": StepState.OPEN}


def human_step(module: Module) -> Outcome:
    params, control = module.params, Control.of(module.params)
    if not params["by"].strip():
        raise InputRefused("by is empty.", "Say who did the step.", code="missing_key")
    certificate, kind, wanted = params["certificate"], StepKind(params["step"]), WANTED[params["state"]]
    # Looked at first: what is refused, or is so already, writes nothing and makes no ledger.
    with control.ledger(read_only=True) as ledger:
        (before, *_same), changes = ledger.awaited(certificate, kind, wanted=wanted)
        authority = control.authorities.get(ledger.orders([certificate])[0].account)
    after = before
    if changes and module.check_mode:
        by = params["by"] if wanted is StepState.DONE else None
        after = dataclasses.replace(before, state=wanted, done_by=by, done_at=None)
    elif changes:
        after, changes = write(control, certificate, kind, params)
    takes_words = isinstance(authority, AcceptsConfirmation)
    decided_by = None if authority is None else "confirmation" if takes_words else "authority"
    return Outcome(
        "human_steps",
        [{**item(after), "decided_by": decided_by, "changed": changes, "error": None}],
        extra={"msg": f"{said(after, changes, module.check_mode)} {next_move(after, decided_by)}"},
        diff=[
            {"before_header": certificate, "after_header": certificate, "before": line(before), "after": line(after)}
        ],
    )


def write(control: Control, certificate: str, kind: StepKind, params: dict) -> tuple[HumanStep, bool]:
    claim = {"by": params["by"], "note": params["note"]}
    with control.ledger(read_only=False) as ledger:
        if WANTED[params["state"]] is StepState.DONE:
            steps, changed = ledger.confirm(certificate, kind, **claim, reference=params["reference"])
        else:
            steps, changed = ledger.withdraw(certificate, kind, **claim)
        return steps[0], changed


def item(step: HumanStep) -> dict:
    plain = to_plain(step)
    told = {key: plain[key] for key in ("state", "role", "since", "done_at")}
    return {"name": step.certificate, "step": plain["kind"], **told, "by": step.done_by}


def line(step: HumanStep) -> str:
    return f"{step.kind.value}: {f'done by {step.done_by}' if step.done_by else f'awaited of the {step.role}'}\n"


def said(step: HumanStep, changes: bool, check_mode: bool) -> str:
    is_now = "would be" if changes and check_mode else "is" if changes else "was already"
    state = f"done, says {step.done_by}" if step.done_by else f"awaited, of the {step.role}"
    return f"{step.kind.value} of {step.certificate} {is_now} {state}."


def next_move(step: HumanStep, decided_by: str | None) -> str:
    if step.state is StepState.OPEN:
        return "Confirm it when it is done."
    if decided_by == "authority":
        return "Run renew.yml: it goes on when the certificate authority itself says that it is done."
    return "Run renew.yml: it goes on from here."


def main() -> None:
    run(human_step, options=OPTIONS, lists=CONTROL_LISTS)


if __name__ == "__main__":
    main()
