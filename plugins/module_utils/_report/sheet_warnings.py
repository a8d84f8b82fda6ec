# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with an application before anybody enters it: said at the top of the sheet, not found out by the CA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from .._core.inventory import Method
from .._core.lengths import FIELD_LENGTHS
from .sheet_facts import Facts, cleaned
from .sheet_form import Entry
from .sheet_language import Language, Phrase
from .sheet_values import METHODS, one

Warned = tuple[Phrase, dict[str, str]]

_MISSING = Phrase(
    "{label}: 必要な値がありません。tls_people、tls_organizations、tls_certificates のどれかに書き足し、もう一度実行"
    "します。",
    "{label}: a value is needed, and there is none. Add it to tls_people, tls_organizations or tls_certificates, and "
    "run again.",
)
_TOO_LONG = Phrase(
    "{label}: {count} 文字あります。証明書には {limit} 文字までしか入りません (Baseline Requirements 7.1.4.2)。",
    "{label}: it has {count} characters, a certificate takes at most {limit} (Baseline Requirements 7.1.4.2).",
)
_TOO_LONG_FOR_THE_FORM = Phrase(
    "{label}: {count} 文字あります。このフォームには {limit} 文字までしか入りません。切り詰めずにショップに問い合わせ"
    "ます。",
    "{label}: it has {count} characters, this form takes at most {limit}. Do not cut it off: ask the shop.",
)
_NOT_ENGLISH = Phrase(
    "{label}: 英語で書く欄に、ASCII以外の文字 {signs} があります。",
    "{label}: it is to be English, and has characters outside ASCII: {signs}.",
)
_MENDED = Phrase(
    "{label}: 改行や見えない文字を取り除いて載せています。インベントリの値を直してください。",
    "{label}: line breaks or characters that cannot be seen were taken out of it here. Mend it in the inventory.",
)
_CSR_UNREADABLE = Phrase(
    "このCSRは読み取れません。送信せずに renew.yml をもう一度実行してください。",
    "This CSR cannot be read. Send nothing, and run renew.yml again.",
)
_CSR_FOREIGN = Phrase(
    "このCSRの鍵は、台帳にある鍵 (key_hash {key_hash}…) ではありません。送信せずに renew.yml をもう一度実行してくだ"
    "さい。",
    "This CSR is not for the key that the ledger knows (key_hash {key_hash}…). Send nothing, and run renew.yml again.",
)
_CSR_DIFFERS = Phrase(
    "CSRの {part} は「{theirs}」、申請の値は「{ours}」です。一致しないと発行されません。tls_organizations を直し、"
    "もう一度実行します。",
    "In the CSR {part} is \u201c{theirs}\u201d, in the application \u201c{ours}\u201d. The CA wants them to be equal: "
    "correct tls_organizations, and run again.",
)
_NO_RECORD = Phrase(
    "{organization} の records に、アカウントが正とする登録 ({source}) がありません。住所と電話番号は "
    "tls_organizations の値です。",
    "{organization} has no record of source {source}, which the account takes as authoritative. Address and telephone "
    "are those of tls_organizations.",
)
_ONE_METHOD = Phrase(
    "{shop} では認証方法を全部の名前に1つしか選べません。tls_certificates の validation を1つにそろえ、もう一度"
    "実行します。",
    "{shop} takes one validation method for all names. Choose one in validation of tls_certificates, and run again.",
)
_NOT_OFFERED = Phrase(
    "{shop} では {method} を選べません。tls_certificates の validation を変え、もう一度実行します。",
    "{shop} does not offer {method}. Change validation in tls_certificates, and run again.",
)
_NO_APPROVER = Phrase(
    "{name}: メール認証の承認者メールアドレスが決まっていません。",
    "{name}: it is validated by mail, and nobody is named as its approver.",
)
_NO_METHOD = Phrase("{name}: 認証方法が決まっていません。", "{name}: it has no validation method.")


def warnings_of(facts: Facts, entries: Sequence[Entry], language: Language) -> tuple[str, ...]:
    """Return what has to be put in order first, each once; nothing where all is well."""
    found = [*_of_csr(facts), *_of_record(facts), *_of_methods(facts)]
    for entry in entries:
        found += _of_entry(entry)
    return tuple(dict.fromkeys(phrase.said(language, **terms) for phrase, terms in found))


def _of_entry(entry: Entry) -> Iterator[Warned]:
    if entry.rule.needed and not entry.values:
        yield _MISSING, {"label": entry.label}
    limits = ((_TOO_LONG, FIELD_LENGTHS.get(entry.rule.part)), (_TOO_LONG_FOR_THE_FORM, entry.longest))
    for value in entry.values:
        for phrase, limit in limits:
            if limit is not None and len(value.text) > limit:
                yield phrase, {"label": entry.label, "count": str(len(value.text)), "limit": str(limit)}
        if entry.rule.english and not value.text.isascii():
            yield _NOT_ENGLISH, {"label": entry.label, "signs": _foreign(value.text)}
        if value.mended:
            yield _MENDED, {"label": entry.label}


def _foreign(text: str) -> str:
    """Name each once: a hyphen or a space of another kind looks right to the eye."""
    signs = dict.fromkeys(sign for sign in text if not sign.isascii())
    return ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in signs)


def _of_csr(facts: Facts) -> Iterator[Warned]:
    request, application = facts.request, facts.application
    if request is None:
        yield _CSR_UNREADABLE, {}
        return
    if request.key_hash != application.key_hash:
        yield _CSR_FOREIGN, {"key_hash": cleaned(application.key_hash)[:16]}
    for part in fields(request.subject):
        theirs = getattr(request.subject, part.name)
        ours = application.common_name if part.name == "common_name" else getattr(facts.address, part.name)
        # What a CSR leaves out the CA takes from the application.
        if theirs and theirs != ours:
            yield _CSR_DIFFERS, {"part": part.name, "theirs": cleaned(theirs), "ours": cleaned(ours)}


def _of_record(facts: Facts) -> Iterator[Warned]:
    if facts.source is None:
        account = facts.occasion.account
        wanted = account.authoritative_record if account else "duns"
        yield _NO_RECORD, {"organization": cleaned(facts.application.organization.name), "source": wanted}


def _of_methods(facts: Facts) -> Iterator[Warned]:
    shop = cleaned(facts.provider.title)
    chosen, approvers = dict(facts.application.methods), dict(facts.application.approvers)
    if not facts.provider.method_per_name and len(set(chosen.values())) > 1:
        yield _ONE_METHOD, {"shop": shop}
    for name in facts.application.names:
        if name not in chosen:
            yield _NO_METHOD, {"name": cleaned(name)}
        if chosen.get(name) is Method.EMAIL and not one(approvers.get(name, "")):
            yield _NO_APPROVER, {"name": cleaned(name)}
    for method in dict.fromkeys(chosen.values()):
        if method not in facts.provider.methods:
            yield _NOT_OFFERED, {"shop": shop, "method": METHODS[method].en}
