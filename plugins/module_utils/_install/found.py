# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies on the key host for one certificate: the one in use, its key, and the requests that wait."""

from __future__ import annotations

import os
import typing as t

from .._core.certificate import CertificateFacts, Found
from .._core.errors import KeyMismatch
from .._x509.loading import key_hash_of_key
from .._x509.reading import certificate_facts
from .content import read
from .layout import Layout
from .pending import pending_requests


def find(entry: t.Mapping[str, t.Any], directory: str) -> Found:
    """Return what lies there for one checked entry of C(tls_certificates); a missing file is nothing, no error.

    Raises CertificateUnreadable, KeyMismatch, or InstallationFailed for a file that may not be read.
    """
    layout, files = Layout(entry["name"], directory), entry.get("files", {})
    certificate_path = files.get("fullchain") or files.get("certificate") or layout.in_use("fullchain")
    key_path = files.get("key") or layout.in_use("key")
    certificate, key_hash = _certificate(certificate_path), _key_hash(key_path)
    if certificate and key_hash and certificate.key_hash != key_hash:
        raise KeyMismatch(
            f"The certificate in {certificate_path} does not belong to the key in {key_path}.",
            "Put back the one that belongs to the other; until then nothing is renewed here.",
        )
    return Found(
        certificate=certificate,
        key_hash=key_hash,
        unproven=os.path.lexists(layout.switching),
        pending={key_hash: request.csr for key_hash, request in pending_requests(layout).items()},
    )


def _certificate(path: str) -> CertificateFacts | None:
    content = read(path)
    # Around PEM people keep notes in whatever encoding.
    return None if content is None else certificate_facts(content.decode("utf-8", "replace"), path)


def _key_hash(path: str) -> str | None:
    """Return None also for a key that is not for us to read: certificates can be looked at by anybody."""
    content = read(path) if os.access(path, os.R_OK) else None
    return None if content is None else key_hash_of_key(content, path)
