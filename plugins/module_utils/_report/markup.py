# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML in which text stays text: only what C(tag) made is markup, every string is escaped."""

from __future__ import annotations

import base64
import hashlib
import html
import typing as t
from dataclasses import dataclass

# Elements that stand on a line of their own, so that a page can be read and compared as text.
_BLOCKS = frozenset(
    ("html", "head", "meta", "title", "style", "body", "header", "main", "section", "footer", "h1", "h2", "h3", "p")
    + (
        "ol",
        "ul",
        "li",
        "table",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "details",
        "summary",
        "pre",
        "dl",
        "dt",
        "dd",
    )
)
_EMPTY = frozenset({"meta", "col", "input"})


@dataclass(frozen=True)
class Markup:
    """Finished HTML. Nobody makes one but this file."""

    html: str


Child = t.Union[Markup, str]
NOTHING = Markup("")


def tag(element: str, /, *children: Child, **attributes: str) -> Markup:
    """Return an element. C(class_="x") is written C(class="x"), C(data_label="x") C(data-label="x")."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"' for key, value in attributes.items()
    )
    end = "" if element in _EMPTY else f"{together(*children).html}</{element}>"
    return Markup(f"<{element}{written}>{end}" + ("\n" if element in _BLOCKS else ""))


def together(*children: Child) -> Markup:
    """Return the children one after the other."""
    return Markup("".join(one.html if isinstance(one, Markup) else html.escape(one) for one in children))


def separated(separator: str, *children: Child) -> Markup:
    """Return the children that are not empty, the separator between them."""
    shown = [one for one in map(together, children) if one.html]
    return Markup(html.escape(separator).join(one.html for one in shown))


def style(css: str) -> Markup:
    """Return a style sheet of ours; it may not end itself."""
    if "</" in css:
        raise ValueError("a style sheet holds no tags")
    return Markup(f"<style>\n{css}</style>\n")


def document(
    *, title: str, head: t.Sequence[Markup], body: t.Sequence[Markup], lang: str = "en", script: str = ""
) -> str:
    """Return a whole page that loads nothing and runs nothing but C(script), whatever is written in it."""
    if "</" in script or "<!--" in script:
        raise ValueError("a script holds no tags")
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag(
                "meta",
                http_equiv="Content-Security-Policy",
                content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
                + _allowed(script),
            ),
            tag("title", title),
            *head,
        ),
        tag("body", *body, Markup(f"<script>{script}</script>\n") if script else NOTHING),
        lang=lang,
    )
    return f"<!DOCTYPE html>\n{page.html}"


def _allowed(script: str) -> str:
    """Name the one script that may run by its hash (CSP level 3, section 2.3.1)."""
    if not script:
        return ""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"; script-src 'sha256-{digest}'"
