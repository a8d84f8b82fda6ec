#!/usr/bin/python
# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
short_description: Read the certificates, keys and pending requests that lie on a host
description:
  - Reads, for every certificate that this host should have, the one in use, the key beside it, and the requests that
    wait for a certificate. All of a host are read in one task.
  - Private keys are read to see whether they belong to their certificates; they are never returned.
  - An entry that is malformed, or whose files are broken, is the error of its item, not of the module.
version_added: 0.1.0
author:
  - koshin.tls contributors (@koshin-tls)
requirements:
  - cryptography >= 3.3.2
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and changes nothing; it only reads.
  diff_mode:
    support: none
    description: Nothing is changed, so there is nothing to show.
options:
  certificates:
    description:
      - The certificates that this host should have, entries as in C(tls_certificates).
      - Give them as the inventory has them; what is not given here is not looked at.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the certificate on this host, and the name of its directory below O(directory).
          - Set it where the common name, with V(wildcard.) for V(*.), should not be the identifier.
        type: str
      common_name:
        description: The certificate's first name.
        type: str
        required: true
      additional_names:
        description: Its other names; handed on.
        type: list
        elements: str
      account:
        description: The account that it is ordered with; handed on.
        type: str
      organization:
        description: The organization that it names; handed on.
        type: str
      product:
        description: What is ordered at the CA; handed on.
        type: str
      key:
        description: Type and size of its next key; handed on.
        type: dict
      validation:
        description: How its names are validated; handed on.
        type: dict
      services:
        description: The services that read it; handed on.
        type: list
        elements: str
      files:
        description:
          - The absolute paths that its services read.
          - Set them where services do not read C(current/) in the certificate's directory.
        type: dict
        suboptions:
          certificate:
            description: The certificate alone; read where O(certificates[].files.fullchain) is not set.
            type: path
          chain:
            description: The certificates between it and the root; not looked at.
            type: path
          fullchain:
            description: The certificate and its chain.
            type: path
          key:
            description: The private key.
            type: path
  directory:
    description:
      - Where keys, requests and sets of files lie on this host.
      - Set it, alike for every module that has it, where C(/etc) is not the place for them.
    type: path
    default: /etc/koshin/tls
  web_root:
    description:
      - The directory on this host that its web server serves, returned as it is given.
      - Set it so that the control host knows where validation tokens have to lie here.
    type: path
"""

EXAMPLES = r"""
- name: Read the certificates that this host should have
  koshin.tls.certificate_info:
    certificates: "{{ tls_certificates | default([]) }}"
    web_root: "{{ tls_web_root | default(omit) }}"
  become: true
  register: certificates

- name: Read certificates that lie there, managed or not
  koshin.tls.certificate_info:
    certificates:
      - common_name: www.example.jp
        files:
          certificate: /etc/ssl/certs/www.example.jp.pem
      - name: mail
        common_name: mail.example.jp
        files:
          fullchain: /etc/postfix/mail.pem
          key: /etc/postfix/mail.key
  become: true
  register: certificates

- name: Say until when each is valid
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.found.certificate.not_after | default('nothing there') }}"
  loop: "{{ certificates.certificates | selectattr('found') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
certificates:
  description: One item for each entry, in the order of O(certificates).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Identifier of the certificate; the entry's number, from 0 on, where it has none.
      type: str
      returned: always
    changed:
      description: Always V(false).
      type: bool
      returned: always
    found:
      description: What lies there, null where the item carries an error.
      type: dict
      returned: always
      contains:
        certificate:
          description:
            - What the certificate in use says, null where there is none. Subject, names, issuer, serial (lower-case
              hex), not_before, not_after, key (type and size in bits), key_hash and fingerprint (SHA-256 in hex).
          type: dict
          returned: always
          sample:
            subject: {common_name: www.example.jp, legal_name: Example Corporation, country: JP}
            names: [www.example.jp, example.jp]
            issuer: CN=Example CA,O=Example,C=JP
            serial: 4f2d9c0b7a61e853
            not_before: "2026-05-01T00:00:00Z"
            not_after: "2026-11-15T23:59:59Z"
            key: {type: rsa, size: 2048}
        key_hash:
          description:
            - SHA-256 of the SubjectPublicKeyInfo of the key in use, in hex.
            - Null where there is no key, or this user may not read it.
          type: str
          returned: always
        unproven:
          description: Whether a switch to another set was begun and never proved over the wire.
          type: bool
          returned: always
        pending:
          description: The requests that wait for a certificate, key_hash to CSR in PEM form.
          type: dict
          returned: always
    error:
      description:
        - "What went wrong, or null: code, message, next_move."
        - "Codes: V(unreadable), V(key_mismatch), V(key_encrypted), V(file_unusable), V(claimed_twice), and those of
          malformed entries such as V(unknown_key)."
      type: dict
      returned: always
errors:
  description: Names of the items that carry an error.
  returned: always
  type: list
  elements: str
wanted:
  description:
    - The entries of O(certificates) as they were checked, their names filled in, in their order.
    - Malformed ones, and those that share a name or a path, are left out.
  returned: always
  type: list
  elements: dict
web_root:
  description: What O(web_root) says, null where it says nothing.
  returned: always
  type: str
"""

import typing as t

from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._door import Module, Outcome, each, run
from ansible_collections.koshin.tls.plugins.module_utils._install.found import find
from ansible_collections.koshin.tls.plugins.module_utils._install.layout import DIRECTORY, absolute, refuse_doubles
from ansible_collections.koshin.tls.plugins.module_utils._schema.certificates import (
    CERTIFICATE,
    certificate_entry,
    certificate_name,
)

OPTIONS = {"directory": {"type": "path", "default": DIRECTORY}, "web_root": {"type": "path"}}

Entry = dict[str, t.Any]


def certificate_info(module: Module) -> Outcome:
    directory, web_root = absolute(module.params["directory"]), module.params["web_root"]
    entries = module.params["certificates"]
    names = [certificate_name(entry, place) for place, entry in enumerate(entries)]
    doubles = refuse_doubles(claim_of(name, entry) for name, entry in zip(names, entries))
    wanted: dict[int, Entry] = {}

    def look(place: int) -> Entry:
        if names[place] in doubles:
            raise doubles[names[place]]
        wanted[place] = certificate_entry(entries[place], place)
        return {"changed": False, "found": to_plain(find(wanted[place], directory))}

    items = each(
        range(len(entries)),
        look,
        name=names.__getitem__,
        workers=1,  # reading is quick, and threads only wait for each other
        blank={"changed": False, "found": None},
    )
    return Outcome(
        "certificates",
        items,
        extra={"wanted": [wanted[place] for place in sorted(wanted)], "web_root": web_root and absolute(web_root)},
    )


def claim_of(name: str, entry: Entry) -> tuple[str, ...]:
    """Return the name and paths of an entry, which may be malformed."""
    files = entry.get("files")
    paths = files.values() if isinstance(files, dict) else ()
    return name, *(path for path in paths if isinstance(path, str))


def main() -> None:
    run(certificate_info, options=OPTIONS, lists={"certificates": CERTIFICATE})


if __name__ == "__main__":
    main()
