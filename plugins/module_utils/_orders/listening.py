# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked of CAs in a run: purpose, outcome and duration of each request, for whoever runs with -vvv."""

from __future__ import annotations

import logging
import typing as t

_LOUD = 3


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


def listening(verbosity: int) -> dict[str, t.Any]:
    """Return what a module adds to its result: C(debug_log), which fills from now on, or nothing below -vvv."""
    if verbosity < _LOUD:
        return {}
    lines: list[str] = []
    logger = logging.getLogger("koshin.tls")
    logger.setLevel(logging.DEBUG)
    # Nothing goes to standard error, where Ansible would take it for a failure's.
    logger.propagate = False
    logger.addHandler(_Lines(lines))
    return {"debug_log": lines}
