# SPDX-License-Identifier: GPL-3.0-or-later
"""The two forms of a sheet: text that stands in columns, and a page in which no text becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormField, FormSource
from ansible_collections.koshin.tls.plugins.module_utils._report import markup
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet import KINDS, sheets
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_width import COLUMNS, padded, width, wrapped
from unit._core.material import ADDRESS, RECORD
from unit._report.sheet_material import EVERYTHING, LINK, ORGANIZATION, SATO, SHOP, occasion, read_fields, record, step
from unit._report.test_page import EVIL, read

PAGES = ("ja.html", "en.html")
TEXTS = ("ja.txt", "en.txt")


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("証明書", 6), ("ｶﾅ", 2), ("（英語）", 8), ("か\u3099", 2), ("葛\U000e0100", 2), ("é", 1), ("", 0)],
)
def test_a_japanese_letter_takes_two_columns(text, columns):
    assert width(text) == columns
    assert width(padded(text, 10)) == 10


def test_japanese_is_wrapped_anywhere_but_not_before_a_point():
    lines = wrapped("あいうえお、かきくけこ。", columns=10)

    assert lines == ["あいうえお、", "かきくけこ。"]


def test_words_stay_whole_and_later_lines_are_indented():
    lines = wrapped("see https://www.example.jp/a/very/long/path ok", indent="    ", first="  1.", columns=20)

    assert lines == ["  1.see", "    https://www.example.jp/a/very/long/path", "    ok"]
    assert wrapped("", indent="  ") == [""]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", TEXTS)
def test_text_fits_a_terminal_but_for_what_must_stay_whole(kind, form):
    text = sheets(record(), EVERYTHING, link=LINK, kind=kind, occasion=occasion(kind))[form]
    exact = {line for one in read_fields(text) for line in one.value.splitlines()}

    too_wide = [line for line in text.splitlines() if width(line) > COLUMNS + 2 and line not in exact]

    assert [line for line in too_wide if not line.startswith("ansible-playbook ")] == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_tables_stand_in_columns():
    text = sheets(record(), SHOP, link=LINK, kind=KINDS[0], occasion=occasion())["ja.txt"]
    head = text.split("\n\n")[1]

    columns = {width(line) - width(re.split(r" {2,}", line, maxsplit=1)[1]) for line in head.splitlines()}

    assert len(columns) == 1


def everything(text: str) -> dict[str, str]:
    """Return the sheets of an order in which every text that somebody may write is this one."""
    address = replace(ADDRESS, **dict.fromkeys(vars(ADDRESS), text))
    trusted = replace(RECORD, number=text, checked_by=text, address=address)
    organization = replace(ORGANIZATION, name=text, local_name=text, records=(trusted,))
    person = replace(SATO, **dict.fromkeys(("family_name", "given_name", "email", "title", "extension", "hours"), text))
    shop = replace(
        EVERYTHING,
        title=text,
        products=(text,),
        my_page=text,
        form=tuple(FormField(source, text) for source in FormSource),
    )
    more = {"certificate": text, "common_name": text, "additional_names": (f"b{text}",), "product": text, "csr": text}
    order = record(
        organization=organization,
        responsible=person,
        technical=person,
        methods=((text, Method.EMAIL), (f"b{text}", Method.FILE)),
        approvers=((text, text),),
        **more,
    )
    told = occasion(step=step(details=text, link=text), order_number=text)
    return dict(sheets(replace(order, account=text, host=text), shop, link=text, kind=KINDS[1], occasion=told))


@pytest.mark.parametrize("form", PAGES)
def test_text_never_becomes_markup(form):
    tame, evil = read(everything("x" * len(EVIL))[form]), read(everything(EVIL)[form])

    def shape(reader) -> list:
        return [(element, sorted(set(attributes))) for element, attributes in reader.elements]

    assert shape(evil) == shape(tame)
    assert len(evil.all("script")) == 1
    assert not [one for one in evil.all("a") if not one["href"].startswith("https://")]


@pytest.mark.parametrize("form", TEXTS)
def test_text_never_becomes_a_field(form):
    forged = "x\n[9] 会社名\nForged Corporation\n-----BEGIN CERTIFICATE REQUEST-----"

    found = read_fields(everything(forged)[form])

    assert {one.number for one in found} <= set(range(1, len(FormSource) + 1))
    assert "Forged Corporation" not in [one.value for one in found]


def test_a_value_may_look_like_a_field():
    sato = replace(SATO, title="[9] 会社名", extension="-----BEGIN CERTIFICATE REQUEST-----x")

    found = read_fields(sheets(record(responsible=sato), SHOP, link="", kind=KINDS[1])["ja.txt"])

    assert [one.number for one in found if one.value == "[9] 会社名"] == [18]
    assert len({one.number for one in found}) == len(SHOP.form)


@pytest.mark.parametrize("form", PAGES)
def test_one_script_may_run_and_nothing_is_loaded(form):
    page = sheets(record(), SHOP, link="", kind=KINDS[1], occasion=occasion())[form]
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    [policy] = [one["content"] for one in read(page).all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )
    assert not re.search(r"url\(|@import|src=|\son[a-z]+=", page)
    assert re.findall(r'href="([^"]+)"', page) == [SHOP.my_page]


def test_a_script_cannot_end_itself():
    with pytest.raises(ValueError, match="no tags"):
        markup.document(title="", head=[], body=[], script="'</script>'")


@pytest.mark.parametrize("form", PAGES)
def test_it_is_readable_for_everybody(form):
    reader = read(sheets(record(), SHOP, link=LINK, kind=KINDS[1], occasion=occasion())[form])

    assert reader.all("html") == [{"lang": form[:2]}]
    assert len(reader.all("h1")) == len(reader.all("main")) == 1
    assert all(one["lang"] == "ja" for one in reader.all("h3") if "lang" in one)
    assert all(one["aria-label"] for one in reader.all("button"))
    assert [one for one in reader.all("p") if one.get("aria-live") == "polite"] != []
