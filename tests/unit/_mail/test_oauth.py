# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: to whom the client's secret is sent, and what is said when none comes back."""

from __future__ import annotations

import ssl

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import OAuth
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._mail.oauth import TokenRefused, fetch_token
from sandbox.serving import server_certificate
from sandbox.tokens import TokenServer

SECRET = "the client's secret"


def fetch(tokens: TokenServer, ca_file: str | None = None, **more: str) -> str:
    return fetch_token(OAuth(**tokens.settings(**more)), context=ssl.create_default_context(cafile=ca_file))


def test_a_token_by_https(tmp_path):
    certificate = server_certificate(tmp_path)
    with TokenServer("tls", certificate=certificate) as tokens:
        assert fetch(tokens, str(certificate.ca_file)) in tokens.tokens


def test_a_token_server_that_nobody_vouches_for_gets_no_secret(tmp_path):
    certificate, refused = server_certificate(tmp_path), "cannot be asked: .*certificate verify failed"
    with TokenServer("tls", certificate=certificate) as tokens, pytest.raises(TokenRefused, match=refused):
        fetch(tokens)

    assert tokens.asked == []


@pytest.mark.parametrize(
    "url", ["http://login.example.com/token", "http://127.0.0.1.example.com/token", "ftp://localhost/x"]
)
def test_a_secret_does_not_travel_in_the_clear(url: str):
    with pytest.raises(InputRefused, match="is not https"):
        fetch_token(OAuth(url, "koshin", SECRET), context=ssl.create_default_context())


def test_redirections_are_not_followed():
    with TokenServer("tls") as other, TokenServer("tls", answer=(302, b""), location=other.token_url) as tokens:
        with pytest.raises(TokenRefused, match="answers 302"):
            fetch(tokens)

        assert other.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (
            400,
            b'{"error": "invalid_scope", "error_description": "No such scope."}',
            "answers 400: invalid_scope: No such scope",
        ),
        (401, b'{"error": "the client\'s secret is wrong"}', "answers 401: ******** is wrong"),
        (500, b"<html>the client's secret</html>", "answers 500: it gives no reason"),
        (302, b"", "answers 302"),
        (200, b"{}", "answers without a token"),
        (200, b'{"access_token": 5}', "answers without a token"),
        (200, b'{"access_token": "a\\u0001b"}', "answers without a token"),
        (200, b"[" * 60_000, "answers without a token"),
        (200, b"not json", "answers without a token"),
    ],
)
def test_no_token(status: int, answer: bytes, message: str):
    with TokenServer("tls", answer=(status, answer)) as tokens, pytest.raises(TokenRefused) as refused:
        fetch(tokens)

    assert message in refused.value.message
    assert SECRET not in str(refused.value)
    assert refused.value.code == "token_refused"
