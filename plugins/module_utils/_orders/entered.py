# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation tokens that a person typed in: checked, and written down as a mail would be that said the same."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._ca.base import CertificateAuthority
from .._ca.portal import PortalAuthority
from .._core.errors import InputRefused
from .._core.message import Message, MessageKind
from .._core.order import DnsToken, FileToken, OrderRecord
from .._core.plain import to_plain
from .._core.portal import standing
from .._core.portal_validation import records_of, tokens_of
from .._core.step import StepKind
from .._schema.check import check
from .._schema.field import Field, Fields

FOLDER = "(operator)"

_FILE: Fields = {"name": Field(), "path": Field(required=True), "content": Field(required=True)}
_RECORD: Fields = {
    "name": Field(),
    "record": Field(required=True),
    "type": Field(choices=("TXT", "CNAME")),
    "value": Field(required=True),
}
# Where a CA looks for files: Baseline Requirements 3.2.2.4.18 and 3.2.2.4.19.
_PATH = re.compile(r"/\.well-known/(pki-validation|acme-challenge)/[A-Za-z0-9_-][A-Za-z0-9._/-]{0,199}")
_CONTENT = re.compile(r"[\x20-\x7e]{1,512}")
_LABEL = r"(?!-)[a-z0-9_-]{1,63}"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_MOST = 200
_TEXT_LENGTH = 100_000


