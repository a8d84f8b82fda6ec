# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation tokens in a mail: files with path and content, DNS records with name, type and value."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._core.order import DnsToken, FileToken
from .links import host, host_list
from .rows import Row

# BR 3.2.2.4.18: under this path and nowhere else. One file, no directories.
_PATH = re.compile(r"(/\.well-known/pki-validation/[A-Za-z0-9][A-Za-z0-9._-]{0,200})(?![A-Za-z0-9._/%-])")
_LOCATION = re.compile(r"(?i)https?(?:\(s\))?://([^/\s:]{1,253})(?::\d{1,5})?(/\S{1,300})")
_CONTENT = re.compile(r"[\x20-\x7e]{1,512}")
_RECORD_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_FIRST_PART = re.compile(r"_?[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
# A line of a zone file: "example.jp. IN TXT "value"".
_ZONE_LINE = re.compile(
    r"^[ \t]*([A-Za-z0-9_*.-]{1,253}?)\.?[ \t]+(?:\d{1,7}[ \t]+)?IN[ \t]+(TXT|CNAME)[ \t]+(\S[^\n]{0,600})$",
    re.MULTILINE,
)
_MOST = 500


def file_tokens(found: t.Sequence[Row]) -> tuple[FileToken, ...]:
    """Return the files to publish; a path without a host is for the name above it, else for every name ("").

    Content is one line of printable ASCII. Several places before one content are for that content.
    """
    reader = _Files()
    for row in found:
        reader.take(row)
    return tuple(dict.fromkeys(reader.tokens))[:_MOST]


def dns_tokens(found: t.Sequence[Row], text: str, names: t.Sequence[str]) -> tuple[DnsToken, ...]:
    """Return the records to publish, each for the names of C(names) that it stands for.

    A record stands for the name it is under, and for names beneath it (BR 3.2.2.4.7); one that is related to no name
    of the mail is not taken.
    """
    tokens = (token for raw in _raw(found, text) for token in _tokens(raw, names))
    return tuple(dict.fromkeys(tokens))[:_MOST]


def record_hosts(found: t.Sequence[Row], text: str) -> tuple[list[str], list[str]]:
    """Return the names that records are for, without their _labels, and what records point to."""
    raw = _raw(found, text)
    owners = [base_of(_owner(record, name)) for name, record, _kind, _value in raw]
    return [owner for owner in owners if owner], [target for target in (_target(one[3]) for one in raw) if target]


def base_of(owner: str) -> str:
    """Return a record's name without the labels in front that begin with an underscore."""
    base = owner
    while base.startswith("_"):
        base = base.partition(".")[2]
    return base


def _raw(found: t.Sequence[Row], text: str) -> list[_RawRecord]:
    reader = _Records()
    for row in found:
        reader.take(row)
    reader.finish()
    zone_lines = (line.groups() for line in _ZONE_LINE.finditer(text))
    return [*reader.raw, *(("", owner, kind, value) for owner, kind, value in zone_lines)][:_MOST]


# The name above it, the record's name, its type, its value: as they are written.
_RawRecord = tuple[str, str, str, str]


@dataclass
class _Files:
    """Reads rows from the top; a location waits for its content, or a content for its location."""

    name: str = ""
    places: list[tuple[str, str]] = field(default_factory=list)
    content: str = ""
    tokens: list[FileToken] = field(default_factory=list)

    def take(self, row: Row) -> None:
        if "token_path" in row.fields:
            self._place(row)
        elif "token_content" in row.fields:
            content = _unquoted(row.value)
            self.content = content if _CONTENT.fullmatch(content) else ""
        elif "names" in row.fields:
            named = host_list(row.value)
            self.name = named[0] if len(named) == 1 else ""
            return
        else:
            return
        if self.places and self.content:
            self.tokens += [FileToken(name, path, self.content) for name, path in self.places]
            self.places, self.content = [], ""

    def _place(self, row: Row) -> None:
        for line in row.lines:
            for location in _LOCATION.finditer(line):
                name, path = host(location.group(1)), _PATH.match(location.group(2))
                if name and path:
                    self.places.append((name, path.group(1)))
            path = None if _LOCATION.search(line) else _PATH.match(line.strip())
            if path:
                self.places.append((self.name, path.group(1)))


@dataclass
class _Records:
    """Reads rows from the top: name, type and value in any order, a name begins the next record."""

    name: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    raw: list[_RawRecord] = field(default_factory=list)

    def take(self, row: Row) -> None:
        for part in ("record_name", "record_type", "record_value"):
            if part in row.fields:
                if part in self.parts:
                    self.finish()
                self.parts[part] = row.value
        if "names" in row.fields:
            self.finish()
            named = host_list(row.value)
            self.name = named[0] if len(named) == 1 else ""

    def finish(self) -> None:
        """Take the record that was read so far, if it is whole."""
        value = self.parts.get("record_value", "")
        record = self.parts.get("record_name", "@" if self.name else "")
        if value and record:
            self.raw.append((self.name, record, self.parts.get("record_type", ""), value))
        self.parts = {}


def _tokens(raw: _RawRecord, names: t.Sequence[str]) -> t.Iterator[DnsToken]:
    name, record, kind, value = raw
    owner, target = _owner(record, name), _target(value)
    written = kind.strip().upper() or ("CNAME" if target and "." in target else "TXT")
    content = target if written == "CNAME" else _unquoted(value)
    if not owner or written not in ("TXT", "CNAME") or not _CONTENT.fullmatch(content):
        return
    # The name above may be that of the paragraph before.
    meant = [name] if name and _stands_for(owner, name) else [one for one in names if _stands_for(owner, one)]
    for one in meant:
        yield DnsToken(name=one, record=owner, type=written, value=content)


def _owner(record: str, name: str) -> str:
    """Return a record's whole name: "@" is the name itself, a single label lies under it."""
    written = record.strip().strip("\"'").lower().rstrip(".")
    bare = name[2:] if name.startswith("*.") else name
    if written == "@":
        return bare
    if "." not in written:
        return f"{written}.{bare}" if bare and _FIRST_PART.fullmatch(written) else ""
    return written if len(written) <= 253 and _RECORD_NAME.fullmatch(written) else ""


def _target(value: str) -> str:
    """Return a value as the name that a CNAME points to, "" where it is none."""
    written = value.strip().strip("\"'").lower().rstrip(".")
    return written if len(written) <= 253 and _RECORD_NAME.fullmatch(written) else ""


def _stands_for(owner: str, name: str) -> bool:
    """Say whether a record may validate a name: without its _labels it is the name or one above it."""
    bare, base = name[2:] if name.startswith("*.") else name, base_of(owner)
    return "." in base and (bare == base or bare.endswith("." + base))


def _unquoted(value: str) -> str:
    written = value.strip()
    return written[1:-1] if len(written) >= 2 and written[0] == written[-1] == '"' else written
