# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading certificates: all of them in one task, beside one after the other."""

from __future__ import annotations

from pathlib import Path

from comparison import Contender, task_costs
from material import common_names, write_certificate
from playing import koshin, peers
from table import Row, at_least, for_scale

FEW, MANY, MEASURED = 100, 1_000, 20

KOSHIN = [
    {
        "koshin.tls.certificate_info": {"certificates": "{{ wanted }}", "directory": "{{ directory }}"},
        "register": "read",
        "failed_when": "read.errors | length > 0",
    }
]
# What cannot be read is the error of its item, what is not there is none, and both would be quick.
KOSHIN_SHORT = ["read.certificates | selectattr('found.certificate') | length != wanted | length"]
# Nothing that runs on a host can be quicker than a module that does nothing.
NOTHING = [{"ansible.builtin.ping": {}}]
PEERS = [
    {
        "community.crypto.x509_certificate_info": {"path": "{{ item.files.certificate }}"},
        "loop": "{{ wanted }}",
        "loop_control": {"label": "{{ item.common_name }}"},
        "register": "read",
    }
]
PEERS_SHORT = ["not read.public_key_fingerprints.sha256"]


def rows(directory: Path, rounds: int) -> list[Row]:
    certificates = [
        {"common_name": name, "files": {"certificate": str(write_certificate(directory / f"{name}.pem", name))}}
        for name in common_names(MANY)
    ]
    few = Contender(koshin(directory), KOSHIN, certificates[:FEW], KOSHIN_SHORT)
    many = Contender(koshin(directory), KOSHIN, certificates, KOSHIN_SHORT)
    loop = Contender(peers(directory), PEERS, certificates[:MEASURED], PEERS_SHORT, every=3)
    nothing = Contender(koshin(directory), NOTHING, [], ["false"])
    few_cost, many_cost, loop_cost, least = task_costs([few, many, loop, nothing], rounds)
    return [
        for_scale("any task at all (ansible.builtin.ping)", cost=least),
        *(
            at_least(f"{count:,} certificates read", koshin=ours, peers=loop_cost.projected(MEASURED, count), goal=goal)
            for count, ours, goal in ((FEW, few_cost, 80), (MANY, many_cost, 400))
        ),
    ]
