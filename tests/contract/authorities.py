# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorities under question. A new CA is a class in its own file, and one entry here."""

from __future__ import annotations

from contract.authority_acme import AcmeUnderQuestion
from contract.authority_digicert import DigicertUnderQuestion
from contract.authority_local import LocalUnderQuestion
from contract.authority_portal import PortalUnderQuestion
from contract.under_question import UnderQuestion

AUTHORITIES: dict[str, type[UnderQuestion]] = {
    "local": LocalUnderQuestion,
    "digicert": DigicertUnderQuestion,
    "acme": AcmeUnderQuestion,
}

# A shop answers by mail: it is asked what is asked of every CA in each situation, and of what an API does, nothing.
ALL: dict[str, type[UnderQuestion]] = {**AUTHORITIES, "portal": PortalUnderQuestion}
