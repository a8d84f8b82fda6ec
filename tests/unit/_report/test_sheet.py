# SPDX-License-Identifier: GPL-3.0-or-later
"""The application sheet says exactly what to enter, in two languages, and a program can read it back."""

from __future__ import annotations

import re
import shlex
import string
from dataclasses import replace
from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import PortalSettings, ReusedKey
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Method, Person, Record
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Action, Replaced
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import FormField, FormSource
from ansible_collections.koshin.tls.plugins.module_utils._core.step import StepKind
from ansible_collections.koshin.tls.plugins.module_utils._report import sheet_advice, sheet_words
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet import FORMS, KINDS, sheets
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_language import Language, Phrase
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_sources import SOURCES
from ansible_collections.koshin.tls.plugins.module_utils._report.sheet_values import ACTIONS, METHODS
from unit._core.material import ADDRESS, DAY, NOW, RECORD
from unit._report.sheet_material import (
    ACCOUNT,
    EVERYTHING,
    FORM,
    LINK,
    MY_PAGE,
    NAMES,
    ORGANIZATION,
    OWN_REFERENCE,
    SATO,
    SHOP,
    WWW,
    by_label,
    csr,
    occasion,
    read_fields,
    record,
    step,
)

every_kind = pytest.mark.parametrize("kind", KINDS)
both_languages = pytest.mark.parametrize("language", list(Language))


def written(kind: StepKind = StepKind.APPLICATION, *, provider=SHOP, link: str = LINK, form: str = "en.txt", **more):
    """Return one of the four sheets of an order; C(more) belongs to its application."""
    return sheets(record(**more), provider, link=link, kind=kind, occasion=occasion(kind))[form]


def flat(text: str) -> str:
    """Return a text without its line breaks: sentences are wrapped."""
    return re.sub(r"\s+", " ", text)


def test_every_source_of_a_form_has_a_value_and_says_why_in_both_languages():
    assert set(SOURCES) == set(FormSource)
    assert set(METHODS) == set(Method)
    assert set(ACTIONS) == set(Action)
    assert set(sheet_advice.REUSED) == set(ReusedKey)
    assert set(KINDS) == {StepKind.PURCHASE, StepKind.APPLICATION, StepKind.MY_PAGE, StepKind.REISSUE}


def phrases(thing: object):
    if isinstance(thing, Phrase):
        yield thing
    elif isinstance(thing, dict):
        yield from (one for value in thing.values() for one in phrases(value))
    elif isinstance(thing, tuple):
        yield from (one for value in thing for one in phrases(value))
    elif hasattr(thing, "__dataclass_fields__"):
        yield from phrases(tuple(vars(thing).values()))


def test_both_languages_are_filled_in_with_the_same_things():
    found = [*phrases(vars(sheet_advice)), *phrases(vars(sheet_words)), *phrases(dict(SOURCES))]

    def names(template: str) -> set[str]:
        return {name for _text, name, _format, _conversion in string.Formatter().parse(template) if name}

    assert len(found) > 80
    assert [one for one in found if names(one.ja) != names(one.en)] == []
    assert [
        one for one in found if not one.ja or not one.en.isascii() and "\u201c" not in one.en and "…" not in one.en
    ] == []


def test_a_program_reads_back_exactly_what_is_to_be_entered():
    found = by_label(written(form="ja.txt"))

    assert found == {
        FORM[FormSource.PRODUCT]: ["セキュア・サーバID"],
        FORM[FormSource.ACTION]: ["更新"],
        FORM[FormSource.COMMON_NAME]: [WWW],
        FORM[FormSource.ADDITIONAL_NAMES]: ["example.jp", "shop.example.jp"],
        FORM[FormSource.CSR]: [csr()],
        FORM[FormSource.VALIDATION_METHODS]: ["ファイル認証", "DNS認証", "メール認証"],
        FORM[FormSource.APPROVERS]: ["admin@example.jp"],
        FORM[FormSource.LEGAL_NAME]: ["Example Corporation"],
        FORM[FormSource.LOCAL_NAME]: ["株式会社エグザンプル"],
        FORM[FormSource.STREET_ADDRESS]: ["1-2-3 Marunouchi"],
        FORM[FormSource.LOCALITY]: ["Chiyoda-ku"],
        FORM[FormSource.STATE]: ["Tokyo"],
        FORM[FormSource.POSTAL_CODE]: ["100-0005"],
        FORM[FormSource.COUNTRY]: ["JP"],
        FORM[FormSource.TELEPHONE]: ["+81-3-1234-5678"],
        FORM[FormSource.DUNS_NUMBER]: ["690512345"],
        FORM[FormSource.RESPONSIBLE_NAME]: ["Hanako Sato"],
        FORM[FormSource.RESPONSIBLE_TITLE]: ["CIO"],
        FORM[FormSource.RESPONSIBLE_EMAIL]: ["sato@example.jp"],
        FORM[FormSource.RESPONSIBLE_EXTENSION]: ["123"],
        FORM[FormSource.TECHNICAL_NAME]: ["Ichiro Suzuki"],
        FORM[FormSource.TECHNICAL_TITLE]: [""],
        FORM[FormSource.TECHNICAL_EMAIL]: ["tls@example.jp"],
        FORM[FormSource.REPLACED_END]: ["2026-12-13"],
    }


