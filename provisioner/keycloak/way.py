"""The way to Keycloak: how a request leaves, and what is told where the answer is none of Keycloak's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from requests import Request, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL, InvalidSchema
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import LocationValueError, ProxySchemeUnknown

from provisioner.domain.errors import Refusal, Refused, Silence
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable
from provisioner.settings import SettingsError

#: What `requests` and `urllib3` say of a proxy's address.
_BAD_PROXY = (InvalidProxyURL, InvalidSchema, LocationValueError, ProxySchemeUnknown)

#: More threads than a run may have, so that no socket is thrown away.
_POOL = 40


class Way(HTTPAdapter):
    """The way to Keycloak: `requests` says once how it is reached (proxy, authorities), `urllib3` sends each call.

    A session of `requests` looks all that up and merges it anew for each call, which takes more processor than the
    rest of the call. A redirection is not followed, since the token would go with it, and no cookie is kept. `guard`
    is called whenever bytes are about to leave: a process may be frozen at any line before.
    """

    def __init__(self, url: str, timeout_seconds: float, guard: Callable[[], None]) -> None:
        """`url` ends in `/`: the path of each call follows it."""
        super().__init__(pool_maxsize=_POOL)
        self._url, self._timeout_seconds, self._guard = url, timeout_seconds, guard
        # Workflows come as YAML otherwise.
        self._headers = {**default_headers(), "Accept": "application/json"}

    def call(
        self, method: str, path: str, body: Any, query: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Response:
        """One request, sent once.

        Raises:
            HTTPError, OSError: no answer came.
            SettingsError: the environment names a proxy for this address that cannot be used.
            KeycloakUnavailable: a redirection came. It says nothing of a person, whatever was asked: a system failed.
        """
        pool, base = self._pool
        url = base + path
        if asked := urlencode({name: value for name, value in query.items() if value is not None}, doseq=True):
            url += f"?{asked}"
        raw = pool.urlopen(
            method,
            url,
            body,
            {**self._headers, **headers},
            retries=False,
            redirect=False,
            assert_same_host=False,  # the pool may be a proxy's
            timeout=self._timeout_seconds,
        )
        answer = Response()
        answer.status_code, answer.encoding = raw.status, "utf-8"
        answer.headers = cast("CaseInsensitiveDict[str]", raw.headers)  # urllib3's own, which knows no case either
        answer._content = raw.data
        if answer.is_redirect:
            sentence = f"Not Keycloak, but a redirection, answered {raw.status} to {method} {path}."
            raise other_server(KeycloakUnavailable(sentence, raw.status))
        return answer

    def close(self) -> None:
        """Gives the sockets back."""
        self.__dict__.pop("_pool", None)
        super().close()

    @cached_property
    def _pool(self) -> tuple[HTTPConnectionPool, str]:
        """The sockets, and what a call's path follows: the address's own path, or all of it for a proxy."""
        environment = Session().merge_environment_settings(self._url, {}, None, None, None)
        asked = Request("GET", self._url).prepare()
        try:
            pool = self.get_connection_with_tls_context(asked, environment["verify"], environment["proxies"])
        except _BAD_PROXY as error:
            raise SettingsError(("HTTP_PROXY, HTTPS_PROXY, ALL_PROXY", Refused(Refusal.PROXY_UNFIT))) from error
        self.cert_verify(pool, self._url, environment["verify"], None)
        guard = self._guard
        connection: Any = pool.ConnectionCls

        def send(self: Any, data: Any) -> None:
            guard()
            connection.send(self, data)

        guarded: Any = type(connection.__name__, (connection,), {"send": send})
        pool.ConnectionCls = guarded
        return pool, self.request_url(asked, environment["proxies"])


def why_silent(error: BaseException) -> Silence:
    """Why no answer came, told by the words of `requests` and of `urllib3`: they have no classes for it."""
    words = str(error)
    return next((why for sign, why in _SIGNS.items() if sign in words), Silence.CUT)


_SIGNS = {
    "CERTIFICATE_VERIFY_FAILED": Silence.CERTIFICATE,
    "NameResolutionError": Silence.UNKNOWN_HOST,
    "Failed to resolve": Silence.UNKNOWN_HOST,
    "Connection refused": Silence.REFUSED,
    "timed out": Silence.TIME_OUT,
}


def other_server(error: KeycloakError) -> KeycloakError:
    """It answers, but not as Keycloak would: a proxy's page, say."""
    error.code = Refusal.NOT_KEYCLOAK
    return error
