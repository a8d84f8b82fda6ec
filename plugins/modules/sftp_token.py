#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sftp_token
short_description: Publish validation tokens on web servers by SFTP, and retract them
description:
  - Carries the files that a CA wants to see to web servers that take files by SFTP, or removes them. All of a server go
    over one connection, many at once; several servers are served side by side.
  - A server is spoken with only where its host key is in O(sftp_servers[].known_hosts).
  - Files are made below C(/.well-known/) only. Symbolic links below the web root are not followed, and a file with
    other content is overwritten only where that is an earlier token of the same order. File names have no ending, or
    C(.txt), C(.htm), C(.html), and tokens are plain ASCII text without C(<).
  - A file appears as a whole where the server can rename; where it cannot, it is written in place. Servers that set no
    modes leave them as they make them.
  - Retracting removes a file only if it holds exactly the token, then the directories that this module made (an empty
    file C(.koshin) marks them) and nobody else uses.
  - What cannot be carried is the error of its item, not of the module. Runs on the control host.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - paramiko >= 3.4
extends_documentation_fragment:
  - koshin.tls.sftp_servers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); looks at what lies there, and changes nothing.
  diff_mode:
    support: full
    description: Names each file that appears or goes.
options:
  tokens:
    description:
      - The tokens that should lie there, or lie there no more.
      - Give what RV(koshin.tls.order#module:publish_uploads) or RV(koshin.tls.order#module:retract_uploads) holds,
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
      sftp_server:
        description: The entry of O(sftp_servers) that it is carried to; needed where there are several.
        type: str
      web_root:
        description: The directory that the web server serves for that name, where that is not the server's own.
        type: path
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
  timeout_seconds:
    description:
      - How long connecting, logging in and each answer may take.
      - Raise it for a slow server.
    type: int
    default: 15
"""

EXAMPLES = r"""
- name: Publish a token
  koshin.tls.sftp_token:
    tokens:
      - name: www.example.jp
        path: /.well-known/pki-validation/4f2d9c0b7a61e853.txt
        content: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
    sftp_servers:
      - name: hosting
        host: sftp.hosting.example
        user: example
        private_key: /etc/koshin/id_ed25519
        known_hosts: /etc/koshin/known_hosts
        web_root: /htdocs
  delegate_to: localhost
  run_once: true

- name: Retract it
  koshin.tls.sftp_token:
    state: retracted
    tokens:
      - name: www.example.jp
        path: /.well-known/pki-validation/4f2d9c0b7a61e853.txt
        content: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
    sftp_servers: "{{ tls_sftp_servers }}"
  delegate_to: localhost
  run_once: true
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
      description: Where it lies, as it was given.
      type: str
      returned: always
    sftp_server:
      description: The entry of O(sftp_servers) that was named for it, null where none was.
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
        - "Codes: V(token_refused), V(token_conflict), V(sftp_unreachable), V(sftp_host_key), V(sftp_login),
          V(sftp_failed), V(unknown_server), and those of malformed entries."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._core.sftp import SftpServer
from ansible_collections.koshin.tls.plugins.module_utils._dcv.file_token import Token
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sftp import Upload, carry
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._schema.check import check, label
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import Field
from ansible_collections.koshin.tls.plugins.module_utils._schema.sftp_servers import SFTP_SERVER, sftp_servers

TOKEN = {
    "name": Field(required=True),
    "path": Field(required=True),
    "content": Field(kind="free", required=True),
    "sftp_server": Field(),
    "web_root": Field(kind="path"),
    "certificate": Field(),
    "replaces": Field(kind="list"),
}
SHOWN = ("certificate", "path", "web_root", "sftp_server")
OPTIONS = {
    "state": {"type": "str", "choices": ["published", "retracted"], "default": "published"},
    "timeout_seconds": {"type": "int", "default": 15},
}


def sftp_token(module: Module) -> Outcome:
    entries, state = module.params["tokens"], module.params["state"]
    servers = sftp_servers(module.params["sftp_servers"])
    read = [upload(entry, f"tokens[{label(entry, number)}]", servers) for number, entry in enumerate(entries)]
    carried = iter(
        carry(
            [one for one in read if isinstance(one, Upload)],
            servers,
            present=state == "published",
            dry_run=module.check_mode,
            timeout_seconds=module.params["timeout_seconds"],
        )
    )
    results = [next(carried) if isinstance(one, Upload) else one for one in read]
    items = [item(entry, number, state, result) for number, (entry, result) in enumerate(zip(entries, results))]
    changed = [one for one, result in zip(read, results) if isinstance(one, Upload) and result is True]
    return Outcome("tokens", items, diff=[diff(one, state) for one in changed])


def upload(entry: t.Any, path: str, servers: dict[str, SftpServer]) -> Upload | KoshinError:
    try:
        values = check(entry, TOKEN, path)
        name = values.get("sftp_server") or (next(iter(servers)) if len(servers) == 1 else None)
        if name not in servers:
            raise InputRefused(
                f"{path} is for the SFTP server {name or 'that nobody names'}; tls_sftp_servers has {len(servers)}.",
                f"Set sftp_server to one of: {', '.join(servers) or 'none is there, add one'}.",
                code="unknown_server",
            )
        web_root = values.get("web_root", servers[name].web_root)
        if web_root is None:
            raise InputRefused(
                f"Nobody says where {path} lies on {name}.", f"Set web_root of {name}.", code="missing_key"
            )
    except KoshinError as error:
        return error
    token = Token(web_root.rstrip("/"), values["path"], values["content"])
    return Upload(token, servers[name], tuple(values.get("replaces", ())))


def item(entry: t.Any, number: int, state: str, result: bool | KoshinError) -> dict[str, t.Any]:
    error = result if isinstance(result, KoshinError) else None
    return {
        "name": label(entry, number),
        **{key: entry.get(key) for key in SHOWN},
        "state": state,
        "changed": error is None and bool(result),
        "error": None if error is None else error.as_result(),
    }


def diff(one: Upload, state: str) -> dict[str, str]:
    where, there, absent = f"{one.token} at {one.server.name}", "token\n", "absent\n"
    before, after = (absent, there) if state == "published" else (there, absent)
    return {"before_header": where, "after_header": where, "before": before, "after": after}


def main() -> None:
    run(sftp_token, options=OPTIONS, lists={"tokens": TOKEN, "sftp_servers": SFTP_SERVER})


if __name__ == "__main__":
    main()
