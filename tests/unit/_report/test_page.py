# SPDX-License-Identifier: GPL-3.0-or-later
"""The page is whole in itself, stands as HTML, and shows text as text, whatever somebody wrote into a name."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.markup import separated, style, tag
from ansible_collections.koshin.tls.plugins.module_utils._report.page import page
from ansible_collections.koshin.tls.plugins.module_utils._report.style import CSS
from unit._report.material import (
    NOW,
    MemoryLedger,
    certificate,
    due,
    failed,
    issue,
    order_of,
    overview,
    step,
)

WWW = "www.example.jp"
EVIL = "</td></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"
EMPTY = {"meta", "col", "input"}


class Reader(HTMLParser):
    """Reads a page strictly: everything that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            raise ValueError(f"{tag} closes what is not open")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for element, attributes in self.elements if element == name]


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def everything(name: str = WWW) -> str:
    memory = MemoryLedger(
        orders=[order_of(name, reference=name)], awaited=[step(name)], issued=[issue(name, installed_at=NOW)]
    )
    refused = {"name": name, "error": failed("refused", name, name)}
    finding = {"name": name, "severity": "blocks", "code": name, "message": name, "next_move": name}
    told = overview(
        memory,
        certificates=[due(name, host=name, account=name, names=[name, f"b.{name}"], reason=name), certificate("b")],
        orders=[refused],
        findings=[finding],
        failures=[{"host": name, "task": name, "message": name}],
    )
    return page(told)


def test_text_never_becomes_markup():
    tame, evil = read(everything()), read(everything(EVIL))

    def shape(reader: Reader) -> list[tuple[str, list[str]]]:
        return [(element, sorted(attributes)) for element, attributes in reader.elements]

    assert shape(evil) == shape(tame)
    assert EVIL in evil.text
    assert "<script" not in everything(EVIL)


def test_nothing_is_loaded_and_nothing_can_run():
    html = everything()
    reader = read(html)
    [policy] = [one["content"] for one in reader.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|src=|href=", html)
    assert {"script", "link", "img", "iframe", "form"}.isdisjoint(element for element, _attributes in reader.elements)


def test_it_is_readable_for_everybody():
    reader = read(everything())

    assert reader.all("html") == [{"lang": "en"}]
    assert "width=device-width" in str(reader.all("meta"))
    assert len(reader.all("h1")) == len(reader.all("main")) == 1
    assert all("scope" in attributes for attributes in reader.all("th"))
    assert all("data-label" in attributes for attributes in reader.all("td"))
    assert all("datetime" in attributes for attributes in reader.all("time"))
    for wanted in ("prefers-color-scheme: dark", "@media print", "@media (max-width"):
        assert wanted in CSS


def test_a_manager_sees_who_must_act_until_when():
    memory = MemoryLedger(orders=[order_of(WWW)], awaited=[step(WWW), step(WWW, StepKind.PHONE_CONFIRMATION)])

    text = read(page(overview(memory, certificates=[due(WWW)]))).text

    assert "1 certificate: 1 waits for payment until 2026-11-30 (payer)." in text
    assert "Payment: payer, until 2026-11-30" in text
    assert "Pay the CA's invoice." in text
    assert "Phone confirmation: responsible" in text
    assert "order 17 at shop" in text
    assert "-e tls_certificate=www.example.jp -e tls_step=payment -e tls_by=NAME" in text


def test_a_quiet_day_is_a_quiet_page():
    text = read(page(overview(MemoryLedger(), certificates=[certificate(WWW)]))).text

    assert "all is well" in text
    for section in ("Needs attention", "Waits for people", "Findings", "What was done"):
        assert section not in text


@pytest.mark.parametrize(
    ("ends_in", "said"), [(20, "20 days"), (1, "1 day"), (0, "ends today"), (-1, "ended 1 day ago")]
)
def test_days_left_are_said(ends_in, said):
    assert said in read(page(overview(MemoryLedger(), certificates=[due(WWW, ends_in=ends_in)]))).text


def test_the_bar_shows_how_much_is_spent_and_where_renewal_begins():
    html = page(overview(MemoryLedger(), certificates=[certificate(WWW, ends_in=199)]))
    half = page(overview(MemoryLedger(), certificates=[certificate(WWW, ends_in=99)]))

    assert 'style="--spent:0%"' in html
    assert 'style="--opens:70%"' in html
    assert 'style="--spent:50%"' in half


def test_a_thousand_certificates_are_all_there_and_most_lie_under_a_fold():
    html = page(overview(MemoryLedger(), certificates=[certificate(f"{n:04}.example.jp") for n in range(1_000)]))
    shown, folded = html.split("<details>")

    assert shown.count(".example.jp</th>") == 0
    assert shown.count('role="rowheader"') == 50
    assert folded.count('role="rowheader"') == 950
    assert "950 more" in folded
    assert len(html) < 1_000_000


def test_a_style_sheet_cannot_end_itself():
    with pytest.raises(ValueError, match="no tags"):
        style("</style>")


def test_markup_is_made_of_text_and_markup():
    assert (
        tag("td", "a<b", tag("b", "&"), data_label='"x"').html
        == '<td data-label="&quot;x&quot;">a&lt;b<b>&amp;</b></td>'
    )
    assert separated(" < ", "a", "", tag("b", "c")).html == "a &lt; <b>c</b>"
