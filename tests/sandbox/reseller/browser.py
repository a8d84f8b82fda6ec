# SPDX-License-Identifier: GPL-3.0-or-later
"""A small browser for a person: keeps cookies, reads pages and their forms, tries again where a site is busy."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit

_BUSY = (429, 503)
_TRIES = 10
_VOID = frozenset({"input", "meta", "br", "hr", "img"})


class AnswerLost(Exception):
    """The site hung up without an answer: nobody knows whether it did what it was asked."""


class TurnedAway(Exception):
    """The site answered that it will not do it, in its own words."""


@dataclass
class Field:
    """A field of a form. ``options``: what can be chosen, by its label."""

    name: str
    kind: str
    label: str = ""
    value: str = ""
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    action: str
    button: str = ""
    fields: list[Field] = field(default_factory=list)


@dataclass
class Page:
    """``rows``: of all tables, cell by cell; ``blocks``: preformatted texts; ``links``: text → target.

    ``wanted``: of a page that asks who it is, the path that led there.
    """

    title: str = ""
    rows: list[list[str]] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    error: str = ""
    path: str = ""
    wanted: str = ""

    def value(self, label: str) -> str:
        """Return what stands beside a label, "" where there is none."""
        return next((row[1] for row in self.rows if len(row) == 2 and row[0] == label), "")

    def form(self, action: str) -> Form:
        """Return the form that is sent to an address; LookupError where the page has none."""
        return next(form for form in self.forms if form.action == action or form.action.endswith(f"/{action}"))


class Browser:
    """``site`` is the one site that it visits; ``known_as``: what letters call that site, if anything else."""

    def __init__(self, site: str, *, known_as: str = "") -> None:
        self._site = site
        self._hosts = {urlsplit(site).netloc, urlsplit(known_as or site).netloc}
        # No proxy: the site is on this machine.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def open(self, address: str) -> Page:
        """Open a path, or a link from a letter; raises ValueError for a link that leads elsewhere."""
        return self._visit(self._path(address), None, "")

    def send(self, form: Form, values: Mapping[str, str]) -> Page:
        """Send a form with these values by field name; what is not named stays as it was."""
        content = {one.name: values.get(one.name, one.value) for one in form.fields}
        return self._visit(self._path(form.action), urlencode(content).encode(), "application/x-www-form-urlencoded")

    def send_file(self, form: Form, name: str, content: bytes) -> Page:
        """Send a form that uploads one file."""
        boundary = "----one-file-and-nothing-else"
        disposition = f'Content-Disposition: form-data; name="{form.fields[0].name}"; filename="{name}"'
        head = f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self._visit(self._path(form.action), body, f"multipart/form-data; boundary={boundary}")

    def _path(self, address: str) -> str:
        parts = urlsplit(address)
        if parts.netloc and parts.netloc not in self._hosts:
            raise ValueError(f"{address} leads to another site.")
        return parts.path or "/"

    def _visit(self, path: str, body: bytes | None, content_type: str) -> Page:
        headers = {"Content-Type": content_type} if body is not None else {}
        request = urllib.request.Request(self._site + path, body, headers)
        for _try in range(_TRIES):
            try:
                with self._opener.open(request, timeout=30) as answer:
                    return _read(answer.read(), answer.headers, answer.url)
            except HTTPError as error:
                with error:
                    page = _read(error.read(), error.headers, error.url)
                if error.code not in _BUSY:
                    raise TurnedAway(f"{path}: {error.code} {page.error or page.title}".strip()) from None
                if urlsplit(error.url).path != path:
                    # What was sent was done; only the page that it led to is not there yet.
                    request = urllib.request.Request(error.url)
                time.sleep(0.05)
            except (URLError, HTTPException, ConnectionError) as error:
                raise AnswerLost(f"{path}: {error}") from None
        raise TurnedAway(f"{path}: busy all the time")


def _read(content: bytes, headers: Message, url: str) -> Page:
    reader = _Reader()
    reader.page.path = urlsplit(url).path
    reader.page.wanted = parse_qs(urlsplit(url).query).get("next", [""])[0]
    if headers.get_content_type() == "text/html":
        reader.feed(content.decode(headers.get_content_charset() or "utf-8"))
    return reader.page


class _Reader(HTMLParser):
    """Takes from a page what a person sees of it."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._text = ""
        self._labels: dict[str, str] = {}
        self._target = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag in ("title", "pre", "td", "th", "label", "a", "option", "textarea", "button", "p"):
            self._text = ""
        if tag == "form":
            self.page.forms.append(Form(attributes.get("action", "")))
        elif tag == "tr":
            self.page.rows.append([])
        elif tag in ("label", "a", "option"):
            self._target = attributes.get("for") or attributes.get("href") or attributes.get("value") or ""
            if tag == "option" and "selected" in attributes:
                self.page.forms[-1].fields[-1].value = self._target
        elif tag in ("input", "select", "textarea"):
            label = self._labels.get(attributes.get("id", ""), "")
            kind = attributes.get("type", tag)
            made = Field(attributes.get("name", ""), kind, label, attributes.get("value", ""))
            self.page.forms[-1].fields.append(made)

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        for one in self._closed(tag):
            self._end(one)

    def _closed(self, tag: str) -> Iterator[str]:
        while tag in self._open:
            one = self._open.pop()
            yield one
            if one == tag:
                return

    def _end(self, tag: str) -> None:
        text = self._text.strip()
        if tag == "title":
            self.page.title = text
        elif tag == "pre":
            self.page.blocks.append(self._text)
        elif tag in ("td", "th"):
            self.page.rows[-1].append(text)
        elif tag == "label":
            self._labels[self._target] = text
        elif tag == "a":
            self.page.links[text] = self._target
        elif tag == "option":
            options = self.page.forms[-1].fields[-1].options
            options[text] = self._target
            if len(options) == 1 and not self.page.forms[-1].fields[-1].value:
                self.page.forms[-1].fields[-1].value = self._target
        elif tag == "button":
            self.page.forms[-1].button = text
        elif tag == "p" and "div" in self._open:
            self.page.error = text
