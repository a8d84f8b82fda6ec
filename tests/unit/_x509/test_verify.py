# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a CA delivers, in whatever order: one right chain comes out, or a sentence that says what is missing."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable, KeyMismatch
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts, split_pem
from ansible_collections.koshin.tls.plugins.module_utils._x509.set import ChainRefused
from ansible_collections.koshin.tls.plugins.module_utils._x509.verify import complete_chain, system_trust_anchors
from unit._x509 import material
from unit._x509.material import DAY, NOW, Party

NAMES = ("www.example.jp", "example.jp")


@pytest.fixture(scope="module")
def root() -> Party:
    return material.authority("Root")


@pytest.fixture(scope="module")
def upper(root) -> Party:
    return material.authority("Upper", root)


@pytest.fixture(scope="module")
def lower(upper) -> Party:
    return material.authority("Lower", upper, path_length=0)


@pytest.fixture(scope="module")
def www(lower) -> Party:
    return material.leaf(lower, *NAMES)


@pytest.fixture(scope="module")
def right(www, lower, upper) -> tuple[str, ...]:
    return (www.pem, lower.pem, upper.pem)


def complete(
    delivered: tuple[str, ...], anchors: str, leaf: Party, names: tuple[str, ...] = NAMES, now: datetime = NOW
) -> tuple[str, ...]:
    return complete_chain(delivered, anchors, names, now, certificate_facts(leaf.pem, "leaf").key_hash)


# --- what comes out right --------------------------------------------------------------------------------------------


def test_any_order_will_do(www, lower, upper, root, right):
    for delivered in itertools.permutations((www.pem, lower.pem, upper.pem, root.pem)):
        assert complete(delivered, root.pem, www) == right


def test_one_text_with_windows_line_ends_and_remarks_will_do(www, lower, upper, root, right):
    bundle = f"subject=/CN=Upper\n{upper.pem}\n{www.pem}{lower.pem}".replace("\n", "\r\n")

    assert complete((bundle,), root.pem, www) == right


def test_doubles_are_delivered_once(www, lower, upper, root, right):
    assert complete((root.pem, lower.pem, www.pem, root.pem, lower.pem, upper.pem, www.pem), root.pem, www) == right


def test_strangers_are_left_out(www, root, right):
    stranger = material.authority("Stranger")
    theirs = material.leaf(stranger, *NAMES)

    assert complete((theirs.pem, stranger.pem, *right), stranger.pem + root.pem, www) == right


def test_the_leaf_is_told_by_its_key_not_by_its_subject(lower, upper, root):
    old, new = material.leaf(lower, *NAMES), material.leaf(lower, *NAMES)

    assert complete((old.pem, new.pem, lower.pem, upper.pem), root.pem, new)[0] == new.pem
    assert complete((old.pem, new.pem, lower.pem, upper.pem), root.pem, old)[0] == old.pem


def test_of_two_certificates_for_one_key_the_newer_counts(lower, upper, root):
    old = material.leaf(lower, *NAMES, not_before=NOW - 90 * DAY)
    new = material.leaf(lower, *NAMES, key=old.key)

    for delivered in ((old.pem, new.pem), (new.pem, old.pem)):
        assert complete((*delivered, lower.pem, upper.pem), root.pem, old)[0] == new.pem


def test_of_two_certificates_for_one_key_the_one_that_verifies_counts(www, lower, upper, root, right):
    placeholder = material.leaf(None, *NAMES, key=www.key, not_before=NOW - DAY)

    assert complete((placeholder.pem, *right), root.pem, www) == right


def test_two_intermediates_of_one_name_are_told_apart(root, upper):
    first, second = material.authority("Twin", upper), material.authority("Twin", upper)
    www = material.leaf(second, *NAMES)

    for twins in ((first.pem, second.pem), (second.pem, first.pem)):
        assert complete((www.pem, *twins, upper.pem), root.pem, www) == (www.pem, second.pem, upper.pem)


def test_an_expired_twin_with_the_same_key_is_passed_over(root):
    today = material.authority("Twin", root)
    expired = material.authority("Twin", root, key=today.key, not_after=NOW - DAY)
    www = material.leaf(today, *NAMES)

    for twins in ((today.pem, expired.pem), (expired.pem, today.pem)):
        assert complete((www.pem, *twins), root.pem, www) == (www.pem, today.pem)


