# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of an account at an ACME server: from a vault, or beside the ledger."""

from __future__ import annotations

import os
import threading
import typing as t

from .._core.account import AcmeSettings
from .._core.certificate import KeySpec, KeyType
from .._core.errors import InputRefused
from .._x509.keys import make_key

if t.TYPE_CHECKING:
    from josepy.jwk import JWK


def account_key(settings: AcmeSettings, name: str) -> JWK:
    """Return the key, made where there is none yet; C(name): of the account, for messages. Raises InputRefused."""
    from josepy.errors import Error
    from josepy.jwk import JWK

    pem = settings.account_key
    content = _kept_key(settings.account_key_path) if pem is None else pem.encode()
    try:
        return JWK.load(content)
    except Error:
        where = "account_key" if pem is not None else settings.account_key_path
        raise InputRefused(
            f"tls_accounts[{name}]: {where} holds no private key.",
            "Give the PEM text of an RSA or P-256 key without a password.",
            code="malformed",
        ) from None


def _kept_key(path: str) -> bytes:
    """Return the key beside the ledger, made where there is none: 0600 from its first byte, whole or not at all."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    half = f"{path}.{os.getpid()}.{threading.get_ident()}"
    if not os.path.exists(path):
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(make_key(KeySpec(KeyType.EC, 256)))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Linked, not renamed: of two runs at once one key wins, and both use it.
            os.link(half, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(half)
    with open(path, "rb") as file:
        return file.read()
