# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation tokens out of mails: only where a CA may ask for them, and only for names that the mail is about."""

from __future__ import annotations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.order import DnsToken, FileToken
from unit._mail.shop_mails import said

PATH = "/.well-known/pki-validation/fileauth.txt"


def files(text: str) -> tuple[FileToken, ...]:
    return said(f"コモンネーム：www.example.jp\n{text}", subject="ファイル認証").tokens


def records(text: str) -> tuple[DnsToken, ...]:
    return said(f"コモンネーム：www.example.jp\n追加ドメイン：example.jp\n{text}", subject="DNS認証").records


def test_a_location_names_host_and_path():
    assert files(f"設置先：http://www.example.jp{PATH}\n記載内容：abc123") == (
        FileToken("www.example.jp", PATH, "abc123"),
    )


def test_several_locations_have_one_content():
    text = f"設置場所：\n　http(s)://www.example.jp{PATH}\n　https://example.jp{PATH}\nファイル内容：abc123"

    assert [token.name for token in files(text)] == ["www.example.jp", "example.jp"]


def test_content_may_stand_above_its_location():
    text = f"ファイル内容：abc\n設置先：http://www.example.jp{PATH}\nファイル内容：def\n設置先：http://example.jp{PATH}"

    assert [(token.name, token.content) for token in files(text)] == [("www.example.jp", "abc"), ("example.jp", "def")]


def test_a_path_alone_is_for_the_name_above_it():
    text = f"ドメイン名：shop.example.jp\n設置先：{PATH}\n記載内容：abc123"

    assert files(text) == (FileToken("shop.example.jp", PATH, "abc123"),)


def test_a_path_below_several_names_is_for_all_names():
    text = f"ドメイン名：a.example.jp、b.example.jp\n設置先：{PATH}\n記載内容：abc123"

    assert files(text) == (FileToken("", PATH, "abc123"),)


@pytest.mark.parametrize(
    "location",
    [
        "http://www.example.jp/index.html",
        "http://www.example.jp/.well-known/acme-challenge/abc",
        "http://www.example.jp/.well-known/pki-validation/",
        "http://www.example.jp/.well-known/pki-validation/../../etc/passwd",
        "http://www.example.jp/.well-known/pki-validation/a/b.txt",
        "http://www.example.jp/.well-known/pki-validation/%2e%2e/x",
        "http://www.example.jp/.well-known/pki-validation/.htaccess",
        "http://www.example.jp/x/.well-known/pki-validation/fileauth.txt",
        "http://192.0.2.1/.well-known/pki-validation/fileauth.txt",
        "/var/www/.well-known/pki-validation/fileauth.txt",
        "../.well-known/pki-validation/fileauth.txt",
    ],
)
def test_no_file_is_taken_outside_the_path_of_validations(location: str):
    assert files(f"設置先：{location}\n記載内容：abc123") == ()


@pytest.mark.parametrize("content", ["認証コードをご確認ください", "x" * 513, "a\x07b", ""])
def test_content_is_one_line_of_printable_ascii(content: str):
    assert files(f"設置先：http://www.example.jp{PATH}\n記載内容：{content}") == ()


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (
            "ホスト名：example.jp\nレコードタイプ：TXT\n値：abc123",
            DnsToken("example.jp", "example.jp", "TXT", "abc123"),
        ),
        (
            'ドメイン：www.example.jp\nホスト：_dnsauth.www.example.jp.\nタイプ：txt\n値："abc 123"',
            DnsToken("www.example.jp", "_dnsauth.www.example.jp", "TXT", "abc 123"),
        ),
        (
            "ドメイン：www.example.jp\nホスト名：_dnsauth\nレコードタイプ：CNAME\n値：abc.dcv.digicert.com.",
            DnsToken("www.example.jp", "_dnsauth.www.example.jp", "CNAME", "abc.dcv.digicert.com"),
        ),
        ("ドメイン：example.jp\nホスト名：@\n値：abc123", DnsToken("example.jp", "example.jp", "TXT", "abc123")),
        (
            "値：abc.dcv.digicert.com\nホスト名：_dnsauth.www.example.jp",
            DnsToken("www.example.jp", "_dnsauth.www.example.jp", "CNAME", "abc.dcv.digicert.com"),
        ),
        ("ドメイン：*.example.jp\nホスト名：@\n値：abc", DnsToken("*.example.jp", "example.jp", "TXT", "abc")),
    ],
)
def test_records_are_read_however_they_are_set(text: str, token: DnsToken):
    assert token in records(text)


def test_a_record_of_the_domain_stands_for_every_name_beneath():
    """DigiCert, as the procedure's shop shows it: abc.com. IN TXT xxxx, also for www."""
    found = records('example.jp.  IN TXT "abc123"')

    assert found == (
        DnsToken("www.example.jp", "example.jp", "TXT", "abc123"),
        DnsToken("example.jp", "example.jp", "TXT", "abc123"),
    )


def test_a_line_of_a_zone_file_with_a_time_to_live():
    assert records("_a1b2.www.example.jp. 300 IN CNAME c3.d4.sectigo.com.") == (
        DnsToken("www.example.jp", "_a1b2.www.example.jp", "CNAME", "c3.d4.sectigo.com"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "ホスト名：other.example\nレコードタイプ：TXT\n値：abc",
        "ホスト名：jp\nレコードタイプ：TXT\n値：abc",
        "ドメイン：www.example.jp\nホスト名：evil.example\nレコードタイプ：TXT\n値：abc",
        "ホスト名：example.jp\nレコードタイプ：MX\n値：mail.example.jp",
        "ホスト名：example.jp\nレコードタイプ：TXT\n値：認証",
        "ホスト名：example.jp\nレコードタイプ：CNAME\n値：not a name",
        "ホスト名：ex ample.jp\nレコードタイプ：TXT\n値：abc",
        "evil.example. IN TXT abc",
        "ホスト名：example.jp\nレコードタイプ：TXT\n",
    ],
)
def test_records_of_other_names_and_types_are_not_taken(text: str):
    assert records(text) == ()


def test_what_a_record_points_to_is_no_name_of_the_certificate():
    message = said("コモンネーム：www.example.jp\n_x.www.example.jp. IN CNAME abc.ca.test\n", subject="DNS認証")

    assert message.names == ("www.example.jp",)
