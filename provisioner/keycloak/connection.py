"""How Keycloak is called: python-keycloak's connection with our errors, our repeats and a session of our own.

`KeycloakAdmin` sends everything through `raw_get`, `raw_post`, `raw_put` and `raw_delete` of its connection. They are
replaced here, so that all of this is said once. What the library has no method for is called through them directly.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import stamina
from keycloak import KeycloakAdmin, KeycloakOpenID, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError
from keycloak.exceptions import KeycloakError as LibraryError
from requests import RequestException, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from provisioner.domain.errors import Refusal, Refused
from provisioner.keycloak.errors import (
    KeycloakRefused,
    KeycloakUnavailable,
    ReadIncomplete,
    WriteForbidden,
    error_of,
)
from provisioner.settings import PREFIX, KeycloakSettings, SettingsError

_ATTEMPTS = 4
#: No new attempt after so many seconds; the last one may still take the time-out of the settings.
_PATIENCE_SECONDS = 10
_TRANSIENT = {None, 502, 503, 504}
#: More threads than a run may have, so that no socket is thrown away.
_POOL = 40


class Connection(KeycloakOpenIDConnection):
    """Calls to the Admin API of a server, shared by threads. Nothing is sent before the first call.

    An answer that is not a success raises our error: `KeycloakUnavailable` (none came, or a 5xx), `KeycloakRefused`,
    `NotFound` or `Conflict`. A call that is safe to repeat is tried a few times while Keycloak is unreachable.

    With `read_only` a write raises `WriteForbidden` and is not sent. `guard` is called whenever bytes are about to
    leave; when it raises, they do not.
    """

    def __init__(
        self,
        settings: KeycloakSettings,
        *,
        read_only: bool = False,
        guard: Callable[[], None] = lambda: None,
        **identity: Any,
    ) -> None:
        timeout: Any = settings.timeout_seconds  # the library says int
        super().__init__(
            server_url=f"{settings.url}/",
            realm_name=settings.realm,
            timeout=timeout,
            max_retries=0,  # the library would repeat a POST by itself, e-mails included
            **identity,
        )
        #: Answers received so far, those to requests for a token included.
        self.calls = 0
        self._read_only, self._guard = read_only, guard
        self._http = _session(f"{settings.url}/", guard)
        self._one_at_a_time = threading.RLock()
        self._token_came_at = 0.0

    # What `KeycloakAdmin` calls.

    def raw_get(self, path: str, **query: Any) -> Response:
        """A GET; the answer is JSON.

        Raises:
            ReadIncomplete: it is something else, a proxy's page say.
        """
        answer = self._call("GET", path, None, query)
        if "json" not in answer.headers.get("Content-Type", ""):
            raise ReadIncomplete(f"Keycloak's answer to GET {path} cannot be read.")
        return answer

    def raw_post(self, path: str, data: Any, **query: Any) -> Response:
        return self._call("POST", path, data, query)

    def raw_put(self, path: str, data: Any, **query: Any) -> Response:
        return self._call("PUT", path, data, query)

    def raw_delete(self, path: str, data: Any = None, **query: Any) -> Response:
        return self._call("DELETE", path, data, query)

    def _call(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> Response:
        asked = f"{method} {path}"
        if self._read_only and method != "GET":
            raise WriteForbidden(f"{asked} during a run that only looks.")
        attempts = _ATTEMPTS if _is_repeatable(method, path) else 1
        for attempt in stamina.retry_context(on=_is_transient, attempts=attempts, timeout=_PATIENCE_SECONDS):
            with attempt:
                self._guard()
                answer = self._send(method, path, body, query)
                if answer.status_code == 401:  # the token was taken back
                    self.get_token()
                    answer = self._send(method, path, body, query)
                if answer.status_code >= 300:
                    raise error_of(answer.status_code, asked, answer.content)
                return answer
        raise AssertionError("unreachable")

    def _send(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> Response:
        """One request, by our own session and not by the library's, which is private.

        We need one for three things: the guard at the socket, sockets given back at once, and the proxies and
        authorities of the environment, looked up once and not at each call. A call takes 0.35 ms of processor this
        way, 0.58 ms the other way, and opening a hundred accounts is some hundreds of them.
        """
        with self._one_at_a_time:  # one token for all threads
            if self.expires_at is None or datetime.now(UTC) >= self.expires_at:
                self.get_token()
        url = urljoin(self.server_url or "", path)
        try:
            answer = self._http.request(
                method, url, params=query, data=body, headers=self.headers, timeout=self.timeout
            )
        except RequestException as error:
            unavailable = f"Keycloak does not answer: {type(error).__name__} ({method} {path})."
            raise KeycloakUnavailable(unavailable) from error
        with self._one_at_a_time:
            self.calls += 1
        return answer

    # The token.

    @property
    def keycloak_openid(self) -> KeycloakOpenID:
        """What asks for one token: made anew for each, so that its socket is given back with it."""
        return KeycloakOpenID(
            server_url=self.server_url or "",
            realm_name=self.user_realm_name or self.realm_name or "",
            client_id=self.client_id or "",
            client_secret_key=self.client_secret_key,
            timeout=self.timeout,
            max_retries=0,
        )

    def get_token(self) -> None:
        """Asks for a new token: rights that were given since the last one show in it.

        Raises:
            KeycloakError: none could be had.
        """
        with self._one_at_a_time:
            try:
                super().get_token()
            except KeycloakConnectionError as error:
                cause = type(error.__cause__ or error).__name__
                raise KeycloakUnavailable(f"Keycloak does not answer: {cause} (request for a token).") from error
            except LibraryError as error:
                raise error_of(error.response_code, "the request for a token", error.response_body) from error
            except (TypeError, KeyError) as error:  # no JSON, or no token in it
                raise KeycloakUnavailable("Keycloak answered the request for a token with something else.") from error
            self._token_came_at = time.monotonic()
            self.calls += 1

    def server_time(self) -> datetime:
        """Keycloak's clock, never ahead of it and at most about a second behind.

        Keycloak's answers bear no date: this is when it says that it made our token, and the time since then.
        """
        with self._one_at_a_time:
            made_at, came_at = self._claim("iat"), self._token_came_at
        return datetime.fromtimestamp(made_at, UTC) + timedelta(seconds=time.monotonic() - came_at)

    def own_user_id(self) -> str:
        """The id of the user that we are, as our token says."""
        return str(self._claim("sub"))

    def own_roles(self) -> frozenset[str]:
        """The roles that we have, as our token says; `client/role` for a client's."""
        by_client = self._claim("resource_access", {})
        roles = {f"{client}/{name}" for client, access in by_client.items() for name in access.get("roles", [])}
        return frozenset(roles | {*self._claim("realm_access", {}).get("roles", [])})

    def _claim(self, name: str, default: object = None) -> Any:
        """What our token says of this.

        Raises:
            KeycloakError: no token could be had, or it says nothing and there is no default.
        """
        with self._one_at_a_time:
            if self.token is None:
                self.get_token()
            token = str((self.token or {}).get("access_token"))
        try:
            payload = token.split(".")[1]
            claim = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get(name, default)
        except (IndexError, ValueError) as error:
            raise KeycloakRefused("Keycloak's token cannot be read.") from error
        if claim is None:
            raise KeycloakRefused(f"Keycloak's token says no {name}.")
        return claim

    def close(self) -> None:
        """Gives the sockets back."""
        self._http.close()


