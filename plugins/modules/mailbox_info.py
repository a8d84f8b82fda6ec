#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_info
short_description: Show what the mails of resellers say
description:
  - Reads the mailboxes of accounts of C(ca=portal), by IMAP or from a directory, and says of each mail what kind it is,
    what it names, and whether its sender counts, just as M(koshin.tls.order) understands it.
  - For setting up a mailbox, its allowed senders and a reseller's mail shapes, and for looking why a mail changed
    nothing. M(koshin.tls.order) reads the mailbox by itself.
  - Runs on the control host. It only reads. Nothing in the mailbox is flagged, moved or deleted, no link is followed,
    and nothing is written to the ledger.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - dkimpy >= 1.1, for accounts with C(check_dkim)
extends_documentation_fragment:
  - koshin.tls.control
  - koshin.tls.providers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only reads.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  account:
    description:
      - Name of the account whose mailbox is read.
      - Give it to read that one only; by default those of all accounts that have one are read.
    type: str
  since:
    description:
      - A day or a time in UTC, such as V(2026-11-23) or V(2026-11-23T12:00:00Z); earlier mails are left out.
      - Give it to see what came since something happened.
    type: str
  limit:
    description:
      - The most mails of each folder that are read, the newest ones.
      - Raise it to look further back.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Show the newest mails of the shop
  koshin.tls.mailbox_info:
    account: shop
    accounts: "{{ tls_accounts }}"
    since: "2026-11-01"
  delegate_to: localhost
  run_once: true
  register: mailbox

- name: Name the mails that change nothing, and why
  ansible.builtin.debug:
    msg: "{{ item.subject }}: {{ item.distrust or item.problem or item.kind }}"
  loop: "{{ mailbox.messages }}"
  when: not item.trusted or item.kind == 'not_understood'
"""

RETURN = r"""
messages:
  description:
    - One item for each mail, oldest first in each folder.
    - A mailbox that could not be read, or not to its end, is one item more, with its error.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The account.
      type: str
      returned: always
    folder:
      description: The folder that the mail lies in.
      type: str
      returned: always
    number:
      description: "Where in the folder: its UID, or the name of its file."
      type: str
      returned: always
    received_at:
      description: When the mail server took it in, in UTC.
      type: str
      returned: always
    kind:
      description: What it is about, V(not_understood) where no mail shape of the reseller fits.
      type: str
      returned: always
    sender:
      description: The address in its From header, empty where there is not exactly one.
      type: str
      returned: always
    subject:
      description: Its subject.
      type: str
      returned: always
    trusted:
      description: Whether its sender counts. What is not trusted changes nothing.
      type: bool
      returned: always
    distrust:
      description: Why it does not count, empty where it does.
      type: str
      returned: always
    order_number:
      description: The reseller's order number.
      type: str
      returned: always
    names:
      description: Host names that it lists.
      type: list
      elements: str
      returned: always
    invoice_number:
      description: Number of the invoice.
      type: str
      returned: always
    amount:
      description: The amount as written.
      type: str
      returned: always
    tax:
      description: The tax as written.
      type: str
      returned: always
    due_on:
      description: Last day of what it asks for.
      type: str
      returned: always
    link:
      description: A link of a trusted mail to a host that the account allows.
      type: str
      returned: always
    code:
      description: An approval code of a trusted mail.
      type: str
      returned: always
    wanted:
      description: What a trusted mail asks for, in its own words.
      type: str
      returned: always
    tokens:
      description: "Validation files of a trusted mail: name, path, content."
      type: list
      elements: dict
      returned: always
    records:
      description: "DNS records of a trusted mail: name, record, type, value."
      type: list
      elements: dict
      returned: always
    certificates:
      description: "Certificates of a trusted mail: key_hash (SHA-256 of the public key) and serial."
      type: list
      elements: dict
      returned: always
    problem:
      description: Why it could not be read whole, or what is wrong with what it holds; empty where nothing is.
      type: str
      returned: always
    error:
      description: "Why the mailbox could not be read, or null: code, message, next_move."
      type: dict
      returned: always
errors:
  description: Names of the accounts whose mailbox could not be read.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._orders.control import CONTROL_LISTS, LEDGER, Control
from ansible_collections.koshin.tls.plugins.module_utils._orders.mailboxes import show_mailboxes

OPTIONS = {
    **LEDGER,
    "account": {"type": "str"},
    "since": {"type": "str"},
    "limit": {"type": "int", "default": 20},
}


def mailbox_info(module: Module) -> Outcome:
    chosen = {key: module.params[key] for key in ("account", "since", "limit")}
    return show_mailboxes(Control.of(module.params), **chosen)


def main() -> None:
    run(mailbox_info, options=OPTIONS, lists=CONTROL_LISTS)


if __name__ == "__main__":
    main()
