# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Internet of signed zones, from a root of its own down, each with the fault that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.name
import dns.node
import dns.rdataset
import dns.rdatatype
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

HEAD = """$TTL 60
@ IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns1.example.com.
"""
ALGORITHM = dns.dnssec.Algorithm.ECDSAP256SHA256


@dataclass
class Signed:
    """One zone: its key, and lines of its own. ``ends_in_days``: when its signatures end; below 0 they have ended."""

    name: str
    lines: str = ""
    ends_in_days: float = 30
    signs: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def dnskey(self) -> dns.rdatatype.RdataType:
        return dns.dnssec.make_dnskey(self.key.public_key(), ALGORITHM, flags=257)

    @property
    def ds(self) -> str:
        """Return what its parent says of it."""
        return dns.dnssec.make_ds(dns.name.from_text(self.name), self.dnskey, "SHA256").to_text()

    def text(self, below: Mapping[str, str]) -> str:
        """Return the zone file, signed. ``below``: zones that are delegated → DS record, "" for none."""
        lines = HEAD + self.lines
        for name, ds in below.items():
            label = name.removesuffix("." + self.name).removesuffix(".")
            lines += f"{label} IN NS ns1.example.com.\n" + (f"{label} IN DS {ds}\n" if ds else "")
        zone = dns.zone.from_text(lines, origin=dns.name.from_text(self.name), relativize=False)
        if self.signs:
            now = datetime.now(UTC)
            dns.dnssec.sign_zone(
                zone,
                keys=[(self.key, self.dnskey)],
                inception=now - timedelta(days=60),
                expiration=now + timedelta(days=self.ends_in_days),
                add_dnskey=True,
                dnskey_ttl=60,
            )
        return zone.to_text(relativize=False)


def internet(*zones: Signed, wrong_ds: tuple[str, ...] = ()) -> tuple[dict[str, str], list[str]]:
    """Return the files of ".", "jp." and the zones below, and the root's anchors. ``wrong_ds``: of other keys."""
    root, jp = Signed(".", "ns1.example.com. IN A 127.0.0.1\n"), Signed("jp.")
    ds = {one.name: Signed(one.name).ds if one.name in wrong_ds else one.ds if one.signs else "" for one in zones}
    files = {".": root.text({"jp.": jp.ds}), "jp.": jp.text(ds), **{one.name: one.text({}) for one in zones}}
    return files, [root.ds]
