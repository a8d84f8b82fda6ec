# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's books in a directory: one JSON file, replaced as a whole, so that a killed shop opens again as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.koshin.tls.plugins.module_utils._core.plain import to_plain
from ansible_collections.koshin.tls.plugins.module_utils._core.typed import from_plain

from .nouns import Books


class Store:
    """``directory`` is made where it is missing. One shop at a time works in it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "books.json"

    def read(self) -> Books:
        if not self._path.exists():
            return Books()
        return from_plain(Books, json.loads(self._path.read_text(encoding="utf-8")))

    def write(self, books: Books) -> None:
        half = self._path.with_suffix(".half")
        half.write_text(json.dumps(to_plain(books), ensure_ascii=False), encoding="utf-8")
        os.replace(half, self._path)
