# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors for somebody at 3 a.m.: what was found, and what to do next."""

from __future__ import annotations


class KoshinError(Exception):
    """Something that a person has to know: C(message) names the thing and the finding, C(next_move) says what to do.

    C(code) is stable, for programs: each class has its own, a more precise one may be given.
    """

    code = "error"

    def __init__(self, message: str, next_move: str, code: str | None = None) -> None:
        super().__init__(f"{message} {next_move}".strip())
        self.message = message
        self.next_move = next_move
        if code is not None:
            self.code = code

    def as_result(self) -> dict[str, str]:
        """Return what a module's item carries as its C(error)."""
        return {"code": self.code, "message": self.message, "next_move": self.next_move}


class InputRefused(KoshinError):
    """The user's lists say something that cannot be meant."""

    code = "input_refused"


class CertificateUnreadable(KoshinError):
    """A certificate, key or request is not what its file name says."""

    code = "unreadable"


class KeyMismatch(KoshinError):
    """A certificate and a key that should belong together do not."""

    code = "key_mismatch"


class InstallationFailed(KoshinError):
    """A set was not installed, or the old one was put back."""

    code = "installation_failed"


class LedgerRefused(KoshinError):
    """The ledger cannot be used, or what was asked of it contradicts what it knows."""

    code = "ledger_refused"


class HeldElsewhere(LedgerRefused):
    """Another run works on this certificate now."""

    code = "held_elsewhere"
