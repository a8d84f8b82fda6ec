# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(understand): what a mail says. A pure function of the mail and of what is known of the shop.

Only a mail's own words count: an invoice that is quoted below a later mail is no new invoice. A mail that is not
trusted still says what it claims to be, and which names and numbers it names, so that a person can be told; nothing in
it that somebody would follow is kept: no link, code, token, certificate, amount, day, nor what it wants.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from .._core.account import PortalSettings
from .._core.message import Message, MessageKind
from .._core.order import DnsToken, FileToken
from .._core.provider import Labels, MailShape
from .._x509.bundle import Bundle
from . import values
from .certificates import certificates_of
from .links import Link, host_list, links_in, names_in
from .mail import Mail
from .rows import Row, normal, rows, squash
from .tokens import dns_tokens, file_tokens, record_hosts

# More than any shop writes; NFKC may make eighteen characters of one.
LONGEST_TEXT = 256 * 1024
_LONGEST_WANTED = 2_000
_MOST_PROBLEMS = 5
_HAS_KEY = "It holds a private key, which was left alone: whoever saw this mail has that key. Use another one."
# Kinds that ask for nothing: a day in them is none that anybody has to keep.
_ASKS_NOTHING = frozenset(
    {
        MessageKind.ADVANCE_NOTICE,
        MessageKind.PAYMENT_RECEIVED,
        MessageKind.APPLIED_AUTOMATICALLY,
        MessageKind.RECEIVED,
        MessageKind.CERTIFICATE,
        MessageKind.REJECTION,
        MessageKind.CANCELLATION,
        MessageKind.NOT_UNDERSTOOD,
    }
)
# Kinds whose mail is of little use without its link.
_NEEDS_LINK = frozenset(
    {MessageKind.APPLICATION_INVITATION, MessageKind.APPROVAL_REQUEST, MessageKind.ONLINE_CONFIRMATION}
)
_HAS_CODE = frozenset({MessageKind.APPROVAL_REQUEST, MessageKind.ONLINE_CONFIRMATION})


def understand(mail: Mail, *, account: str, settings: PortalSettings) -> Message:
    """Return what C(mail) says to C(account); its kind is NOT_UNDERSTOOD where no shape of the shop's mails fits."""
    said = _Said(mail, settings)
    kind = _kind(said, settings.provider.shapes)
    message = Message(
        identity=mail.identity,
        account=account,
        folder=mail.folder,
        number=mail.number,
        received_at=mail.received_at,
        sender=mail.sender,
        subject=mail.subject,
        kind=kind,
        trusted=mail.trusted,
        order_number=said.order_number,
        names=said.names,
        invoice_number=said.first("invoice_number", values.number),
        problem=mail.problem,
    )
    return _with_contents(message, said) if mail.trusted else _distrusted(message, said)


def _with_contents(message: Message, said: _Said) -> Message:
    kind, enclosed = message.kind, said.enclosed
    if kind is MessageKind.NOT_UNDERSTOOD and enclosed.certificates:
        kind = MessageKind.CERTIFICATE
    return replace(
        message,
        kind=kind,
        amount=said.first("amount", values.amount),
        tax=said.first("tax", values.amount),
        due_on=None if kind in _ASKS_NOTHING else said.due_on,
        link=said.link,
        code=said.first("code", values.code) if kind in _HAS_CODE else "",
        wanted=said.wanted,
        tokens=said.tokens,
        records=said.records,
        certificates=enclosed.certificates,
        problem=_joined(
            message.problem,
            _missing_link(said) if kind in _NEEDS_LINK else "",
            *enclosed.problems[:_MOST_PROBLEMS],
            _HAS_KEY if enclosed.has_key else "",
        ),
    )


def _distrusted(message: Message, said: _Said) -> Message:
    """Nothing that somebody would follow; that it was left out is said, for a shop's own mail from a new address."""
    why = said.mail.distrust or "its sender is not one of the account's"
    has_more = bool(said.links or said.tokens or said.records or said.enclosed.certificates)
    left_out = f"Its links, tokens and certificates were left out: {why}." if has_more else ""
    return replace(message, problem=_joined(message.problem, left_out))


def _missing_link(said: _Said) -> str:
    if said.link or not said.links:
        return ""
    host = said.links[0].host or "an unreadable host"
    return f"Its link leads to {host}, which is not one of the account's link_hosts (or it is not a plain https link)."


def _joined(*problems: str) -> str:
    return " ".join(problem for problem in problems if problem)


def _kind(said: _Said, shapes: t.Sequence[MailShape]) -> MessageKind:
    return next((shape.kind for shape in shapes if _fits(said, shape)), MessageKind.NOT_UNDERSTOOD)


def _fits(said: _Said, shape: MailShape) -> bool:
    subject, text = said.squashed
    return (
        (not shape.subject or any(squash(word) in subject for word in shape.subject))
        and all(squash(word) in text for word in shape.body)
        and not any(squash(word) in subject or squash(word) in text for word in shape.without)
        and all(said.has(need) for need in shape.needs)
    )


