#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: http_token
short_description: Publish validation tokens in web roots, and retract them
description:
  - Puts the files that a CA wants to see into the web roots of this host, or removes them. All of a host are done in
    one task.
  - Files are made below C(/.well-known/) only, readable by everybody and owned like the web root. Symbolic links are
    not followed, and a file with other content is overwritten only where that is an earlier token of the same order.
    What a web server might run or show as a page is refused; file names have no ending, or C(.txt), C(.htm), C(.html),
    and tokens are plain ASCII text without C(<).
  - Where SELinux is on, what is made gets the context that the policy has for its place.
  - Retracting removes a file only if it holds exactly the token, then the directories that this module made (an empty
    file C(.koshin) marks them) and nobody else uses.
  - What cannot be published is the error of its item, not of the module.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); says what would be published or retracted, and changes nothing.
  diff_mode:
    support: full
    description: Names each file that appears or goes.
options:
  tokens:
    description:
      - The tokens that should lie on this host, or lie there no more.
      - Give what RV(koshin.tls.order#module:publish) or RV(koshin.tls.order#module:retract) holds for the host,
        unchanged.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain name that is validated with it.
        type: str
        required: true
      path:
        description: Where the CA looks for it under that name, from C(/.well-known/) on.
        type: str
        required: true
      content:
        description: What the file holds, to the letter.
        type: str
        required: true
      web_root:
        description: The directory on this host that the web server serves for that name.
        type: path
        required: true
      certificate:
        description: Identifier of the certificate that it is for; returned as it is given.
        type: str
      replaces:
        description:
          - Contents of earlier tokens of the same order, which the file may hold and which are overwritten.
          - Give it where a token was entered wrong and is entered again.
        type: list
        elements: str
  state:
    description:
      - Whether the tokens lie there.
      - Set V(retracted) once the CA has validated the names, or the order is closed.
    type: str
    choices: [published, retracted]
    default: published
"""

EXAMPLES = r"""
- name: Publish the tokens of this host
  koshin.tls.http_token:
    tokens: "{{ orders.publish[inventory_hostname] | default([]) }}"
  become: true
  register: tokens

- name: Retract one by hand
  koshin.tls.http_token:
    state: retracted
    tokens:
      - name: www.example.jp
        path: /.well-known/pki-validation/4f2d9c0b7a61e853.txt
        content: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
        web_root: /var/www/html
  become: true
"""

RETURN = r"""
tokens:
  description: One item for each token, in the order of O(tokens).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The domain name; the entry's number, from 0 on, where it has none.
      type: str
      returned: always
    certificate:
      description: Identifier of the certificate, null where none was given.
      type: str
      returned: always
    path:
      description: Path of the token, null where none was given.
      type: str
      returned: always
    web_root:
      description: Where it lies, null where none was given.
      type: str
      returned: always
    state:
      description: What O(state) says.
      type: str
      returned: always
    changed:
      description: Whether the file, or a directory on the way to it, appeared or went.
      type: bool
      returned: always
    error:
      description:
        - "What went wrong, or null: code, message, next_move."
        - "Codes: V(token_refused), V(token_conflict), and those of malformed entries."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._dcv.file_token import Token, claim
from ansible_collections.koshin.tls.plugins.module_utils._dcv.web_root import ours, publish, retract
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, each, run
from ansible_collections.koshin.tls.plugins.module_utils._schema.check import check, label
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import Field

TOKEN = {
    "name": Field(required=True),
    "path": Field(required=True),
    "content": Field(kind="free", required=True),
    "web_root": Field(kind="path", required=True),
    "certificate": Field(),
    "replaces": Field(kind="list"),
}
OPTIONS = {"state": {"type": "str", "choices": ["published", "retracted"], "default": "published"}}


def http_token(module: Module) -> Outcome:
    state, entries = module.params["state"], module.params["tokens"]
    diffs: list[dict[str, str]] = []
    claims: dict[str, str] = {}

    def place(number: int) -> dict[str, t.Any]:
        values = check(entries[number], TOKEN, f"tokens[{label(entries[number], number)}]")
        token = Token(values["web_root"].rstrip("/"), values["path"], values["content"])
        if state == "published":
            claim(token, claims)
            changed = publish(token, dry_run=module.check_mode, replaces=values.get("replaces", ()))
            if changed and not module.check_mode:
                label_for_selinux(module, ours(token))
        else:
            changed = retract(token, dry_run=module.check_mode)
        if changed:
            diffs.append(diff(token, values["name"], state))
        return {"changed": changed}

    items = each(
        range(len(entries)),
        place,
        name=lambda number: label(entries[number], number),
        workers=1,  # of two tokens for one path the first must win in check mode too
        blank={"changed": False},
    )
    shown = [
        {**{key: entry.get(key) for key in ("certificate", "path", "web_root")}, "state": state} for entry in entries
    ]
    return Outcome("tokens", [{**entry, **item} for entry, item in zip(shown, items)], diff=diffs)


def label_for_selinux(module: Module, paths: list[str]) -> None:
    """Give what was made the context that the policy has for its place."""
    if module.selinux_enabled():
        for path in paths:
            module.set_default_selinux_context(path, False)


def diff(token: Token, name: str, state: str) -> dict[str, str]:
    path = token.web_root + token.path
    there, absent = f"token for {name}\n", "absent\n"
    before, after = (absent, there) if state == "published" else (there, absent)
    return {"before_header": path, "after_header": path, "before": before, "after": after}


def main() -> None:
    run(http_token, options=OPTIONS, lists={"tokens": TOKEN})


if __name__ == "__main__":
    main()