def test_a_circle_beside_the_path_does_no_harm(root):
    lower_key = material.ec_key()
    upper = material.authority("Upper", root)
    lower = material.authority("Lower", upper, key=lower_key)
    back = material.authority("Upper", lower, key=upper.key)
    www = material.leaf(lower, *NAMES)

    for delivered in itertools.permutations((www.pem, lower.pem, upper.pem, back.pem)):
        assert complete(delivered, root.pem, www) == (www.pem, lower.pem, upper.pem)


def test_an_expired_short_cut_does_not_lead_into_a_circle(root):
    top = material.authority("Top", root)
    upper = material.authority("Upper", top)
    lower = material.authority("Lower", upper)
    short_cut = material.authority("Lower", root, key=lower.key, not_after=NOW - DAY)
    back = material.authority("Upper", lower, key=upper.key)
    www = material.leaf(lower, *NAMES)

    for order in itertools.permutations((upper.pem, back.pem, top.pem, short_cut.pem)):
        assert complete((www.pem, lower.pem, *order), root.pem, www) == (www.pem, lower.pem, upper.pem, top.pem)


def test_the_given_moment_counts_not_the_clock(root):
    later = NOW + 900 * DAY
    www = material.leaf(root, *NAMES, not_before=later - DAY / 12, not_after=later + DAY / 12)
    abroad = later.astimezone(timezone(timedelta(hours=9)))

    assert complete((www.pem,), root.pem, www, now=later) == (www.pem,)
    assert complete((www.pem,), root.pem, www, now=abroad) == (www.pem,)
    with pytest.raises(ChainRefused, match="not in force"):
        complete((www.pem,), root.pem, www, now=NOW)


def test_a_cross_signed_root_is_used_only_where_it_is_needed(root):
    young = material.authority("Young root")
    crossed = material.authority("Young root", root, key=young.key)
    issuer = material.authority("Issuer", young, path_length=0)
    www = material.leaf(issuer, *NAMES)
    delivered = (www.pem, crossed.pem, issuer.pem, young.pem)

    assert complete(delivered, young.pem, www) == (www.pem, issuer.pem)
    assert complete(delivered, root.pem + young.pem, www) == (www.pem, issuer.pem)
    assert complete(delivered, root.pem, www) == (www.pem, issuer.pem, crossed.pem)


def test_an_intermediate_among_the_trust_anchors_is_sent_like_any_other(www, lower, upper, root, right):
    """Other clients trust the root alone."""
    assert complete(right, lower.pem + root.pem, www) == right
    assert complete((www.pem,), lower.pem + upper.pem + root.pem, www) == right
    assert complete((www.pem, lower.pem), lower.pem, www) == (www.pem, lower.pem)


def test_wildcards_are_verified(lower, upper, root):
    party = material.leaf(lower, "*.example.jp", "example.jp")

    chain = complete((party.pem, lower.pem, upper.pem), root.pem, party, ("*.example.jp", "example.jp", "a.example.jp"))

    assert chain == (party.pem, lower.pem, upper.pem)


def test_a_trust_anchor_that_cannot_be_read_is_passed_over(www, root, right):
    broken = root.pem.replace("MII", "AAA", 1)

    assert complete(right, broken + root.pem, www) == right


# --- what is refused -------------------------------------------------------------------------------------------------


def test_no_certificate_for_the_key_is_refused(lower, upper, root, www):
    other = material.leaf(lower, *NAMES)

    with pytest.raises(KeyMismatch, match="None of the 3 delivered .*CN=www.example.jp") as refused:
        complete((other.pem, lower.pem, upper.pem, lower.pem), root.pem, www)
    assert certificate_facts(www.pem, "leaf").key_hash in refused.value.message


def test_the_missing_link_is_named(www, lower, upper, root):
    with pytest.raises(
        ChainRefused, match="breaks off at CN=Lower.*issuer CN=Upper,O=Test was not delivered"
    ) as refused:
        complete((www.pem, lower.pem), root.pem, www)
    assert "it should end at CN=Root,O=Test" in refused.value.message

    with pytest.raises(ChainRefused, match="breaks off at CN=www.example.jp.*issuer CN=Lower,O=Test was not delivered"):
        complete((www.pem, upper.pem, root.pem), root.pem, www)


def test_a_namesake_is_told_from_a_missing_link(www, upper, root):
    namesake = material.authority("Lower", upper)

    with pytest.raises(ChainRefused, match="CN=Lower,O=Test was delivered with another key only"):
        complete((www.pem, namesake.pem, upper.pem), root.pem, www)


