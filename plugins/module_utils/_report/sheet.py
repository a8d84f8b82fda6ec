# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application sheet of an order at a shop without an API: what a person enters there, in two languages and forms.

Nothing in it depends on the time of writing, so that it is the same until the application or the step changes.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._core.order import OrderRecord
from .._core.provider import Provider
from .._core.step import StepKind
from .sheet_advice import ADVICE
from .sheet_content import sheet_of
from .sheet_facts import PLAIN, Occasion, facts_of
from .sheet_language import Language
from .sheet_page import page_of
from .sheet_text import text_of

# The steps that are done with a sheet in hand.
KINDS = tuple(ADVICE)
FORMS = tuple(f"{language.value}.{form}" for language in Language for form in ("html", "txt"))


def sheets(
    record: OrderRecord, provider: Provider, *, link: str, kind: StepKind, occasion: Occasion = PLAIN
) -> Mapping[str, str]:
    """Return C(ja.html), C(ja.txt), C(en.html), C(en.txt) → content, for a step of one of KINDS.

    C(link): of the step; shown only where the shop's data or the account name its host. The layout of the texts is
    described in C(sheet_text).
    """
    facts = facts_of(record, provider, link=link, kind=kind, occasion=occasion)
    both = [sheet_of(facts, language) for language in Language]
    pages = {f"{sheet.language.value}.html": page_of(sheet) for sheet in both}
    texts = {f"{sheet.language.value}.txt": text_of(sheet) for sheet in both}
    return {name: {**pages, **texts}[name] for name in FORMS}
