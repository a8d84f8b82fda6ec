# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTPS request and its answer: verified, through the proxy of the environment, limited in time and size."""

from __future__ import annotations

import ssl
import typing as t
from collections.abc import Mapping
from urllib.parse import urlsplit

from .._core.account import Connection
from .._core.deadline import Deadline
from .._core.version import VERSION
from .answer import Answer, AnswerLost, NotSent
from .base import CertificateAuthorityUnavailable

if t.TYPE_CHECKING:
    import requests

USER_AGENT = f"koshin.tls/{VERSION}"
MOST_BYTES = 8 * 1024 * 1024
_CONNECTIONS = 16
_CHUNK = 64 * 1024


class Transport:
    """Connections to one API, kept open; threads may share it. C(name): the account, for messages."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._known_proxies: dict[str, dict[str, str]] = {}
        self._session = _session(connection)

    def close(self) -> None:
        self._session.close()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        purpose: str,
        query: t.Any,
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> Answer:
        """Send one request, once; raises NotSent where no byte of it left, AnswerLost where it may have arrived."""
        import requests
        from urllib3.exceptions import HTTPError

        seconds = max(0.1, min(self._connection.timeout_seconds, deadline.left))
        end = Deadline.after(seconds)
        try:
            with self._session.request(
                method,
                url,
                params=query,
                data=body or None,
                headers=headers,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
                proxies=self._proxies(url),
            ) as response:
                return Answer(response.status_code, response.headers, _body(response, end))
        # While the body is read it is urllib3 itself that breaks off.
        except (requests.RequestException, HTTPError) as error:
            raise _failure(error, self._name, url, purpose) from None

    def _proxies(self, url: str) -> dict[str, str]:
        """Return what the environment says for a host, asked for once: it takes as long as a signature."""
        import requests

        host = urlsplit(url).netloc
        if host not in self._known_proxies:
            self._known_proxies[host] = requests.utils.get_environ_proxies(url)
        return self._known_proxies[host]


def _session(connection: Connection) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # Neither ~/.netrc nor REQUESTS_CA_BUNDLE decide here; of the environment only its proxies count.
    session.trust_env = False
    session.verify = connection.ca_file or _system_trust()
    if connection.client_certificate is not None and connection.client_key is not None:
        session.cert = (connection.client_certificate, connection.client_key)
    # What is not compressed cannot be a bomb.
    session.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "application/json"}
    )
    adapter = HTTPAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _system_trust() -> str | bool:
    """Return the system's roots, which an administrator may have added to; else those that requests brings."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True


def _body(response: requests.Response, end: Deadline) -> bytes:
    """Read with an end to size and time: what drips a byte a second ends with the time, too."""
    found = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        found += chunk
        if len(found) > MOST_BYTES or end.passed:
            raise _broken(
                f"its body is longer than {MOST_BYTES} bytes" if len(found) > MOST_BYTES else "it is too slow"
            )
    return bytes(found)


def _broken(problem: str) -> requests.RequestException:
    import requests

    return requests.exceptions.ChunkedEncodingError(problem)


def _failure(error: Exception, name: str, url: str, purpose: str) -> CertificateAuthorityUnavailable:
    """Tell what certainly never left from what may have arrived; words of libraries may hold the query: left out."""
    import requests
    from urllib3.exceptions import NewConnectionError

    host = urlsplit(url).hostname
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        if _is_verification(reason or error):
            return NotSent(name, f"the certificate of {host} is not trusted: {_tls_words(reason or error)}")
        # It may have broken after the request went out.
        return AnswerLost(name, purpose, f"TLS with {host} fails: {_tls_words(reason or error)}")
    if isinstance(error, requests.exceptions.ProxyError) and _is_refused_by_proxy(reason):
        return NotSent(name, f"the proxy for {host} lets nothing through")
    if isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return NotSent(name, f"{host} cannot be reached")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return NotSent(name, f"{host} is no host that can be asked")
    return AnswerLost(name, purpose, f"{host} broke off, or was too slow: {type(error).__name__}")


def _is_verification(error: t.Any) -> bool:
    """Say whether TLS ended because of the server's certificate: before anything was sent."""
    inner = error.args[0] if getattr(error, "args", None) else error
    return isinstance(inner, ssl.SSLCertVerificationError) or isinstance(error, ssl.SSLCertVerificationError)


def _is_refused_by_proxy(reason: t.Any) -> bool:
    """Say whether there was no way through the proxy; one that hangs up later is called a proxy's error, too."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    inner = getattr(reason, "original_error", None)
    return isinstance(inner, (NewConnectionError, ConnectTimeoutError)) or "Tunnel connection failed" in str(inner)


def _tls_words(error: t.Any) -> str:
    inner = error.args[0] if getattr(error, "args", None) else error
    return str(getattr(inner, "verify_message", None) or getattr(inner, "reason", None) or type(inner).__name__)