@dataclass(frozen=True)
class Entered:
    """Tokens as typed in; C(name) "" counts for every name of that method."""

    files: tuple[FileToken, ...] = ()
    records: tuple[DnsToken, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the names that are given, each once."""
        every = [*(one.name for one in self.files), *(one.name for one in self.records)]
        return [name for name in dict.fromkeys(every) if name]


def entered(said: t.Any) -> Entered:
    """Read tokens: a list of mappings, one mapping, or text lines; raises InputRefused, which shows no value.

    A line is C(NAME PATH CONTENT) or C(NAME RECORD TXT VALUE), the name may be left out.
    """
    items = _lines(said) if isinstance(said, str) else said if isinstance(said, list) else [said]
    if not 1 <= len(items) <= _MOST:
        raise InputRefused(
            f"There are {len(items)} tokens, not 1 to {_MOST}.", "Give the tokens of one order.", code="malformed"
        )
    read = [_token(item, f"tokens[{place}]") for place, item in enumerate(items)]
    return Entered(
        tuple(one for one in read if isinstance(one, FileToken)),
        tuple(one for one in read if isinstance(one, DnsToken)),
    )


def _lines(text: str) -> list[dict[str, str]]:
    lines = [line.strip() for line in text[:_TEXT_LENGTH].splitlines()]
    return [_line(line, f"line {place}") for place, line in enumerate(lines, start=1) if line]


def _line(line: str, where: str) -> dict[str, str]:
    for count in (1, 2):
        head = line.split(None, count)
        if len(head) == count + 1 and head[count - 1].startswith("/"):
            return {"name": head[0] if count == 2 else "", "path": head[count - 1], "content": head[count]}
    for count in (2, 3):
        head = line.split(None, count)
        if len(head) == count + 1 and head[count - 1].upper() in ("TXT", "CNAME"):
            name = head[0] if count == 3 else ""
            value = re.sub(r'^"(.*)"$', r"\1", head[count])
            return {"name": name, "record": head[count - 2], "type": head[count - 1].upper(), "value": value}
    raise InputRefused(
        f"tls_token, {where}, is neither NAME PATH CONTENT nor NAME RECORD TXT VALUE.",
        "Write one token on each line; the name may be left out where it counts for all names.",
        code="malformed",
    )


def _token(item: t.Any, where: str) -> FileToken | DnsToken:
    if isinstance(item, dict) and "path" not in item and "content" not in item:
        return _record(check(item, _RECORD, where), where)
    values = check(item, _FILE, where)
    path, content = values["path"], values["content"]
    if not _PATH.fullmatch(path) or any(part in ("", ".", "..") for part in path.split("/")[1:]):
        raise InputRefused(
            f"{where}.path is not a file under /.well-known/pki-validation/ or /.well-known/acme-challenge/.",
            "Copy the path alone, without http:// and the name.",
            code="malformed",
        )
    _refuse_content(content, f"{where}.content")
    return FileToken(_name(values), path, content)


def _record(values: dict[str, str], where: str) -> DnsToken:
    record, kind = _host(values["record"], f"{where}.record"), values.get("type", "TXT")
    value = values["value"]
    if kind == "CNAME":
        value = _host(value, f"{where}.value")
    _refuse_content(value, f"{where}.value")
    return DnsToken(_name(values), record, kind, value)


def _name(values: dict[str, str]) -> str:
    return values.get("name", "").strip().rstrip(".").lower()


def _host(text: str, where: str) -> str:
    host = text.strip().rstrip(".").lower()
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise InputRefused(
            f"{where} is no name in DNS.", "Write the whole name, such as _dnsauth.example.jp.", code="malformed"
        )
    return host


def _refuse_content(content: str, where: str) -> None:
    if not _CONTENT.fullmatch(content) or content != content.strip():
        raise InputRefused(
            f"{where} is not one line of 1 to 512 printable ASCII characters.", "Copy it again.", code="malformed"
        )


def refuse_foreign(tokens: Entered, record: OrderRecord) -> None:
    """Raise InputRefused where a token is for a name, or lies in a place, that is none of the order's."""
    names = record.application.names
    for given in tokens.names:
        if given not in names:
            raise InputRefused(
                f"{given} is no name of the order of {record.certificate}.",
                f"Write one of: {', '.join(names)}; or leave the name out where the token counts for all.",
                code="unknown_name",
            )
    for one in tokens.records:
        if not any(_is_near(one.record, name.removeprefix("*.")) for name in names):
            raise InputRefused(
                f"The record {one.record} belongs to no name of the order of {record.certificate}.",
                f"The names are: {', '.join(names)}.",
                code="unknown_name",
            )


def _is_near(record: str, name: str) -> bool:
    """A CA looks at the name, below it, or at a domain above it (Baseline Requirements 3.2.2.4.7)."""
    above = re.sub(r"^(_[^.]+\.)+", "", record)
    return record == name or record.endswith(f".{name}") or (above.count(".") > 0 and f".{name}".endswith(f".{above}"))


def as_message(
    tokens: Entered, record: OrderRecord, authority: CertificateAuthority, *, by: str, now: datetime
) -> Message | None:
    """Return the tokens as a mail of the shop would say them; None where nothing of it is news.

    What is said last counts. Raises InputRefused: this CA takes no tokens from people; names are left without one.
    """
    if not isinstance(authority, PortalAuthority):
        raise InputRefused(
            f"{record.account} hands its tokens out itself.", "Run renew.yml: it publishes them.", code="no_tokens"
        )
    facts = authority.facts(record.application, record.created_at)
    message = _message(tokens, record, by, now, after=facts.messages)
    then = replace(facts, messages=(*facts.messages, message))
    missing = next((one for one in standing(then).awaits if one.kind is StepKind.TOKEN), None)
    if missing is not None:
        raise InputRefused(
            f"{record.certificate}: {missing.details}", "Give the tokens of all names in one go.", code="tokens_missing"
        )
    same = tokens_of(then) == tokens_of(facts) and records_of(then) == records_of(facts)
    return None if same else message


def _message(tokens: Entered, record: OrderRecord, by: str, now: datetime, *, after: Sequence[Message]) -> Message:
    """What is said again after something else was said is news: so what came before belongs to its identity."""
    before = after[-1].identity if after else ""
    # Of two messages of one second nobody could say which one came last.
    moment = max([now, *(one.received_at + timedelta(seconds=1) for one in after[-1:])])
    content = json.dumps([record.own_reference, before, to_plain(tokens)], sort_keys=True)
    return Message(
        identity=hashlib.sha256(content.encode()).hexdigest(),
        account=record.account,
        folder=FOLDER,
        number="",
        received_at=moment,
        sender=by,
        subject="Tokens, entered by hand",
        kind=MessageKind.VALIDATION_TOKEN,
        trusted=True,
        names=tuple(tokens.names),
        tokens=tokens.files,
        records=tokens.records,
    )
