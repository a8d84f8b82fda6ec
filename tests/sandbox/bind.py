# SPDX-License-Identifier: GPL-3.0-or-later
"""A real BIND in the foreground: zones that take updates signed with a key."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from sandbox.daemons import daemon, free_port

SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBrb3NoaW4udGxz"
ZONE = """$TTL 3600
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

    def forget(self, zone: str) -> None:
        """Let it serve ``zone`` no longer, as a server whose zone went elsewhere."""
        configuration = self.directory / "named.conf"
        lines = configuration.read_text().splitlines()
        configuration.write_text("\n".join(line for line in lines if not line.startswith(f'zone "{zone}"')))
        self._await_gone(zone)

    def _await_gone(self, gone: str) -> None:
        self.reload()
        query = dns.message.make_query(gone, "SOA")
        until = time.monotonic() + 10
        while dns.query.udp(query, "127.0.0.1", port=self.port, timeout=5).rcode() == dns.rcode.NOERROR:
            if time.monotonic() > until:
                raise TimeoutError(f"{gone} is still served on port {self.port}")
            time.sleep(0.02)

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
    signed: Collection[str] = (),
    port: int | None = None,
    notifies: Sequence[int] = (),
    follows: str | None = None,
) -> Iterator[Bind]:
    """Run named for ``zones`` (name → further lines of the zone) until the block ends.

    ``policy``: update-policy; ``static``: zones that take no updates; ``signed``: zones that it signs itself;
    ``notifies``: ports of secondaries that are told of changes; ``follows``: the address of its primary, where it is a
    secondary. Lines that hold an SOA record are a whole zone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    key = directory / "tsig.key"
    key.write_text(f'# for updates\nkey "koshin" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n')
    port, told = port or free_port(), []
    for name, lines in zones.items():
        file = directory / f"{name.strip('.') or 'root'}.zone"
        if follows is not None:
            told.append(
                f'zone "{name}" {{ type secondary; file "{file}";'
                f" primaries {{ {follows.replace(':', ' port ')}; }}; allow-notify {{ 127.0.0.1; }}; }};"
            )
            continue
        is_whole = " SOA " in lines
        file.write_text(lines if is_whole else ZONE + lines)
        updates = "" if is_whole or name in static else f"update-policy {{ {policy} }};"
        signing = "dnssec-policy default; inline-signing yes;" if name in signed else ""
        told.append(f'zone "{name}" {{ type primary; file "{file}"; {updates} {signing} }};')
    configuration = directory / "named.conf"
    also = "".join(f" 127.0.0.1 port {one};" for one in notifies)
    notify = f"notify explicit; notify-delay 0; also-notify {{{also} }}; allow-transfer {{ 127.0.0.1; }};"
    configuration.write_text(
        f'include "{key}";\ncontrols {{ }};\n'
        f'options {{ directory "{directory}"; pid-file "{directory}/named.pid";'
        f' session-keyfile "{directory}/session.key"; managed-keys-directory "{directory}";'
        f" listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;"
        f" dnssec-validation no; {notify if notifies else 'notify no;'} }};\n" + "\n".join(told) + "\n"
    )
    subprocess.run(["named-checkconf", "-z", str(configuration)], check=True, capture_output=True)
    with daemon(["named", "-f", "-g", "-n", "1", "-c", configuration], log=directory / "named.log", ports=[port]):
        yield Bind(port, key, directory)
