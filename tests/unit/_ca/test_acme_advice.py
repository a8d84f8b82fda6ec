# SPDX-License-Identifier: GPL-3.0-or-later
"""When an ACME server advises to renew, over real sockets with a server that says all kinds of things."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_advice import advice_of
from ansible_collections.koshin.tls.plugins.module_utils._ca.base import Advice
from ansible_collections.koshin.tls.plugins.module_utils._ca.session import Session
from ansible_collections.koshin.tls.plugins.module_utils._core.account import Connection
from contract.website import Page, Website

KNOWN = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
OTHER = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyF"
START, END = "2026-12-01T00:00:00Z", "2026-12-02T12:30:00Z"


@pytest.fixture
def server() -> Iterator[Website]:
    with Website() as running:
        yield running


def advice(server: Website, *identifiers: str, where: str = "/renewal-info") -> dict[str, Advice]:
    url = f"http://{server.address}"
    session = Session(Connection(url), name="ca", patience_seconds=0.2)
    try:
        return dict(advice_of(session, f"{url}{where}", identifiers))
    finally:
        session.close()


def says(server: Website, said: object, identifier: str = KNOWN, status: int = 200) -> None:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    server.pages["127.0.0.1", f"/renewal-info/{identifier}"] = Page(body, status)


def window(start: object = START, end: object = END, **more: object) -> dict[str, object]:
    return {"suggestedWindow": {"start": start, "end": end}, **more}


@pytest.mark.parametrize("where", ["/renewal-info", "/renewal-info/"])
def test_advice_is_a_window_with_an_explanation(server: Website, where: str):
    says(server, window(explanationURL="https://ca.example.jp/why"))

    told = advice(server, KNOWN, where=where)

    starts_at, ends_at = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, 12, 30, tzinfo=UTC)
    assert told == {KNOWN: Advice(starts_at, ends_at, "https://ca.example.jp/why")}


def test_of_what_the_server_knows_nothing_there_is_none(server: Website):
    says(server, window())

    assert set(advice(server, OTHER, KNOWN, "unknown")) == {KNOWN}
    assert advice(server) == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-12-01T00:00:00.123456789Z", datetime(2026, 12, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-01T09:00:00+09:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T09:00:00.5+09:00", datetime(2026, 12, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("2026-12-01t00:00:00z", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_every_form_of_rfc_3339(server: Website, text: str, read: datetime):
    says(server, window(text))

    assert advice(server, KNOWN)[KNOWN].starts_at == read


@pytest.mark.parametrize(
    "said",
    [
        window(END, START),
        window(START, START),
        window("2026-12-01T00:00:00"),
        window("soon"),
        window(1796083200),
        window(None),
        {"suggestedWindow": [START, END]},
        {"suggestedWindow": {}},
        {},
        [],
        None,
    ],
)
def test_advice_that_cannot_be_read_is_none(server: Website, said: object):
    says(server, said)

    assert advice(server, KNOWN) == {}


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_advice_that_does_not_come_is_none(server: Website, status: int):
    says(server, window(), status=status)

    assert advice(server, KNOWN) == {}


def test_what_is_not_json_is_no_advice(server: Website):
    says(server, b"<html>")

    assert advice(server, KNOWN) == {}


@pytest.mark.parametrize(
    "link", ["http://ca.example.jp/", "javascript:alert(1)", "https://ca.example.jp/\n[31m", 7, None]
)
def test_an_explanation_that_is_no_link_is_left_out(server: Website, link: object):
    says(server, window(explanationURL=link))

    assert advice(server, KNOWN)[KNOWN].explanation == ""