def test_a_chain_that_ends_elsewhere_is_refused(www, root, right):
    elsewhere = "".join(material.authority(f"Elsewhere {number}").pem for number in range(5))

    with pytest.raises(ChainRefused, match="ends at the root CN=Root.*no trust anchor; .*one of 5 trust anchors"):
        complete((*right, root.pem), elsewhere, www)


def test_a_circle_is_refused():
    first, second = material.authority("First"), material.authority("Second")
    one = material.authority("First", second, key=first.key)
    two = material.authority("Second", first, key=second.key)
    www = material.leaf(one, *NAMES)

    with pytest.raises(ChainRefused, match="leads in a circle: CN=First.*CN=Second"):
        complete((www.pem, one.pem, two.pem), material.authority("Root").pem, www)


def test_an_expired_intermediate_is_named(root):
    expired = material.authority("Expired", root, not_after=NOW - DAY)
    www = material.leaf(expired, *NAMES)

    with pytest.raises(ChainRefused, match="not in force: CN=Expired.*is valid from 2026-08-15 to 2026-11-22"):
        complete((www.pem, expired.pem), root.pem, www)


@pytest.mark.parametrize(("first", "last"), [(-50, -1), (1, 50)])
def test_a_leaf_outside_its_validity_is_refused(lower, upper, root, first: int, last: int):
    www = material.leaf(lower, *NAMES, not_before=NOW + first * DAY, not_after=NOW + last * DAY)

    with pytest.raises(ChainRefused, match="not in force: CN=www.example.jp"):
        complete((www.pem, lower.pem, upper.pem), root.pem, www)


@pytest.mark.parametrize("missing", ["shop.example.jp", "*.example.jp"])
def test_a_name_that_was_forgotten_is_named(www, root, right, missing: str):
    with pytest.raises(ChainRefused, match="does not stand for") as refused:
        complete(right, root.pem, www, (*NAMES, missing))

    assert refused.value.code == "name_not_covered"
    assert missing in refused.value.message


def test_what_no_browser_accepts_is_refused_with_the_verifiers_words(root):
    no_authority = material.authority("Denied", root, ca=False)
    www = material.leaf(no_authority, *NAMES)

    with pytest.raises(ChainRefused, match="does not verify: .*basicConstraints"):
        complete((www.pem, no_authority.pem), root.pem, www)


def test_a_self_signed_certificate_is_refused(root):
    alone = material.leaf(None, *NAMES)

    with pytest.raises(ChainRefused, match="ends at the root CN=www.example.jp"):
        complete((alone.pem,), root.pem, alone)


@pytest.mark.parametrize(
    "spoil", [lambda pem: pem[:300], lambda pem: pem.replace("MII", "AAA", 1), lambda pem: "sorry"]
)
def test_what_cannot_be_read_is_named(www, upper, lower, root, spoil):
    with pytest.raises(CertificateUnreadable, match="Delivered certificate 2 of 3"):
        complete((www.pem, spoil(lower.pem), upper.pem), root.pem, www)


def test_no_trust_anchor_is_an_error(www, right):
    with pytest.raises(ChainRefused) as refused:
        complete(right, "", www)

    assert refused.value.code == "no_trust_anchors"


# --- the system's trust store ----------------------------------------------------------------------------------------


def test_the_systems_trust_store_is_one_file(monkeypatch, tmp_path, root):
    (tmp_path / "store.pem").write_text(root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "store.pem"))

    assert system_trust_anchors() == root.pem


def test_the_systems_trust_store_is_a_directory(monkeypatch, tmp_path, root, upper):
    (tmp_path / "0123abcd.0").write_text(root.pem)
    (tmp_path / "4567cdef.1").write_text(upper.pem)
    (tmp_path / "README").write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    assert split_pem(system_trust_anchors()) == (root.pem, upper.pem)


def test_no_trust_store_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "absent"))

    with pytest.raises(ChainRefused, match="ca-certificates") as refused:
        system_trust_anchors()
    assert refused.value.code == "no_trust_anchors"


# One root of 2008 in Debian's store has a serial number of zero.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_roots_of_this_machine_can_be_used(www, right):
    with pytest.raises(ChainRefused, match=r"it should end at one of \d+ trust anchors"):
        complete(right, system_trust_anchors(), www)