@every_kind
def test_values_are_the_same_in_both_languages_since_the_shop_has_one(kind):
    assert read_fields(written(kind, form="ja.txt")) == read_fields(written(kind, form="en.txt"))


def test_fields_come_in_the_order_of_the_form_and_names_one_by_one():
    found = read_fields(written(provider=EVERYTHING))

    assert [one.number for one in found] == sorted(one.number for one in found)
    assert {one.number for one in found} == set(range(1, len(FormSource) + 1))
    names = [one for one in found if one.label == "additional_names 欄"]
    assert [(one.item, one.value) for one in names] == [(1, "example.jp"), (2, "shop.example.jp")]
    methods = [one for one in found if one.label == "validation_methods 欄"]
    assert [one.name for one in methods] == list(NAMES)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (FormSource.NAME_COUNT, "3"),
        (FormSource.KEY_TYPE, "RSA 2048"),
        (FormSource.ADDRESS_LINE, "1-2-3 Marunouchi, Chiyoda-ku, Tokyo 100-0005, JP"),
        (FormSource.RECORD_NUMBER, "690512345"),
        (FormSource.RESPONSIBLE_FAMILY_NAME, "Sato"),
        (FormSource.RESPONSIBLE_GIVEN_NAME, "Hanako"),
        (FormSource.RESPONSIBLE_HOURS, "Mon-Fri 10:00-17:00"),
        (FormSource.TECHNICAL_FAMILY_NAME, "Suzuki"),
        (FormSource.TECHNICAL_GIVEN_NAME, "Ichiro"),
        (FormSource.TECHNICAL_EXTENSION, ""),
        (FormSource.REPLACED_SERIAL, "0a1b2c"),
        (FormSource.ORDER_NUMBER, "A-1700"),
        (FormSource.OWN_REFERENCE, OWN_REFERENCE),
    ],
)
def test_what_a_shop_may_also_ask_for(source, value):
    assert by_label(written(provider=EVERYTHING))[f"{source.value} 欄"] == [value]


def test_each_value_says_where_it_comes_from():
    english, japanese = flat(written()), written(form="ja.txt").replace("\n    ", "")

    assert "D-U-N-S record 690512345, looked up on 2026-10-01 by suzuki" in english
    assert "DUNSの登録 690512345 (2026-10-01 に suzuki が確認)" in japanese
    assert "Entry sato of tls_people" in english
    assert "made on web1 and stays there" in english
    assert "gets 03-1234-5678" in english


def test_the_record_that_the_account_trusts_is_entered():
    theirs = replace(ADDRESS, street_address="Marunouchi 1-2-3", telephone="+81-3-9999-0000")
    vetted = Record("vetted", "77", None, None, theirs)
    organization = replace(ORGANIZATION, records=(RECORD, vetted))
    trusting = occasion(account=replace(ACCOUNT, authoritative_record="vetted"))

    made = sheets(record(organization=organization), SHOP, link=LINK, kind=StepKind.APPLICATION, occasion=trusting)

    found = by_label(made["en.txt"])
    assert found[FORM[FormSource.STREET_ADDRESS]] == ["Marunouchi 1-2-3"]
    assert found[FORM[FormSource.TELEPHONE]] == ["+81-3-9999-0000"]
    assert found[FORM[FormSource.DUNS_NUMBER]] == ["690512345"]
    assert "organisation vetted at the CA 77" in flat(made["en.txt"])


