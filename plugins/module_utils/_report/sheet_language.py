# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two languages of the application sheet. Each thing that it says is a phrase in both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Language(str, Enum):
    """The word is that of HTML's C(lang) and of a sheet's file name."""

    JA = "ja"
    EN = "en"


@dataclass(frozen=True)
class Phrase:
    """A sentence of ours. Names in braces are filled in; what fills them is text and never read as a template."""

    ja: str
    en: str

    def said(self, language: Language, **terms: str) -> str:
        return (self.ja if language is Language.JA else self.en).format(**terms)


def shop_language(language: str) -> Language:
    """Return the language in which a shop's form offers its choices."""
    return Language.JA if language == Language.JA.value else Language.EN
