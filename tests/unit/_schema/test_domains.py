# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_domains is checked whole: what is published can be retracted, and each name goes one way."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._schema.domains import domains


def test_entries_are_found_by_their_names_in_small_letters():
    assert domains([{"name": "Example.JP", "method": "dns", "dns_server": "ns1"}]) == {
        "example.jp": {"method": "dns", "dns_server": "ns1"}
    }


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{"name": "example.jp", "publish_tasks": "/x.yml"}], "only one of publish_tasks and retract_tasks"),
        ([{"name": "example.jp", "retract_tasks": "/x.yml"}], "only one of publish_tasks and retract_tasks"),
        (
            [{"name": "a.jp", "dns_server": "ns1", "publish_tasks": "/x.yml", "retract_tasks": "/x.yml"}],
            "has dns_server and publish_tasks",
        ),
        ([{"name": "example.jp"}, {"name": "EXAMPLE.jp"}], "two entries named EXAMPLE.jp"),
        ([{"name": "*.example.jp"}], "does not match"),
        ([{"name": "jp"}], "does not match"),
        ([{"name": "example.jp", "publish_tasks": "x.yml", "retract_tasks": "x.yml"}], "not an absolute path"),
        ([{"name": "example.jp", "prevalidation": ["a"], "method": "file"}], "its records are written by nobody"),
        ([{"name": "example.jp", "prevalidation": ["a"], "method": "dns"}], "its records are written by nobody"),
        ([{"name": "example.jp", "dnsserver": "ns1"}], "nearest known key is dns_server"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_path(entries: list, said: str):
    with pytest.raises(InputRefused, match="tls_domains") as refused:
        domains(entries)

    assert said in str(refused.value)
