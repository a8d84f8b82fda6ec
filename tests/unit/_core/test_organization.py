# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.certificate import Found
from ansible_collections.koshin.tls.plugins.module_utils._core.inventory import Address, Contacts, Organization, Person
from ansible_collections.koshin.tls.plugins.module_utils._core.order import Severity
from ansible_collections.koshin.tls.plugins.module_utils._core.organization import check_organization, subject_of
from unit._core.material import ACCOUNT, ADDRESS, COMPANY, PEOPLE, RECORD, SATO, TODAY, certificate, facts, found


def look(organization: Organization = COMPANY, people: dict[str, Person] = PEOPLE, lies: Found | None = None):
    return check_organization(
        certificate(), account=ACCOUNT, organization=organization, people=people, found=lies or found(), today=TODAY
    )


def with_record(**differs: str) -> Organization:
    return replace(COMPANY, records=(replace(RECORD, address=replace(ADDRESS, **differs)),))


def test_records_that_agree_are_no_finding():
    assert look() == []


@pytest.mark.parametrize("field", [part.name for part in fields(Address)])
def test_each_differing_field_is_a_finding_with_both_values(field):
    (finding,) = look(with_record(**{field: "Something Else"}))

    assert finding.severity is Severity.BLOCKS
    assert finding.code == "record_differs"
    assert field in finding.message
    assert repr(getattr(ADDRESS, field)) in finding.message
    assert "'Something Else'" in finding.message


def test_letter_for_letter_means_case_and_spaces_too():
    assert [finding.code for finding in look(with_record(legal_name="EXAMPLE CORPORATION"))] == ["record_differs"]
    assert [finding.code for finding in look(with_record(locality="Chiyoda-ku "))] == ["record_differs"]


def test_a_record_without_a_telephone_stops_the_order():
    findings = look(with_record(telephone=" "))

    assert {finding.code for finding in findings} == {"record_differs", "telephone_missing"}


def test_no_authoritative_record_is_said_with_the_move():
    (finding,) = look(replace(COMPANY, records=()))

    assert finding.code == "record_missing"
    assert "duns" in finding.message
    assert "checked_on" in finding.next_move


def test_an_old_record_is_a_warning():
    old = replace(COMPANY, records=(replace(RECORD, checked_on=date(2025, 1, 1)),))

    (finding,) = look(old)

    assert (finding.code, finding.severity) == ("record_unchecked", Severity.WARNS)


def test_the_certificate_in_use_is_compared_field_by_field():
    lies = Found(certificate=replace(facts(), subject=replace(facts().subject, legal_name="Example Corp.")))

    (finding,) = look(lies=lies)

    assert finding.severity is Severity.WARNS
    assert "'Example Corp.'" in finding.message
    assert "'Example Corporation'" in finding.message


def test_an_empty_or_too_long_field_is_refused_before_the_ca_does():
    long = replace(ADDRESS, legal_name="x" * 65, postal_code="")
    same = replace(COMPANY, address=long, records=(replace(RECORD, address=long),))

    found_codes = [(finding.code, finding.message) for finding in look(same)]

    assert (
        "field_not_allowed",
        "legal_name of the organisation has 65 characters, at most 64 are allowed.",
    ) in found_codes
    assert ("field_not_allowed", "postal_code of the organisation is empty.") in found_codes


@pytest.mark.parametrize(
    ("contacts", "people"),
    [
        (Contacts(), PEOPLE),
        (Contacts(responsible="nobody"), PEOPLE),
        (Contacts(responsible="sato"), {"sato": replace(SATO, left_on=TODAY)}),
    ],
)
def test_without_a_responsible_person_nothing_is_ordered(contacts, people):
    (finding,) = look(replace(COMPANY, contacts=contacts), people)

    assert (finding.code, finding.severity) == ("responsible_person_missing", Severity.BLOCKS)


def test_the_subject_is_made_of_the_records_fields():
    subject = subject_of(certificate("shop.example.jp"), COMPANY)

    assert (subject.common_name, subject.legal_name, subject.country) == (
        "shop.example.jp",
        "Example Corporation",
        "JP",
    )
    assert subject.street_address == ""
