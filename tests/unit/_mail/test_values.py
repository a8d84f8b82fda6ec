# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as shops write them, behind labels as shops set them."""

from __future__ import annotations

import time
from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.provider import Labels
from ansible_collections.koshin.tls.plugins.module_utils._mail import values
from ansible_collections.koshin.tls.plugins.module_utils._mail.rows import normal, rows
from unit._mail.shop_mails import said

TODAY = date(2026, 11, 23)
LABELS = Labels(
    order_number=("注文番号", "Order #"),
    invoice_number=("請求書番号", "Invoice number"),
    amount=("ご請求金額", "合計", "Total due"),
    due_on=("お支払期限", "Payment due by"),
    wanted=("必要書類", "Reason"),
    names=("SAN",),
)


@pytest.mark.parametrize(
    "written",
    [
        "2026年12月31日",
        "2026年12月31日(木)",
        "2026年 12月 31日",
        "2026/12/31",
        "2026/12/31 17:00",
        "2026.12.31",
        "2026-12-31",
        "令和8年12月31日",
        "令和8年12月31日(木)まで",
        "R8.12.31",
        "31 December 2026",
        "31st December 2026",
        "December 31, 2026",
        "Thursday, December 31st, 2026",
        "Dec. 31, 2026",
        "31-Dec-2026",
        "12月31日",
        "12月31日(木)17時まで",
    ],
)
def test_days_are_read_as_people_write_them(written: str):
    assert values.day(written, near=TODAY) == date(2026, 12, 31)


def test_a_day_without_a_year_is_the_next_one():
    assert values.day("1月15日", near=TODAY) == date(2027, 1, 15)
    assert values.day("11月20日", near=TODAY) == date(2026, 11, 20)
    assert values.day("令和元年5月1日", near=TODAY) == date(2019, 5, 1)


@pytest.mark.parametrize("written", ["12/31/2026", "31/12/2026", "2026年13月1日", "2月30日", "soon", "", "1234567890"])
def test_what_is_no_day_or_could_be_two_is_none(written: str):
    assert values.day(written, near=TODAY) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("65,780円(税込)", "65,780円(税込)"),
        ("¥65,780", "¥65,780"),
        ("¥65,780-", "¥65,780-"),
        ("¥ 65,780 (税込)", "¥ 65,780 (税込)"),
        ("JPY 65,780", "JPY 65,780"),
        ("65,780 JPY", "65,780 JPY"),
        ("65780円", "65780円"),
        ("$598.00", "$598.00"),
        ("USD 1,598.00", "USD 1,598.00"),
        ("598,00 €", "598,00 €"),
        ("1.598,00 €", "1.598,00 €"),
        ("金65,780円也", "65,780円"),
        ("お振込: 65,780円です", "65,780円"),
        ("2026年12月", ""),
        ("3", ""),
        ("ご確認ください", ""),
        ("", ""),
    ],
)
def test_amounts_are_kept_as_written(written: str, read: str):
    assert values.amount(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("26104233", "26104233"),
        ("#542772", "542772"),
        ("No.INV-2026-08841", "INV-2026-08841"),
        ("BS-2026/104 様", "BS-2026/104"),
        ("26104233。", "26104233"),
        ("A" * 63 + "1", "A" * 63 + "1"),
        ("A" * 64 + "1", ""),
        ("ご確認ください", ""),
        ("pending", ""),
        ("<script>1</script>", ""),
        ("../../etc/passwd1", ""),
    ],
)
def test_numbers_are_letters_digits_and_few_signs(written: str, read: str):
    assert values.number(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("vLTbd2eYG1tbfCAM", "vLTbd2eYG1tbfCAM"),
        ("「4711-0815」", "4711-0815"),
        ("please see below", ""),
        ("abc", ""),
        ("x" * 129 + "1", ""),
    ],
)
def test_codes_are_no_words_of_a_sentence(written: str, read: str):
    assert values.code(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "請求書番号:INV-1",
        "請求書番号：INV-1",
        "　請求書番号　　：　INV-1",
        "■請求書番号：INV-1",
        "【請求書番号】INV-1",
        "【請求書番号】\n　INV-1",
        "［請求書番号］ INV-1",
        "・請求書番号\nINV-1",
        "請 求 書 番 号 ： INV-1",
        "請求書番号(更新分):INV-1",
        "請求書番号：\n\nINV-1",
        "請求書番号 | INV-1",
        "請求書番号\tINV-1",
        "請求書番号     INV-1",
        "請求書番号 INV-1",
        "請求書番号は1-INV です",
        "INVOICE  NUMBER: INV-1",
        "* Invoice number = INV-1",
    ],
)
def test_labels_are_found_however_they_are_set(written: str):
    found = rows(normal(f"ご案内です。\n{written}\n発行日：2026年"), LABELS)

    assert [row.fields for row in found] == [("invoice_number",)]
    assert values.number(found[0].value) in ("INV-1", "1-INV")


