#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_token
short_description: Publish validation tokens as DNS records, and retract them
description:
  - Writes the records that a CA wants to see to the primary of their zone, or removes them, by dynamic updates (RFC
    2136) signed with TSIG (RFC 8945). All records of a zone go in one message.
  - The zone is found by asking the server. A CNAME at the record's name, as one that delegates C(_acme-challenge) or
    C(_dnsauth), is followed to the zone that it leads into. Where that is no zone of the same server, it is written to
    the first of O(dns_servers) that serves it.
  - Other records of the same name stay as they are. A TXT record joins those that lie there and takes their TTL, a
    CNAME is written only where nothing lies, and retracting removes exactly the token. Only earlier tokens of the same
    order make room, in the message that writes the new one.
  - Goes over UDP, and over TCP where UDP stays without an answer or the message is large. Where no answer to an update
    comes, the server is asked what lies there, and what is missing is sent once more.
  - What cannot be written is the error of its item, not of the module. Runs on the control host.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - dnspython >= 2.3
extends_documentation_fragment:
  - koshin.tls.dns_servers
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); asks the servers what lies there, and changes nothing.
  diff_mode:
    support: full
    description: Names each record that appears or goes.
options:
  tokens:
    description:
      - The records that should lie there, or lie there no more.
      - Give one for each name that is validated by DNS.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain name that is validated with it.
        type: str
        required: true
      record:
        description:
          - The name of the record, without a dot at its end.
          - It lies at O(tokens[].name) or above it, or below either in labels that begin with an underscore.
        type: str
        required: true
      type:
        description: The type of the record.
        type: str
        choices: [TXT, CNAME, TLSA]
        default: TXT
      value:
        description: What the record says, to the letter and without quotes.
        type: str
        required: true
      ttl:
        description: Seconds for which others may remember it; raise it for a record that stays.
        type: int
        default: 60
      dns_server:
        description:
          - The entry of O(dns_servers) that serves the record's name.
          - Needed where there are several. For a zone to which a CNAME delegates, its server is found by itself.
        type: str
      replaces:
        description:
          - Values of earlier tokens of the same order, which go where they lie at the record's name.
          - Give it where the CA handed out a new token, or one was entered wrong and is entered again.
        type: list
        elements: str
      certificate:
        description: Identifier of the certificate that it is for; returned as it is given.
        type: str
  state:
    description:
      - Whether the records lie there.
      - Set V(retracted) once the CA has validated the names, or the order is closed.
    type: str
    choices: [published, retracted]
    default: published
  timeout_seconds:
    description:
      - How long each question and each update may take.
      - Raise it for a slow server.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Publish a token
  koshin.tls.dns_token:
    tokens:
      - name: www.example.jp
        record: _acme-challenge.www.example.jp
        value: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
    dns_servers:
      - name: ns1
        address: 192.0.2.53
        tsig_name: koshin
        tsig_secret: "{{ vault_tsig }}"
  delegate_to: localhost
  run_once: true

- name: Retract it
  koshin.tls.dns_token:
    state: retracted
    tokens:
      - name: www.example.jp
        record: _acme-challenge.www.example.jp
        value: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
    dns_servers: "{{ tls_dns_servers }}"
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
    record:
      description: Name of the record, null where none was given.
      type: str
      returned: always
    type:
      description: Type of the record.
      type: str
      returned: always
    dns_server:
      description: The entry of O(dns_servers) that was named for it, null where none was.
      type: str
      returned: always
    state:
      description: What O(state) says.
      type: str
      returned: always
    changed:
      description: Whether the record appeared or went.
      type: bool
      returned: always
    error:
      description:
        - "What went wrong, or null: code, message, next_move."
        - "Codes: V(record_refused), V(token_conflict), V(zone_not_found) (also for a zone that moves to another server
          meanwhile), V(dns_alias), V(dns_not_allowed), V(dns_key), V(dns_clock), V(dns_unreachable),
          V(unknown_server), and those of malformed entries."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._core.dns import RECORD_TYPES, Record
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._dcv.primary import Primary
from ansible_collections.koshin.tls.plugins.module_utils._dcv.update import Wanted, write
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._schema.check import check, label
from ansible_collections.koshin.tls.plugins.module_utils._schema.dns_servers import DNS_SERVER, dns_servers
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import Field

TOKEN = {
    "name": Field(required=True),
    "record": Field(required=True),
    "type": Field(choices=RECORD_TYPES),
    "value": Field(required=True),
    "ttl": Field(kind="integer"),
    "dns_server": Field(),
    "certificate": Field(),
    "replaces": Field(kind="list"),
}
OPTIONS = {
    "state": {"type": "str", "choices": ["published", "retracted"], "default": "published"},
    "timeout_seconds": {"type": "int", "default": 10},
}


def dns_token(module: Module) -> Outcome:
    entries, state = module.params["tokens"], module.params["state"]
    servers = dns_servers(module.params["dns_servers"])
    primaries = {
        name: Primary(server, timeout_seconds=module.params["timeout_seconds"]) for name, server in servers.items()
    }
    read = [wanted(entry, f"tokens[{label(entry, number)}]", primaries) for number, entry in enumerate(entries)]
    good = [one for one in read if isinstance(one, Wanted)]
    written = iter(write(good, present=state == "published", dry_run=module.check_mode))
    results = [next(written) if isinstance(one, Wanted) else one for one in read]
    items = [item(entry, number, state, result) for number, (entry, result) in enumerate(zip(entries, results))]
    changed = [one.record for one, result in zip(read, results) if isinstance(one, Wanted) and result is True]
    return Outcome("tokens", items, diff=[diff(record, state) for record in changed])


def wanted(entry: t.Any, path: str, primaries: dict[str, Primary]) -> Wanted | KoshinError:
    try:
        values = check(entry, TOKEN, path)
        name = values.get("dns_server") or (next(iter(primaries)) if len(primaries) == 1 else None)
        if name not in primaries:
            raise InputRefused(
                f"{path} is for the DNS server {name}, which tls_dns_servers does not have."
                if name
                else f"{path} names no dns_server, and tls_dns_servers has {len(primaries)}.",
                f"Set dns_server to one of: {', '.join(primaries) or 'none is there, add one'}.",
                code="unknown_server",
            )
    except KoshinError as error:
        return error
    kind, ttl, replaces = values.get("type", "TXT"), values.get("ttl", 60), tuple(values.get("replaces", ()))
    record = Record(values["name"], values["record"], kind, values["value"], ttl, replaces)
    return Wanted(record, primaries[name], tuple(primaries.values()))


def item(entry: t.Any, number: int, state: str, result: bool | KoshinError) -> dict[str, t.Any]:
    error = result if isinstance(result, KoshinError) else None
    return {
        "name": label(entry, number),
        **{key: entry.get(key) for key in ("certificate", "record", "dns_server")},
        "type": entry.get("type", "TXT"),
        "state": state,
        "changed": error is None and bool(result),
        "error": None if error is None else error.as_result(),
    }


def diff(record: Record, state: str) -> dict[str, str]:
    there, absent = f"token for {record.name}\n", "absent\n"
    before, after = (absent, there) if state == "published" else (there, absent)
    return {"before_header": str(record), "after_header": str(record), "before": before, "after": after}


def main() -> None:
    run(dns_token, options=OPTIONS, lists={"tokens": TOKEN, "dns_servers": DNS_SERVER})


if __name__ == "__main__":
    main()
