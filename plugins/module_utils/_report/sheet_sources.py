# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The complete table: what each source of a form's field is, and where it comes from, in both languages.

In its phrases: ``record``: the authoritative record and when somebody looked at it; ``national``: how its telephone
number is written inside the country; ``responsible``, ``technical``: whose entry of tls_people it is;
``certificate``, ``host``, ``organization``, ``shop``: names; ``count``: how many additional names; ``key_hash``: its
first characters.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.provider import FormSource
from . import sheet_values as values
from .sheet_language import Phrase
from .sheet_values import ValueOf, full_name, of_address, of_responsible, of_technical
from .sheet_words import LEAVE_EMPTY, LOOK_ON_MY_PAGE


@dataclass(frozen=True)
class Source:
    """``value``: what is entered; ``why``: what it is and where it comes from.

    ``needed``: that there is nothing to enter is a warning; otherwise ``missing`` says what to do. ``english``: letters
    outside ASCII are a warning. ``part``: the field of the subject whose length the Baseline Requirements limit.
    """

    value: ValueOf
    why: Phrase
    needed: bool = False
    english: bool = False
    part: str = ""
    missing: Phrase = LEAVE_EMPTY


def _record(part: str, ja: str, en: str) -> Source:
    """Return a field of the authoritative record, which is entered letter for letter."""
    why = Phrase(f"{ja}。{{record}}のとおり、一字一句同じに。", f"{en}. Letter for letter as in {{record}}.")
    return Source(of_address(part), why, needed=True, english=True, part=part)


_DIRECTORY_JA = "。tls_people の {responsible}。"
_DIRECTORY_EN = ". Entry {responsible} of tls_people."
_TECHNICAL_JA = "。tls_people の {technical}。"
_TECHNICAL_EN = ". Entry {technical} of tls_people."

