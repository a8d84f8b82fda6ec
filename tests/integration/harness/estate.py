# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator has: hosts with certificates in use, and an inventory that says what is wanted of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from integration.harness.authority import Bought
from integration.harness.host import Host
from integration.harness.pool import Access
from integration.harness.runner import Plays, Run, Runner, Watch

WEB_ROOT = "/var/www/html"
PEOPLE = [
    {
        "name": "sato",
        "family_name": "Sato",
        "given_name": "Hanako",
        "title": "CIO",
        "email": "sato@example.test",
        "extension": "123",
        "hours": "Mon-Fri 10:00-17:00",
        "deputy": "suzuki",
    },
    {"name": "suzuki", "family_name": "Suzuki", "given_name": "Ichiro", "email": "tls@example.test"},
]
ORGANIZATION: dict[str, Any] = {
    "name": "example",
    "legal_name": "Example Corporation",
    "local_name": "株式会社エグザンプル",
    "street_address": "1-2-3 Marunouchi",
    "locality": "Chiyoda-ku",
    "state": "Tokyo",
    "postal_code": "100-0005",
    "country": "JP",
    "telephone": "+81-3-1234-5678",
    "records": [{"source": "duns", "number": "690512345", "checked_on": "2026-10-01", "checked_by": "suzuki"}],
    "contacts": {
        "responsible": "sato",
        "technical": "suzuki",
        "requester": "suzuki",
        "approver": "sato",
        "payer": "sato",
    },
}
SUBJECT = {
    "C": ORGANIZATION["country"],
    "ST": ORGANIZATION["state"],
    "L": ORGANIZATION["locality"],
    "O": ORGANIZATION["legal_name"],
}


class Sells(Protocol):
    """Whoever sold the certificates that are in use before the collection comes."""

    def issue(self, names: Sequence[str], *, subject: Mapping[str, Any], ends_in_days: float) -> Bought: ...


