# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that an application sheet says in one language, before it becomes a page or a text."""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass, fields
from datetime import timedelta

from .._core.account import PortalSettings, ReusedKey
from .._core.inventory import Method, Person
from .._core.provider import FormSource
from .._core.step import StepKind
from . import sheet_advice as advice
from .sheet_facts import Facts, cleaned, csr_of, host_of, may_be_shown
from .sheet_form import Entry, entries_of, record_words, terms_of
from .sheet_language import Language, Phrase
from .sheet_values import ACTIONS, METHODS, address_line, asked_for, full_name
from .sheet_warnings import warnings_of

_WHAT_HAPPENS: t.Mapping[Method, Phrase] = {
    Method.FILE: Phrase(
        "認証用のファイルは次の実行が公開します。マイページにだけ表示されるときは confirm.yml -e tls_step=token で"
        "知らせます。",
        "The next run publishes the CA's file. Is it shown on My Page only? Then enter it by confirm.yml "
        "-e tls_step=token.",
    ),
    Method.DNS: Phrase(
        "認証用のDNSレコードは、次の実行が公開するか、公開する人に知らせます。マイページにだけ表示されるときは "
        "confirm.yml -e tls_step=token で知らせます。",
        "The next run publishes the CA's DNS record, or says who has to. Is it shown on My Page only? Then enter it by "
        "confirm.yml -e tls_step=token.",
    ),
    Method.EMAIL: Phrase(
        "認証局が {approver} に承認のメールを送ります。届いたら、受け取った人がそのリンクで承認します。",
        "The CA sends a mail to {approver}. Whoever reads it there approves by its link.",
    ),
}
_NOBODY = Phrase("(承認者未定)", "(no approver named)")
_SOMEBODY = Phrase("申請企業責任者", "the responsible person")


@dataclass(frozen=True)
class Named:
    """A line of a table: what it is, and what it says."""

    label: Phrase
    text: str


@dataclass(frozen=True)
class NameCheck:
    """How one host name is validated."""

    name: str
    method: str
    what_happens: str


@dataclass(frozen=True)
class Report:
    """How it is said that a step is done."""

    when: str
    command: str


@dataclass(frozen=True)
class Sheet:
    """``opening``: what is opened first, at ``link`` ("" where none may be shown); ``form``: heading of the entries,
    ``note``: what holds for all of them.

    ``tick``: label of the box beside an entry; ``csr``: where the form has no field for it; ``checked_on``: when
    somebody looked at the shop's form.
    """

    language: Language
    shop_language: str
    title: str
    certificate: str
    ask: str
    heading: tuple[Named, ...]
    warnings: tuple[str, ...]
    opening: str
    link: str
    first: tuple[str, ...]
    form: str
    note: str
    tick: str
    entries: tuple[Entry, ...]
    names: tuple[NameCheck, ...]
    person: tuple[Named, ...]
    call: str
    unchanged: tuple[str, ...]
    reports: tuple[Report, ...]
    hints: tuple[str, ...]
    following: tuple[str, ...]
    checked_on: str
    csr: str


def sheet_of(facts: Facts, language: Language) -> Sheet:
    """Return what is said."""
    given = advice.ADVICE[facts.kind]
    terms = {**terms_of(facts, language), **_terms(facts, language)}
    entries = entries_of(facts, language)
    opening, link, refused = _opening(facts)
    asks_for_csr = any(entry.source is FormSource.CSR for entry in entries)
    return Sheet(
        language=language,
        shop_language=facts.provider.language,
        title=given.title.said(language),
        certificate=cleaned(facts.application.certificate),
        ask=given.ask.said(language, **terms),
        heading=_heading(facts, language),
        warnings=warnings_of(facts, entries, language),
        opening=opening.said(language, **terms),
        link=link,
        first=tuple(phrase.said(language, **terms) for phrase in (*refused, *_in_order(facts))),
        form=given.form.said(language),
        note=given.note.said(language),
        tick=given.tick.said(language),
        entries=entries,
        names=_names(facts, language),
        person=_person(facts, language),
        call=advice.CALL.said(language, **terms),
        unchanged=tuple(phrase.said(language, **terms) for phrase in advice.UNCHANGED),
        reports=tuple(Report(when.said(language), command(facts, step)) for step, when in given.done),
        hints=(advice.WITH_NUMBER.said(language), advice.CONFIRMED_IN_ERROR.said(language)),
        following=tuple(phrase.said(language, **terms) for phrase in given.following),
        checked_on=facts.provider.checked_on.isoformat(),
        csr="" if asks_for_csr else csr_of(facts.application),
    )


def command(facts: Facts, step: StepKind) -> str:
    """Return the command that confirms a step, for a shell."""
    certificate = cleaned(facts.application.certificate)
    words = [f"tls_certificate={certificate}", f"tls_step={step.value}", "tls_by=YOU"]
    return " ".join(["ansible-playbook koshin.tls.confirm", *(f"-e {shlex.quote(word)}" for word in words)])


def _terms(facts: Facts, language: Language) -> dict[str, str]:
    account, person = facts.occasion.account, facts.application.responsible
    settings = account.settings if account else None
    reused = settings.reused_key if isinstance(settings, PortalSettings) else ReusedKey.ACCEPT_THEN_REISSUE
    return {
        "order": cleaned(facts.order_number or facts.application.certificate),
        "reused": advice.REUSED[reused].said(language),
        "subject": _subject(facts),
        "opens": _opens(facts),
        "host": host_of(facts.link) or "?",
        "person": cleaned(full_name(person)) if person else _SOMEBODY.said(language),
    }