def test_an_empty_field_says_so():
    text = written(additional_names=(), methods=((WWW, Method.FILE),), approvers=(), replaces=None)

    found = by_label(text)
    for source in (FormSource.ADDITIONAL_NAMES, FormSource.APPROVERS, FormSource.REPLACED_END):
        assert found[FORM[source]] == [""]
        assert f"] {FORM[source]}\n\n    Leave it empty.\n" in text
    assert "put in order" not in text


def test_one_method_for_all_where_the_shop_takes_one():
    shop = replace(SHOP, method_per_name=False)
    methods = tuple((name, Method.FILE) for name in NAMES)

    found = by_label(written(provider=shop, methods=methods))

    assert found[FORM[FormSource.VALIDATION_METHODS]] == ["ファイル認証"]


def test_an_english_shop_gets_english_words():
    found = by_label(written(form="ja.txt", provider=replace(SHOP, language="en")))

    assert found[FORM[FormSource.ACTION]] == ["renewal"]
    assert found[FORM[FormSource.VALIDATION_METHODS]][0] == "file validation"


def test_a_name_is_written_in_the_order_of_its_letters():
    sato = Person("sato", "佐藤", "花子", "sato@example.jp")

    assert by_label(written(responsible=sato))[FORM[FormSource.RESPONSIBLE_NAME]] == ["佐藤 花子"]


def test_bought_elsewhere_is_applied_for_like_new():
    elsewhere = Replaced(
        serial="0a", key_hash="11" * 32, not_before=NOW - 179 * DAY, not_after=NOW + 60 * DAY, bought_here=False
    )

    assert by_label(written(replaces=elsewhere))[FORM[FormSource.ACTION]] == ["新規"]


def test_a_shop_whose_form_nobody_wrote_down_gets_the_usual_fields():
    text = written(provider=replace(SHOP, form=()))

    assert by_label(text)["会社名(英語)"] == ["Example Corporation"]
    assert by_label(text)["CSR"] == [csr()]


def test_a_form_without_the_csr_still_brings_it():
    text = written(provider=replace(SHOP, form=(FormField(FormSource.COMMON_NAME, "CN"),)))

    assert by_label(text) == {"CN": [WWW]}
    assert text.endswith(csr())


def test_the_csr_is_pasted_with_plain_line_ends_and_nothing_around_it():
    sent = "Subject: somebody\r\n" + csr().replace("\n", "\r\n") + "\r\n-- \r\nsent from afar"

    assert by_label(written(csr=sent))[FORM[FormSource.CSR]] == [csr()]


def test_the_heading_says_since_when_and_until_when():
    head = written().split("\nFirst\n")[0]

    for line in ("Asked for since          2026-11-22", "To be done by            2026-11-30", OWN_REFERENCE, "A-1700"):
        assert line in head
    assert "55,000 JPY" in head


def test_the_shops_own_last_day_counts_where_it_is_earlier():
    due = occasion(step=step(due_on=date(2026, 11, 27)))

    text = sheets(record(), SHOP, link=LINK, kind=StepKind.APPLICATION, occasion=due)["en.txt"]

    assert "To be done by            2026-11-27" in text


def test_without_a_step_the_sheet_is_written_all_the_same():
    made = sheets(record(reference=OWN_REFERENCE), SHOP, link="", kind=StepKind.APPLICATION)

    assert tuple(made) == FORMS
    assert "To be done by" not in made["en.txt"]
    assert re.search("Asked for since +2026-11-20\n", made["en.txt"])
    assert "order number" not in made["en.txt"].split("First")[0]


def test_an_allowed_link_is_opened_first():
    text = written()

    assert f"Open the shop's form:\n    {LINK}\n" in text
    assert MY_PAGE not in text


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/apply",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "javascript:alert(1)//shop.example",
        "ftp://shop.example/",
        "https://shop.example:99999/",
        "https://shop.example/ok\nhttps://evil.example/",
        "https://sh\u043ep.example/",
        "//shop.example/apply",
        "A-9999",
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_another_link_is_not_shown_and_my_page_is_opened(link, form):
    made = written(link=link, form=form)

    assert link not in made
    assert 'href="https://shop.example/mypage"' in made or f"\n    {MY_PAGE}\n" in made
    assert re.search("is not shown|載せていません", made)
    assert len(re.findall("https?://", made)) <= 2


