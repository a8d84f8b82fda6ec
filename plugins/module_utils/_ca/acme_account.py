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

from .._core.account import AcmeSettings
from .._core.deadline import Deadline
from .._core.errors import InputRefused
from .acme_key import account_key
from .acme_places import host_of, placed
from .acme_problems import AcmeProblem, refused, words_of
from .acme_reading import is_bad_nonce
from .answer import Answer
from .base import CertificateAuthorityRefused
from .session import Session

if t.TYPE_CHECKING:
    from josepy.jwk import JWK

Json = Mapping[str, t.Any]

_JOSE = {"Content-Type": "application/jose+json"}
_CHAIN = {"Accept": "application/pem-certificate-chain"}
_PLACES = ("newNonce", "newAccount", "newOrder", "newAuthz", "revokeCert", "keyChange")
_MOST_NONCES = 10
# Too many requests, or out of service: what was asked for was not done.
_NOTHING_DONE = frozenset({429, 503})
# How servers say that they do not know a key, besides accountDoesNotExist: "" is no type at all.
_NO_ACCOUNT = frozenset({"", "externalAccountRequired", "malformed"})


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
        """Return the directory (RFC 8555 section 7.1.1), asked for once."""
        with self._lock:
            self._directory = self._directory or self._read_directory()
            return self._directory

    @property
    def url(self) -> str:
        """Return the account's own URL. An account that is there needs no binding, which may work only once."""
        with self._lock:
            self._url = self._url or self._existing() or self._register()
            return self._url

    @property
    def exists(self) -> bool:
        """Say whether the key has an account; neither is made for that, and no binding used."""
        with self._lock:
            if not self._url and (self._settings.account_key or os.path.exists(self._settings.account_key_path)):
                self._url = self._existing()
            return bool(self._url)

    @property
    def thumbprint(self) -> str:
        """Return the thumbprint of the key (RFC 7638), the second half of every key authorization."""
        from josepy.b64 import b64encode

        return b64encode(self._key.thumbprint()).decode("ascii")

    def ask(self, url: str, *, purpose: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return what lies at C(url) (POST-as-GET); raises CertificateAuthorityRefused."""
        return self._post(url, None, purpose, headers=headers)

    def tell(
        self,
        url: str,
        payload: Json,
        *,
        purpose: str,
        certificate: str = "",
        done: t.Callable[[], Answer | None] = lambda: None,
    ) -> Answer:
        """Send C(payload), which all of ACME lets be sent twice; raises CertificateAuthorityRefused.

        C(certificate): which one it is about, for messages. C(done): asked before it is sent again after its answer was
        lost; what it returns is the answer then.
        """
        return self._post(url, payload, purpose, certificate, done=done)

    def chain(self, url: str) -> tuple[str, tuple[str, ...]]:
        """Return a chain (PEM) and the URLs of others that the CA offers (RFC 8555 section 7.4.2)."""
        answer = self.ask(url, purpose="certificate", headers=_CHAIN)
        return answer.body.decode("ascii", "replace"), answer.links("alternate")

    def place(self, url: str, purpose: str) -> str:
        """Return C(url), which the server named, whole; raises CertificateAuthorityRefused where it leads elsewhere.

        What is signed with the key goes to the hosts of the account's url and of the directory that lies there.
        """
        base, directory = self._settings.connection.url, self.directory
        known = [base, *(directory[key] for key in _PLACES if _is_url(directory, key))]
        found = placed(url, base, known)
        if found is not None:
            return found
        where = f"{host_of(url)!r}, a host that its directory does not name" if url else "nowhere"
        raise CertificateAuthorityRefused(
            f"{self.session.name} sends on to {where} ({purpose}).",
            "See whether the account is the one that the order was placed with; else report it to the CA.",
            code="another_host",
        )

    def _post(
        self,
        url: str,
        payload: Json | None,
        purpose: str,
        certificate: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        done: t.Callable[[], Answer | None] = lambda: None,
    ) -> Answer:
        """Send a signed request until it is answered; C(payload) None: POST-as-GET."""
        kid, url = self.url, self.place(url, purpose)
        heard: list[str] = []
        lost = False

        def once(deadline: Deadline) -> Answer:
            nonlocal lost
            was_lost, lost = lost, True
            answer = (done() if was_lost else None) or self._signed(url, payload, kid, purpose, deadline, headers)
            lost = answer.status not in _NOTHING_DONE
            heard.append(words_of(answer, self.session.name, purpose))
            return answer

        answer = self.session.persist(once, purpose=purpose, again=True)
        if answer.is_fine:
            return answer
        raise refused(answer, self.session.name, purpose, certificate, before=next(filter(None, heard[-2:-1]), ""))

    def _signed(
        self,
        url: str,
        payload: Json | None,
        kid: str | None,
        purpose: str,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send it with one nonce after another while the server finds them bad (RFC 8555 section 6.5), a few times."""
        tries = 0
        while True:
            nonce, instead = self._nonce(deadline)
            if instead is not None:
                return instead
            tries += 1
            body = self._jws(url, payload, kid, nonce)
            answer = self.session.send(
                "POST", url, purpose=purpose, body=body, headers={**_JOSE, **(headers or {})}, deadline=deadline
            )
            fresh = _nonce_of(answer)
            if fresh:
                self._nonces.append(fresh)
            is_bad = answer.is_json and is_bad_nonce(answer.json(self.session.name, purpose))
            if not is_bad or tries == _MOST_NONCES or deadline.passed:
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

    def _nonce(self, deadline: Deadline) -> tuple[str, Answer | None]:
        """Return a nonce; where the server is not able to hand one out now, what it says instead."""
        try:
            return self._nonces.pop(), None
        except IndexError:
            pass
        answer = self.session.send("HEAD", self.directory["newNonce"], purpose="nonce", deadline=deadline)
        nonce = _nonce_of(answer)
        if nonce:
            return nonce, None
        if not answer.is_fine or not answer.is_whole:
            return "", answer
        raise CertificateAuthorityRefused(
            f"{self.session.name} hands out no nonce.", "See whether the account's url is right.", code="no_nonce"
        )

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
        """Return the URL of the key's account, "" where there is none, in whatever words the server says so."""
        answer = self._new_account({"onlyReturnExisting": True}, "account")
        if answer.is_fine:
            found = answer.headers.get("Location", "")
            return self.place(found, "account") if found else ""
        problem = refused(answer, self.session.name, "account")
        if problem.kind == "accountDoesNotExist" or (
            problem.kind in _NO_ACCOUNT and answer.status in (400, 401, 403, 404)
        ):
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
        if answer.is_fine:
            url = answer.headers.get("Location", "")
            if not url:
                raise AcmeProblem(self.session.name, "registration", answer.status, {"detail": "it names no account"})
            return self.place(url, "registration")
        # A binding that works once was used up where the answer to the same request was lost.
        registered = self._existing()
        if registered:
            return registered
        raise refused(answer, self.session.name, "registration")

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
            self._loaded_key = self._loaded_key or account_key(self._settings, self.session.name)
            return self._loaded_key


def _nonce_of(answer: Answer) -> str:
    """Return the nonce of an answer, "" where none is there or it is malformed: that one is ignored (section 6.5.1)."""
    from josepy.b64 import b64decode, b64encode

    nonce = answer.headers.get("Replay-Nonce", "")
    try:
        return nonce if b64encode(b64decode(nonce)).decode("ascii") == nonce else ""
    except ValueError:
        return ""


def _is_url(said: t.Any, key: str) -> bool:
    value = said.get(key) if isinstance(said, dict) else None
    return isinstance(value, str) and "://" in value
