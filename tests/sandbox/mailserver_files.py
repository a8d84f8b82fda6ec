# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the real mail server: Dovecot's and Postfix's files, all below one directory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.serving import ServerCertificate

# Whose the mails are: nobody's.
MAIL_OWNER = 65534

DOVECOT = """\
protocols = imap lmtp
base_dir = {directory}/run
state_dir = {directory}/state
log_path = /dev/stderr
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate.certificate_file}
ssl_key = <{certificate.key_file}
disable_plaintext_auth = yes
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_mechanisms = plain login xoauth2 oauthbearer
mail_location = maildir:{directory}/mail/%u
first_valid_uid = 1
mail_uid = {owner}
mail_gid = {owner}
{oauth}passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={directory}/home/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {ports.lmtp}
  }}
}}
"""
DOVECOT_OAUTH = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}}
"""
INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""
POSTFIX = """\
compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{directory}/postfix/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:{ports.lmtp}
alias_maps =
alias_database =
message_size_limit = 52428800
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
smtpd_tls_security_level = may
smtpd_tls_chain_files = {certificate.key_file}, {certificate.certificate_file}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_sender_restrictions = check_sender_access texthash:{directory}/postfix/stamps
smtputf8_enable = yes
"""
POSTFIX_SERVICES = """\
127.0.0.1:{ports.smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Ports:
    smtp: int
    lmtp: int
    imap: int
    imaps: int


def write_dovecot(
    directory: Path, certificate: ServerCertificate, ports: Ports, accounts: Mapping[str, str], introspection_url: str
) -> Path:
    """Write Dovecot's files and return the path of its configuration."""
    users = "".join(f"{address}:{password}\n" for address, password in accounts.items())
    (directory / "users").write_text(users)
    for part in ("mail", "home"):
        (directory / part).mkdir()
        shutil.chown(directory / part, MAIL_OWNER, MAIL_OWNER)
    if introspection_url:
        (directory / "oauth2.conf").write_text(INTROSPECTION.format(url=introspection_url))
    path = directory / "dovecot.conf"
    path.write_text(
        DOVECOT.format(
            directory=directory,
            certificate=certificate,
            ports=ports,
            owner=MAIL_OWNER,
            oauth=DOVECOT_OAUTH.format(directory=directory) if introspection_url else "",
        )
    )
    return path


def write_postfix(
    directory: Path,
    certificate: ServerCertificate,
    ports: Ports,
    accounts: Mapping[str, str],
    stamps: Mapping[str, str],
) -> Path:
    """Write Postfix's files, make its queue, and return its configuration's directory."""
    path = directory / "postfix"
    for made in (path, directory / "spool", directory / "data"):
        made.mkdir()
    shutil.chown(directory / "data", "postfix")
    domains = " ".join(sorted({address.partition("@")[2] for address in accounts}))
    (path / "mailboxes").write_text("".join(f"{address} kept\n" for address in accounts))
    (path / "stamps").write_text("".join(f"{sender} PREPEND {header}\n" for sender, header in stamps.items()))
    (path / "main.cf").write_text(
        POSTFIX.format(directory=directory, certificate=certificate, ports=ports, domains=domains)
    )
    (path / "master.cf").write_text(POSTFIX_SERVICES.format(ports=ports))
    checked = subprocess.run(["/usr/sbin/postfix", "-c", path, "check"], capture_output=True, text=True, check=False)
    if checked.returncode:
        raise RuntimeError(f"Postfix refuses its configuration: {checked.stderr}")
    return path
