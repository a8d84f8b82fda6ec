# SPDX-License-Identifier: GPL-3.0-or-later
"""A small tree of zones from an own root, signed with BIND's tools and served by BIND: right ones and broken ones."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sandbox.daemons import daemon, free_port

_HEAD = """$TTL 3600
@ IN SOA ns1.example.jp. hostmaster.example.jp. 1 3600 600 86400 60
@ IN NS ns1.example.jp.
"""


class Signed(Enum):
    """How a zone is signed, and what its parent says of it."""

    RIGHTLY = auto()
    NOT = auto()
    NSEC3_OPT_OUT = auto()
    EXPIRED = auto()
    LATER = auto()
    SHA1 = auto()
    # No parent has a DS of it.
    WITHOUT_DS = auto()
    # The parent has the DS of a key that has gone.
    OTHER_DS = auto()
    # The parent has a DS; the zone was moved to somebody who does not sign.
    NO_LONGER = auto()
    # Signed, and then changed: another address, no signatures over addresses, none at all.
    CHANGED = auto()
    ROBBED_OF_SIGNATURES = auto()
    ROBBED_OF_ALL_SIGNATURES = auto()


@dataclass(frozen=True)
class SignedZone:
    """``lines``: what lies in it besides SOA, NS and the delegations of zones given with it."""

    name: str
    signed: Signed = Signed.RIGHTLY
    lines: str = ""


@dataclass(frozen=True)
class ZoneTree:
    """``anchor``: the DS of the root's key, as text."""

    port: int
    anchor: str

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def zone_tree(directory: Path, zones: Sequence[SignedZone]) -> Iterator[ZoneTree]:
    """Serve ``zones``, each delegated from the nearest one above, until the block ends; the root is among them."""
    directory.mkdir(parents=True, exist_ok=True)
    anchor = _write(directory, zones)
    port = free_port()
    configuration = directory / "named.conf"
    told = [f'zone "{zone.name}" {{ type primary; file "{_file(directory, zone.name)}"; }};' for zone in zones]
    configuration.write_text(
        f'controls {{ }};\noptions {{ directory "{directory}"; pid-file "{directory}/named.pid";'
        f' session-keyfile "{directory}/session.key"; managed-keys-directory "{directory}";'
        f" listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;"
        " dnssec-validation no; notify no; empty-zones-enable no; };\n" + "\n".join(told) + "\n"
    )
    command = ["named", "-f", "-g", "-n", "1", "-c", configuration]
    with daemon(command, log=directory / "named.log", ports=[port]):
        yield ZoneTree(port, anchor)


def _write(directory: Path, zones: Sequence[SignedZone]) -> str:
    """Write the files of all zones, children first; returns the DS of the root's key."""
    ds: dict[str, list[str]] = {}
    for zone in sorted(zones, key=lambda one: -len(_labels(one.name))):
        children = [one for one in zones if one is not zone and _parent(one, zones) is zone]
        delegations = "".join(
            f"{child.name}. NS ns1.example.jp.\n" + "".join(f"{child.name}. DS {one}\n" for one in ds[child.name])
            for child in children
        )
        file = _file(directory, zone.name)
        file.write_text(_HEAD + zone.lines + delegations)
        ds[zone.name] = _sign(directory, zone, file)
    return ds["."][0]


def _sign(directory: Path, zone: SignedZone, file: Path) -> list[str]:
    """Sign a zone's file in place; returns the DS records that its parent shall have."""
    if zone.signed is Signed.NOT:
        return []
    ds = _new_key(directory, zone)
    if zone.signed is Signed.NO_LONGER:
        return [ds]
    options = {
        Signed.NSEC3_OPT_OUT: ["-3", "-", "-A", "-H", "0"],
        Signed.EXPIRED: ["-s", "20250101000000", "-e", "20250201000000"],
        Signed.LATER: ["-s", "20600101000000", "-e", "20600201000000"],
    }.get(zone.signed, [])
    _run(
        directory,
        *["dnssec-signzone", "-q", "-P", "-z", "-S", "-O", "full", "-K", directory / "keys", "-d", directory],
        *[*options, "-o", f"{zone.name}", "-f", file, file],
    )
    _spoil(zone.signed, file)
    if zone.signed is Signed.WITHOUT_DS:
        return []
    return [_new_key(directory, zone)] if zone.signed is Signed.OTHER_DS else [ds]


def _new_key(directory: Path, zone: SignedZone) -> str:
    keys = directory / "keys"
    keys.mkdir(exist_ok=True)
    algorithm = ["RSASHA1", "-b", "2048"] if zone.signed is Signed.SHA1 else ["ECDSAP256SHA256"]
    name = _run(directory, "dnssec-keygen", "-q", "-K", keys, "-f", "KSK", "-a", *algorithm, zone.name).strip()
    return _run(directory, "dnssec-dsfromkey", "-2", keys / f"{name}.key").split("DS ")[1].strip()


def _spoil(signed: Signed, file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    if signed is Signed.CHANGED:
        lines = [re.sub(r"(\sIN A\s+)192\.0\.2\.1$", r"\g<1>192.0.2.99", line) for line in lines]
    elif signed is Signed.ROBBED_OF_SIGNATURES:
        lines = [line for line in lines if not re.search(r"\sIN RRSIG\s+A\s", line)]
    elif signed is Signed.ROBBED_OF_ALL_SIGNATURES:
        lines = [line for line in lines if not re.search(r"\sIN RRSIG\s", line)]
    file.write_text("".join(lines))


def _parent(zone: SignedZone, zones: Sequence[SignedZone]) -> SignedZone:
    above = [one for one in zones if one is not zone and _is_above(one.name, zone.name)]
    return max(above, key=lambda one: len(_labels(one.name)), default=zone)


def _is_above(upper: str, lower: str) -> bool:
    return upper == "." or lower.endswith(f".{upper}")


def _labels(name: str) -> list[str]:
    return [label for label in name.split(".") if label]


def _file(directory: Path, name: str) -> Path:
    return directory / f"{name if name != '.' else 'root'}.zone"


def _run(directory: Path, *command: str | Path) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, cwd=directory
    ).stdout
