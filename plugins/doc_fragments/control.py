# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the action group koshin.tls.control takes."""

    DOCUMENTATION = r"""
requirements:
  - Python >= 3.11
  - SQLAlchemy >= 2
  - psycopg >= 3.2, where the ledger is a PostgreSQL database
attributes:
  action_group:
    description: Use C(group/koshin.tls.control) in C(module_defaults) to give O(ledger) and O(accounts) once.
    support: full
    membership:
      - koshin.tls.control
options:
  ledger:
    description:
      - The ledger, which remembers orders, steps of people, mails, tokens and issued certificates; an absolute path of
        its file, or V(postgresql://user@host:5432/database?sslmode=verify-full) for a PostgreSQL database.
      - Give it when the ledger lies elsewhere than in the home of the user who runs this; several control hosts, and
        jobs of AWX without a volume that is kept, need a database.
    type: path
    default: ~/.local/state/koshin/ledger.sqlite
  ledger_password:
    description:
      - Password of the ledger's user at the PostgreSQL server, of at least 8 characters.
      - Give it when O(ledger) is a database and neither E(PGPASSWORD) nor a password file holds it.
    type: str
  actor:
    description:
      - The user who launched this AWX job; empty where a schedule did. The audit trail names this user, else the user
        and host of the process.
      - Give it in AWX only, as the playbooks of this collection do.
    type: str
  accounts:
    description:
      - The accounts at certificate authorities, as in the variable C(tls_accounts).
      - Give all of them; a certificate names its account.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the account.
          - Certificates name it in C(account).
        type: str
        required: true
      ca:
        description:
          - Which certificate authority it is at.
          - V(local) is the authority that comes with the collection, for trying things out and for rehearsals;
            V(portal) is a reseller without an API, whose orders go on by mails and by people.
        type: str
        required: true
        choices: [local, portal]
      authoritative_record:
        description:
          - Which record of an organization the authority compares with.
          - Set it when the authority looks elsewhere than in the D-U-N-S record.
        type: str
        choices: [duns, corporate_number, lei, vetted]
        default: duns
      trust_store:
        description:
          - Absolute path of a PEM file with the roots that served chains must end at.
          - Set it when the authority's roots are not in the system's trust store.
        type: path
      resolver:
        description:
          - Where names are looked up instead of in DNS as the system does.
          - Set it for authorities that look from this machine only, such as V(local), for tests and rehearsals.
        type: dict
        suboptions:
          hosts:
            description:
              - C(name:port) to C(address:port).
              - Set it when names do not stand in any DNS.
            type: dict
          dns_server:
            description:
              - C(address) or C(address:port) of a DNS server.
              - Set it when another DNS than the system's knows the names.
            type: str
      budget:
        description:
          - How much may be bought through the account; an order over it is not placed.
          - Set it where a mistake in an inventory must not cost more than this.
        type: dict
        suboptions:
          orders_per_run:
            description:
              - So many orders at most in one run.
              - Set it to the most that one night may need.
            type: int
          orders_per_30_days:
            description:
              - So many orders at most in any 30 days.
              - Set it to the most that a month may need.
            type: int
          amount_per_30_days:
            description:
              - So much at most in any 30 days, in O(accounts[].currency), counted for products of O(accounts[].prices).
              - Set it where the budget is an amount.
            type: int
      prices:
        description:
          - Product to its price for one order, a whole number without tax.
          - Set it where purchases are limited by amount, or approved over one.
        type: dict
      currency:
        description:
          - Currency of O(accounts[].prices), such as V(JPY).
          - Set it with them, so that people see it beside amounts.
        type: str
      provider:
        description:
          - Which shop an account of O(accounts[].ca=portal) is at, one that comes with the collection or one of
            C(tls_providers).
          - Always set it for V(portal).
        type: str
      mailbox:
        description:
          - Where the mails of an account of O(accounts[].ca=portal) arrive; they are read, and never moved or flagged.
          - Leave it out only where people should type in all that mails say.
        type: dict
        suboptions:
          host:
            description:
              - IMAP server.
              - Set it, or O(accounts[].mailbox.directory).
            type: str
          port:
            description:
              - Port of the IMAP server, by default 993, or 143 with O(accounts[].mailbox.starttls).
              - Set it when the server listens elsewhere.
            type: int
          starttls:
            description:
              - Whether TLS begins after connecting to a plain port.
              - Switch it on when the server has no port for TLS from the start.
            type: bool
            default: false
          user:
            description:
              - Who logs in.
              - Always set it with O(accounts[].mailbox.host).
            type: str
          password:
            description:
              - The password, at least 8 characters.
              - Set it, or O(accounts[].mailbox.oauth).
            type: str
          oauth:
            description:
              - OAuth2 client credentials, used for XOAUTH2.
              - Set it where the server takes no passwords, such as that of Microsoft 365.
            type: dict
            suboptions:
              token_url:
                description:
                  - Where tokens are handed out.
                  - Always set it with O(accounts[].mailbox.oauth).
                type: str
                required: true
              client_id:
                description:
                  - The client's identifier.
                  - Always set it with O(accounts[].mailbox.oauth).
                type: str
                required: true
              client_secret:
                description:
                  - The client's secret, at least 8 characters.
                  - Always set it with O(accounts[].mailbox.oauth).
                type: str
                required: true
              scope:
                description:
                  - The scope that is asked for.
                  - Set it where the token server wants one.
                type: str
          ca_file:
            description:
              - Absolute path of a PEM file with the roots that the server's certificate ends at.
              - Set it when the server's certificate is not from a public authority.
            type: path
          folders:
            description:
              - Folders that are read, by default C(INBOX).
              - Set it when a rule sorts the shop's mails into others.
            type: list
            elements: str
          directory:
            description:
              - Absolute path of a Maildir, or of a directory of C(.eml) files.
              - Set it where no IMAP is allowed.
            type: path
      reused_key:
        description:
          - What happens with a certificate that the shop issued for the key in use, as automatic applications are.
            V(accept) installs it; V(accept_then_reissue) installs it, and then reissues it with a new key; V(stop)
            leaves it to a person.
          - Set it where keys must never, or may always, be used again.
        type: str
        choices: [accept, accept_then_reissue, stop]
        default: accept_then_reissue
      senders:
        description:
          - Addresses, or domains with a leading C(@), whose mails count, beside those that are known of the shop.
          - Set it when the shop, or who forwards its mails, writes from others.
        type: list
        elements: str
      link_hosts:
        description:
          - Hosts whose links are shown, beside those that are known of the shop.
          - Set it when the shop links to others.
        type: list
        elements: str
      authentication_server:
        description:
          - Name of the mail server whose C(Authentication-Results) headers are believed; mails without its proof of
            their sender change nothing.
          - Set it where your own mail server checks DKIM or DMARC.
        type: str
      check_dkim:
        description:
          - Whether DKIM signatures are checked here, by default unless O(accounts[].authentication_server) is set;
            mails without a valid one of their sender change nothing.
          - Switch it off only where nobody else can write into the mailbox; switch it on beside a mail server's proof.
        type: bool
      directory:
        description:
          - Directory of an authority of O(accounts[].ca=local).
          - Set it when it should not lie in C(authorities/<account>) beside the ledger.
        type: path
      payment:
        description:
          - Whether an authority of O(accounts[].ca=local) waits for payment.
          - Switch it off when a rehearsal should not stop there.
        type: bool
        default: true
      phone:
        description:
          - Whether an authority of O(accounts[].ca=local) waits for a phone confirmation.
          - Switch it off when a rehearsal should not stop there.
        type: bool
        default: true
      costs_money:
        description:
          - Whether an authority of O(accounts[].ca=local) is treated as one that costs money.
          - Switch it on to try the precautions that real purchases have.
        type: bool
        default: false
"""
