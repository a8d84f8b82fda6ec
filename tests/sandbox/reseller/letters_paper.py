# SPDX-License-Identifier: GPL-3.0-or-later
"""What letters are made of: facts, blocks, and each shop's way to set them as text and as HTML."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken


@dataclass(frozen=True)
class Bought:
    """One certificate that a letter is about; ``price`` is without tax, in yen (or the shop's currency)."""

    common_name: str = "www.example.jp"
    additional_names: tuple[str, ...] = ("example.jp", "shop.example.jp")
    order_number: str = "26104233"
    product: str = "セキュア・サーバID"
    ends_on: date = date(2027, 1, 22)
    price: int = 59_800

    @property
    def names(self) -> tuple[str, ...]:
        return (self.common_name, *self.additional_names)


@dataclass(frozen=True)
class Facts:
    """What a letter tells. A letter takes what it needs; ``attachment`` names the file that the sender encloses."""

    sent_on: date = date(2026, 11, 23)
    certificates: tuple[Bought, ...] = (Bought(),)
    organization: str = "株式会社エグザンプル"
    legal_name: str = "Example Corporation"
    family_name: str = "鈴木"
    latin_name: str = "Ichiro Suzuki"
    invoice_number: str = "INV-2026-08841"
    due_on: date = date(2026, 12, 31)
    site: str = "https://www.bestssl.net"
    link: str = ""
    code: str = ""
    approver: str = "admin@example.jp"
    tokens: tuple[FileToken, ...] = ()
    records: tuple[DnsToken, ...] = ()
    pem: tuple[str, ...] = ()
    attachment: str = ""
    documents: tuple[str, ...] = ()
    reason: str = ""
    telephone: str = "03-1234-5678"
    responsible: str = "佐藤 花子"
    latin_responsible: str = "Hanako Sato"

    @property
    def first(self) -> Bought:
        return self.certificates[0]

    @property
    def net(self) -> int:
        return sum(one.price for one in self.certificates)

    @property
    def tax(self) -> int:
        return self.net // 10

    @property
    def total(self) -> int:
        return self.net + self.tax

    def after(self, days: int) -> date:
        return self.sent_on + timedelta(days=days)


@dataclass(frozen=True)
class Rows:
    """A block of labels and values under a heading."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """A table of several certificates: a head and rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True)
class Verbatim:
    """Text that is to be copied as it stands: a PEM block, a file's content."""

    text: str


Block = str | Rows | Listing | Button | Verbatim


@dataclass(frozen=True)
class Body:
    """A letter's own words; the paper adds greeting, rules and signature."""

    subject: str
    blocks: tuple[Block, ...]
    greeting: str = ""


@dataclass(frozen=True)
class Paper:
    """A shop's stationery. ``heading``, ``row``: how a heading and a row are set in text; ``rule``: a line of it."""

    language: str
    rule: str
    heading: str
    row: str
    opening: str
    closing: str
    signature: tuple[str, ...]
    align: bool = True
    hidden: str = field(default="")

    def text(self, body: Body) -> str:
        blocks = [block for block in (body.greeting, self.opening, *body.blocks, self.closing) if block]
        return "\n\n".join(self._text(block) for block in blocks) + "\n\n" + self._text_signature()

    def html(self, body: Body) -> str:
        blocks = [block for block in (body.greeting, self.opening, *body.blocks, self.closing) if block]
        inner = "\n".join(_html(block) for block in blocks)
        signature = "<br>\n".join(html.escape(line) for line in self.signature)
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            f"<title>{html.escape(body.subject)}</title>"
            "<style>td{padding:4px} .b{color:#fff;background:#06c}</style>"
            f'</head>\n<body><div style="display:none">{html.escape(self.hidden)}</div>\n<table width="600"><tr><td>\n'
            f'{inner}\n<hr>\n<p style="font-size:small">{signature}</p>\n</td></tr></table>\n'
            '<img src="https://track.mailer.example.net/open.gif?id=8841" width="1" height="1" alt="">\n'
            "</body></html>\n"
        )

    def _text(self, block: Block) -> str:
        if isinstance(block, str):
            return block
        if isinstance(block, Button):
            return f"{block.label}\n{block.url}"
        if isinstance(block, Verbatim):
            return block.text
        if isinstance(block, Listing):
            lines = [f"{place}. " + " / ".join(cell for cell in row) for place, row in enumerate(block.rows, 1)]
            return self.heading.format(title=block.title, rule=self.rule) + "\n" + "\n".join(lines)
        return self._text_rows(block)

    def _text_rows(self, block: Rows) -> str:
        width = max(columns(label) for label, _value in block.rows) if self.align else 0
        lines = [
            self.row.format(label=label, pad=" " * max(width - columns(label), 0), value=value)
            for label, value in block.rows
        ]
        return self.heading.format(title=block.title, rule=self.rule) + "\n" + "\n".join(lines)

    def _text_signature(self) -> str:
        return "\n".join((self.rule, *self.signature, self.rule)) + "\n"


def columns(text: str) -> int:
    """Return how wide a terminal shows ``text``: wide characters count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _html(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{html.escape(block).replace(chr(10), '<br>' + chr(10))}</p>"
    if isinstance(block, Button):
        return f'<p><a class="b" href="{html.escape(block.url)}">{html.escape(block.label)}</a></p>'
    if isinstance(block, Verbatim):
        return f"<pre>{html.escape(block.text)}</pre>"
    if isinstance(block, Listing):
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in block.head)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n" for row in block.rows
        )
        return f'<h3>{html.escape(block.title)}</h3>\n<table border="1"><tr>{head}</tr>\n{rows}</table>'
    rows = "".join(
        f'<tr><td bgcolor="#eeeeee">{html.escape(label)}</td><td><b>{html.escape(value)}</b></td></tr>\n'
        for label, value in block.rows
    )
    return f"<h3>{html.escape(block.title)}</h3>\n<table>{rows}</table>"


def names_line(one: Bought, separator: str = ", ") -> str:
    return separator.join(one.additional_names) if one.additional_names else "-"


def yen(amount: int) -> str:
    return f"{amount:,}円"
