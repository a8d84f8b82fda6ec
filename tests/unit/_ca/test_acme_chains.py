# SPDX-License-Identifier: GPL-3.0-or-later
"""A chain with our certificate in front, wherever the server put it."""

from __future__ import annotations

from itertools import permutations

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._ca.acme_chains import leaf_first
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import CertificateUnreadable
from ansible_collections.koshin.tls.plugins.module_utils._x509.reading import certificate_facts
from unit._x509 import material


@pytest.fixture(scope="module")
def chain() -> tuple[str, ...]:
    """Leaf, intermediate and root, in that order."""
    root = material.authority("Root")
    issuing = material.authority("Issuing", root)
    return tuple(party.pem for party in (material.leaf(issuing, "www.example.jp"), issuing, root))


def test_our_certificate_comes_first_and_the_others_keep_their_order(chain: tuple[str, ...]):
    ours = certificate_facts(chain[0], "it").key_hash

    for order in permutations(chain):
        others = [one for one in order if one != chain[0]]
        assert leaf_first(order, ours) == (chain[0], *others)


def test_a_chain_without_our_certificate_stays_as_it_is(chain: tuple[str, ...]):
    assert leaf_first(chain, "00" * 32) == chain
    assert leaf_first((), "00" * 32) == ()


def test_what_is_no_certificate_is_refused(chain: tuple[str, ...]):
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    with pytest.raises(CertificateUnreadable):
        leaf_first((*chain, broken), "00" * 32)
