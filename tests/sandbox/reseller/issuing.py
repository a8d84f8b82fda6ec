# SPDX-License-Identifier: GPL-3.0-or-later
"""The CA behind the shop: a root and an intermediate in the shop's directory, and how long a certificate lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Organization
from ansible_collections.koshin.tls.plugins.module_utils._core.limits import limits_on
from ansible_collections.koshin.tls.plugins.module_utils._x509.authority import issue, new_intermediate, new_root
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts

from .nouns import DAY, Books, Entry, Issued, Order

_AGE = timedelta(days=2000)
# A renewal may also be applied for so long after the end.
_LATE_DAYS = 7


class Authority:
    """``root`` is PEM: what trusts it trusts all that the shop sells."""

    def __init__(self, directory: Path) -> None:
        self._files = [directory / f"{name}.pem" for name in ("root", "intermediate", "intermediate-key")]
        if not self._files[-1].exists():
            self._found(datetime.now(UTC).replace(microsecond=0) - _AGE)
        self.root, self._intermediate, self._key = (file.read_text() for file in self._files)

    def issue(self, entry: Entry, record: Address, *, not_before: datetime, days: int) -> Issued:
        """Issue a certificate that says what the company's record says."""
        leaf = issue(
            entry.csr,
            names=entry.names,
            organization=Organization("customer", record),
            issuer_key=self._key.encode(),
            issuer_cert=self._intermediate,
            not_before=not_before,
            validity_days=days,
        )
        facts = certificate_facts(leaf, "the new certificate")
        return Issued(facts.serial, entry.names, facts.not_before, facts.not_after, (leaf, self._intermediate))

    def _found(self, now: datetime) -> None:
        root_key, root = new_root("Stand-in Reseller Root", now)
        key, intermediate = new_intermediate(root_key, root, "Stand-in Reseller OV CA", now)
        # The key last: it tells that the others are whole.
        for file, content in zip(self._files, (root, intermediate, key.decode()), strict=True):
            file.write_text(content)


def end_in_use(books: Books, order: Order, entry: Entry) -> datetime | None:
    """Return when the certificate ends that an application replaces, wherever it was bought; None: there is none."""
    own = [
        one.certificate.not_after
        for one in books.orders.values()
        if one.customer == order.customer and one.certificate is not None and one.common_name == entry.common_name
    ]
    known = [certificate_facts(pem, "a certificate bought elsewhere") for pem in books.elsewhere]
    elsewhere = [
        facts.not_after
        for facts in known
        if facts.subject.common_name == entry.common_name and facts.subject.legal_name == entry.address.legal_name
    ]
    return max([*own, *elsewhere], default=None)


def is_renewal(books: Books, order: Order, entry: Entry, now: datetime) -> bool:
    """Say whether the CA takes an application of ``now`` for a renewal; one that comes too early is a new one to it."""
    end = end_in_use(books, order, entry)
    if end is None or not books.manners.recognises_renewals:
        return False
    return -_LATE_DAYS * DAY <= end - now <= books.manners.application_window_days * DAY


def carried_days(books: Books, order: Order, entry: Entry, now: datetime) -> int:
    """Return how many days of the certificate in use a renewal takes over."""
    end = end_in_use(books, order, entry)
    return 0 if end is None or not books.manners.carries_over else max(0, (end - now) // DAY)


def lifetime_days(books: Books, *, carried: int, term_ends: datetime, start: datetime) -> int:
    """Return how long a certificate lasts: capped by the limit of the day, and by the end of its order."""
    most = limits_on(start.date()).certificate_days - 1
    return max(1, min(books.manners.validity_days + carried, most, (term_ends - start) // DAY))
