# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of the shop's form in its order, each with what is entered there and why."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.inventory import Record
from .._core.provider import FormField, FormSource
from .._core.step import StepKind
from .sheet_facts import Facts, cleaned
from .sheet_language import Language, Phrase, shop_language
from .sheet_sources import SOURCES, Source
from .sheet_values import Values
from .sheet_words import FILL_IN_FIRST

RECORDS: t.Mapping[str, Phrase] = {
    "duns": Phrase("DUNSの登録", "D-U-N-S record"),
    "corporate_number": Phrase("法人番号公表サイトの登録", "corporate number record"),
    "lei": Phrase("LEIの登録", "LEI record"),
    "vetted": Phrase("認証局で審査済みの組織", "organisation vetted at the CA"),
}
_LOOKED_UP = Phrase("{kind} {number} ({on} に{by}確認)", "{kind} {number}, looked up on {on}{by}")
_NEVER_LOOKED_UP = Phrase("{kind} {number} (確認日の記録なし)", "{kind} {number}, with no day of a look-up")
_BY = Phrase(" {who} が", " by {who}")
_NO_RECORD = Phrase("tls_organizations の {organization} ", "entry {organization} of tls_organizations")
_NATIONAL = Phrase(
    "国内の書き方しか受け付けない欄には {number} と入力します。",
    " A form that takes it only as dialled inside the country gets {number}.",
)
_NOBODY = Phrase("(未定)", "(nobody yet)")

# For shops whose data names no fields: what every form of an organisation-validated certificate asks for.
_USUAL: t.Mapping[FormSource, Phrase] = {
    FormSource.PRODUCT: Phrase("商品", "Product"),
    FormSource.ACTION: Phrase("お申し込み種別", "Kind of application"),
    FormSource.COMMON_NAME: Phrase("コモンネーム", "Common name"),
    FormSource.ADDITIONAL_NAMES: Phrase("追加ドメイン", "Additional names"),
    FormSource.CSR: Phrase("CSR", "CSR"),
    FormSource.VALIDATION_METHODS: Phrase("認証方法", "Validation method"),
    FormSource.APPROVERS: Phrase("承認者メールアドレス", "Approver's address"),
    FormSource.LEGAL_NAME: Phrase("会社名(英語)", "Organisation"),
    FormSource.STREET_ADDRESS: Phrase("町名・番地(英語)", "Street address"),
    FormSource.LOCALITY: Phrase("市区町村(英語)", "City"),
    FormSource.STATE: Phrase("都道府県(英語)", "State or prefecture"),
    FormSource.POSTAL_CODE: Phrase("郵便番号", "Postal code"),
    FormSource.COUNTRY: Phrase("国", "Country"),
    FormSource.TELEPHONE: Phrase("代表電話番号", "Telephone"),
    FormSource.DUNS_NUMBER: Phrase("DUNSナンバー", "D-U-N-S number"),
    FormSource.RESPONSIBLE_NAME: Phrase("申請企業責任者 氏名", "Responsible person"),
    FormSource.RESPONSIBLE_TITLE: Phrase("申請企業責任者 役職", "Title"),
    FormSource.RESPONSIBLE_EMAIL: Phrase("申請企業責任者 メールアドレス", "Responsible person's mail address"),
    FormSource.RESPONSIBLE_EXTENSION: Phrase("申請企業責任者 内線", "Extension"),
    FormSource.TECHNICAL_NAME: Phrase("技術担当者 氏名", "Technical contact"),
    FormSource.TECHNICAL_EMAIL: Phrase("技術担当者 メールアドレス", "Technical contact's mail address"),
    FormSource.OWN_REFERENCE: Phrase("備考", "Remarks"),
}


@dataclass(frozen=True)
class Entry:
    """One field. ``number``: its place, from 1; ``label``: the shop's own. No ``values``: it stays empty."""

    number: int
    label: str
    source: FormSource
    values: Values
    why: str
    longest: int | None = None

    @property
    def rule(self) -> Source:
        return SOURCES[self.source]

    @property
    def missing(self) -> Phrase:
        """Return what is said in the place of a value."""
        return FILL_IN_FIRST if self.rule.needed else self.rule.missing


def entries_of(facts: Facts, language: Language) -> tuple[Entry, ...]:
    """Return every field of the form that belongs to this kind of step."""
    terms = terms_of(facts, language)
    return tuple(
        Entry(
            number=number,
            label=cleaned(field.label),
            source=field.source,
            values=SOURCES[field.source].value(facts),
            why=SOURCES[field.source].why.said(language, **terms),
            longest=field.longest,
        )
        for number, field in enumerate(form_of(facts), start=1)
    )


def form_of(facts: Facts) -> tuple[FormField, ...]:
    """Return the shop's form; the usual fields where its data name none."""
    provider = facts.provider
    form = provider.reissue_form if facts.kind is StepKind.REISSUE else ()
    language = shop_language(provider.language)
    usual = tuple(FormField(source, label.said(language)) for source, label in _USUAL.items())
    return form or provider.form or usual


def terms_of(facts: Facts, language: Language) -> dict[str, str]:
    """Return what fills the phrases of the table of sources."""
    application, nobody = facts.application, _NOBODY.said(language)
    return {
        "certificate": cleaned(application.certificate),
        "host": cleaned(facts.record.host),
        "organization": cleaned(application.organization.name),
        "shop": cleaned(facts.provider.title),
        "count": str(len(application.names) - 1),
        "key_hash": cleaned(application.key_hash)[:16],
        "responsible": cleaned(application.responsible.name) if application.responsible else nobody,
        "technical": cleaned(application.technical.name) if application.technical else nobody,
        "telephone": cleaned(facts.address.telephone),
        "national": _national(cleaned(facts.address.telephone), language),
        "record": record_words(facts.source, application.organization.name, language),
    }


def _national(telephone: str, language: Language) -> str:
    """Some forms take Japanese numbers only as they are dialled in Japan."""
    return _NATIONAL.said(language, number=f"0{telephone[4:]}") if telephone.startswith("+81-") else ""


def record_words(record: Record | None, organization: str, language: Language) -> str:
    """Return which record it is and when somebody looked at it."""
    if record is None:
        return _NO_RECORD.said(language, organization=cleaned(organization))
    known = RECORDS.get(record.source)
    named = {"kind": known.said(language) if known else cleaned(record.source), "number": cleaned(record.number)}
    if record.checked_on is None:
        return _NEVER_LOOKED_UP.said(language, **named)
    by = _BY.said(language, who=cleaned(record.checked_by)) if record.checked_by else ""
    return _LOOKED_UP.said(language, on=record.checked_on.isoformat(), by=by, **named)
