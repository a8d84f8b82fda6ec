# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an ACME server advises to renew (RFC 9773)."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from .base import Advice, CertificateAuthorityUnavailable
from .session import Session

_WORKERS = 8


def advice_of(session: Session, where: str, identifiers: Sequence[str]) -> Mapping[str, Advice]:
    """Return identifier → advice, asked side by side. Advice that does not come, or cannot be read, is none."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(lambda one: _ask(session, where, one), identifiers))
    return {identifier: one for identifier, one in zip(identifiers, found) if one is not None}


def _ask(session: Session, where: str, identifier: str) -> Advice | None:
    try:
        answer = session.read(f"{where.rstrip('/')}/{identifier}", purpose="renewal information")
        return _read(answer.json(session.name, "renewal information")) if answer.is_fine else None
    except CertificateAuthorityUnavailable:
        return None


def _read(said: t.Any) -> Advice | None:
    window = said.get("suggestedWindow") if isinstance(said, dict) else None
    if not isinstance(window, dict):
        return None
    starts_at, ends_at = _time(window.get("start")), _time(window.get("end"))
    if starts_at is None or ends_at is None or ends_at <= starts_at:
        return None
    explanation = said.get("explanationURL")
    is_link = isinstance(explanation, str) and explanation.startswith("https://") and explanation.isprintable()
    return Advice(starts_at, ends_at, explanation[:500] if is_link else "")


def _time(text: t.Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    # Python before 3.11 reads neither "Z" nor more than six digits of a second.
    bare = text.strip().upper().replace("Z", "+00:00")
    head, dot, rest = bare.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        bare = f"{head}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
    try:
        found = datetime.fromisoformat(bare)
    except ValueError:
        return None
    return found.astimezone(timezone.utc) if found.tzinfo is not None else None