def service_connection(
    settings: KeycloakSettings, *, read_only: bool, guard: Callable[[], None] = lambda: None
) -> Connection:
    """As our own service account, in the realm."""
    return Connection(
        settings,
        read_only=read_only,
        guard=guard,
        client_id=settings.client_id,
        client_secret_key=settings.client_secret.get_secret_value() if settings.client_secret else None,
        grant_type="client_credentials",
    )


def administrator_connection(settings: KeycloakSettings) -> Connection:
    """As the administrator of the master realm that the settings name; what it is asked about is our realm.

    Raises:
        SettingsError: they name none.
    """
    if settings.admin_username is None or settings.admin_password is None:
        raise SettingsError((f"{PREFIX}KEYCLOAK__ADMIN_USERNAME", Refused(Refusal.ADMINISTRATOR_NEEDED)))
    return Connection(
        settings,
        user_realm_name="master",
        client_id="admin-cli",
        username=settings.admin_username,
        password=settings.admin_password.get_secret_value(),
        grant_type="password",
    )


def read(admin: KeycloakAdmin, path: str, **query: Any) -> Any:
    """A GET under the realm, from JSON: for what `KeycloakAdmin` has no method for, or one that reads too much."""
    return admin.connection.raw_get(f"admin/realms/{admin.connection.realm_name}/{path}", **query).json()


def write(admin: KeycloakAdmin, path: str, body: object) -> None:
    """A POST under the realm, for what `KeycloakAdmin` has no method for."""
    admin.connection.raw_post(f"admin/realms/{admin.connection.realm_name}/{path}", data=json.dumps(body))


def _is_repeatable(method: str, path: str) -> bool:
    """Whether a call that had no answer may be sent again: it then does no more than one would.

    A group that is there is not made twice (409), and one that was moved stays where it is.
    """
    if method == "POST":
        return path.endswith(("/logout", "/children"))
    return not path.endswith("/execute-actions-email")  # a second e-mail would leave


def _is_transient(error: Exception) -> bool:
    return isinstance(error, KeycloakUnavailable) and error.status in _TRANSIENT


def _session(url: str, guard: Callable[[], None]) -> Session:
    session = Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _guarded(HTTPAdapter(pool_maxsize=_POOL), guard))
    environment = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.trust_env = environment["proxies"], environment["verify"], False
    return session


def _guarded(adapter: HTTPAdapter, guard: Callable[[], None]) -> HTTPAdapter:
    """Calls `guard` whenever bytes are about to leave: a process may be frozen at any line of what comes before."""

    def guarded(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        connection: Any = pool.ConnectionCls

        def send(self: Any, data: Any) -> None:
            guard()
            connection.send(self, data)

        return type(
            pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (connection,), {"send": send})}
        )

    pools = adapter.poolmanager.pool_classes_by_scheme
    adapter.poolmanager.pool_classes_by_scheme = {scheme: guarded(pool) for scheme, pool in pools.items()}
    return adapter