@dataclass(frozen=True)
class _Said:
    """A mail's own words, taken apart once for all who ask."""

    mail: Mail
    settings: PortalSettings

    @property
    def labels(self) -> Labels:
        return self.settings.provider.labels

    @cached_property
    def text(self) -> str:
        return normal(self.mail.text[:LONGEST_TEXT])[:LONGEST_TEXT]

    @cached_property
    def subject(self) -> str:
        return normal(self.mail.subject[:1_000])

    @cached_property
    def squashed(self) -> tuple[str, str]:
        return squash(self.subject), squash(self.text)

    @cached_property
    def rows(self) -> list[Row]:
        return rows(self.text, self.labels)

    def first(self, field: str, reader: t.Callable[[str], str]) -> str:
        """Return the first value of a field that is one; the first of the shop's words for it counts most."""
        found = ((row.label, reader(row.value)) for row in self.rows if field in row.fields)
        return self._by_rank(field, [(label, value) for label, value in found if value]) or ""

    def _by_rank(self, field: str, found: list[tuple[str, t.Any]]) -> t.Any:
        ranks = {squash(word): rank for rank, word in enumerate(getattr(self.labels, field))}
        return min(found, key=lambda one: _rank(one[0], ranks), default=("", None))[1]

    @cached_property
    def enclosed(self) -> Bundle:
        return certificates_of(self.mail)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What a mail names; of its records only where it names nothing else."""
        found = names_in(f"{self.subject}\n{self.text}", rows=self.rows, foreign=self._own_hosts)
        owners, targets = record_hosts(self.rows, self.text)
        labelled = {name for row in self.rows if "names" in row.fields for name in host_list(row.value)}
        others = tuple(name for name in found if name in labelled or name not in {*owners, *targets})
        return others or tuple(name for name in found if name in owners)

    @property
    def _own_hosts(self) -> set[str]:
        """The shop's and the CA's own hosts: that a mail names them says nothing of a certificate."""
        senders = (*self.settings.provider.senders, *self.settings.senders, self.mail.sender)
        domains = {sender.rpartition("@")[2] for sender in senders} - {""}
        return {*self.allowed_hosts, *domains, *(f".{domain}" for domain in domains)}

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        return (*self.settings.provider.link_hosts, *self.settings.link_hosts)

    @cached_property
    def order_number(self) -> str:
        """The one order that the mail is about; "" where it names several."""
        found = {values.number(row.value) for row in self.rows if "order_number" in row.fields} - {""}
        if len(found) == 1:
            return found.pop()
        return "" if found else self._number_in_subject

    @property
    def _number_in_subject(self) -> str:
        for word in self.labels.order_number:
            before, label, after = self.subject.casefold().partition(normal(word).casefold())
            number = values.number(self.subject[len(before) + len(label) :]) if label and after else ""
            if number:
                return number
        return ""

    @cached_property
    def due_on(self) -> date | None:
        near = self.mail.received_at.date()
        found = [(row.label, values.day(row.value, near=near)) for row in self.rows if "due_on" in row.fields]
        day: date | None = self._by_rank("due_on", [one for one in found if one[1] is not None])
        return day

    @cached_property
    def links(self) -> list[Link]:
        return links_in(self.mail.text[:LONGEST_TEXT], self.allowed_hosts)

    @property
    def link(self) -> str:
        """The first link, if it may be shown: one further down is that of a signature, and not what was meant."""
        return self.links[0].url if self.links and self.links[0].shown else ""

    @property
    def wanted(self) -> str:
        found = {row.label: "\n".join(row.lines) for row in self.rows if "wanted" in row.fields}
        if len(found) == 1:
            return next(iter(found.values()))[:_LONGEST_WANTED]
        return "\n".join(f"{label}: {value}" for label, value in found.items())[:_LONGEST_WANTED]

    @cached_property
    def tokens(self) -> tuple[FileToken, ...]:
        return file_tokens(self.rows)

    @cached_property
    def records(self) -> tuple[DnsToken, ...]:
        return dns_tokens(self.rows, self.text, self.names)

    def has(self, field: str) -> bool:
        """Say whether a field of Labels has a value in this mail."""
        if field in _READERS:
            return bool(self.first(field, _READERS[field]))
        return bool(getattr(self, _PARTS[field]))


def _rank(label: str, ranks: t.Mapping[str, int]) -> int:
    squashed = squash(label)
    return ranks.get(squashed, next((rank for word, rank in ranks.items() if squashed.startswith(word)), len(ranks)))


_READERS: t.Mapping[str, t.Callable[[str], str]] = {
    "invoice_number": values.number,
    "amount": values.amount,
    "tax": values.amount,
    "code": values.code,
}
_PARTS: t.Mapping[str, str] = {
    "order_number": "order_number",
    "names": "names",
    "due_on": "due_on",
    "wanted": "wanted",
    "token_path": "tokens",
    "token_content": "tokens",
    "record_name": "records",
    "record_type": "records",
    "record_value": "records",
}
