# SPDX-License-Identifier: GPL-3.0-or-later
"""A person for the tests, who does what a person can do at a shop: with a browser, letters and a sheet."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .browser import Browser, Field, Form, Page
from .paper import Written, read_sheet


@dataclass(frozen=True)
class Service:
    """A line of My Page; ``state`` in the shop's own words."""

    number: str
    product: str
    common_name: str
    state: str


@dataclass(frozen=True)
class Bill:
    """A line of My Page's invoices, as it stands there."""

    number: str
    amount: str
    due_on: str
    paid_on: str


class Unclear(Exception):
    """Sheet and form do not fit each other: what is written cannot be entered."""


class Person:
    """Logs in by itself whenever the site has forgotten it. Raises what ``Browser`` raises: AnswerLost, TurnedAway."""

    def __init__(self, browser: Browser, *, login: str, password: str) -> None:
        self._browser = browser
        self._login = login
        self._password = password

    def services(self) -> list[Service]:
        return [Service(*row) for row in self.see("/mypage").rows if len(row) == 4 and row[0].isdigit()]

    def bills(self) -> list[Bill]:
        return [Bill(*row) for row in self.see("/mypage").rows if len(row) == 4 and row[0].startswith("INV")]

    def see(self, address: str) -> Page:
        """Open a page of the site, by path or by a letter's link."""
        page = self._browser.open(address)
        for _try in range(10):
            if page.path != "/login":
                return page
            self._browser.send(page.form("/login"), {"login": self._login, "password": self._password})
            page = self._browser.open(address)
        raise Unclear("The site forgets everybody at once.")

    def state(self, number: str) -> str:
        """Return what My Page says of an order, "" where it shows none."""
        return next((one.state for one in self.services() if one.number == number), "")

    def buy(self, *, common_name: str, name_count: int) -> str:
        """Buy on the purchase page; returns the order's number."""
        page = self._send("/buy", "/buy", lambda _form: {"common_name": common_name, "name_count": str(name_count)})
        return page.path.rpartition("/")[2]

    def pay(self, invoice: str) -> None:
        self._send(f"/invoice/{invoice}", "paid", _nothing)

    def apply(self, sheet: str, *, at: str) -> Page:
        """Type a sheet (text) into the application form; ``at``: the letter's link, or an order's number."""
        address = at if "/" in at else f"/order/{at}/apply"
        return self._send(address, "apply", lambda form: typed(form, read_sheet(sheet)))

    def reissue(self, sheet: str, *, at: str) -> Page:
        """Type a reissue sheet (text) into the reissue form; ``at``: the letter's link, or the order's number."""
        address = at if "/" in at else f"/order/{at}/reissue"
        return self._send(address, "reissue", lambda form: typed(form, read_sheet(sheet)))

    def change_validation(self, number: str, *, name: str, method: str, approver: str = "") -> None:
        """Change it on My Page; ``method``: as the page calls it."""

        def chosen(form: Form) -> dict[str, str]:
            offered = next(one for one in form.fields if one.name == "method").options
            return {"name": name, "method": offered[method], "approver": approver}

        self._send(f"/order/{number}", "validation", chosen)

    def approve(self, link: str, *, code: str = "") -> None:
        self._browser.send(self._browser.open(link).forms[0], {"code": code})

    def confirm_online(self, link: str) -> None:
        self._browser.send(self._browser.open(link).forms[0], {})

    def upload(self, number: str, *, name: str, content: bytes) -> None:
        form = self.see(f"/order/{number}/documents").form("documents")
        self._browser.send_file(form, name, content)

    def cancel(self, number: str) -> None:
        self._send(f"/order/{number}", "cancel", _nothing)

    def _send(self, address: str, action: str, fill: Callable[[Form], dict[str, str]]) -> Page:
        """Fill and send a page's form; once more where the site only asked who it is, instead of taking it."""
        for _try in range(10):
            form = self.see(address).form(action)
            page = self._browser.send(form, fill(form))
            if page.path != "/login":
                return page
            if page.wanted != form.action:
                return self.see(page.wanted)
        raise Unclear("The site forgets everybody at once.")


def _nothing(_form: Form) -> dict[str, str]:
    """A button asks for nothing."""
    return {}


def typed(form: Form, written: list[Written]) -> dict[str, str]:
    """Return what goes into which field of a form; raises Unclear where the form has no field of that label.

    Names come first: what belongs to one of them goes into the row of that name.
    """
    values: dict[str, str] = {}
    rows = _rows(form, written)
    for label in dict.fromkeys(one.label for one in written if one.value):
        of_label = [one for one in written if one.label == label and one.value]
        fields = _fields(form, label)
        if len(of_label) == 1 and not of_label[0].name and all(field.kind == "select" for field in fields):
            # One choice for the whole form: it is made wherever the form asks for it.
            of_label *= len(fields)
        for place, one in enumerate(of_label):
            row = rows.get(one.name, place) if len(fields) > 1 else 0
            if row >= len(fields):
                raise Unclear(f"The form has no field for {label} {one.name}: it has {len(fields)}.")
            values[fields[row].name] = _entered(fields[row], one.value)
    return values


def _rows(form: Form, written: list[Written]) -> dict[str, int]:
    """Return the row of each host name: the first single value that is a name is the common name's."""
    named = [field for field in form.fields if field.name.startswith("name_")]
    labels = {field.name: field.label for field in named}
    first = next((one.value for one in written if _same(one.label, labels.get("name_0", ""))), "")
    others = [one.value for one in written if any(_begins(labels[field.name], one.label) for field in named[1:])]
    return {name: place for place, name in enumerate([first, *others]) if name}


def _fields(form: Form, label: str) -> list[Field]:
    """Return the fields of a label: the one that is called so, or those of its rows."""
    same = [field for field in form.fields if _same(field.label, label)]
    found = same or [field for field in form.fields if _begins(field.label, label)]
    if not found:
        raise Unclear(f"The form has no field {label!r}, only: {', '.join(field.label for field in form.fields)}.")
    return found


def _entered(field: Field, value: str) -> str:
    if field.kind != "select":
        return value
    options = {_plain(label): chosen for label, chosen in field.options.items()}
    if _plain(value) not in options:
        raise Unclear(f"{field.label} offers {', '.join(field.options)}, not {value}.")
    return options[_plain(value)]


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _begins(label: str, written: str) -> bool:
    return _plain(label).startswith(f"{_plain(written)} ")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