class Estate:
    """Hosts, and the inventory of the design's section 5 with the embedded authority.

    Tests change `variables` (of all hosts), `host_variables` and `more_hosts` (variables of hosts that `hosts` knows
    nothing of) as an operator edits files. Everything of the control host lies under `directory`: ledger.sqlite, ca/,
    report/, home/, tmp/ and runs/.
    """

    def __init__(
        self, hosts: Mapping[str, Host], directory: Path, *, access: Access, collections: Path, authority: Sells
    ) -> None:
        """`authority` sold the certificates in use; `directory` has to be there, and empty."""
        self.hosts = hosts
        self.directory = directory
        self.ledger = directory / "ledger.sqlite"
        self.ca_directory = directory / "ca"
        self.report_directory = directory / "report"
        self.addresses: dict[str, str] = {}
        self.variables = self._all_variables()
        self.host_variables: dict[str, dict[str, Any]] = {name: {"tls_web_root": WEB_ROOT} for name in hosts}
        self.more_hosts: dict[str, dict[str, Any]] = {}
        self._access = access
        self._authority = authority
        self.collections = str(collections)
        self._runner = Runner(directory, access, collections)

    @property
    def account(self) -> dict[str, Any]:
        """The one account, to be edited."""
        account: dict[str, Any] = self.variables["tls_accounts"][0]
        return account

    def nobody_is_waited_for(self) -> None:
        """Makes the account one without payment and telephone, so that one run does everything."""
        self.account.update(payment=False, phone=False)

    def certificate(self, host: str, name: str) -> dict[str, Any]:
        """What the inventory says of a certificate, to be edited; `name` is its common name."""
        entries = self.host_variables[host]["tls_certificates"]
        found: dict[str, Any] = next(entry for entry in entries if entry["common_name"] == name)
        return found

    def site(
        self,
        host: str,
        *names: str,
        ends_in_days: float = 20,
        subject: Mapping[str, Any] | None = None,
        sold_by: Sells | None = None,
        **wanted: Any,
    ) -> Bought:
        """Puts up a site on a host, with a certificate in use, and says in the inventory that it is to be renewed.

        The first name is the common name. All names lead to the host unless `leads` says otherwise; `subject` lies over
        the organisation's; `sold_by` takes the place of the estate's own authority; `wanted` are further keys of the
        entry in `tls_certificates`.
        """
        common_name, *additional = names
        files = {"fullchain": f"/etc/nginx/tls/{common_name}.pem", "key": f"/etc/nginx/tls/{common_name}.key"}
        seller = sold_by or self._authority
        bought = seller.issue(names, subject={**SUBJECT, **(subject or {})}, ends_in_days=ends_in_days)
        self.hosts[host].serve(names, bought, **files, root=self.host_variables[host]["tls_web_root"])
        for name in names:
            self.leads(name, host)
        entry = {"common_name": common_name, "services": ["nginx"], "files": files, **wanted}
        if additional:
            entry.setdefault("additional_names", additional)
        self.host_variables[host].setdefault("tls_certificates", []).append(entry)
        return bought

    def leads(self, name: str, host: str) -> None:
        """Says, as DNS would, which host answers for the name on 80 and 443."""
        for port in (80, 443):
            self.addresses[f"{name}:{port}"] = f"{self.hosts[host].address}:{port}"

    def inventory(self) -> dict[str, Any]:
        """The inventory as it is now."""
        hosts = {name: {**self._connection(host), **self.host_variables[name]} for name, host in self.hosts.items()}
        return {"all": {"vars": self.variables, "hosts": {**hosts, **self.more_hosts}}}

    def run(
        self,
        playbook: str | Plays,
        *options: str,
        extra_vars: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> Run:
        """Runs a playbook over the estate, as `Runner.run` says; `options` are ansible-playbook's."""
        return self._runner.run(
            playbook, self.inventory(), extra_vars=extra_vars, options=options, environment=environment, watch=watch
        )

    def confirm(self, step: str, *certificates: str, options: Sequence[str] = ()) -> Run:
        """Says, by confirm.yml, that sato did what each of the certificates waits for; all in one run."""
        said = [{"tls_certificate": name, "tls_step": step, "tls_by": "sato"} for name in certificates]
        return self.run([{"import_playbook": "koshin.tls.confirm", "vars": one} for one in said], *options)

    @property
    def anchors(self) -> Path:
        """The root of the embedded authority, a file of PEM; it is there once something was ordered."""
        return self.ca_directory / "authority" / "root.pem"

    def report(self) -> dict[str, Any]:
        """What report.json says now."""
        told: dict[str, Any] = json.loads((self.report_directory / "report.json").read_text())
        return told

    def orders(self) -> list[str]:
        """The certificates of all orders that ever reached the authority, as it remembers them, sorted."""
        orders = [json.loads(order.read_text()) for order in (self.ca_directory / "orders").glob("*.json")]
        return sorted(order["application"]["certificate"] for order in orders)

    def snapshot(self, paths: Sequence[str] = (WEB_ROOT, "/etc/koshin", "/etc/nginx")) -> dict[str, Any]:
        """What lies at the paths on every host, to be compared with a later look."""
        return {name: host.snapshot(paths) for name, host in self.hosts.items()}

    def control_snapshot(self, *tops: Path) -> dict[str, bytes | None]:
        """What lies at and below the paths on the control host, to the byte; None stands for a directory.

        By default these are the ledger with whatever lies beside it, the authority and the report.
        """
        tops = tops or (*self.directory.glob(f"{self.ledger.name}*"), self.ca_directory, self.report_directory)
        found = [path for top in tops if top.exists() for path in (top, *top.rglob("*"))]
        return {str(path): path.read_bytes() if path.is_file() else None for path in found}

    def _all_variables(self) -> dict[str, Any]:
        account = {"name": "local", "ca": "local", "directory": str(self.ca_directory)}
        return {
            "tls_control_host": "localhost",
            "tls_time_zone": "Asia/Tokyo",
            "tls_people": copy.deepcopy(PEOPLE),
            "tls_organizations": [copy.deepcopy(ORGANIZATION)],
            "tls_accounts": [{**account, "resolver": {"hosts": self.addresses}}],
            "tls_ledger": str(self.ledger),
            "tls_report_directory": str(self.report_directory),
            "tls_certificate_defaults": {"account": "local"},
        }

    def _connection(self, host: Host) -> dict[str, Any]:
        return {
            "ansible_host": host.address,
            "ansible_user": "root",
            "ansible_remote_tmp": "/root/.ansible/tmp",
            "ansible_ssh_private_key_file": str(self._access.private_key),
            "ansible_python_interpreter": "/usr/bin/python3",
        }
