#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: human_step
short_description: Confirm, take or withdraw a step that a person does, or open purchasing of an account
description:
  - Writes into the ledger that somebody did what an order waits for, such as paying; that somebody is at it now; or
    that neither is so after all.
  - Steps that are one for people, such as the payment of one invoice for many certificates, are told as one.
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
  - koshin.tls.organizations
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); says what would change, and writes nothing.
  diff_mode:
    support: full
    description: Shows each step before and after.
options:
  certificate:
    description:
      - Identifier of a certificate that waits for the step.
      - Take it from the report, or from what C(status.yml) prints.
    type: str
  step:
    description:
      - Which step it is.
      - Take it from the report, or from what C(status.yml) prints.
    type: str
    choices:
      - record_correction
      - approve_purchase
      - look_up
      - purchase
      - payment
      - tell_switchboard
      - application
      - my_page
      - reissue
      - token
      - publish_record
      - mail_approval
      - change_validation
      - approve_request
      - documents
      - phone_confirmation
      - finish_by_hand
  account:
    description:
      - An account whose purchasing is opened; its ledger bought nothing until now, as it may not know all orders there.
      - Give it instead of O(certificate) and O(step), after looking there for orders that are open or were fulfilled
        lately.
    type: str
  state:
    description:
      - V(done) confirms the step. V(taken) says that somebody is at it for O(hours). V(withdrawn) takes both back, so
        that the step is awaited again.
      - Use V(taken) where several people look at one list, V(withdrawn) when a step was confirmed by mistake.
    type: str
    choices: [done, taken, withdrawn]
    default: done
  by:
    description:
      - Who did the step, is at it, or takes that back; kept in the audit trail as what was claimed.
      - Always give it, but in an AWX job, where it is refused, as the user who launched it is known (O(actor)).
    type: str
  note:
    description:
      - Whatever a reader of the audit trail should know.
      - Give it when the step went otherwise than usual.
    type: str
    default: ""
  reference:
    description:
      - A number to find the step by elsewhere, such as that of a bank transfer; with O(step=look_up) the number of the
        order that was found.
      - Give it with O(state=done) when there is one; without it, O(step=look_up) says that there is no such order.
    type: str
    default: ""
  tokens:
    description:
      - "Validation tokens as My Page shows them: a list of C({name, path, content}) or C({name, record, type, value}),
        one of these alone, or text with one token on each line, C(NAME PATH CONTENT) or C(NAME RECORD TXT VALUE).
        Without a name a token counts for all names of that method; what is given last counts."
      - Give them with O(step=token), for all names of the order.
    type: raw
  hours:
    description:
      - For how many hours the step is taken.
      - Set it with O(state=taken) when a day is too long or too short.
    type: int
    default: 24
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

- name: Enter a token that My Page shows
  koshin.tls.human_step:
    certificate: www.example.jp
    step: token
    by: suzuki
    tokens:
      name: www.example.jp
      path: /.well-known/pki-validation/fileauth.txt
      content: _5f4dcc3b5aa765d61d8327deb882cf99
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true

- name: Nothing is open at the shop, so it may be bought there
  koshin.tls.human_step:
    account: shop
    by: suzuki
    accounts: "{{ tls_accounts }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: What was noted, or in check mode would be, and what comes next.
  returned: always
  type: str
  sample: >-
    payment of www.example.jp is done, says sato (claimed). What happens next: the CA goes on with the order. Run
    renew.yml: it goes on from here.
human_steps:
  description: The step that was named first, then those that are one with it.
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
    subject:
      description: What the steps share that are one, such as the number of an invoice, empty where nothing.
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
    confirmed_by:
      description: Who confirmed it so far.
      type: list
      elements: str
      returned: always
    missing:
      description: How many people still have to confirm it.
      type: int
      returned: always
    taken_by:
      description: Who is at it, null where nobody is.
      type: str
      returned: always
    taken_until:
      description: Until when, null where nobody is.
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
purchasing:
  description: "How purchasing stands at O(account): is_open, seen_at, opened_at, opened_by, reason; null without it."
  returned: success
  type: dict
errors:
  description: Always empty, see RV(human_steps[].error).
  returned: success
  type: list
  elements: str
"""

from datetime import timedelta

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.confirmation import WORDS, Word, tell
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import LEDGER, ORGANIZATION_LISTS, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.entered import entered
from ansible_collections.koshin.tls.plugins.module_utils._orders.opening import open_purchasing
from ansible_collections.koshin.tls.plugins.module_utils._orders.speaker import speaker

OPTIONS = {
    **LEDGER,
    "certificate": {},
    "step": {"choices": [kind.value for kind in StepKind]},
    "account": {},
    "state": {"choices": list(WORDS), "default": WORDS[0]},
    "by": {},
    "note": {"default": ""},
    "reference": {"default": ""},
    # They are published for everybody to see.
    "tokens": {"type": "raw", "no_log": False},
    "hours": {"type": "int", "default": 24},
}
LONGEST_HOURS = 24 * 31


def human_step(module: Module) -> Outcome:
    params, control = module.params, Control.of(module.params)
    by = speaker(params["by"], awx_user=control.awx_user, people=control.people)
    refuse_confusion(params)
    if params["account"]:
        return open_purchasing(params["account"], control, by=by, note=params["note"], check_mode=module.check_mode)
    word = Word(
        certificate=params["certificate"],
        kind=StepKind(params["step"]),
        state=params["state"],
        by=by,
        until=(control.now + timedelta(hours=params["hours"])).replace(microsecond=0),
        note=params["note"],
        reference=params["reference"],
        tokens=entered(params["tokens"]) if params["tokens"] else None,
    )
    return tell(word, control, check_mode=module.check_mode)


def refuse_confusion(params: dict) -> None:
    step = [key for key in ("certificate", "step") if params[key]]
    if params["account"] and (step or params["tokens"] or params["state"] != WORDS[0]):
        raise InputRefused("account stands alone: it opens purchasing.", "Leave the step out.", code="confused")
    if not params["account"] and len(step) < 2:
        raise InputRefused(
            "It is not said which step of which certificate is meant.",
            "Give certificate and step, or account to open its purchasing (confirm.yml: -e tls_certificate=NAME "
            "-e tls_step=STEP, or -e tls_account=NAME); status.yml shows what is awaited.",
            code="missing_key",
        )
    if not 1 <= params["hours"] <= LONGEST_HOURS:
        raise InputRefused("hours is not 1 to 744, a month.", "Take it for a shorter time.", code="malformed")


def main() -> None:
    run(human_step, options=OPTIONS, lists=ORGANIZATION_LISTS)


if __name__ == "__main__":
    main()
