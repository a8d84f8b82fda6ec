# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens for XOAUTH2: an OAuth2 client asks for one with its own credentials (RFC 6749 section 4.4)."""

from __future__ import annotations

import ipaddress
import json
import ssl
import typing as t
import urllib.error
import urllib.request
from urllib.parse import urlencode, urlsplit

from .._core.account import OAuth
from .._core.errors import InputRefused, KoshinError
from .cleaning import shown

TIMEOUT_SECONDS = 30
MOST_BYTES = 64 * 1024


class TokenRefused(KoshinError):
    """The token server gives no token."""

    code = "token_refused"


def fetch_token(oauth: OAuth, *, context: ssl.SSLContext) -> str:
    """Return a fresh access token. The secret is sent to C(token_url) alone: redirections are not followed.

    Raises InputRefused for a URL over which a secret may not go, TokenRefused where no token comes back.
    """
    _refuse_plain(oauth.token_url)
    form = {"grant_type": "client_credentials", "client_id": oauth.client_id, "client_secret": oauth.client_secret}
    if oauth.scope:
        form["scope"] = oauth.scope
    request = urllib.request.Request(
        oauth.token_url, urlencode(form).encode("ascii"), {"Accept": "application/json", "User-Agent": "koshin.tls"}
    )
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirection)
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            answer = response.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(oauth, f"answers {error.code}: {_reason(error.read(MOST_BYTES))}") from None
    except (OSError, ValueError) as error:
        raise _refused(oauth, f"cannot be asked: {getattr(error, 'reason', None) or error}") from None
    token = _said(answer).get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise _refused(oauth, f"answers without a token: {_reason(answer)}")
    return token


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_unused: t.Any) -> None:
        """Follow nothing: the redirection itself becomes the error."""


def _refuse_plain(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise InputRefused(
        "mailbox.oauth.token_url is not https: the client's secret would be sent in the clear.",
        "Write the https URL of the token server.",
        code="insecure_url",
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(answer: bytes) -> dict[str, t.Any]:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _reason(answer: bytes) -> str:
    """Return the server's reason (RFC 6749 section 5.2), and nothing else of its answer: it may hold a token."""
    said = _said(answer)
    reasons = [said[key] for key in ("error", "error_description") if isinstance(said.get(key), str)]
    return ": ".join(reasons) or "it gives no reason"


def _refused(oauth: OAuth, problem: str) -> TokenRefused:
    parts = urlsplit(oauth.token_url)
    return TokenRefused(
        f"The token server {parts.hostname} {shown(problem, [oauth.client_secret])}.",
        "Look at token_url, client_id, client_secret and scope under mailbox.oauth, and at whether the secret expired.",
    )