SOURCES: t.Mapping[FormSource, Source] = {
    FormSource.PRODUCT: Source(
        values.product,
        Phrase(
            "申請する商品。tls_certificates の {certificate} のもの。別の商品を選ぶと更新ではなく新規になります。",
            "The product, as tls_certificates says of {certificate}. Another product would be a new order, no renewal.",
        ),
        needed=True,
    ),
    FormSource.ACTION: Source(
        values.action,
        Phrase(
            "手続きの種類。他サイトで購入した証明書は新規と同じ申請になり、更新かどうかは認証局が自動で判断します。",
            "What is asked for. A certificate that was bought elsewhere is applied for like a new one: the CA sees by "
            "itself that it is a renewal.",
        ),
        needed=True,
    ),
    FormSource.COMMON_NAME: Source(
        lambda facts: values.one(facts.application.common_name),
        Phrase(
            "使用中の証明書・CSRと同じコモンネーム。tls_certificates の {certificate}。",
            "The same as in the CSR and in the certificate in use. Entry {certificate} of tls_certificates.",
        ),
        needed=True,
        english=True,
        part="common_name",
    ),
    FormSource.ADDITIONAL_NAMES: Source(
        values.additional_names,
        Phrase(
            "追加ドメイン {count} 件。1件ずつ入力します。コモンネームは含めません。tls_certificates の {certificate}。",
            "Additional names: {count}. Enter them one by one, without the common name. Entry {certificate} of "
            "tls_certificates.",
        ),
        english=True,
    ),
    FormSource.NAME_COUNT: Source(
        lambda facts: values.one(str(len(facts.application.names))),
        Phrase("コモンネームと追加ドメイン {count} 件の合計。", "The common name and additional names ({count})."),
        needed=True,
    ),
    FormSource.CSR: Source(
        values.csr,
        Phrase(
            "BEGINの行からENDの行まで全部。鍵は {host} で作られ、そこにあります (key_hash {key_hash}…)。"
            "別のCSRを作らないでください。",
            "All of it, from the BEGIN to the END line. Its key was made on {host} and stays there "
            "(key_hash {key_hash}…). Do not make another one.",
        ),
        needed=True,
    ),
    FormSource.KEY_TYPE: Source(
        values.key_type,
        Phrase("CSRの鍵の種類と長さ。CSRから読み取りました。", "Type and size of the key, read from the CSR."),
        needed=True,
    ),
    FormSource.VALIDATION_METHODS: Source(
        values.validation_methods,
        Phrase(
            "認証方法。tls_certificates の validation のとおり。次の実行はこの方法で認証を進めます。",
            "How each name is validated, as validation in tls_certificates says. The next run goes on with it.",
        ),
        needed=True,
    ),
    FormSource.APPROVERS: Source(
        values.approvers,
        Phrase(
            "メール認証の承認者メールアドレス。認証局はここへ承認のメールを送ります。tls_certificates の validation。",
            "The approver's address of each name that is validated by mail: the CA writes to it. From validation in "
            "tls_certificates.",
        ),
        english=True,
    ),
    FormSource.LEGAL_NAME: _record("legal_name", "組織の英語名", "The organisation's English name"),
    FormSource.LOCAL_NAME: Source(
        lambda facts: values.one(facts.application.organization.local_name),
        Phrase(
            "組織の日本語名(登記のとおり)。tls_organizations の {organization} の local_name。",
            "The organisation's name in its own language, as registered: local_name of {organization} in "
            "tls_organizations.",
        ),
    ),
    FormSource.STREET_ADDRESS: _record("street_address", "町名・番地(英語)", "Street and number"),
    FormSource.LOCALITY: _record("locality", "市区町村(英語)", "City or ward"),
    FormSource.STATE: _record("state", "都道府県(英語)", "Prefecture or state"),
    FormSource.POSTAL_CODE: _record("postal_code", "郵便番号", "Postal code"),
    FormSource.COUNTRY: _record("country", "国コード(2文字)", "Country, two letters"),
    FormSource.ADDRESS_LINE: Source(
        values.address_line,
        Phrase("住所を1行で。{record}のとおり。", "The whole address on one line, as in {record}."),
        needed=True,
        english=True,
    ),
    FormSource.TELEPHONE: Source(
        of_address("telephone"),
        Phrase(
            "代表電話番号。{record}のとおり。認証局はこの番号に電話します。直通や携帯の番号は入力しません。{national}",
            "The representative number, as in {record}: the CA calls it. No direct line, no mobile number.{national}",
        ),
        needed=True,
        english=True,
    ),
    FormSource.DUNS_NUMBER: Source(
        values.duns_number,
        Phrase(
            "DUNSナンバー(9桁)。tls_organizations の {organization} の records。",
            "The D-U-N-S number, nine digits. From records of {organization} in tls_organizations.",
        ),
    ),
    FormSource.RECORD_NUMBER: Source(
        lambda facts: values.one(facts.source.number if facts.source else ""),
        Phrase("{record}の番号。", "The number of {record}."),
        needed=True,
    ),
    FormSource.RESPONSIBLE_NAME: Source(
        of_responsible(full_name),
        Phrase(
            "申請企業責任者の氏名。在籍確認の電話で呼び出される人" + _DIRECTORY_JA,
            "The responsible person, for whom the CA asks when it calls" + _DIRECTORY_EN,
        ),
        needed=True,
    ),
    FormSource.RESPONSIBLE_FAMILY_NAME: Source(
        of_responsible(lambda person: person.family_name),
        Phrase("申請企業責任者の姓" + _DIRECTORY_JA, "The responsible person's family name" + _DIRECTORY_EN),
        needed=True,
    ),
    FormSource.RESPONSIBLE_GIVEN_NAME: Source(
        of_responsible(lambda person: person.given_name),
        Phrase("申請企業責任者の名" + _DIRECTORY_JA, "The responsible person's given name" + _DIRECTORY_EN),
        needed=True,
    ),
    FormSource.RESPONSIBLE_TITLE: Source(
        of_responsible(lambda person: person.title),
        Phrase("申請企業責任者の役職" + _DIRECTORY_JA, "The responsible person's title" + _DIRECTORY_EN),
    ),
    FormSource.RESPONSIBLE_EMAIL: Source(
        of_responsible(lambda person: person.email),
        Phrase("申請企業責任者のメールアドレス" + _DIRECTORY_JA, "The responsible person's address" + _DIRECTORY_EN),
        needed=True,
        english=True,
    ),
    FormSource.RESPONSIBLE_EXTENSION: Source(
        of_responsible(lambda person: person.extension),
        Phrase(
            "代表電話からの内線番号" + _DIRECTORY_JA, "The extension behind the representative number" + _DIRECTORY_EN
        ),
    ),
    FormSource.RESPONSIBLE_HOURS: Source(
        of_responsible(lambda person: person.hours),
        Phrase("電話に出られる時間帯" + _DIRECTORY_JA, "When the responsible person can be called" + _DIRECTORY_EN),
    ),
    FormSource.TECHNICAL_NAME: Source(
        of_technical(full_name),
        Phrase("技術担当者の氏名" + _TECHNICAL_JA, "The technical contact's name" + _TECHNICAL_EN),
        needed=True,
    ),
    FormSource.TECHNICAL_FAMILY_NAME: Source(
        of_technical(lambda person: person.family_name),
        Phrase("技術担当者の姓" + _TECHNICAL_JA, "The technical contact's family name" + _TECHNICAL_EN),
        needed=True,
    ),
    FormSource.TECHNICAL_GIVEN_NAME: Source(
        of_technical(lambda person: person.given_name),
        Phrase("技術担当者の名" + _TECHNICAL_JA, "The technical contact's given name" + _TECHNICAL_EN),
        needed=True,
    ),
    FormSource.TECHNICAL_TITLE: Source(
        of_technical(lambda person: person.title),
        Phrase("技術担当者の役職" + _TECHNICAL_JA, "The technical contact's title" + _TECHNICAL_EN),
    ),
    FormSource.TECHNICAL_EMAIL: Source(
        of_technical(lambda person: person.email),
        Phrase(
            "技術担当者のメールアドレス。証明書はここに届きます" + _TECHNICAL_JA,
            "The technical contact's address: the certificate arrives there" + _TECHNICAL_EN,
        ),
        needed=True,
        english=True,
    ),
    FormSource.TECHNICAL_EXTENSION: Source(
        of_technical(lambda person: person.extension),
        Phrase("技術担当者の内線番号" + _TECHNICAL_JA, "The technical contact's extension" + _TECHNICAL_EN),
    ),
    FormSource.REPLACED_SERIAL: Source(
        values.replaced_serial,
        Phrase("使用中の証明書のシリアル番号(16進数)。", "The serial number of the certificate in use, in hex."),
    ),
    FormSource.REPLACED_END: Source(
        values.replaced_end,
        Phrase("使用中の証明書の有効期限。", "The last day of the certificate in use."),
    ),
    FormSource.ORDER_NUMBER: Source(
        lambda facts: values.one(facts.order_number),
        Phrase("{shop} の注文番号。", "The order's number at {shop}."),
        missing=LOOK_ON_MY_PAGE,
    ),
    FormSource.OWN_REFERENCE: Source(
        lambda facts: values.one(facts.record.own_reference),
        Phrase(
            "当方の参照番号。注文を取り違えないための目印です。",
            "Our own reference: by it the order is told from all others.",
        ),
        needed=True,
    ),
}