def _subject(facts: Facts) -> str:
    if facts.request is None:
        return "?"
    parts = ((part.name, getattr(facts.request.subject, part.name)) for part in fields(facts.request.subject))
    return "; ".join(f"{name} = {cleaned(text)}" for name, text in parts if text)


def _opens(facts: Facts) -> str:
    """Return from when on an application for a certificate bought elsewhere counts as a renewal; empty: any day."""
    replaced, days = facts.application.replaces, facts.provider.application_window_days
    if replaced is None or replaced.bought_here or days <= 0:
        return ""
    return facts.day(replaced.not_after - timedelta(days=days))


def _in_order(facts: Facts) -> tuple[Phrase, ...]:
    """Return what is done, with what holds for some orders only behind the first thing."""
    begin, *others = advice.ADVICE[facts.kind].first
    return (begin, *_conditions(facts), *others)


def _conditions(facts: Facts) -> tuple[Phrase, ...]:
    if facts.kind is StepKind.PURCHASE and _opens(facts):
        return (advice.TOO_EARLY,)
    if facts.kind is StepKind.REISSUE and facts.provider.same_subject_on_reissue:
        return (advice.SAME_SUBJECT,)
    return ()


def _opening(facts: Facts) -> tuple[Phrase, str, tuple[Phrase, ...]]:
    """Return what is opened and where, and what is said of a link that is not shown."""
    refused = (advice.NOT_ALLOWED,) if facts.link and not may_be_shown(facts.link, facts) else ()
    my_page = facts.provider.my_page
    if facts.link and not refused:
        to_my_page = facts.kind is StepKind.MY_PAGE or facts.link == my_page
        opens = advice.OPEN_MY_PAGE if to_my_page else advice.OPEN_FORM
        return opens, facts.link, ()
    if host_of(my_page):
        return advice.OPEN_MY_PAGE, my_page, refused
    return advice.OPEN_MY_PAGE_UNKNOWN, "", refused


def _heading(facts: Facts, language: Language) -> tuple[Named, ...]:
    record, replaced, step = facts.record, facts.application.replaces, facts.occasion.step
    names = facts.application.names
    rows = (
        Named(
            Phrase("ドメイン名", "Names"), f"{', '.join(names)} ({len(names)})" if len(names) <= 5 else str(len(names))
        ),
        Named(Phrase("ショップ", "Shop"), facts.provider.title),
        Named(Phrase("アカウント", "Account"), record.account),
        Named(Phrase("手続き", "What is asked for"), ACTIONS[asked_for(facts)].said(language)),
        Named(Phrase("ショップの注文番号", "The shop's order number"), facts.order_number),
        Named(Phrase("当方の参照番号", "Our own reference"), record.own_reference),
        Named(Phrase("使用中の証明書", "Certificate in use"), _in_use(facts, language) if replaced else ""),
        Named(Phrase("金額", "Price"), _price(facts)),
        Named(Phrase("依頼日", "Asked for since"), facts.since),
        Named(Phrase("期限", "To be done by"), facts.until),
        Named(Phrase("備考", "Remark"), step.details if step else ""),
    )
    return _filled(rows)


def _filled(rows: t.Iterable[Named]) -> tuple[Named, ...]:
    said = (Named(row.label, cleaned(row.text)) for row in rows)
    return tuple(row for row in said if row.text)


def _in_use(facts: Facts, language: Language) -> str:
    replaced = facts.application.replaces
    if replaced is None:
        return ""
    ends = Phrase("{end} まで有効、シリアル番号 {serial}", "until {end}, serial number {serial}")
    return ends.said(language, end=facts.day(replaced.not_after), serial=replaced.serial)


def _price(facts: Facts) -> str:
    account, amount = facts.occasion.account, facts.record.amount
    return "" if amount is None else f"{amount:,} {account.currency if account else ''}".strip()


def _names(facts: Facts, language: Language) -> tuple[NameCheck, ...]:
    approvers, methods = dict(facts.application.approvers), dict(facts.application.methods)
    found = []
    for name in facts.application.names:
        method = methods.get(name)
        if method is not None:
            approver = cleaned(approvers.get(name, "")) or _NOBODY.said(language)
            happens = _WHAT_HAPPENS[method].said(language, approver=approver)
            found.append(NameCheck(cleaned(name), METHODS[method].said(language), happens))
    return tuple(found)


def _person(facts: Facts, language: Language) -> tuple[Named, ...]:
    """Return the responsible person as the CA will ask for him, and the record by which it finds the number."""
    organization = facts.application.organization
    rows = (
        *_of_person(facts.application.responsible),
        Named(Phrase("組織", "Organisation"), facts.address.legal_name),
        Named(Phrase("組織(日本語)", "Organisation, local name"), organization.local_name),
        Named(Phrase("住所", "Address"), "".join(value.text for value in address_line(facts))),
        Named(Phrase("代表電話番号", "Telephone of the record"), facts.address.telephone),
        Named(Phrase("出典", "From"), record_words(facts.source, organization.name, language)),
    )
    return _filled(rows)


def _of_person(person: Person | None) -> tuple[Named, ...]:
    if person is None:
        return ()
    return (
        Named(Phrase("氏名", "Name"), full_name(person)),
        Named(Phrase("役職", "Title"), person.title),
        Named(Phrase("内線", "Extension"), person.extension),
        Named(Phrase("電話に出られる時間", "Can be called"), person.hours),
        Named(Phrase("メールアドレス", "Mail address"), person.email),
        Named(Phrase("代わりの人", "Deputy"), person.deputy or ""),
    )
