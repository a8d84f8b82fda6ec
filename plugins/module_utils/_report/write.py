# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the three files, each at once and whole, and only when more than the time of writing differs."""

from __future__ import annotations

import os
import tempfile
import typing as t
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass

from .._core.errors import KoshinError
from . import document
from .metrics import metrics
from .overview import Overview
from .page import page

PAGE = "report.html"
DOCUMENT = "report.json"
METRICS = "koshin.prom"


@dataclass(frozen=True)
class Written:
    """Which files were written, or in check mode would be; C(before) and C(after): what they say, in short lines."""

    changed: Mapping[str, bool]
    before: str
    after: str


def write(directory: str, overview: Overview, *, check_mode: bool = False) -> Written:
    """Bring the files in C(directory) up to date; it is made where it is missing. Raises KoshinError.

    They are compared as if they had been written at the same time. All or none are written, so that they agree.
    """
    try:
        there = {name: _read(os.path.join(directory, name)) for name in (PAGE, DOCUMENT, METRICS)}
        then = document.written_at(there[DOCUMENT])
        same = then is not None and there == _files(overview.at(then))
        files = there if same else _files(overview)
        if not same and not check_mode:
            _write_all(directory, files)
    except OSError as error:
        raise KoshinError(
            f"The report cannot be written to {directory}: {error.strerror or error}.",
            "Let the user of this run write there, or name another directory.",
            code="report_not_written",
        ) from None
    return Written(
        changed=dict.fromkeys(files, not same),
        before=document.outline(there[DOCUMENT]),
        after=document.outline(files[DOCUMENT]),
    )


def items(directory: str, changed: Mapping[str, bool], gone: Container[str] = ()) -> list[dict[str, t.Any]]:
    """Return an item for each file: file name → whether it was changed; C(gone): those that were removed."""
    return [
        {
            "name": name,
            "path": os.path.join(directory, name),
            "changed": differs,
            "state": "absent" if name in gone else "present",
            "error": None,
        }
        for name, differs in changed.items()
    ]


def _files(overview: Overview) -> dict[str, str]:
    return {PAGE: page(overview), DOCUMENT: document.document(overview), METRICS: metrics(overview)}


def _read(path: str) -> str:
    """Return what lies there; nothing where there is no such file, or none of ours."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _write_all(directory: str, files: Mapping[str, str]) -> None:
    if not os.path.isdir(directory):
        os.makedirs(directory)
        os.chmod(directory, 0o755)
    for name, text in files.items():
        replace(directory, name, text, mode=0o644)


def replace(directory: str, name: str, text: str, *, mode: int) -> None:
    """Write a file whole or not at all; raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, os.path.join(directory, name))
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
