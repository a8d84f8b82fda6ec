# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML mails as text: links with their addresses, rows of tables on one line, nothing that a browser would not show.

A reader of its own, as it takes one pass over whatever stands there; it shows text and builds no page.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

MOST_DEPTH = 20
MOST_ATTRIBUTES = 8000

_TAG = re.compile(r"/?[a-z][a-z0-9:-]{0,30}")
_ATTRIBUTE = r"""\b{}\s*=\s*(?:"([^"]*)|'([^']*)|([^\s>"']+))"""
_HREF, _ALT, _CLASS = (re.compile(_ATTRIBUTE.format(name), re.IGNORECASE) for name in ("href", "alt", "class"))
_CITED = re.compile(r"\bcite\b", re.IGNORECASE)
_DROPPED = re.compile("script|style|head|title|template|noscript|svg|object|select|textarea")
_BLOCK = re.compile(
    "address|article|aside|body|caption|center|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|hr|html|li|main|nav"
    "|ol|p|pre|section|ul"
)
_FRAMES = {"table": "table", "tr": "row", "td": "cell", "th": "cell", "blockquote": "quotation"}
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_EDGES = re.compile(r" *\n *")
_GAPS = re.compile(r"\n{3,}")


def text_of(source: str) -> str:
    """Return the text of C(source) in one pass; nothing is raised."""
    page = _Page()
    lower = source.lower()
    # Signs that grow when they become small would move every place.
    lower = lower if len(lower) == len(source) else source
    place = 0
    while place < len(source):
        begin = source.find("<", place)
        page.text(source[place : begin if begin >= 0 else len(source)])
        if begin < 0:
            break
        place = _markup(page, source, lower, begin)
    return page.finish()


def _markup(page: _Page, source: str, lower: str, begin: int) -> int:
    """Read what begins with < at C(begin); return where the rest begins."""
    if source.startswith("<!--", begin):
        return _after(source, "-->", begin)
    if source.startswith(("<!", "<?"), begin):
        return _after(source, ">", begin)
    found = _TAG.match(lower, begin + 1)
    if found is None:
        page.text("<")
        return begin + 1
    end = _end_of_tag(source, found.end())
    name = found[0]
    if _DROPPED.fullmatch(name):
        return _after(source, ">", _after(lower, f"</{name}", end) - 1)
    page.tag(name, source[found.end() : end][:MOST_ATTRIBUTES])
    return end


def _after(text: str, mark: str, begin: int) -> int:
    end = text.find(mark, begin)
    return len(text) if end < 0 else end + len(mark)


def _end_of_tag(source: str, begin: int) -> int:
    """Return where a tag ends: a > between quotation marks does not end it, where there are few of them."""
    end = begin
    for _unused in range(4):
        end = _after(source, ">", end)
        if end - begin > MOST_ATTRIBUTES or source.count('"', begin, end) % 2 == 0:
            break
    return end


@dataclass
class _Frame:
    kind: str
    cited: bool = False
    pieces: list[str] = field(default_factory=list)


@dataclass
class _Link:
    address: str
    frame: _Frame
    begin: int


class _Page:
    """Frames are what is open around the place that is being read: tables, rows, cells, quotations."""

    def __init__(self) -> None:
        self._frames = [_Frame("page")]
        self._link: _Link | None = None

    def text(self, source: str) -> None:
        if source:
            self._put(_SPACES.sub(" ", html.unescape(source)))

    def tag(self, name: str, attributes: str) -> None:
        closing, name = name.startswith("/"), name.lstrip("/")
        if name in _FRAMES:
            self._close(_FRAMES[name], within=None if closing else _AROUND.get(name))
            if not closing and len(self._frames) < MOST_DEPTH:
                cited = bool(_CITED.search(attributes)) or "quote" in _attribute(_CLASS, attributes).lower()
                self._frames.append(_Frame(_FRAMES[name], cited))
        elif name == "a":
            self._close_link()
            address = html.unescape(_attribute(_HREF, attributes)).strip()
            if not closing and address.lower().startswith(("http://", "https://")):
                self._link = _Link(_SPACES.sub("", address), self._frames[-1], len(self._frames[-1].pieces))
        elif name == "br" or _BLOCK.fullmatch(name):
            self._put("\n- " if name == "li" and not closing else "\n")
        elif name == "img":
            self.text(_attribute(_ALT, attributes))

    def finish(self) -> str:
        self._close_link()
        while len(self._frames) > 1:
            self._close_last()
        return _tidy("".join(self._frames[0].pieces))

    def _put(self, text: str) -> None:
        self._frames[-1].pieces.append(text)

    def _close_link(self) -> None:
        """Write the address behind what the link was put on, unless that is the address itself."""
        link, self._link = self._link, None
        if link is None:
            return
        same = link.frame is self._frames[-1]
        label = "".join(link.frame.pieces[link.begin :]).strip() if same else ""
        if label != link.address:
            self._put(f" <{link.address}>")

    def _close(self, kind: str, *, within: str | None) -> None:
        """Close the innermost frame of this kind and all in it; C(within): but none beyond one of that kind.

        C(within) "": nothing is closed, frames of this kind lie in one another.
        """
        if within == "":
            return
        for place in range(len(self._frames) - 1, 0, -1):
            if self._frames[place].kind == within:
                return
            if self._frames[place].kind == kind:
                while len(self._frames) > place:
                    self._close_last()
                return

    def _close_last(self) -> None:
        frame = self._frames.pop()
        if frame.kind == "row":
            text = _row([piece.strip() for piece in frame.pieces])
        elif frame.kind == "quotation" and frame.cited:
            text = re.sub("^", "> ", _tidy("".join(frame.pieces)), flags=re.MULTILINE)
        else:
            text = "".join(frame.pieces)
        if frame.kind == "cell":
            self._put(_EDGES.sub("\n", text))
        else:
            self._put(f"\n{text}" if frame.kind == "row" else f"\n{text}\n")


# What a new frame ends, as HTML leaves most ends unwritten: a cell the cell before it, in the same table.
_AROUND = {"table": "", "blockquote": "", "tr": "table", "td": "table", "th": "table"}


def _row(cells: list[str]) -> str:
    """Write a row: "label | value" on one line, but one below the other where cells are longer than a line."""
    cells = [cell for cell in cells if cell]
    return ("\n" if any("\n" in cell for cell in cells[:-1]) else " | ").join(cells)


def _attribute(wanted: re.Pattern[str], attributes: str) -> str:
    found = wanted.search(attributes)
    return "" if found is None else next((value for value in found.groups() if value is not None), "")


def _tidy(text: str) -> str:
    """Return C(text) without spaces around line ends, paragraphs one empty line apart."""
    return _GAPS.sub("\n\n", _EDGES.sub("\n", re.sub(" {2,}", " ", text))).strip()