@pytest.mark.parametrize(
    "written",
    [
        "請求書番号の桁数が2027年4月より変更となります。",
        "Invoice number formats will change in 2027.",
        "ご請求金額やお支払期限に変更はございません。",
        "請求書番号",
        "請求書番号：",
        "請求書番号：\n────────",
        "請求書番号\n注文番号",
    ],
)
def test_prose_and_empty_labels_have_no_value(written: str):
    assert [row for row in rows(normal(written), LABELS) if values.number(row.value)] == []


def test_a_value_goes_on_below_where_it_is_indented():
    text = "必要書類：・登記事項証明書\n　　　　　・印鑑証明書\n　ご提出先：審査部\n\nSAN\n a.example\n b.example\n"

    found = {row.label: row.lines for row in rows(normal(text), LABELS)}

    assert found["必要書類"] == ("・登記事項証明書", "・印鑑証明書")
    assert found["SAN"] == ("a.example", "b.example")


def test_a_label_that_means_two_things_is_both():
    both = Labels(due_on=("予定日",), wanted=("予定日",))

    assert rows("予定日:12月1日", both)[0].fields == ("due_on", "wanted")


def test_the_shops_first_word_for_a_value_counts_most():
    text = "合計：59,800円\nご請求金額：65,780円\n請求書番号：INV-1\n"

    assert said(text, subject="ご請求書").amount == "65,780円"


SIZE = 256 * 1024
TEDIOUS = {
    "names": "www.example.jp\n" * (SIZE // 15),
    "labelled names": "".join(f"ドメイン：w{place}.example.jp\n" for place in range(12_000)),
    "international names": "".join(f"ドメイン：日本語{place}.jp\n" for place in range(14_000)),
    "names in one line": "ドメイン：日本語.jp、" * (SIZE // 12),
    "labels": "請求書番号\n" * (SIZE // 6),
    "records": "".join(f"ドメイン：w{n}.example.jp\nw{n}.example.jp. IN TXT abc\n" for n in range(5_000)),
    "files": "設置先：http://a.example.jp/.well-known/pki-validation/a.txt\n記載内容：a\n" * (SIZE // 64),
    "links": "https://www.shop.example.jp/a " * (SIZE // 30),
    "what NFKC makes long": "ﷺ" * SIZE,
    "blocks": "-----BEGIN CERTIFICATE-----\n" * (SIZE // 28),
    "dots": "a." * (SIZE // 2),
    "digits": "1,000" * (SIZE // 5),
    "colons": "a:b:c:d\n" * (SIZE // 8),
    "brackets": "請求書番号((" * (SIZE // 7),
    "lines": "\n" * SIZE,
    "spaces": " " * SIZE,
}


@pytest.mark.parametrize("text", TEDIOUS.values(), ids=TEDIOUS)
def test_no_text_keeps_us_busy(text: str):
    began = time.process_time()

    said(text, subject=text[:5_000])

    assert time.process_time() - began < 1
