# SPDX-License-Identifier: GPL-3.0-or-later
"""The letters that the stand-in shops send: written as shops write to people, not to fit anybody's patterns.

``write("bestssl", MessageKind.INVOICE, facts)`` gives subject, text and HTML. Three shops: ``bestssl`` is the
procedure's own, ``generic_ja`` and ``generic_en`` are the average ones. ``noise(shop)`` is what they send besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from . import letters_bestssl, letters_generic_en, letters_generic_ja
from .letters_paper import Body, Facts, Paper


@dataclass(frozen=True)
class Letter:
    """One mail without its envelope. ``sender``: the address that this shop (or the CA behind it) sends it from."""

    sender: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Shop:
    """A shop's stationery, its addresses, and what it writes for each kind."""

    paper: Paper
    address: str
    authority_address: str
    bodies: Mapping[MessageKind, Callable[[Facts], Body]]
    noise: tuple[Callable[[Facts], Body], ...]


SHOPS: Mapping[str, Shop] = {
    "bestssl": Shop(
        letters_bestssl.PAPER,
        "support@bestssl.net",
        "no-reply@digitalcertvalidation.com",
        letters_bestssl.BODIES,
        letters_bestssl.NOISE,
    ),
    "generic_ja": Shop(
        letters_generic_ja.PAPER,
        "order@shop.example.jp",
        "noreply@ca.example.com",
        letters_generic_ja.BODIES,
        letters_generic_ja.NOISE,
    ),
    "generic_en": Shop(
        letters_generic_en.PAPER,
        "orders@shop.example.com",
        "noreply@ca.example.com",
        letters_generic_en.BODIES,
        letters_generic_en.NOISE,
    ),
}
KINDS = tuple(kind for kind in MessageKind if kind is not MessageKind.NOT_UNDERSTOOD)


def write(shop: str, kind: MessageKind, facts: Facts) -> Letter:
    """Write the letter that ``shop`` sends on this occasion; an approval request comes from the CA behind it."""
    stationery = SHOPS[shop]
    by_the_authority = kind is MessageKind.APPROVAL_REQUEST
    sender = stationery.authority_address if by_the_authority else stationery.address
    return _letter(stationery, sender, stationery.bodies[kind](facts))


def noise(shop: str, facts: Facts) -> list[Letter]:
    """Write what a shop sends besides: campaigns, holidays, maintenance. None of it means anything for an order."""
    stationery = SHOPS[shop]
    return [_letter(stationery, stationery.address, body(facts)) for body in stationery.noise]


def forwarded(letter: Letter, *, by: str, on: date, note: str = "ご確認ください。") -> Letter:
    """Write what a colleague's mail program makes of it: the whole letter beneath a header block, not quoted."""
    header = f"-----Original Message-----\nFrom: {letter.sender}\nSent: {on:%A, %B %d, %Y}\nSubject: {letter.subject}\n"
    text = f"{note}\n\n{header}\n{letter.text}"
    html = letter.html.replace("<body>", f"<body><p>{note}</p><hr><div>{header.replace(chr(10), '<br>')}</div>", 1)
    return Letter(by, f"Fwd: {letter.subject}", text, html)


def answered(letter: Letter, earlier: Letter, *, on: date) -> Letter:
    """Write ``letter`` as an answer in a thread: its own words, then ``earlier`` quoted below with "> "."""
    quoted = "\n".join(f"> {line}" for line in earlier.text.splitlines())
    text = f"{letter.text}\n\n{on:%Y/%m/%d} 10:12 <{earlier.sender}>:\n{quoted}\n"
    quote = earlier.html.partition("<body>")[2].partition("</body>")[0]
    html = letter.html.replace(
        "</body>", f'<p>{on:%Y/%m/%d} 10:12:</p><blockquote type="cite">{quote}</blockquote></body>'
    )
    return Letter(letter.sender, f"Re: {letter.subject}", text, html)


def _letter(shop: Shop, sender: str, body: Body) -> Letter:
    return Letter(sender, body.subject, shop.paper.text(body), shop.paper.html(body))
