#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_install
short_description: Install issued certificates as one set, prove them over the wire, or put back what was there
description:
  - Checks certificate, chain and key in process, writes them as one set, and switches to the set by one rename. Then
    lets each service test its configuration, reloads it once, and looks over the wire at 127.0.0.1 until it serves the
    new certificate with a chain that verifies. If anything fails, what was there before is put back, reloaded and
    looked for in the same way.
  - The paths that a service reads become symbolic links into O(directory). Files that lie there at first are kept as
    they were, with owner, group and mode, and the new ones get the same, but no new key is readable by everybody.
  - Certificates that share a service are tested and reloaded together. Where that fails, each is tried alone, so that
    one bad certificate stops no other. What fails is the error of its item, not of the module.
  - May be killed at any time. The paths then still hold a certificate and the key that belongs to it, and the next
    run goes on.
  - A certificate whose names are all wildcards is looked at under C(www) in place of the asterisk.
  - Runs on the host that has the key.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - cryptography >= 3.3.2
extends_documentation_fragment:
  - koshin.tls.services
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode), checks everything that can be read, and changes and runs nothing.
  diff_mode:
    support: full
    description: Shows serial, names, dates and paths before and after, never what a file holds.
options:
  installations:
    description:
      - The certificates to install.
      - Give what RV(koshin.tls.order#module:installations) has for this host, unchanged.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the certificate.
          - Always set it.
        type: str
        required: true
      chain:
        description:
          - The certificate and its intermediates in PEM form, each signed by the next, without the root.
          - Always set it.
        type: list
        elements: str
        required: true
      key_hash:
        description:
          - SHA-256 of the public key in hex, which finds the private key among the requests that wait on this host.
          - Always set it.
        type: str
        required: true
      names:
        description:
          - The names that the certificate has to stand for.
          - Always set them.
        type: list
        elements: str
        required: true
      files:
        description:
          - Absolute paths that the services read, by role C(certificate), C(chain), C(fullchain) and C(key).
          - Set them when the services do not read C(<directory>/<name>/current/).
        type: dict
      services:
        description:
          - Names of the services that read it and are reloaded.
          - Set them when anything serves it.
        type: list
        elements: str
      trust_anchors:
        description:
          - Roots in PEM form, one of which the served chain has to reach.
          - Set it when the system's roots are not the ones that count.
        type: str
      publicly_trusted:
        description:
          - Whether the certificate authority is one that browsers trust.
          - Set it for a public certificate authority; any other one is never installed over a publicly trusted one.
        type: bool
        default: false
      resolver:
        description:
          - Where the names are looked up later on; only handed on to RV(endpoints).
          - Set it when the names are not in the DNS.
        type: dict
  directory:
    description:
      - Directory of keys, requests and sets on this host.
      - Set it when C(/etc/koshin/tls) cannot be used; to the same as for the other modules of this host.
    type: path
    default: /etc/koshin/tls
  look_seconds:
    description:
      - How many seconds the new certificate may take to appear on the wire after a reload.
      - Raise it for services that reload slowly.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Install what was issued for this host
  koshin.tls.certificate_install:
    installations: "{{ orders.installations[inventory_hostname] | default([]) }}"
    services:
      - name: nginx
        test_command: nginx -t
        reload_command: systemctl reload nginx
        port: 443
  become: true
  register: installed
"""

RETURN = r"""
installations:
  description: One item for each certificate, in the order of O(installations).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    changed:
      description: Whether it was installed or put back; in check mode whether it would be installed.
      type: bool
      returned: always
    error:
      description: "What went wrong, or null: code, message, next_move."
      type: dict
      returned: always
    serial:
      description: Serial number in lower-case hex; null where the certificate was refused.
      type: str
      returned: always
    key_hash:
      description: SHA-256 of its public key in hex.
      type: str
      returned: always
    not_before:
      description: Beginning of its validity (UTC); null where the certificate was refused.
      type: str
      returned: always
    not_after:
      description: End of its validity (UTC); null where the certificate was refused.
      type: str
      returned: always
    paths:
      description: Paths at which services find it.
      type: list
      elements: str
      returned: always
    services:
      description: Names of the services that are reloaded when it changes.
      type: list
      elements: str
      returned: always
    went_back:
      description: Whether it was installed and then replaced by what was there before, because something failed.
      type: bool
      returned: always
endpoints:
  description: Where the installed certificates should be served, as M(koshin.tls.endpoint_info) takes them.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate.
      type: str
      returned: always
    server_name:
      description: Name that a client asks for.
      type: str
      returned: always
    port:
      description: Port of the service.
      type: int
      returned: always
    fingerprint:
      description: SHA-256 of the certificate in hex.
      type: str
      returned: always
    trust_anchors:
      description: Roots in PEM form that the chain has to reach; null for those of the system.
      type: str
      returned: always
    resolver:
      description: Where the name is looked up; null for the system's resolver.
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
"""

from contextlib import nullcontext
from datetime import datetime, timezone
from os import defpath, environ
from os.path import normpath

from ansible_collections.koshin.tls.plugins.module_utils._core.outcome import Item, each
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, run
from ansible_collections.koshin.tls.plugins.module_utils._install.change import (
    Change,
    plan,
    refuse_private_over_public,
)
from ansible_collections.koshin.tls.plugins.module_utils._install.installation import (
    Installation,
    installation_from,
)
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import (
    DIRECTORY,
    Layout,
    absolute,
    refuse_doubles,
)
from ansible_collections.koshin.tls.plugins.module_utils._install.results import difference, endpoints_of, item_of
from ansible_collections.koshin.tls.plugins.module_utils._install.service import services_from
from ansible_collections.koshin.tls.plugins.module_utils._install.transaction import Host, alone, install
from ansible_collections.koshin.tls.plugins.module_utils._install.wire import look
from ansible_collections.koshin.tls.plugins.module_utils._schema.services import SERVICE

OPTIONS = {
    "directory": {"type": "path", "default": DIRECTORY},
    "look_seconds": {"type": "int", "default": 10},
}


def certificate_install(module: Module) -> Outcome:
    wanted = [installation_from(entry, place) for place, entry in enumerate(module.params["installations"])]
    directory = normpath(absolute(module.params["directory"]))
    with nullcontext() if module.check_mode else alone(directory):
        planned = plan_each(module, wanted, directory)
        changes = [item["change"] for item in planned if item["change"] is not None]
        needed = [change for change in changes if change.needed]
        diff = [difference(change) for change in needed]
        host = Host(run=lambda words: run_command(module, words), look_seconds=module.params["look_seconds"])
        results = {} if module.check_mode else {one.change.name: one for one in install(needed, host)}
    items = [item_of(one, item["change"], results.get(one.name), item["error"]) for one, item in zip(wanted, planned)]
    failed = {item["name"] for item in items if item["error"]}
    in_place = [one for one in changes if one.name not in failed and not (module.check_mode and one.needed)]
    endpoints = [endpoint for change in in_place for endpoint in endpoints_of(change)]
    return Outcome(noun="installations", items=items, extra={"endpoints": endpoints}, diff=diff)


def plan_each(module: Module, wanted: list[Installation], directory: str) -> list[Item]:
    services, now = services_from(module.params["services"]), datetime.now(timezone.utc)
    refused = refuse_doubles((one.name, *one.files.values()) for one in wanted)

    def plan_one(installation: Installation) -> dict[str, Change]:
        if installation.name in refused:
            raise refused[installation.name]
        change = plan(installation, Layout(installation.name, directory), services, now)
        refuse_private_over_public(change, look)
        return {"change": change}

    return each(wanted, plan_one, name=lambda installation: installation.name, blank={"change": None})


def run_command(module: Module, words: tuple[str, ...]) -> tuple[int, str, str]:
    # Behind su and some SSH servers the path leaves out where daemons and their commands lie.
    path = f"{environ.get('PATH', defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
    return module.run_command(
        list(words), handle_exceptions=False, expand_user_and_vars=False, environ_update={"PATH": path}
    )


def main() -> None:
    run(certificate_install, options=OPTIONS, lists={"installations": {}, "services": SERVICE})


if __name__ == "__main__":
    main()
