# SPDX-License-Identifier: GPL-3.0-or-later
"""A real IMAP server (Dovecot), and mails that came to it through a real SMTP server (Postfix)."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from types import SimpleNamespace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.koshin.tls.plugins.module_utils._mail.folder_names import to_wire
from ansible_collections.koshin.tls.plugins.modules import mailbox_info
from contract.mailboxes import PASSWORD, BodiesGivenOut, CuttingProxy, Reader, fill
from sandbox.mailserver import MailServer, start_mailserver
from sandbox.name_server import NameServer
from sandbox.serving import server_certificate
from sandbox.tokens import TokenServer
from unit._mail.material import letter, portal

ADDRESSES = [f"tls{number}@example.jp" for number in range(24)]
BY_TOKEN = "tls@oauth.example.jp"
STAMP = "Authentication-Results: mail.example.jp; dkim=pass header.d=shop.example"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    certificate = server_certificate(tmp_path_factory.mktemp("tokens"))
    with TokenServer(BY_TOKEN, certificate=certificate) as running:
        yield running


@pytest.fixture(scope="module")
def server(tokens: TokenServer) -> Iterator[MailServer]:
    accounts = dict.fromkeys([*ADDRESSES, BY_TOKEN], PASSWORD)
    with start_mailserver(
        accounts, introspection_url=tokens.introspection_url, stamps={"bounces@proved.example": STAMP}
    ) as running:
        yield running


@pytest.fixture(scope="module")
def unused() -> Iterator[str]:
    return iter(ADDRESSES)


@pytest.fixture
def address(unused: Iterator[str]) -> str:
    """A mailbox that nobody used before."""
    return next(unused)


@contextlib.contextmanager
def logged_in(server: MailServer, address: str) -> Iterator[imaplib.IMAP4]:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context) as connection:
        connection.login(address, PASSWORD)
        yield connection


def test_a_run_reads_what_came_since_the_run_before_and_nothing_else(server: MailServer, address: str):
    reader, given_out = Reader(portal(server.settings(address))), BodiesGivenOut(server.directory / "dovecot.log")
    server.deliver(letter("更新のご案内"), to=address)
    server.deliver(letter("請求書"), to=address)

    first = reader.read()
    assert [mail.subject for mail in first] == ["更新のご案内", "請求書"]
    assert [(mail.folder, mail.sender, mail.text, mail.problem) for mail in first][0] == (
        ("INBOX", "info@shop.example", "注文番号: 12345", "")
    )
    assert given_out() == 2

    assert reader.read() == []
    assert given_out() == 0

    server.deliver(letter("申請のご案内"), to=address)
    assert reader.subjects() == ["申請のご案内"]
    assert given_out() == 1


def test_nothing_is_flagged_or_moved(server: MailServer, address: str):
    server.deliver(letter(), to=address)

    Reader(portal(server.settings(address))).read()

    with logged_in(server, address) as connection:
        connection.select("INBOX", readonly=True)
        _status, answers = connection.fetch("1:*", "(FLAGS)")
        assert answers == [b"1 (FLAGS (\\Recent))"]


def test_when_it_came_is_what_the_server_says(server: MailServer, address: str):
    mail = letter()
    mail["Date"] = "Mon, 1 Jan 2001 00:00:00 +0900"
    path = server.deliver(mail, to=address)

    (read,) = Reader(portal(server.settings(address))).read()

    assert abs(read.received_at.timestamp() - path.stat().st_mtime) < 2


def test_several_folders_also_with_japanese_names(server: MailServer, address: str):
    with logged_in(server, address) as connection:
        for folder in ("請求書", 'R&D "x"'):
            quoted = to_wire(folder).replace('"', '\\"')
            assert connection.create(f'"{quoted}"')[0] == "OK"
            assert connection.append(f'"{quoted}"', None, None, letter(f"in {folder}").as_bytes())[0] == "OK"
    server.deliver(letter("in INBOX"), to=address)
    reader = Reader(portal(server.settings(address, folders=["請求書", "INBOX", 'R&D "x"'])))

    assert reader.subjects() == ["in 請求書", "in INBOX", 'in R&D "x"']
    assert set(reader.marks) == {"請求書", "INBOX", 'R&D "x"'}
    assert reader.read() == []


def test_a_folder_that_is_not_there_is_named_after_the_others_were_read(server: MailServer, address: str):
    server.deliver(letter(), to=address)
    reader = Reader(portal(server.settings(address, folders=["請求書", "INBOX"])))

    assert reader.subjects() == ["更新のご案内"]
    assert reader.error.code == "no_folder"
    assert "has no folder 請求書" in reader.error.message
    assert "There are: INBOX." in reader.error.message


def test_mails_that_the_server_numbers_anew_are_read_again_as_the_same_mails(server: MailServer, address: str):
    server.deliver(letter(), to=address)
    reader = Reader(portal(server.settings(address)))
    before = reader.read()

    for path in server.maildir(address).glob("dovecot*"):
        path.unlink()
    after = reader.read()

    assert [mail.identity for mail in after] == [mail.identity for mail in before]
    assert reader.read() == []


def test_of_10_000_mails_only_the_new_ones_are_read(server: MailServer, address: str):
    given_out = BodiesGivenOut(server.directory / "dovecot.log")
    one = letter("mail NUMBER").as_bytes()
    mails = {f"{1_700_000_000 + n}.M1P1.old:2,": one.replace(b"NUMBER", b"%d" % n) for n in range(10_000)}
    fill(server.maildir(address), mails)
    reader = Reader(portal(server.settings(address)))

    assert len(reader.read()) == 10_000
    assert given_out() == 10_000
    server.deliver(letter("new"), to=address)
    assert reader.subjects() == ["new"]
    assert given_out() == 1


def test_tls_that_begins_on_the_plain_port(server: MailServer, address: str):
    server.deliver(letter(), to=address)

    reader = Reader(portal(server.settings(address, port=server.imap_port, starttls=True)))

    assert reader.subjects() == ["更新のご案内"]


def test_a_mail_that_is_too_large_and_one_that_is_a_bomb_do_not_hide_the_next(server: MailServer, address: str):
    large = letter("large")
    large.add_attachment(bytes(9 * 1024 * 1024), maintype="application", subtype="zip", filename="large.zip")
    server.deliver(large, to=address)
    bomb = letter("bomb")
    for _unused in range(150):
        bomb.add_attachment(b"x", maintype="application", subtype="zip")
    server.deliver(bomb, to=address)
    server.deliver(letter("next"), to=address)

    first, second, third = Reader(portal(server.settings(address))).read()

    assert (first.subject, first.problem, first.text, first.attachments) == (
        "large",
        "it is larger than 10 MiB",
        "",
        (),
    )
    assert not first.trusted
    assert (second.subject, second.problem) == ("bomb", "it has more than 100 parts")
    assert (third.subject, third.problem, third.trusted) == ("next", "", True)


def test_a_connection_that_is_lost_leaves_what_was_read_and_the_next_run_goes_on(server: MailServer, address: str):
    subjects = [f"mail {number}" for number in range(6)]
    for subject in subjects:
        server.deliver(letter(subject, "line\n" * 4000), to=address)
    reader = Reader(portal(server.settings(address)))

    with CuttingProxy(server.imaps_port, most=65_000) as proxy:
        first = reader.subjects(portal(server.settings(address, port=proxy.port)))

    assert 0 < len(first) < 6
    assert "cannot be read on" in reader.error.message
    assert "what was read is not read twice" in reader.error.next_move
    assert first + reader.subjects() == subjects


def test_a_token_opens_a_mailbox(server: MailServer, tokens: TokenServer):
    server.deliver(letter(), to=BY_TOKEN)
    settings = {**server.settings(BY_TOKEN, password=None), "oauth": tokens.settings()}

    # The token server's root and the mail server's are two here: one file holds both.
    both = server.directory / "both.pem"
    both.write_bytes(server.ca_file.read_bytes() + tokens.certificate.ca_file.read_bytes())
    reader = Reader(portal({**settings, "ca_file": str(both)}))

    assert reader.subjects() == ["更新のご案内"]
    assert tokens.asked[-1] == {
        "grant_type": "client_credentials",
        "client_id": "koshin",
        "client_secret": "the client's secret",
        "scope": "mail.read",
    }


def test_a_token_that_expired_is_fetched_again_but_only_once(
    server: MailServer, tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
):
    with TokenServer(BY_TOKEN) as plain:
        settings = {**server.settings(BY_TOKEN, password=None), "oauth": plain.settings()}
        lifetimes = iter([0.0, 3600.0])
        monkeypatch.setattr(plain, "tokens", tokens.tokens)
        hand_out = plain.hand_out

        def aging(form: dict[str, str]) -> tuple[int, bytes]:
            plain.lifetime_seconds = next(lifetimes, 0.0)
            return hand_out(form)

        monkeypatch.setattr(plain, "hand_out", aging)
        reader = Reader(portal(settings))

        reader.read()
        assert (reader.error, len(plain.asked)) == (None, 2)

        reader.read()
        assert (reader.error.code, len(plain.asked)) == ("login_refused", 4)
        assert "let the client of mailbox.oauth read this mailbox" in reader.error.next_move


WRONG = {
    "password": ({"password": "wrong horse battery"}, "login_refused", "does not let tls"),
    "authority": ({"ca_file": None}, "certificate_refused", "has a certificate that is not accepted"),
    "authority's file": ({"ca_file": "/no/such/file.pem"}, "certificate_refused", "/no/such/file.pem"),
    "host": ({"host": "localhost.localdomain.invalid"}, "mailbox_unreadable", "cannot be reached"),
    "port": ({"port": 1}, "mailbox_unreadable", "127.0.0.1 port 1 cannot be reached"),
    "TLS": ({"starttls": True}, "mailbox_unreadable", "cannot be reached"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_and_no_secret_is_shown(server: MailServer, what: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ansible_collections.koshin.tls.plugins.module_utils._mail.connection.CONNECT_SECONDS", 2)
    wrong, code, message = WRONG[what]
    settings = server.settings(ADDRESSES[0], **wrong)
    reader = Reader(portal(settings))

    assert reader.read() == []

    assert reader.error.code == code
    assert message in reader.error.message
    assert settings["password"] not in str(reader.error)
    assert reader.error.next_move


def test_a_certificate_for_another_name_is_refused(server: MailServer):
    # The same server at another address, which its certificate does not name.
    with CuttingProxy(server.imaps_port, host="127.0.0.2") as proxy:
        reader = Reader(portal(server.settings(ADDRESSES[0], host="127.0.0.2", port=proxy.port)))
        reader.read()

    assert reader.error.code == "certificate_refused"
    assert "127.0.0.2" in reader.error.message


def test_what_the_mail_server_proved_counts_and_what_a_sender_claims_does_not(server: MailServer, address: str):
    forged = letter("forged")
    forged["Authentication-Results"] = STAMP.partition(": ")[2]
    server.deliver(letter("proved"), to=address, sender="bounces@proved.example")
    server.deliver(letter("unproved"), to=address)
    server.deliver(forged, to=address)
    server.deliver(forged_below(), to=address, sender="bounces@proved.example")
    settings = portal(server.settings(address), authentication_server="mail.example.jp")

    trusted = {mail.subject: mail.trusted for mail in Reader(settings).read()}

    # "forged" is the topmost there: a server that adds none, and removes none of its own name, proves nothing. So
    # docs/mail.md asks for one that does both (RFC 8601 section 5).
    assert trusted == {"proved": True, "unproved": False, "forged": True, "forged below": False}


def forged_below() -> EmailMessage:
    """A mail of another domain's with a header below that claims ours."""
    mail = letter("forged below", sender="info@shop.example.attacker.example")
    mail["Authentication-Results"] = "mail.example.jp; dkim=pass header.d=shop.example.attacker.example"
    return mail


