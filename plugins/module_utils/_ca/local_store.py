# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded authority's directory: what it knows survives its process, killed at any point.

    lock                       held (flock) by whoever changes anything
    authority/                 root and intermediate with their keys; comes into being as a whole
    orders/000001.json         one order each
    records/<name>.json        an organisation as it was vetted
    certificates/<serial>.pem  each certificate that was issued

Nothing here is readable by others. Every file is replaced as a whole, so that readers need no lock.
Raises CertificateAuthorityUnavailable where the directory cannot be used, CertificateAuthorityRefused where a file in
it says what this version does not understand.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass

from .._ca.base import CertificateAuthorityRefused, CertificateAuthorityUnavailable
from .._core.errors import InputRefused
from .._core.inventory import Address
from .._core.plain import to_plain
from .._core.typed import from_plain
from .local_order import LocalOrder

_ORDER = re.compile(r"[0-9]{6,18}\.json")
_RECORD = re.compile(r"[A-Za-z0-9._-]{1,80}")
_SERIAL = re.compile(r"[0-9a-f]{1,40}")
_HALF = ".half"  # what ends so was being written when somebody was killed; the next who writes it starts anew
Noun = t.TypeVar("Noun")


@dataclass(frozen=True)
class Issuer:
    """Root and intermediate; certificates and keys are PEM."""

    root: str
    root_key: bytes
    certificate: str
    key: bytes


class Store:
    """One authority's directory; C(directory) is absolute and may be missing until something is written."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        # Orders are read again only when their file is another one: a run asks about each of hundreds.
        self._known: dict[str, tuple[tuple[int, ...], LocalOrder]] = {}

    @contextmanager
    def changing(self) -> t.Iterator[None]:
        """Make the directory where it is missing, and keep everybody else from changing anything meanwhile."""
        with self._told():
            for folder in ("orders", "records", "certificates"):
                _make_private(self._path(folder))
            lock = os.open(self._path("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with self._told():
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def orders(self) -> list[LocalOrder]:
        """Return every order, oldest first."""
        with self._told():
            try:
                with os.scandir(self._path("orders")) as entries:
                    files = {entry.name: entry.stat() for entry in entries if _ORDER.fullmatch(entry.name)}
            except FileNotFoundError:
                return []
        return [self._known_order(name, files[name]) for name in sorted(files, key=lambda name: (len(name), name))]

    def order(self, reference: str) -> LocalOrder | None:
        """Return one order, None where the authority has none of this reference."""
        name = f"{reference}.json"
        if not _ORDER.fullmatch(name):
            return None
        with self._told():
            try:
                return self._known_order(name, os.stat(self._path("orders", name)))
            except FileNotFoundError:
                return None

    def _known_order(self, name: str, status: os.stat_result) -> LocalOrder:
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        known = self._known.get(name)
        if known is None or known[0] != stamp:
            known = self._known[name] = (stamp, self._read(self._path("orders", name), LocalOrder))
        return known[1]

    def keep_order(self, order: LocalOrder) -> None:
        self._write_noun(self._path("orders", f"{order.reference}.json"), order)

    def record(self, name: str) -> Address | None:
        """Return the organisation as it was vetted, None where it never was."""
        path = self._record_path(name)
        with self._told():
            if not os.path.exists(path):
                return None
        return self._read(path, Address)

    def keep_record(self, name: str, address: Address) -> None:
        self._write_noun(self._record_path(name), address)

    def has_certificate(self, serial: str) -> bool:
        """Say whether a certificate of this serial (lower-case hex) was issued."""
        return bool(_SERIAL.fullmatch(serial)) and os.path.exists(self._path("certificates", f"{serial}.pem"))

    def keep_certificate(self, serial: str, certificate: str) -> None:
        with self._told():
            _write(self._path("certificates", f"{serial}.pem"), certificate.encode("ascii"))

    def issuer(self) -> Issuer | None:
        """Return root and intermediate, None before the first order."""
        with self._told():
            if not os.path.isdir(self._path("authority")):
                return None
            root, root_key, certificate, key = (_read(path) for path in self._issuer_paths("authority"))
        return Issuer(root.decode("ascii"), root_key, certificate.decode("ascii"), key)

    def keep_issuer(self, issuer: Issuer) -> None:
        """Write all four files or none; only while C(changing)."""
        parts = (issuer.root.encode("ascii"), issuer.root_key, issuer.certificate.encode("ascii"), issuer.key)
        half = self._path("authority" + _HALF)
        with self._told():
            shutil.rmtree(half, ignore_errors=True)
            _make_private(half)
            for path, content in zip(self._issuer_paths("authority" + _HALF), parts):
                _write(path, content)
            os.rename(half, self._path("authority"))
            _sync(self._directory)

    def root(self) -> str:
        """Return the root certificate (PEM), empty before the first order."""
        with self._told():
            try:
                return _read(self._issuer_paths("authority")[0]).decode("ascii")
            except FileNotFoundError:
                return ""

    def _issuer_paths(self, folder: str) -> list[str]:
        return [self._path(folder, f"{name}.pem") for name in ("root", "root-key", "intermediate", "intermediate-key")]

    def _record_path(self, name: str) -> str:
        if not _RECORD.fullmatch(name):
            raise CertificateAuthorityRefused(
                f"{name!r} is no name of a record.", "Correct the number in tls_organizations[].records."
            )
        return self._path("records", f"{name}.json")

    def _path(self, *names: str) -> str:
        return os.path.join(self._directory, *names)

    def _read(self, path: str, noun: type[Noun]) -> Noun:
        try:
            with self._told():
                return from_plain(noun, json.loads(_read(path)))
        except InputRefused as error:
            raise _not_understood(path, error.message) from None
        except ValueError as error:
            raise _not_understood(path, f"It is not JSON: {error}.") from None

    def _write_noun(self, path: str, noun: t.Any) -> None:
        text = json.dumps(to_plain(noun), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        with self._told():
            _write(path, text.encode("utf-8"))

    @contextmanager
    def _told(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CertificateAuthorityUnavailable(
                f"{error.filename or self._directory}: {error.strerror}.",
                f"See that {self._directory} has room and belongs to the user who runs this, then run again.",
            ) from None


def _not_understood(path: str, finding: str) -> CertificateAuthorityRefused:
    return CertificateAuthorityRefused(
        f"{path} says what this version does not know. {finding}",
        "Update the collection if a newer one wrote it, else restore the file from a backup.",
    )


def _make_private(path: str) -> None:
    """Make a directory for its owner alone, and those above it that are missing likewise."""
    if not os.path.isdir(path):
        if not os.path.isdir(os.path.dirname(path)):
            _make_private(os.path.dirname(path))
        os.makedirs(path, 0o700, exist_ok=True)
        _sync(os.path.dirname(path))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, content: bytes) -> None:
    """Replace a file as a whole; only while C(changing), so that nobody else writes the same half."""
    half = path + _HALF
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    os.rename(half, path)
    _sync(os.path.dirname(path))


def _sync(directory: str) -> None:
    """Wait until what was renamed in a directory outlives the machine."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
