# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in to an IMAP server: TLS with a verified certificate first, then a password or a bearer token."""

from __future__ import annotations

import ssl

from .._core.account import MailboxSettings
from .._core.errors import KoshinError
from .cleaning import shown
from .connection import FAILURES, Connection
from .oauth import fetch_token
from .source import MailboxUnreadable

LOGIN_SECONDS = 30


def log_in(settings: MailboxSettings) -> Connection:
    """Return a connection on which folders can be opened. Raises MailboxUnreadable, and what fetch_token raises.

    A token that the server refuses is fetched anew, once: it may have expired on the way.
    """
    context = _context(settings, public_too=False)
    if settings.oauth is None:
        connection = _connected(settings, context)
        _authenticate(connection, settings, "PLAIN", f"\0{settings.user}\0{settings.password}", settings.password or "")
        return connection
    try:
        return _log_in_by_token(settings, context)
    except _LoginRefused:
        return _log_in_by_token(settings, context)


class _LoginRefused(MailboxUnreadable):
    code = "login_refused"


def _log_in_by_token(settings: MailboxSettings, context: ssl.SSLContext) -> Connection:
    if settings.oauth is None:
        raise ValueError("no client credentials")
    token = fetch_token(settings.oauth, context=_context(settings, public_too=True))
    connection = _connected(settings, context)
    _authenticate(connection, settings, "XOAUTH2", f"user={settings.user}\1auth=Bearer {token}\1\1", token)
    return connection


def _context(settings: MailboxSettings, *, public_too: bool) -> ssl.SSLContext:
    """Return what a server's certificate is checked with; C(public_too): by the system's roots beside ca_file."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise MailboxUnreadable(
            f"mailbox.ca_file {settings.ca_file} cannot be used: {shown(error.strerror or error)}.",
            "Give the path of a PEM file with the roots of the mail server's certificate.",
            code="certificate_refused",
        ) from None
    if public_too and settings.ca_file is not None:
        context.load_default_certs()
    return context


def _connected(settings: MailboxSettings, context: ssl.SSLContext) -> Connection:
    where = f"The mail server {settings.host} port {settings.port}"
    try:
        return Connection(settings.host or "", settings.port, context=context, implicit=not settings.starttls)
    except ssl.SSLCertVerificationError as error:
        raise MailboxUnreadable(
            f"{where} has a certificate that is not accepted: {shown(error.verify_message)}.",
            "Correct mailbox.host, or name its roots in mailbox.ca_file; nobody logged in.",
            code="certificate_refused",
        ) from None
    except FAILURES as error:
        raise MailboxUnreadable(
            f"{where} cannot be reached: {shown(error)}.",
            "Correct mailbox.host, mailbox.port and mailbox.starttls, or look at the network and at the server.",
        ) from None


def _authenticate(connection: Connection, settings: MailboxSettings, mechanism: str, answer: str, secret: str) -> None:
    challenges: list[bytes] = []

    def respond(challenge: bytes) -> bytes:
        # A second challenge of XOAUTH2 says what is wrong, and wants an empty answer.
        challenges.append(challenge)
        return answer.encode() if len(challenges) == 1 else b""

    try:
        if f"AUTH={mechanism}" not in connection.capabilities:
            raise MailboxUnreadable(*_refusal(settings, f"it does not offer {mechanism}"), code="login_refused")
        with connection.within(LOGIN_SECONDS):
            connection.authenticate(mechanism, respond)
    except KoshinError:
        connection.leave()
        raise
    except FAILURES as error:
        connection.leave()
        problem = "it does not answer" if connection.out_of_time else shown(error, [secret])
        if isinstance(error, connection.error) and not isinstance(error, connection.abort):
            raise _LoginRefused(*_refusal(settings, problem)) from None
        raise MailboxUnreadable(
            f"The mail server {settings.host} broke off while {settings.user} logged in: {problem}.",
            "Look at the network and at the server.",
        ) from None


def _refusal(settings: MailboxSettings, problem: str) -> tuple[str, str]:
    message = f"The mail server {settings.host} does not let {settings.user} in: {problem}."
    if settings.oauth is not None:
        return message, "Correct mailbox.user, and let the client of mailbox.oauth read this mailbox."
    return message, "Correct mailbox.user and mailbox.password; the server may want another password for programs."
