# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as they are found on hosts: bought months ago, from an authority made here by the openssl command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integration.harness.commands import run

LIFETIME_DAYS = 199
ROOT_SUBJECT = "/O=Bought Elsewhere/CN=Bought Elsewhere Root"
ISSUER_SUBJECT = "/O=Bought Elsewhere/CN=Bought Elsewhere OV CA"
CONFIGURATION = """
[ca]
default_ca = issuer
[issuer]
database = {directory}/index.txt
new_certs_dir = {directory}
certificate = {directory}/issuer.pem
private_key = {directory}/issuer.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
copy_extensions = copy
x509_extensions = leaf
preserve = yes
email_in_dn = no
[anything]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
commonName = optional
[req]
distinguished_name = none
[none]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Bought:
    """A certificate in use: all in PEM."""

    certificate: str
    issuer: str
    key: str

    @property
    def fullchain(self) -> str:
        """Leaf first, then who signed it."""
        return self.certificate + self.issuer


class Authority:
    """A root and an intermediate in a directory, which sign what they are asked to."""

    def __init__(self, directory: Path) -> None:
        """Makes both; the directory has to be empty."""
        self.anchors = directory / "root.pem"
        self._directory = directory
        self._configuration = directory / "openssl.cnf"
        self._configuration.write_text(CONFIGURATION.format(directory=directory))
        (directory / "index.txt").touch()
        (directory / "index.txt.attr").touch()
        self._request("root", ROOT_SUBJECT)
        self._sign_authority("root", "root", signed_by=["-signkey", str(directory / "root.key")])
        self._request("issuer", ISSUER_SUBJECT)
        root = ["-CA", str(self.anchors), "-CAkey", str(directory / "root.key"), "-CAcreateserial"]
        self._sign_authority("issuer", "intermediate", signed_by=root)

    def issue(
        self,
        names: Sequence[str],
        *,
        subject: Mapping[str, str],
        ends_in_days: float,
        lifetime_days: float = LIFETIME_DAYS,
    ) -> Bought:
        """Issues for `names`, the first of them the common name; `subject` has the other fields, in openssl's words."""
        fields = "".join(f"/{field}={_escaped(value)}" for field, value in {**subject, "CN": names[0]}.items())
        alternatives = ",".join(f"DNS:{name}" for name in names)
        self._request("leaf", fields, "-addext", f"subjectAltName={alternatives}", "-newkey", "rsa:2048")
        end = datetime.now(UTC) + timedelta(days=ends_in_days)
        dates = ["-startdate", _asn1(end - timedelta(days=lifetime_days)), "-enddate", _asn1(end)]
        run(
            ["openssl", "ca", "-batch", "-notext", "-utf8", "-config", str(self._configuration), *dates]
            + ["-in", str(self._directory / "leaf.csr"), "-out", str(self._directory / "leaf.pem")]
        )
        return Bought(self._text("leaf.pem"), self._text("issuer.pem"), self._text("leaf.key"))

    def _request(self, name: str, subject: str, *more: str) -> None:
        key, csr = str(self._directory / f"{name}.key"), str(self._directory / f"{name}.csr")
        algorithm = () if "-newkey" in more else ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        run(
            ["openssl", "req", "-new", "-nodes", "-utf8", "-config", str(self._configuration), "-subj", subject]
            + ["-keyout", key, "-out", csr, *algorithm, *more]
        )

    def _sign_authority(self, name: str, section: str, *, signed_by: list[str]) -> None:
        csr, certificate = str(self._directory / f"{name}.csr"), str(self._directory / f"{name}.pem")
        run(
            ["openssl", "x509", "-req", "-days", "3650", "-extfile", str(self._configuration), "-extensions", section]
            + ["-in", csr, "-out", certificate, *signed_by]
        )

    def _text(self, name: str) -> str:
        return (self._directory / name).read_text()


def _escaped(value: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\/+" else letter for letter in value)


def _asn1(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%SZ}"
