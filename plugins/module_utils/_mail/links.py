# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names and links in a mail. A link is shown only where its host is one of those that the account allows."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from .._core.names import problem_of
from .rows import LONGEST_LINE, Row

# More names than a certificate may carry at any CA that we know; more links than a letter has.
MOST_NAMES = 500
_MOST_LINKS = 200
_URL = re.compile(r"(?i)\bhttps?(?:\(s\))?://[^\s<>\"'「」【】（）［］。、]{1,2000}")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST = re.compile(
    r"(?<![A-Za-z0-9_@./%+*-])(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,10}"
    r"(?:xn--[A-Za-z0-9-]{1,59}|[A-Za-z]{2,63})(?![A-Za-z0-9_@-])",
    re.ASCII,
)
# What RFC 3986 allows in a URI; browsers read a backslash as a slash, so that its host would be another one.
_SAFE_LINK = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::443)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*)?")
# Names of files, that look like names of hosts.
_FILE = re.compile(r".*\.(cer|crt|csr|docx?|exe|gif|gz|html?|jpg|js|key|p7b|p7c|pdf|pem|pfx|php|png|tar|txt|xlsx?|zip)")
# Microsoft wraps every link of a mail in one of its own; what it leads to stands in it.
_WRAPPER = ".safelinks.protection.outlook.com"


def names_in(text: str, *, rows: t.Sequence[Row], foreign: t.Collection[str]) -> tuple[str, ...]:
    """Return the host names of C(text) (after NFKC) in lower case, international ones as A-labels, each once.

    Those of links and addresses are not meant. C(foreign): hosts, or with a leading dot all beneath, that are the
    shop's own; a name behind a label counts all the same.
    """
    bare = _ADDRESS.sub(" ", _URL.sub(" ", text))
    free = [name for line in bare.split("\n") for name in _hosts(line) if not is_allowed(name, foreign)]
    labelled = [name for row in rows if "names" in row.fields for line in row.lines for name in host_list(line)]
    return tuple(dict.fromkeys((*labelled, *free)))[:MOST_NAMES]


def host_list(text: str) -> list[str]:
    """Return the host names of a value, where everything between commas and spaces has to be one or is left out."""
    words = (word.strip("\"'()[].・") for word in re.split(r"[\s,、;/]+", text[:LONGEST_LINE]))
    return [name for name in (host(word) for word in words if word) if name]


@lru_cache(maxsize=10_000)
def host(word: str) -> str:
    """Return a word as a host name (LDH, perhaps C(*.) in front), "" where it is none that a CA certifies."""
    name = word.lower().rstrip(".")
    wildcard, bare = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    if not bare.isascii():
        try:
            bare = bare.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return "" if _FILE.fullmatch(bare) or problem_of(wildcard + bare) is not None else wildcard + bare


def is_allowed(name: str, allowed: t.Collection[str]) -> bool:
    """Say whether a host is one of C(allowed): equal, or beneath one that is written with a leading dot."""
    return any(name.endswith(rule) if rule.startswith(".") else name == rule for rule in allowed)


@dataclass(frozen=True)
class Link:
    """``host``: "" where it cannot be read; ``shown``: it may be, as its host is allowed."""

    url: str
    host: str
    shown: bool


def links_in(text: str, allowed: t.Collection[str]) -> list[Link]:
    """Return the links of C(text) (as it came, not after NFKC) to pages, each once; a site's front page is none.

    A link that may be shown is https, has no user in it, no port but 443, and an allowed host, letter for letter.
    """
    found = []
    for url in dict.fromkeys(_unwrapped(one.rstrip(".,;:!?)>]")) for one in _urls(text)):
        name = _host_of(url)
        shown = bool(name) and _SAFE_LINK.fullmatch(url) is not None and is_allowed(name, allowed)
        if not shown or url.partition("://")[2].partition("/")[2]:
            found.append(Link(url, name, shown))
    return found


def _urls(text: str) -> t.Iterator[str]:
    for place, found in enumerate(_URL.finditer(text)):
        if place >= _MOST_LINKS:
            return
        yield found.group(0)


def _hosts(line: str) -> t.Iterator[str]:
    for found in _HOST.finditer(line[:LONGEST_LINE]):
        name = host(found.group(0))
        if name:
            yield name


def _host_of(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").lower()
    except ValueError:
        return ""


def _unwrapped(link: str) -> str:
    if not _host_of(link).endswith(_WRAPPER):
        return link
    try:
        return parse_qs(urlsplit(link).query, max_num_fields=20).get("url", [link])[0]
    except ValueError:
        return link
