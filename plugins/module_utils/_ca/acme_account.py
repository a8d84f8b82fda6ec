# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account at an ACME server, and everything that is signed with its key (RFC 8555 sections 6, 7.3)."""

from __future__ import annotations

import json
import os
import threading
import typing as t
from collections import deque
from collections.abc import Mapping
from urllib.parse import urljoin

from .._core.account import AcmeSettings
from .._core.certificate import KeySpec, KeyType
from .._core.deadline import Deadline
from .._core.errors import InputRefused
from .._x509.keys import make_key
from .acme_problems import AcmeProblem, refused
from .acme_reading import is_bad_nonce
from .answer import Answer
from .base import CertificateAuthorityRefused
from .session import Session

if t.TYPE_CHECKING:
    from josepy.jwk import JWK

Json = Mapping[str, t.Any]

_JOSE = {"Content-Type": "application/jose+json"}
_CHAIN = {"Accept": "application/pem-certificate-chain"}


class AcmeAccount:
    """Speaks for one account: one directory, one key and one pool of nonces for all threads."""

    def __init__(self, settings: AcmeSettings, session: Session) -> None:
        self.session = session
        self._settings = settings
        self._nonces: deque[str] = deque(maxlen=256)
        self._lock = threading.RLock()
        self._directory: Json | None = None
        self._url = ""
        self._loaded_key: JWK | None = None

    @property
    def directory(self) -> Json:
        """Return the directory (RFC 8555 section 7.1.1), asked for once; one without C(meta) is one with nothing."""
        with self._lock:
            self._directory = self._directory or self._read_directory()
            return self._directory

    @property
    def meta(self) -> Json:
        found = self.directory.get("meta")
        return found if isinstance(found, dict) else {}

    @property
    def url(self) -> str:
        """Return the account's own URL. An account that is there needs no binding, which may work only once."""
        with self._lock:
            self._url = self._url or self._existing() or self._register()
            return self._url

    @property
    def thumbprint(self) -> str:
        """Return the thumbprint of the key (RFC 7638), the second half of every key authorization."""
        from josepy.b64 import b64encode

        return b64encode(self._key.thumbprint()).decode("ascii")

    def ask(self, url: str, *, purpose: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return what lies at C(url) (POST-as-GET); raises CertificateAuthorityRefused."""
        return self._fine(self.post(url, None, purpose=purpose, headers=headers), purpose)

    def tell(self, url: str, payload: Json, *, purpose: str, certificate: str = "") -> Answer:
        """Send C(payload), which all of ACME lets be sent twice; raises CertificateAuthorityRefused.

        C(certificate): which one it is about, for messages.
        """
        return self._fine(self.post(url, payload, purpose=purpose), purpose, certificate)

    def chain(self, url: str) -> tuple[str, tuple[str, ...]]:
        """Return a chain (PEM) and the URLs of others that the CA offers (RFC 8555 section 7.4.2)."""
        answer = self.ask(url, purpose="certificate", headers=_CHAIN)
        return answer.body.decode("ascii", "replace"), answer.links("alternate")

    def post(self, url: str, payload: Json | None, *, purpose: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a signed request until it is answered; C(payload) None: POST-as-GET."""
        kid = self.url

        def once(deadline: Deadline) -> Answer:
            return self._signed(url, payload, kid, purpose, deadline, headers)

        return self.session.persist(once, purpose=purpose, again=True)

    def _signed(
        self,
        url: str,
        payload: Json | None,
        kid: str | None,
        purpose: str,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send it with one nonce after another, as long as the server finds them bad (RFC 8555 section 6.5)."""
        while True:
            body = self._jws(url, payload, kid, self._nonce(deadline))
            answer = self.session.send(
                "POST", url, purpose=purpose, body=body, headers={**_JOSE, **(headers or {})}, deadline=deadline
            )
            self._keep_nonce(answer)
            is_bad = answer.is_json and is_bad_nonce(answer.json(self.session.name, purpose))
            if not is_bad or deadline.passed:
                return answer

    def _jws(self, url: str, payload: Json | None, kid: str | None, nonce: str) -> bytes:
        from acme.jws import JWS
        from josepy.b64 import b64decode
        from josepy.jwa import ES256, RS256
        from josepy.jwk import JWKRSA

        text = b"" if payload is None else json.dumps(payload).encode()
        alg = RS256 if isinstance(self._key, JWKRSA) else ES256
        signed = JWS.sign(text, key=self._key, alg=alg, nonce=b64decode(nonce), url=url, kid=kid)
        return str(signed.json_dumps()).encode("ascii")

    def _nonce(self, deadline: Deadline) -> str:
        try:
            return self._nonces.pop()
        except IndexError:
            pass
        answer = self.session.send("HEAD", self.directory["newNonce"], purpose="nonce", deadline=deadline)
        self._keep_nonce(answer)
        nonce = answer.headers.get("Replay-Nonce", "")
        if not nonce:
            raise CertificateAuthorityRefused(
                f"{self.session.name} hands out no nonce.", "See whether the account's url is right.", code="no_nonce"
            )
        return self._nonces.pop() if self._nonces else nonce

    def _keep_nonce(self, answer: Answer) -> None:
        nonce = answer.headers.get("Replay-Nonce", "")
        if nonce and nonce.replace("-", "").replace("_", "").isalnum():
            self._nonces.append(nonce)

    def _fine(self, answer: Answer, purpose: str, certificate: str = "") -> Answer:
        if not answer.is_fine:
            raise refused(answer, self.session.name, purpose, certificate)
        return answer

    def _read_directory(self) -> Json:
        answer = self.session.read(self._settings.connection.url, purpose="directory")
        if not answer.is_fine:
            raise refused(answer, self.session.name, "directory")
        said = answer.json(self.session.name, "directory")
        missing = [key for key in ("newNonce", "newAccount", "newOrder") if not _is_url(said, key)]
        if missing:
            raise CertificateAuthorityRefused(
                f"{self.session.name}: {self._settings.connection.url} is no ACME directory, it names no {missing[0]}.",
                "Correct url of the account.",
                code="no_directory",
            )
        return t.cast(Json, said)

    def _existing(self) -> str:
        """Return the URL of the key's account, "" where there is none. Dirty servers say 404 where 400 is meant."""
        answer = self._new_account({"onlyReturnExisting": True}, "account")
        if answer.is_fine:
            return made_at(answer, self.directory["newAccount"])
        problem = refused(answer, self.session.name, "account")
        if problem.kind == "accountDoesNotExist" or (not problem.kind and answer.status in (400, 404)):
            return ""
        raise problem

    def _register(self) -> str:
        """Register the key, and so agree to the CA's terms; bound to the customer's account where one is given."""
        wanted: dict[str, t.Any] = {"termsOfServiceAgreed": True}
        if self._settings.contact:
            wanted["contact"] = [f"mailto:{address}" for address in self._settings.contact]
        if self._settings.eab_kid is not None and self._settings.eab_hmac_key is not None:
            wanted["externalAccountBinding"] = self._binding(self._settings.eab_kid, self._settings.eab_hmac_key)
        answer = self._new_account(wanted, "registration")
        if not answer.is_fine:
            # A binding that may be used once was, where the answer of the first try was lost.
            existing = self._existing()
            if existing:
                return existing
        url = made_at(self._fine(answer, "registration"), self.directory["newAccount"])
        if not url:
            raise AcmeProblem(self.session.name, "registration", answer.status, {"detail": "it names no account"})
        return url

    def _new_account(self, payload: Json, purpose: str) -> Answer:
        def once(deadline: Deadline) -> Answer:
            return self._signed(self.directory["newAccount"], payload, None, purpose, deadline)

        return self.session.persist(once, purpose=purpose, again=True)

    def _binding(self, kid: str, hmac_key: str) -> Json:
        from acme.messages import Directory, ExternalAccountBinding

        directory = Directory({"newAccount": self.directory["newAccount"]})
        try:
            return ExternalAccountBinding.from_data(self._key.public_key(), kid, hmac_key, directory)
        except ValueError:
            raise InputRefused(
                f"tls_accounts[{self.session.name}].eab_hmac_key is no base64url text.",
                "Copy it anew from where the CA handed it out.",
                code="malformed",
            ) from None

    @property
    def _key(self) -> JWK:
        with self._lock:
            self._loaded_key = self._loaded_key or self._load_key()
            return self._loaded_key

    def _load_key(self) -> JWK:
        from josepy.errors import Error
        from josepy.jwk import JWK

        pem = self._settings.account_key
        content = _kept_key(self._settings.account_key_path) if pem is None else pem.encode()
        try:
            return JWK.load(content)
        except Error:
            where = "account_key" if pem is not None else self._settings.account_key_path
            raise InputRefused(
                f"tls_accounts[{self.session.name}]: {where} holds no private key.",
                "Give the PEM text of an RSA or P-256 key without a password.",
                code="malformed",
            ) from None


def made_at(answer: Answer, asked: str) -> str:
    """Return the URL of what was made, "" where none is told. Dirty servers leave the host out of it."""
    location = answer.headers.get("Location", "")
    return urljoin(asked, location) if location else ""


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


def _is_url(said: t.Any, key: str) -> bool:
    value = said.get(key) if isinstance(said, dict) else None
    return isinstance(value, str) and "://" in value
