# SPDX-License-Identifier: GPL-3.0-or-later
"""A real mail server: Postfix takes mails by SMTP and hands them to Dovecot, which gives them out by IMAP. Needs root.

with start_mailserver({"tls@example.jp": "a secret of the test"}) as server:
    server.deliver(message, to="tls@example.jp")       # or smtplib to 127.0.0.1, server.smtp_port
    server.settings("tls@example.jp")                  # what an account says about this mailbox
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from sandbox.daemons import daemon, end, free_port
from sandbox.mailserver_files import Ports, write_dovecot, write_postfix
from sandbox.serving import ServerCertificate, server_certificate

DELIVERED_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class MailServer:
    """``smtp_port`` takes mails for ``accounts`` (address → password); ``imaps_port`` is implicit TLS, ``imap_port``
    offers STARTTLS. ``ca_file`` holds the root of both. ``mail``: the Maildirs, one for each address."""

    directory: Path
    accounts: Mapping[str, str]
    smtp_port: int
    imaps_port: int
    imap_port: int
    ca_file: Path
    certificate: ServerCertificate
    dovecot: subprocess.Popen[bytes]

    def maildir(self, address: str) -> Path:
        """Return the Maildir of INBOX; those of other folders lie in it as ``.Name``, in modified UTF-7."""
        return self.directory / "mail" / address

    def settings(self, address: str, **more: object) -> dict[str, object]:
        """Return ``mailbox`` of an account, as a user writes it."""
        return {
            "host": "127.0.0.1",
            "port": self.imaps_port,
            "user": address,
            "password": self.accounts[address],
            "ca_file": str(self.ca_file),
            **more,
        }

    def deliver(self, message: EmailMessage | bytes, *, to: str, sender: str = "bounces@shop.example") -> Path:
        """Send it by SMTP and return the file that it became; raises TimeoutError with what the servers say."""
        before = set(self.inbox(to))
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as connection:
            connection.sendmail(sender, [to], message if isinstance(message, bytes) else message.as_bytes())
        until = time.monotonic() + DELIVERED_WITHIN_SECONDS
        while time.monotonic() < until:
            for path in self.inbox(to):
                if path not in before:
                    return path
            time.sleep(0.01)
        raise TimeoutError(f"The mail did not arrive:\n{self.log()}")

    def inbox(self, address: str) -> list[Path]:
        """Return the files of INBOX."""
        folders = [self.maildir(address) / part for part in ("new", "cur")]
        return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir())

    def stop_imap(self) -> None:
        """Let the IMAP server be gone, as after a crash."""
        end(self.dovecot)

    def log(self) -> str:
        """Return the end of what both servers said."""
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.directory.glob("*.log")))


@contextlib.contextmanager
def start_mailserver(
    accounts: Mapping[str, str], *, introspection_url: str = "", stamps: Mapping[str, str] | None = None
) -> Iterator[MailServer]:
    """Run the mail server while the block lasts.

    ``introspection_url``: where Dovecot asks (RFC 7662) whether a bearer token of XOAUTH2 is good; without it only
    passwords open mailboxes. ``stamps``: envelope sender → a header line that Postfix puts on top of its mails, such
    as "Authentication-Results: mail.example.jp; dkim=pass header.d=shop.example".
    """
    if os.geteuid() != 0:
        raise RuntimeError("Postfix starts as root only: run these tests as root.")
    # Not pytest's directory: Postfix's and Dovecot's own users must be able to get here. In memory where there is room:
    # both write everything through to the disk.
    with (
        tempfile.TemporaryDirectory(prefix="koshin-mail-", dir=_roomy_memory()) as made,
        contextlib.ExitStack() as stack,
    ):
        directory = Path(made)
        directory.chmod(0o755)
        certificate = server_certificate(directory)
        ports = Ports(smtp=free_port(), lmtp=free_port(), imap=free_port(), imaps=free_port())
        dovecot = write_dovecot(directory, certificate, ports, accounts, introspection_url)
        postfix = write_postfix(directory, certificate, ports, accounts, stamps or {})
        running = stack.enter_context(
            daemon(
                ["/usr/sbin/dovecot", "-F", "-c", dovecot],
                log=directory / "dovecot.log",
                ports=[ports.lmtp, ports.imap, ports.imaps],
            )
        )
        stack.enter_context(
            daemon(["/usr/sbin/postfix", "-c", postfix, "start-fg"], log=directory / "postfix.log", ports=[ports.smtp])
        )
        stack.callback(_end_master, directory / "spool" / "pid" / "master.pid")
        yield MailServer(
            directory=directory,
            accounts=dict(accounts),
            smtp_port=ports.smtp,
            imaps_port=ports.imaps,
            imap_port=ports.imap,
            ca_file=certificate.ca_file,
            certificate=certificate,
            dovecot=running,
        )


def _end_master(pid_file: Path) -> None:
    """Postfix's daemon begins a session of its own, which no signal to the command that started it reaches."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGTERM)


def _roomy_memory() -> str | None:
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and shutil.disk_usage(memory).free > 1 << 28 else None