def test_the_accounts_own_hosts_count_too():
    settings = PortalSettings(SHOP, link_hosts=("apply.example",))
    trusting = occasion(account=replace(ACCOUNT, settings=settings))
    link = "https://Apply.example:8443/form"

    made = sheets(record(), SHOP, link=link, kind=StepKind.APPLICATION, occasion=trusting)

    assert f"\n    {link}\n" in made["en.txt"]


@pytest.mark.parametrize(
    ("link", "shown"),
    [("https://order.shop.example/", True), ("https://shop.example/", False), ("https://evilshop.example/", False)],
)
def test_a_leading_dot_allows_the_hosts_beneath(link, shown):
    text = written(link=link, provider=replace(SHOP, my_page="", link_hosts=(".shop.example",)))

    assert (f"\n    {link}\n" in text) is shown


def test_a_shop_without_an_address_of_its_page_is_still_opened():
    text = written(link="", provider=replace(SHOP, my_page=""))

    assert "1. Open My Page at" in text
    assert "http" not in text


def test_each_name_says_what_will_happen():
    english = flat(written().split("\nHow each name is validated")[1])

    assert "www.example.jp: file validation The next run publishes the CA's file." in english
    assert "example.jp: DNS validation The next run publishes the CA's DNS record" in english
    assert "shop.example.jp: mail validation The CA sends a mail to admin@example.jp." in english


def test_the_responsible_person_is_shown_as_the_ca_will_ask_for_him():
    text = written().split("\nResponsible person and phone call")[1].split("What must not be changed")[0]

    for said in ("Hanako Sato", "CIO", "123", "Mon-Fri 10:00-17:00", "ito", "+81-3-1234-5678", "1-2-3 Marunouchi"):
        assert said in text
    assert "will call the representative number +81-3-1234-5678 and ask for Hanako Sato" in flat(text)
    assert "Tell the switchboard beforehand" in flat(text)


@both_languages
@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (StepKind.PURCHASE, ["purchase"]),
        (StepKind.APPLICATION, ["application"]),
        (StepKind.MY_PAGE, ["my_page", "application"]),
        (StepKind.REISSUE, ["reissue"]),
    ],
)
def test_the_command_that_confirms_it_can_be_copied(kind, steps, language):
    text = written(kind, form=f"{language.value}.txt")

    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("ansible-playbook")]

    assert commands == [
        [
            "ansible-playbook",
            "koshin.tls.confirm",
            *("-e", f"tls_certificate={WWW}", "-e", f"tls_step={step}", "-e", "tls_by=YOU"),
        ]
        for step in steps
    ]


def test_a_purchase_before_the_window_says_when_to_apply():
    elsewhere = Replaced(
        serial="0a", key_hash="11" * 32, not_before=NOW - 179 * DAY, not_after=NOW + 60 * DAY, bought_here=False
    )

    early = flat(written(StepKind.PURCHASE, replaces=elsewhere))

    assert "apply from 2026-12-23 on" in early
    assert "order once only" in early
    assert "apply from" not in flat(written(StepKind.PURCHASE))
    assert "apply from" not in flat(written(StepKind.APPLICATION, replaces=elsewhere))


@pytest.mark.parametrize(
    ("reused", "said"),
    [
        (ReusedKey.ACCEPT, "taken as it is"),
        (ReusedKey.ACCEPT_THEN_REISSUE, "issued again with a new key"),
        (ReusedKey.STOP, "do not confirm, and ask the shop to cancel"),
    ],
)
def test_my_page_is_compared_and_the_old_key_is_decided_by_the_account(reused, said):
    account = replace(ACCOUNT, settings=PortalSettings(SHOP, reused_key=reused))
    looking = occasion(StepKind.MY_PAGE, account=account)

    made = sheets(record(), SHOP, link=MY_PAGE, kind=StepKind.MY_PAGE, occasion=looking)

    assert said in flat(made["en.txt"])
    assert "Open My Page" in made["en.txt"]
    assert made["en.html"].count('type="checkbox"') == len(SHOP.form)


def test_a_reissue_has_its_own_form_and_keeps_the_subject():
    shop = replace(
        SHOP, reissue_form=(FormField(FormSource.ORDER_NUMBER, "注文番号"), FormField(FormSource.CSR, "CSR"))
    )

    text = written(StepKind.REISSUE, provider=shop, action=Action.REISSUE)
    free = written(StepKind.REISSUE, provider=replace(shop, same_subject_on_reissue=False), action=Action.REISSUE)

    assert by_label(text) == {"注文番号": ["A-1700"], "CSR": [csr()]}
    assert "reissue of order A-1700" in flat(text)
    assert "legal_name = Example Corporation; locality = Chiyoda-ku" in flat(text)
    assert "within 72 hours" in flat(text)
    assert "must be equal to that of the CSR before" not in flat(free)


