# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities under question. A new CA is a class in its own file, and one entry here."""

from __future__ import annotations

from contract.authority_local import LocalUnderQuestion

AUTHORITIES = {"local": LocalUnderQuestion}
