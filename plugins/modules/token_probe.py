#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: token_probe
short_description: Look whether validation tokens answer as the CA will look at them
description:
  - Gets every file token by plain HTTP on port 80, at every address of its name, IPv4 and IPv6, and compares the whole
    page with it, white space at the end aside. An address that this machine has no way to is left out.
  - Follows up to five redirects (301, 302, 307, 308) to HTTP and HTTPS on ports 80 and 443, as the Baseline
    Requirements (3.2.2.4.18) allow a CA, and like most CAs does not verify the certificate on the way. From a public
    address it follows none to one that is not.
  - An address that is not public is asked only where O(resolver), or the token's own, is given.
  - Asks every authoritative server of a record token's zone, never a cache, through the CNAMEs that delegate it.
  - Runs anywhere. A look from inside says nothing of what a CA sees from outside, so it is labelled and decides
    nothing; run it on a host outside the firewall to know more. CAs look from several places at once (BR 3.2.2.9),
    and no one place can prove what all of them see.
  - A token that is not seen is the error of its item, not of the module.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - dnspython, for records and where a resolver names a C(dns_server)
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); it only looks, and looks once there, as nothing new was published.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  tokens:
    description:
      - The tokens to look for.
      - Give what RV(koshin.tls.order#module:probes) returned, unchanged.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain name that is asked.
        type: str
        required: true
      path:
        description: The path under that name, from C(/) on; with O(tokens[].content), for a file.
        type: str
      content:
        description: What has to answer.
        type: str
      record:
        description: The name of the record; with O(tokens[].value), for a record.
        type: str
      type:
        description: The type of the record.
        type: str
        choices: [TXT, CNAME, TLSA]
        default: TXT
      value:
        description: What the record has to say.
        type: str
      certificate:
        description: Identifier of the certificate, to tell tokens of one name apart in the result.
        type: str
      web_root:
        description: Where the token lies on its host; not looked at here.
        type: str
      resolver:
        description: Where this token's name is looked up, instead of O(resolver).
        type: dict
  resolver:
    description:
      - Where names are looked up instead of the system's resolver, as in C(tls_accounts[].resolver).
      - Set it to look before DNS says so, or where the CA is C(local) and looks the same way.
    type: dict
    suboptions:
      hosts:
        description: From C(name:port), or C(*:port) for every name, to C(address:port); an IPv6 address in brackets.
        type: dict
      dns_server:
        description: A DNS server as C(address) or C(address:port), for names that O(resolver.hosts) does not have.
        type: str
  wait_seconds:
    description:
      - How long to look again, every second and then more seldom, at tokens that are not seen yet.
      - Raise it where servers take a while to serve what is new. Its passing is a result, not a failure.
    type: int
    default: 0
  timeout_seconds:
    description:
      - How long one look may take, redirects included.
      - Raise it for slow sites; a CA waits about as long as the default.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Look at the tokens as the CA will
  koshin.tls.token_probe:
    tokens: "{{ orders.probes }}"
    wait_seconds: 10
  delegate_to: localhost
  run_once: true
  register: probes

- name: Look at one token, on a web server that DNS does not name yet
  koshin.tls.token_probe:
    tokens:
      - name: www.example.jp
        path: /.well-known/pki-validation/4f2d9c0b7a61e853.txt
        content: 1b5c4d2f8e907a36c4e1d0b9a8f7e6d5c4b3a291
    resolver:
      hosts:
        "www.example.jp:80": "127.0.0.1:8080"
"""

RETURN = r"""
probes:
  description: One item for each token, in the order of O(tokens).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The domain name.
      type: str
      returned: always
    certificate:
      description: Identifier of the certificate, null where none was given.
      type: str
      returned: always
    changed:
      description: Always V(false).
      type: bool
      returned: always
    url:
      description: Where the look began, for a record as C(dns:_dnsauth.www.example.jp?type=TXT) (RFC 4501).
      type: str
      returned: always
    seen:
      description: Whether the token answers.
      type: bool
      returned: always
    found:
      description: The beginning of what answered, at most 200 characters; empty where nothing did.
      type: str
      returned: always
    expected:
      description: What should answer.
      type: str
      returned: always
    problem:
      description: What is wrong, to be read after the URL; null where the token is seen.
      type: str
      returned: always
    from_inside:
      description:
        - Whether the look went through a resolver's map or to an address that is not public.
        - Such a look decides nothing, a CA may see something else.
      type: bool
      returned: always
    error:
      description: "What went wrong, or null: code (V(token_not_seen)), message, next_move."
      type: dict
      returned: always
caution:
  description: What the looks cannot show, for whoever reads the result.
  returned: always
  type: str
  sample: Looked at from one place; CAs look from several at once (BR 3.2.2.9), and none can prove what all of them see.
from_inside:
  description: Whether any of the looks was one from inside.
  returned: always
  type: bool
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import KoshinError
from ansible_collections.koshin.tls.plugins.module_utils._dcv.look import look_until
from ansible_collections.koshin.tls.plugins.module_utils._dcv.sight import Sight
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._schema.check import check, label
from ansible_collections.koshin.tls.plugins.module_utils._schema.probed import PROBED, probed_token
from ansible_collections.koshin.tls.plugins.module_utils._schema.resolver import RESOLVER, resolver_from

OPTIONS = {
    "resolver": {"type": "dict"},
    "wait_seconds": {"type": "int", "default": 0},
    "timeout_seconds": {"type": "int", "default": 10},
}


CAUTION = (
    "Looked at from one place; CAs look from several at once (BR 3.2.2.9), and none can prove what all of them see."
)


def token_probe(module: Module) -> Outcome:
    entries = [check(entry, PROBED, f"tokens[{label(entry, n)}]") for n, entry in enumerate(module.params["tokens"])]
    by_default = module.params["resolver"]
    if by_default is not None:
        by_default = check(by_default, RESOLVER, "resolver")
    sights = look_until(
        [(probed_token(entry), resolver_from(entry.get("resolver", by_default))) for entry in entries],
        wait_seconds=0 if module.check_mode else module.params["wait_seconds"],
        timeout_seconds=module.params["timeout_seconds"],
    )
    probes = [probe(entry, sight) for entry, sight in zip(entries, sights)]
    return Outcome("probes", probes, extra={"caution": CAUTION, "from_inside": any(one.from_inside for one in sights)})


def probe(entry: dict[str, t.Any], sight: Sight) -> dict[str, t.Any]:
    return {
        "name": sight.name,
        "certificate": entry.get("certificate"),
        "changed": False,
        "url": sight.url,
        "seen": sight.seen,
        "found": sight.found,
        "expected": probed_token(entry).content,
        "problem": sight.problem,
        "from_inside": sight.from_inside,
        "error": None if sight.seen else not_seen(entry, sight).as_result(),
    }


def not_seen(entry: dict[str, t.Any], sight: Sight) -> KoshinError:
    found = f"; found {sight.found!r}" if sight.found else ""
    move = f"See that {sight.name} serves this file, with no redirect, login or firewall before it, then run again."
    if "record" in entry:
        move = "See that every server of the zone has the record (secondaries follow by NOTIFY), then run again."
    message = f"{sight.url} {sight.problem}{found}; the CA expects {probed_token(entry).content!r}."
    return KoshinError(message, move, code="token_not_seen")


def main() -> None:
    run(token_probe, options=OPTIONS, lists={"tokens": PROBED})


if __name__ == "__main__":
    main()
