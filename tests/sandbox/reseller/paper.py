# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an application sheet (text) as a person does who types it into a form; layout: ``_report/sheet_text.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = re.compile(r"\[(?P<field>[0-9]+)(?:\.[0-9]+)?\] (?P<label>.+?)(?: <(?P<name>[^<>\s]+)>)?")
_BLOCK = re.compile(r"-----(BEGIN|END) [A-Z ]+-----")


@dataclass(frozen=True)
class Written:
    """One value of a field; ``name``: the host name that it belongs to, "" where it belongs to the whole form."""

    field: int
    label: str
    value: str
    name: str = ""


def read_sheet(text: str) -> list[Written]:
    """Return what is to be entered, in the order of the form."""
    return sorted(_read(text.splitlines()), key=lambda one: one.field)


def _read(lines: list[str]) -> Iterator[Written]:
    for place, line in enumerate(lines):
        head = _HEAD.fullmatch(line)
        if head is not None:
            yield Written(int(head["field"]), head["label"], _value(lines[place + 1 :]), head["name"] or "")


def _value(lines: list[str]) -> str:
    """Return one line, or all lines of a CSR."""
    if not lines or not _BLOCK.fullmatch(lines[0]):
        return lines[0] if lines else ""
    end = next(place for place, line in enumerate(lines) if place and _BLOCK.fullmatch(line))
    return "\n".join(lines[: end + 1]) + "\n"
