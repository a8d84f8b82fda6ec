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
            V(portal) is a reseller without an API, whose orders go on by mails and by people; V(digicert) is DigiCert
            CertCentral; V(acme) is any authority that speaks ACME (RFC 8555).
        type: str
        required: true
        choices: [local, portal, digicert, acme]
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
      min_useful_days:
        description:
          - A certificate that would last fewer days until its order ends is bought anew instead of reissued.
          - Set it higher where installing takes weeks, lower where days that were paid must not be lost.
        type: int
        default: 30
      announced:
        description:
          - What the CA said of certificates to come, beside what is known of it anyway.
          - Set it when the CA announces another issuer or root, or the end of a use, to be told a lifetime ahead.
        type: list
        elements: dict
        suboptions:
          since:
            description:
              - The first day on which certificates are issued so, as C(2027-03-01).
              - Always set it.
            type: str
            required: true
          without:
            description:
              - Uses that certificates no longer allow, V(client_auth) or V(server_auth).
              - Set it where the CA drops one of them.
            type: list
            elements: str
          issuer:
            description:
              - Common name of the intermediate that signs them.
              - Set it where that changes.
            type: str
          root:
            description:
              - Common name of the root that they end at.
              - Set it where that changes.
            type: str
      url:
        description:
          - Where the API of an account of O(accounts[].ca=digicert) begins, by default
            C(https://www.digicert.com/services/v2), or the directory of one of O(accounts[].ca=acme).
          - Set it to C(https://certcentral.digicert.eu/services/v2) for CertCentral Europe; always for V(acme).
        type: str
      ca_file:
        description:
          - Absolute path of a PEM file with the roots that the API's own certificate ends at.
          - Set it when a proxy of yours, or an internal authority, presents a certificate of its own.
        type: path
      client_certificate:
        description:
          - Absolute path of a PEM file with the certificate that the API knows us by.
          - Set it, with O(accounts[].client_key), where the API wants mutual TLS.
        type: path
      client_key:
        description:
          - Absolute path of a PEM file with the key of O(accounts[].client_certificate).
          - Set it with that.
        type: path
      api_key:
        description:
          - API key of an account of O(accounts[].ca=digicert), with the role I(Orders, Domains, Organizations).
          - Always set it for V(digicert), from a vault.
        type: str
      organization_ids:
        description:
          - Name in C(tls_organizations) to the organization's number at CertCentral.
          - Always set it for V(digicert); an organization is ordered for only once it is known there.
        type: dict
      container_id:
        description:
          - Number of the division (container) at CertCentral that orders are placed in.
          - Set it where orders must not lie in the key owner's own division.
        type: int
      order_years:
        description:
          - How many years an order runs at CertCentral; certificates are reissued inside it for nothing.
          - Set it higher where a plan of several years was agreed on.
        type: int
        choices: [1, 2, 3]
        default: 1
      skip_approval:
        description:
          - Whether requests need no approval by an administrator of CertCentral.
          - Switch it on where purchases are approved elsewhere, such as by C(tls_approval).
        type: bool
        default: false
      payment_method:
        description:
          - What an order at CertCentral is paid with, by default what the account says.
          - Set it where an account has both a balance and a card on file.
        type: str
        choices: [balance, profile]
      dns_record:
        description:
          - Which record CertCentral looks for where names are validated by DNS.
          - Set it to V(cname) where TXT records of the names themselves cannot be written.
        type: str
        choices: [txt, cname]
        default: txt
      dynamic_file_name:
        description:
          - Whether CertCentral looks for a file of its own name for each order, instead of C(fileauth.txt).
          - Switch it off where a web server lets only that name through.
        type: bool
        default: true
      account_key:
        description:
          - Private key (PEM) of an account of O(accounts[].ca=acme), from a vault.
          - Set it where several control hosts share the account; without it a key is made, and kept beside the ledger.
        type: str
      eab_kid:
        description:
          - Key identifier of the external account binding.
          - Set it, with O(accounts[].eab_hmac_key), where the authority hands one out, as it does for
            organization-validated certificates.
        type: str
      eab_hmac_key:
        description:
          - Key of the external account binding, as handed out (base64url).
          - Set it with O(accounts[].eab_kid).
        type: str
      contact:
        description:
          - Mail addresses that an authority of O(accounts[].ca=acme) may write to.
          - Set it where the authority wants one, or warns by mail.
        type: list
        elements: str
      profile:
        description:
          - Name of the certificate profile that is asked for by ACME.
          - Set it where the authority offers several, such as one of organization-validated certificates.
        type: str
      preferred_chain:
        description:
          - Common name of the root that the chain should end at, among those that the authority offers by ACME.
          - Set it where clients know one root only.
        type: str
      dns_challenge:
        description:
          - Which challenge shows control over DNS by ACME, a record for each order or one that stays.
          - Set it to V(dns-persist-01) where the authority offers it and records are written by hand.
        type: str
        choices: [dns-01, dns-persist-01]
        default: dns-01
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
          - Whether an account of O(accounts[].ca=local) or O(accounts[].ca=acme) is treated as one that costs money; by
            default one with O(accounts[].eab_kid) is.
          - Switch it on to try the precautions that real purchases have, off where an authority charges nothing.
        type: bool
"""
