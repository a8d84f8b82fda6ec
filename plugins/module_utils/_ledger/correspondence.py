# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger's words for accounts: their mails, and whether anything may be bought there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from .._core.message import Message
from . import messages, purchasing, retention
from .book import Book
from .purchasing import Purchasing


class Correspondence(Book):
    def messages(
        self,
        *,
        own_reference: str | None = None,
        account: str | None = None,
        untied: bool = False,
        free: bool = False,
        naming: Sequence[str] = (),
        since: datetime | None = None,
    ) -> list[Message]:
        """Return messages, oldest first: of one order, of one account, tied to no order, received since then.

        C(free): tied to no order that is over. C(naming): with one of these names (and perhaps a few others).

        What was forgotten of them is empty: subject, wanted, link, code.
        """
        with self._reading() as connection:
            return messages.read(
                connection,
                own_reference=own_reference,
                account=account,
                untied=untied,
                free=free,
                naming=naming,
                since=since,
            )

    def marks(self, account: str) -> dict[str, str]:
        """Return folder → up to where it has been read."""
        with self._reading() as connection:
            return messages.marks(connection, account)

    def record_messages(
        self,
        account: str,
        said: Sequence[Message],
        marks: Mapping[str, str],
        ties: Mapping[str, Sequence[str]],
    ) -> int:
        """Write down messages, marks (folder → mark) and ties (identity → own references) together.

        A message that is known is not written twice, nor is one that is tied tied anew: what it belongs to was decided
        when it came, and a mailbox that is read from its beginning again must not say it of the orders of today.
        Returns how many were new.
        Raises LedgerRefused, codes C(unknown_order) and C(unknown_message), for ties to what there is not.
        """
        with self._writing() as transaction:
            new = messages.record(transaction, account, said)
            known = {one.identity for one in said} - {one.identity for one in new}
            settled = messages.tied(transaction.connection, account, known)
            messages.tie(transaction, account, {one: owns for one, owns in ties.items() if one not in settled})
            messages.mark(transaction, account, marks)
            return len(new)

    def tie(self, account: str, identity: str, own_references: Sequence[str]) -> bool:
        """Write down that a message belongs to these orders, too; return whether that is news."""
        with self._writing() as transaction:
            return messages.tie(transaction, account, {identity: own_references})

    def purchasing(self, account: str) -> Purchasing:
        """Return whether anything may be bought at an account; nothing may at one that was never seen."""
        with self._reading() as connection:
            return purchasing.read(connection, account)

    def see_account(self, account: str, *, newest: str | None, reason: str) -> Purchasing:
        """Close purchasing, with C(reason), at the first sight of an account or where this ledger is older than it.

        C(newest): number of the newest order there, None where that cannot be asked. Returns how it stands.
        """
        with self._writing() as transaction:
            return purchasing.see(transaction, account, newest=newest, reason=reason)

    def open_purchasing(self, account: str, *, by: str, note: str = "") -> tuple[Purchasing, bool]:
        """Take a person's word that all orders of an account are known; return how it stands, and if that is news.

        Raises LedgerRefused, code C(not_awaited), for an account that was never seen.
        """
        with self._writing() as transaction:
            return purchasing.open_up(transaction, account, by=by, note=note)

    def forget(self, before: datetime) -> int:
        """Forget texts of mails, and notes and details of steps, from before then; return of how many.

        Not of open orders. Numbers, dates and certificates stay, and so does the audit trail, which holds no text.
        """
        with self._writing() as transaction:
            return retention.forget(transaction, before)
