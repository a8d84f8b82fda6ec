# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of an account at an ACME server: from a vault, or beside the ledger."""

from __future__ import annotations

import os
import stat
import threading
import typing as t

from .._core.account import AcmeSettings
from .._core.certificate import KeySpec, KeyType
from .._core.errors import CertificateUnreadable, InputRefused
from .._x509.keys import make_key
from .._x509.loading import load_key
from .._x509.reading import key_spec

if t.TYPE_CHECKING:
    from josepy.jwk import JWK

_MOVE = "Give the PEM text of a P-256 key, or of an RSA key with 2048 bits or more, without a password."
_LEAST_RSA_BITS = 2048


def account_key(settings: AcmeSettings, name: str) -> JWK:
    """Return the key, made where there is none yet; C(name): of the account, for messages. Raises InputRefused."""
    from josepy.jwk import JWKEC, JWKRSA

    pem = settings.account_key
    content = _kept_key(settings.account_key_path) if pem is None else pem.encode()
    where = f"tls_accounts[{name}]: {'account_key' if pem is not None else settings.account_key_path}"
    try:
        key = load_key(content, where)
        spec = key_spec(key.public_key(), where)
    except CertificateUnreadable as error:
        raise InputRefused(error.message, _MOVE, code="malformed") from None
    # Every ACME server takes RS256 and ES256 (RFC 8555 section 6.2), and knows no other curve by ES256.
    if spec.type is KeyType.RSA and spec.size >= _LEAST_RSA_BITS:
        return JWKRSA(key=key)
    if spec.type is KeyType.EC and key.curve.name == "secp256r1":
        return JWKEC(key=key)
    raise InputRefused(f"{where} is a key that ACME servers do not take.", _MOVE, code="malformed")


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
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise InputRefused(
                f"The ACME account's key {path} can be read by others than its owner.",
                f"chmod 600 {path}; where somebody may have read it, have the CA deactivate the account.",
                code="key_exposed",
            )
        return file.read()
