# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.account import Account, Approval, Budget, ReusedKey
from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused
from ansible_collections.koshin.tls.plugins.module_utils._core.provider import Provider
from ansible_collections.koshin.tls.plugins.module_utils._schema.accounts import ACCOUNT, accounts, approval
from ansible_collections.koshin.tls.plugins.module_utils._schema.field import secrets

IMAP = {"host": "imap.example.jp", "user": "tls", "password": "correct horse"}
OAUTH = {"token_url": "https://login.example.jp/token", "client_id": "koshin", "client_secret": "battery staple"}


def account(**said: Any) -> Account:
    return accounts([{"name": "shop", "ca": "portal", "provider": "bestssl", **said}], "/state", shop)["shop"]


def shop(name: str) -> Provider:
    if name != "bestssl":
        raise InputRefused(f"no shop {name}", "Name another.")
    return Provider.__new__(Provider)


def test_an_account_lives_beside_the_ledger_unless_it_says_where():
    beside, there = accounts(
        [{"name": "a", "ca": "local"}, {"name": "b", "ca": "local", "directory": "/srv/ca"}], "/var/lib/koshin", shop
    ).values()

    assert beside.settings.directory == "/var/lib/koshin/authorities/a"
    assert there.settings.directory == "/srv/ca"


def test_two_of_one_name_are_refused():
    with pytest.raises(InputRefused, match="two entries named a"):
        accounts([{"name": "a", "ca": "local"}, {"name": "a", "ca": "local"}], "/x", shop)


def test_a_shop_is_named():
    with pytest.raises(InputRefused, match=r"tls_accounts\[shop\].provider is missing"):
        account(provider=None)
    with pytest.raises(InputRefused, match="no shop elsewhere"):
        account(provider="elsewhere")


def test_what_another_ca_takes_is_refused():
    with pytest.raises(InputRefused, match="phone means nothing for ca portal"):
        account(phone=False)
    with pytest.raises(InputRefused, match="mailbox means nothing for ca local"):
        accounts([{"name": "a", "ca": "local", "mailbox": IMAP}], "/x", shop)


def test_a_mailbox_is_a_server_or_a_directory():
    assert account(mailbox=IMAP).settings.mailbox.port == 993
    assert account(mailbox={**IMAP, "starttls": True}).settings.mailbox.port == 143
    assert account(mailbox={"directory": "/srv/mail"}).settings.mailbox.folders == ("INBOX",)
    for mailbox in ({**IMAP, "directory": "/srv/mail"}, {"folders": ["INBOX"]}):
        with pytest.raises(InputRefused, match="both host and directory, or none"):
            account(mailbox=mailbox)


def test_one_logs_in_one_way():
    oauth = account(mailbox={"host": "imap.example.jp", "user": "tls", "oauth": OAUTH}).settings.mailbox.oauth

    assert (oauth.client_id, oauth.scope) == ("koshin", "")
    for mailbox in ({**IMAP, "oauth": OAUTH}, {"host": "imap.example.jp", "user": "tls"}):
        with pytest.raises(InputRefused, match="both password and oauth, or none"):
            account(mailbox=mailbox)
    with pytest.raises(InputRefused, match=r"mailbox\.user is missing"):
        account(mailbox={"host": "imap.example.jp", "password": "correct horse"})


def test_secrets_are_known_and_not_shown():
    entry = {"mailbox": {**IMAP, "oauth": OAUTH}}
    mailbox = account(mailbox={"host": "imap.example.jp", "user": "tls", "oauth": OAUTH}).settings.mailbox

    assert secrets([entry], ACCOUNT) == {"correct horse", "battery staple"}
    assert "staple" not in repr(mailbox)
    with pytest.raises(InputRefused, match="shorter than 8"):
        account(mailbox={**IMAP, "password": "short"})


def test_what_an_account_may_buy():
    bought = account(budget={"orders_per_run": 0}, prices={"secure_site": 65780}, currency="JPY")

    assert bought.budget == Budget(orders_per_run=0)
    assert (bought.price_of("secure_site"), bought.price_of("other")) == (65780, None)
    with pytest.raises(InputRefused, match="prices.secure_site. is text, not a whole number"):
        account(prices={"secure_site": "65,780"})
    with pytest.raises(InputRefused, match="orders_per_run is less than 0"):
        account(budget={"orders_per_run": -1})


def test_a_reused_key_is_accepted_then_reissued_unless_somebody_says_otherwise():
    assert account().settings.reused_key is ReusedKey.ACCEPT_THEN_REISSUE
    assert account(reused_key="stop").settings.reused_key is ReusedKey.STOP


def test_nobody_approves_unless_somebody_says_so():
    assert approval(None) is None
    assert approval({"people": 2, "over": 50000}) == Approval(2, 50000)
    with pytest.raises(InputRefused, match=r"tls_approval\.people is less than 1"):
        approval({"people": 0})


def test_senders_are_proved_unless_somebody_says_otherwise():
    assert account().settings.check_dkim is True
    assert account(authentication_server="mx.example.jp").settings.check_dkim is False
    assert account(check_dkim=False).settings.check_dkim is False


def certcentral(**said: Any) -> Account:
    return accounts([{"name": "cc", "ca": "digicert", "api_key": "0123456789", **said}], "/state", shop)["cc"]


def acme(**said: Any) -> Account:
    entry = {"name": "ca", "ca": "acme", "url": "https://ca.example/directory", **said}
    return accounts([entry], "/state", shop)["ca"]


def test_certcentral_is_the_one_in_the_united_states_unless_its_url_is_given():
    assert certcentral().settings.connection.url == "https://www.digicert.com/services/v2"
    assert certcentral(url="https://cc.example/v2/").settings.connection.url == "https://cc.example/v2"
    assert certcentral(organization_ids={"example": 17}).settings.organization_ids == (("example", 17),)
    with pytest.raises(InputRefused, match=r"tls_accounts\[cc\]\.api_key is missing"):
        accounts([{"name": "cc", "ca": "digicert"}], "/state", shop)


def test_keys_of_apis_travel_in_plain_text_to_this_machine_only():
    assert certcentral(url="http://127.0.0.1:8080/v2").settings.connection.url == "http://127.0.0.1:8080/v2"
    for url in ("http://cc.example/v2", "http://127.0.0.1.example/v2", "ftp://cc.example"):
        with pytest.raises(InputRefused, match="url"):
            certcentral(url=url)


def test_an_acme_account_that_is_bound_to_a_customers_costs_money_unless_it_says_otherwise():
    bound = {"eab_kid": "kid-1", "eab_hmac_key": "c2VjcmV0IGtleQ"}

    assert not acme().settings.costs_money
    assert acme(**bound).settings.costs_money
    assert not acme(**bound, costs_money=False).settings.costs_money
    assert acme().settings.account_key_path == "/state/accounts/ca.pem"
    with pytest.raises(InputRefused, match="one of eab_kid and eab_hmac_key"):
        acme(eab_kid="kid-1")


def test_a_client_certificate_comes_with_its_key():
    with pytest.raises(InputRefused, match="one of client_certificate and client_key"):
        acme(client_certificate="/etc/ssl/client.pem")


def test_keys_of_apis_are_secrets():
    entry = {"api_key": "0123456789", "account_key": "PEM of a key", "eab_hmac_key": "c2VjcmV0IGtleQ"}

    assert secrets([entry], ACCOUNT) == set(entry.values())
    assert "0123456789" not in repr(certcentral())
