# SPDX-License-Identifier: GPL-3.0-or-later
"""A real BIND in the foreground: zones that take updates signed with a key."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype

from sandbox.daemons import daemon, free_port

SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBrb3NoaW4udGxz"
_ZONE = """$TTL 3600
@ IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns1.example.com.
"""


@dataclass(frozen=True)
class Bind:
    port: int
    key_file: Path
    directory: Path

    @property
    def pid_file(self) -> Path:
        return self.directory / "named.pid"

    def zone_file(self, zone: str) -> Path:
        return self.directory / f"{zone}.zone"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def reload(self) -> None:
        """Have it read its zone files again."""
        os.kill(int(self.pid_file.read_text()), signal.SIGHUP)

    def texts(self, name: str, kind: str = "TXT") -> list[str]:
        """Return the records of a name as text, sorted; a CNAME that lies there is not followed."""
        query = dns.message.make_query(name, kind)
        answer, _used_tcp = dns.query.udp_with_fallback(query, "127.0.0.1", port=self.port, timeout=5)
        wanted = dns.rdatatype.from_text(kind)
        return sorted(str(one) for rrset in answer.answer if rrset.rdtype == wanted for one in rrset)


@contextlib.contextmanager
def bind(
    directory: Path,
    zones: Mapping[str, str],
    *,
    policy: str = "grant koshin zonesub ANY;",
    static: Collection[str] = (),
) -> Iterator[Bind]:
    """Run named for ``zones`` (name → further lines of the zone) until the block ends.

    ``policy``: update-policy; ``static``: zones that take no updates. Lines that hold an SOA record are a whole zone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    key = directory / "tsig.key"
    key.write_text(f'# for updates\nkey "koshin" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n')
    port, told = free_port(), []
    for name, lines in zones.items():
        file = directory / f"{name.strip('.') or 'root'}.zone"
        is_whole = " SOA " in lines
        file.write_text(lines if is_whole else _ZONE + lines)
        updates = "" if is_whole or name in static else f"update-policy {{ {policy} }};"
        told.append(f'zone "{name}" {{ type primary; file "{file}"; {updates} }};')
    configuration = directory / "named.conf"
    configuration.write_text(
        f'include "{key}";\ncontrols {{ }};\n'
        f'options {{ directory "{directory}"; pid-file "{directory}/named.pid";'
        f' session-keyfile "{directory}/session.key"; managed-keys-directory "{directory}";'
        f" listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;"
        " dnssec-validation no; notify no; };\n" + "\n".join(told) + "\n"
    )
    subprocess.run(["named-checkconf", "-z", str(configuration)], check=True, capture_output=True)
    with daemon(["named", "-f", "-g", "-n", "1", "-c", configuration], log=directory / "named.log", ports=[port]):
        yield Bind(port, key, directory)