def test_the_number_that_the_shop_gave_the_order_before_is_shown_for_a_reissue():
    known = occasion(StepKind.REISSUE, order_number="A-1600")

    shop = replace(SHOP, form=(FormField(FormSource.ORDER_NUMBER, "注文番号"),))

    text = sheets(record(reference=None), shop, link="", kind=StepKind.REISSUE, occasion=known)["en.txt"]
    unknown = written(StepKind.REISSUE, provider=shop, reference=OWN_REFERENCE)

    assert "reissue of order A-1600" in flat(text)
    assert by_label(text) == {"注文番号": ["A-1600"]}
    assert by_label(unknown) == {"注文番号": [""]}
    assert "Look it up on My Page, and enter it." in unknown


WARNED = {
    "responsible person": ({"responsible": None}, "申請企業責任者 氏名: a value is needed"),
    "too long": (
        {
            "organization": replace(
                ORGANIZATION, records=(replace(RECORD, address=replace(ADDRESS, legal_name="x" * 65)),)
            )
        },
        "会社名（英語）: it has 65 characters, a certificate takes at most 64",
    ),
    "wide hyphen": (
        {
            "organization": replace(
                ORGANIZATION, records=(replace(RECORD, address=replace(ADDRESS, street_address="1\u20102 Marunouchi")),)
            )
        },
        "町名・番地（英語）: it is to be English, and has characters outside ASCII: \u2010 (U+2010)",
    ),
    "line break": ({"responsible": replace(SATO, title="CIO\nCTO")}, "申請企業責任者 役職: line breaks or characters"),
    "broken CSR": ({"csr": "csr"}, "This CSR cannot be read. Send nothing"),
    "CSR of another key": (
        {"key_hash": "ab" * 32},
        "not for the key that the ledger knows (key_hash abababababababab…)",
    ),
    "CSR of another company": (
        {"csr": csr("Example Corp.")},
        "In the CSR legal_name is \u201cExample Corp.\u201d, in the application \u201cExample Corporation\u201d",
    ),
    "no record": ({"organization": replace(ORGANIZATION, records=())}, "has no record of source duns"),
    "no approver": ({"approvers": ()}, "shop.example.jp: it is validated by mail, and nobody is named"),
    "no method": ({"methods": ((WWW, Method.FILE),)}, "shop.example.jp: it has no validation method"),
}


@pytest.mark.parametrize(("wrong", "said"), WARNED.values(), ids=WARNED)
def test_what_is_wrong_is_said_at_the_top(wrong, said):
    right, warned = written(), written(**wrong)

    assert "put in order" not in right
    assert said in flat(warned.split("\nFirst\n")[0])


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        (replace(SHOP, method_per_name=False), "takes one validation method for all names"),
        (replace(SHOP, methods=(Method.FILE, Method.DNS)), "does not offer mail validation"),
        (replace(SHOP, products=("a", "b")), "商品: a value is needed"),
    ],
)
def test_what_the_shop_does_not_take_is_said_at_the_top(shop, said):
    assert said in flat(written(provider=shop).split("\nFirst\n")[0])


def test_what_the_form_cannot_take_is_said_at_the_top():
    form = (FormField(FormSource.LEGAL_NAME, "社名", longest=18), FormField(FormSource.LOCALITY, "市", longest=10))

    warned = flat(written(provider=replace(SHOP, form=form)).split("\nFirst\n")[0])

    assert "社名: it has 19 characters, this form takes at most 18. Do not cut it off" in warned
    assert "市:" not in warned


def test_what_cannot_be_entered_is_taken_out_of_a_value():
    sato = replace(SATO, title="\u202eOIC\u2028\x00 and\u3000more\n")

    assert by_label(written(responsible=sato))[FORM[FormSource.RESPONSIBLE_TITLE]] == ["OIC   and\u3000more"]


def test_the_sheet_does_not_depend_on_the_time_of_writing():
    later = replace(occasion().calendar, now=NOW + 5 * DAY)

    assert sheets(record(), SHOP, link=LINK, kind=StepKind.APPLICATION, occasion=occasion(calendar=later)) == sheets(
        record(), SHOP, link=LINK, kind=StepKind.APPLICATION, occasion=occasion()
    )
