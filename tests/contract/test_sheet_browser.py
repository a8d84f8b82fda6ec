# SPDX-License-Identifier: GPL-3.0-or-later
"""Application sheets in a real browser: what is copied is the value, what is printed is all of it, and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet import KINDS, sheets
from contract.browser import LOWEST_CONTRAST, Watched, chromium, serving
from unit._core.material import ADDRESS, RECORD
from unit._report.sheet_material import EVERYTHING, LINK, ORGANIZATION, SATO, occasion, read_fields, record
from unit._report.test_page import EVIL

LANGUAGES = ("ja", "en")
# Every one of these changes where a page is careless: doubled and wide spaces, quotes, letters beyond 16 bits.
NASTY = "A  \"B\" & <C>\u3000\U00020bb7野家  'D' 葛\U000e0100 &amp;"


def nasty(**more: object):
    address = replace(ADDRESS, legal_name=NASTY, street_address=EVIL)
    organization = replace(ORGANIZATION, local_name=NASTY, records=(replace(RECORD, address=address),))
    return record(organization=organization, responsible=replace(SATO, title=NASTY), **more)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sheets of every kind, with every field that a shop may ask for."""
    made = tmp_path_factory.mktemp("sheets")
    for kind in KINDS:
        for form, text in sheets(nasty(), EVERYTHING, link=LINK, kind=kind, occasion=occasion(kind)).items():
            (made / f"{kind.value}.{form}").write_text(text, encoding="utf-8", newline="")
    return made


@pytest.fixture(scope="module")
def origin(directory: Path) -> Iterator[str]:
    with serving(directory) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1200, "height": 900})
    yield made
    made.close()


def wanted(directory: Path, kind: StepKind, language: str) -> dict[str, str]:
    """Return what each button should copy, as the text of the same sheet says it: ids of the values → text."""
    text = (directory / f"{kind.value}.{language}.txt").read_text()
    values = {f"value-{one.number}-{one.item or 1}": one.value for one in read_fields(text) if one.value}
    commands = [line for line in text.splitlines() if line.startswith("ansible-playbook ")]
    values |= {f"command-{number}": command for number, command in enumerate(commands, start=1)}
    names = [name for name, value in values.items() if value in ("example.jp", "shop.example.jp")]
    return {**values, " ".join(names): "example.jp\nshop.example.jp"}


def copied_by(page: Page, paste: Callable[[Page], str]) -> dict[str, str]:
    """Press every button as a person does, and return what then lay on the clipboard."""
    found = {}
    for button in page.locator("button").all():
        before = page.locator("#said").text_content()
        button.click()
        page.wait_for_function("before => document.getElementById('said').textContent !== before", arg=before)
        found[button.get_attribute("data-copies")] = paste(page)
    return found


def from_the_clipboard(page: Page) -> str:
    return page.evaluate("navigator.clipboard.readText()")


def pasted(page: Page) -> str:
    """Paste as a person does, into a field of many lines."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    page.locator("#pasted").focus()
    page.keyboard.press("Control+v")
    text = page.locator("#pasted").input_value()
    page.evaluate("document.getElementById('pasted').remove()")
    return text


def test_every_button_copies_exactly_its_value(context, origin, directory):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    watched = Watched(context, f"{origin}/application.ja.html")

    copied = copied_by(watched.page, from_the_clipboard)

    assert copied == wanted(directory, StepKind.APPLICATION, "ja")
    assert NASTY in copied.values()
    assert EVIL in copied.values()
    assert [text.count("\n") for text in copied.values() if text.endswith("\n")] == [
        record().application.csr.count("\n")
    ]
    assert watched.surprises == []


def test_a_page_from_a_file_copies_without_the_clipboards_interface(context, directory):
    context.add_init_script("delete Navigator.prototype.clipboard")
    watched = Watched(context, (directory / "my_page.en.html").as_uri())
    assert watched.page.evaluate("navigator.clipboard") is None

    assert copied_by(watched.page, pasted) == wanted(directory, StepKind.MY_PAGE, "en")
    assert watched.surprises == []


def test_where_nothing_can_be_copied_it_is_selected_and_said(context, directory):
    context.add_init_script("delete Navigator.prototype.clipboard; Document.prototype.execCommand = () => false")
    page = Watched(context, (directory / "application.en.html").as_uri()).page

    page.locator("button").nth(2).click()

    assert "press Ctrl+C" in page.locator("#said").text_content()
    assert page.evaluate("getSelection().toString()") == page.locator(".exact").nth(2).text_content()


def test_it_can_be_used_by_keyboard_and_is_said_aloud(context, origin):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    page = Watched(context, f"{origin}/application.en.html").page

    for _key in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('said').textContent !== ''")

    assert page.locator("#said").text_content() == "Copied: product 欄"
    assert from_the_clipboard(page) == "セキュア・サーバID"
    assert page.locator("[aria-live=polite]").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_printed_but_the_buttons(context, directory, tmp_path, language):
    page = Watched(context, (directory / f"application.{language}.html").as_uri()).page
    paper = tmp_path / "sheet.pdf"

    page.pdf(path=str(paper), format="A4", prefer_css_page_size=True)
    printed = subprocess.run(["pdftotext", "-raw", paper, "-"], check=True, capture_output=True, text=True).stdout

    squeezed = "".join(printed.split())
    lines = [line for text in wanted(directory, StepKind.APPLICATION, language).values() for line in text.splitlines()]
    # A PDF names the letters of NASTY by their glyphs: its first part stands for it.
    missing = [line for line in lines if "".join(line.replace(NASTY, 'A  "B" & <C>').split()) not in squeezed]
    assert missing == []
    # Each line of the CSR ends where it ends: nothing is cut off and nothing wrapped.
    csr, ends = record().application.csr.splitlines(), printed.splitlines()
    assert [line for line in csr if not any(one.endswith(line) for one in ends)] == []
    assert LINK in squeezed
    page.emulate_media(media="print")
    assert [one for one in page.locator("button").all() if one.is_visible()] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_telephone_shows_all_of_it_without_scrolling_sideways(browser, directory, kind, language):
    context = browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2)
    watched = Watched(context, (directory / f"{kind.value}.{language}.html").as_uri())

    wide = watched.page.evaluate(
        "() => [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth)"
        ".map(one => one.outerHTML.slice(0, 80))"
    )

    assert wide == []
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 360
    assert watched.surprises == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_everything_has_a_name(browser, directory, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = Watched(context, (directory / "my_page.ja.html").as_uri()).page
    page.locator("button").first.click()

    ratio, text = page.evaluate(LOWEST_CONTRAST)
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button, input, a')].filter(one => !(one.ariaLabel || one.textContent"
        " || [...one.labels].map(label => label.textContent).join('')).trim()).length"
    )

    assert ratio >= 4.5, text
    assert nameless == 0
    context.close()


def test_without_its_script_there_are_no_buttons_that_do_nothing(browser, directory):
    context = browser.new_context(java_script_enabled=False)
    page = Watched(context, (directory / "application.ja.html").as_uri()).page

    assert page.locator("button").count() > 30
    assert [one for one in page.locator("button").all() if one.is_visible()] == []
    assert page.locator(".exact").first.is_visible()
    context.close()
