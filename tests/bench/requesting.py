# SPDX-License-Identifier: GPL-3.0-or-later
"""P-256 keys and their CSRs: all of them in one task, beside two tasks that go one by one."""

from __future__ import annotations

from pathlib import Path

from comparison import Contender, task_costs
from material import common_names
from playing import koshin, peers
from table import Row, at_least

COUNT, MEASURED, GOAL = 100, 20, 200

KOSHIN = [
    {
        "koshin.tls.certificate_request": {"requests": "{{ wanted }}", "directory": "{{ directory }}"},
        "register": "made",
        "failed_when": "made.errors | length > 0",
    }
]
# What cannot be made is the error of its item, what is there already is only read, and both would be quick.
KOSHIN_SHORT = ["made.requests | selectattr('csr') | selectattr('changed') | length != wanted | length"]
PEERS = [
    {
        "community.crypto.openssl_privatekey": {
            "path": "{{ directory }}/{{ item.name }}.key",
            "type": "ECC",
            "curve": "secp256r1",
        },
        "loop": "{{ wanted }}",
        "loop_control": {"label": "{{ item.name }}"},
        "register": "key",
    },
    {
        "community.crypto.openssl_csr": {
            "path": "{{ directory }}/{{ item.name }}.csr",
            "privatekey_path": "{{ directory }}/{{ item.name }}.key",
            "common_name": "{{ item.subject.common_name }}",
            "organization_name": "{{ item.subject.legal_name }}",
            "locality_name": "{{ item.subject.locality }}",
            "state_or_province_name": "{{ item.subject.state }}",
            "country_name": "{{ item.subject.country }}",
            "subject_alt_name": "{{ item.names | map('regex_replace', '^', 'DNS:') }}",
        },
        "loop": "{{ wanted }}",
        "loop_control": {"label": "{{ item.name }}"},
        "register": "request",
    },
]
PEERS_SHORT = ["key is not changed", "request is not changed"]
SUBJECT = {"legal_name": "Example Corporation", "locality": "Chiyoda-ku", "state": "Tokyo", "country": "JP"}


def rows(directory: Path, rounds: int) -> list[Row]:
    requests = [
        {"name": name, "key": {"type": "ec", "size": 256}, "subject": {"common_name": name, **SUBJECT}, "names": [name]}
        for name in common_names(COUNT)
    ]
    together = Contender(koshin(directory), KOSHIN, requests, KOSHIN_SHORT)
    loop = Contender(peers(directory), PEERS, requests[:MEASURED], PEERS_SHORT, every=3)
    ours, theirs = task_costs([together, loop], rounds)
    return [at_least(f"{COUNT} P-256 keys and CSRs", koshin=ours, peers=theirs.projected(MEASURED, COUNT), goal=GOAL)]