def test_a_signature_is_checked_by_dns_on_its_way_through_smtp_and_imap(server: MailServer, address: str):
    key, record = dkim_key()
    raw = letter().as_bytes()
    signature = dkim.sign(raw, b"s1", b"shop.example", key, include_headers=[b"From", b"Subject"])
    server.deliver(signature.replace(b"\r\n", b"\n") + raw, to=address)
    server.deliver(letter("unsigned"), to=address)

    with NameServer({"s1._domainkey.shop.example": {"TXT": record}}) as dns:
        account = {
            "name": "shop",
            "ca": "portal",
            "provider": "here",
            "senders": ["@shop.example"],
            "check_dkim": True,
            "resolver": {"dns_server": dns.address},
            "mailbox": server.settings(address),
        }
        # A resolver may be given for shops on this machine only.
        here = {"name": "here", "base": "generic_ja", "checked_on": "2026-11-01", "my_page": "http://127.0.0.1/"}
        lists = {"accounts": [account], "providers": [here]}
        params = {"ledger": "/nowhere/ledger", **lists, "account": None, "since": None, "limit": 20}
        first, second = mailbox_info.mailbox_info(SimpleNamespace(params=params)).items

    assert (first["subject"], first["trusted"], first["distrust"]) == ("更新のご案内", True, "")
    assert (second["subject"], second["trusted"]) == ("unsigned", False)
    assert second["distrust"] == "it has no DKIM signature of shop.example"


def dkim_key() -> tuple[bytes, str]:
    """Private key (PEM) and TXT record."""
    key = rsa.generate_private_key(65537, 2048)
    form, public = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PublicFormat.SubjectPublicKeyInfo
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    coded = base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, public)).decode()
    return private, f'"v=DKIM1; k=rsa; p=" "{coded[:200]}" "{coded[200:]}"'


def test_the_server_and_its_files_hold_the_same_mails(server: MailServer, address: str):
    server.deliver(letter("one"), to=address)
    server.deliver(letter("two", "more\n" * 1000), to=address)

    over_the_wire = Reader(portal(server.settings(address))).read()
    from_its_files = Reader(portal({"directory": str(server.maildir(address))})).read()

    assert [mail.identity for mail in from_its_files] == [mail.identity for mail in over_the_wire]
    assert [(mail.subject, mail.text) for mail in from_its_files] == [(m.subject, m.text) for m in over_the_wire]


def test_a_server_that_is_gone():
    with start_mailserver({ADDRESSES[0]: PASSWORD}) as running:
        reader = Reader(portal(running.settings(ADDRESSES[0])))
        running.stop_imap()

        reader.read()

    assert reader.error.code == "mailbox_unreadable"
    assert "cannot be reached" in reader.error.message
