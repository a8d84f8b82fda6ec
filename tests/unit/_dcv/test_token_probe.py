# SPDX-License-Identifier: GPL-3.0-or-later
"""The module that looks at tokens: what it makes of the lists it is given, and what it says for somebody at 3 a.m."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.order import FileToken
from ansible_collections.koshin.tls.plugins.modules import token_probe
from contract.website import Page, Website

TOKEN = FileToken("www.example.jp", "/.well-known/pki-validation/4f2d.txt", "1b5c4d2f8e907a36")


@dataclass
class Asked:
    """What an AnsibleModule is to the work: parameters and check mode."""

    params: dict
    check_mode: bool = False


@pytest.fixture
def website():
    with Website() as running:
        yield running


def probed(website: Website, *tokens: dict, check_mode: bool = False, **params):
    by_default = {"tokens": tokens, "resolver": to_dict(website), "wait_seconds": 0, "timeout_seconds": 5}
    return token_probe.token_probe(Asked({**by_default, **params}, check_mode))


def to_dict(website: Website) -> dict:
    return {"hosts": dict(website.resolver.hosts)}


def item(token: FileToken = TOKEN, **more: object) -> dict:
    return {"name": token.name, "path": token.path, "content": token.content, **more}


def test_a_token_that_answers(website: Website):
    website.publish(TOKEN)

    outcome = probed(website, item(certificate="www", web_root="/var/www/html"))

    assert outcome.noun == "probes"
    assert outcome.items == [
        {
            "name": "www.example.jp",
            "certificate": "www",
            "changed": False,
            "url": "http://www.example.jp/.well-known/pki-validation/4f2d.txt",
            "seen": True,
            "found": "1b5c4d2f8e907a36",
            "expected": "1b5c4d2f8e907a36",
            "problem": None,
            "from_inside": True,
            "error": None,
        }
    ]
    assert outcome.extra["from_inside"] is True
    assert "one place" in outcome.extra["caution"]


def test_one_that_does_not_says_what_was_found_and_what_was_expected(website: Website):
    website.pages[TOKEN.name, TOKEN.path] = Page(b"<html>Please log in</html>")

    (probe,) = probed(website, item()).items

    assert probe["seen"] is False
    assert probe["error"]["code"] == "token_not_seen"
    assert probe["error"]["message"] == (
        "http://www.example.jp/.well-known/pki-validation/4f2d.txt answers something else; "
        "found '<html>Please log in</html>'; the CA expects '1b5c4d2f8e907a36'."
    )
    assert "www.example.jp" in probe["error"]["next_move"]


def test_every_token_may_have_a_resolver_of_its_own(website: Website):
    website.publish(TOKEN)

    (by_itself,) = probed(website, item(resolver={**to_dict(website), "dns_server": None}), resolver=None).items
    (by_default,) = probed(website, item(resolver=None)).items

    assert by_itself["seen"]
    assert by_default["seen"]


def test_nothing_to_look_at(website: Website):
    outcome = probed(website)

    assert outcome.items == []
    assert outcome.extra["from_inside"] is False


def test_it_waits_for_what_is_not_there_yet_but_not_in_check_mode(website: Website):
    began = time.monotonic()
    probed(website, item(), wait_seconds=30, check_mode=True)
    assert time.monotonic() - began < 1
    assert len(website.asked) == 1

    probed(website, item(), wait_seconds=1)
    assert len(website.asked) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "www.example.jp", "path": "/x"}, "is neither a file nor a record"),
        ({"name": "www.example.jp", "record": "_x"}, "is neither a file nor a record"),
        ({**item(), "record": "_x", "value": "x"}, "is neither a file nor a record"),
        ({**item(), "contents": "x"}, "The nearest known key is content"),
        (item(path="x"), r"path does not match /\.\*"),
        (item(content=5), "put it in quotes"),
        (item(resolver={"host": {}}), "The nearest known key is hosts"),
    ],
)
def test_a_list_that_is_none(website: Website, given: dict, message: str):
    with pytest.raises(InputRefused, match=message):
        probed(website, given)


def test_a_resolver_that_is_none(website: Website):
    with pytest.raises(InputRefused, match="resolver.hosts is text"):
        probed(website, item(), resolver={"hosts": "127.0.0.1"})
