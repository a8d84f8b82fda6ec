# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML as a small shop writes it; whatever is put in is text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Input:
    """One field of a form. ``kind``: text, password, textarea, file, hidden or select; ``options``: value and label."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()


def page(language: str, title: str, parts: Iterable[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def verbatim(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def link(text: str, target: str) -> str:
    return f'<a href="{escape(target)}">{escape(text)}</a>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of labels and values."""
    inner = "".join(f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>\n" for label, value in rows)
    return f"<table>\n{inner}</table>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells of ``rows`` are HTML already."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    inner = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table border=1>\n<tr>{top}</tr>\n{inner}</table>"


def form(action: str, inputs: Iterable[Input], submit: str) -> str:
    """Return a form that is posted."""
    fields = list(inputs)
    encoding = ' enctype="multipart/form-data"' if any(one.kind == "file" for one in fields) else ""
    inner = "\n".join(_input(one, place) for place, one in enumerate(fields))
    button = f'<p><button type="submit">{escape(submit)}</button></p>'
    return f'<form method="post" action="{escape(action)}"{encoding}>\n{inner}\n{button}\n</form>'


def _input(one: Input, place: int) -> str:
    name, value = escape(one.name), escape(one.value)
    if one.kind == "hidden":
        return f'<input type="hidden" name="{name}" value="{value}">'
    identity = f"f{place}-{name}"
    label = f'<p><label for="{identity}">{escape(one.label)}</label> '
    if one.kind == "textarea":
        return f'{label}<textarea id="{identity}" name="{name}" rows="12" cols="70">{value}</textarea></p>'
    if one.kind == "select":
        options = "".join(_option(*option, chosen=one.value) for option in one.options)
        return f'{label}<select id="{identity}" name="{name}">{options}</select></p>'
    return f'{label}<input type="{one.kind}" id="{identity}" name="{name}" value="{value}"></p>'


def _option(value: str, label: str, *, chosen: str) -> str:
    selected = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{selected}>{escape(label)}</option>'
