"""How Keycloak is called: python-keycloak's connection with our errors, our repeats and a way out of our own.

`KeycloakAdmin` sends everything through `raw_get`, `raw_post`, `raw_put` and `raw_delete` of its connection. They are
replaced here, so that all of this is said once. What the library has no method for is called through them directly.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

import stamina
import stamina.instrumentation
from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from requests import Request, RequestException, Response, Session, Timeout
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from provisioner.domain.errors import Refusal, Refused, Silence
from provisioner.keycloak.credentials import Proof, administrator_proofs, service_proofs
from provisioner.keycloak.errors import (
    KeycloakError,
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
#: A repeat is no line of the log, least of all amid an answer: whoever waits is told once that Keycloak is away.
stamina.instrumentation.set_on_retry_hooks(())

#: What a request for a token is.
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

#: More threads than a run may have, so that no socket is thrown away.
_POOL = 40


class Credentials(NamedTuple):
    """Which settings tell who we are, and whether none of them has a value."""

    settings: str
    are_unset: bool = False


class Connection(KeycloakOpenIDConnection):
    """Calls to the Admin API of a server, shared by threads. Nothing is sent before the first call.

    An answer that is not a success raises our error: `KeycloakUnavailable` (none came, or a 5xx), `KeycloakRefused`,
    `NotFound` or `Conflict`. A call that is safe to repeat is tried a few times while Keycloak is unreachable.

    With `read_only` a write raises `WriteForbidden` and is not sent. `guard` is called whenever bytes are about to
    leave; when it raises, they do not. `proofs` is asked for each token, so that a secret or a key can be replaced
    under a running process: it is given the realm's name for itself, to be called where it is needed, and gives what
    proves who we are, the first that Keycloak takes.
    """

    def __init__(
        self,
        settings: KeycloakSettings,
        *,
        read_only: bool = False,
        guard: Callable[[], None] = lambda: None,
        proofs: Callable[[Callable[[], str]], Iterable[Proof]] = lambda _issuer: ({},),
        credentials: Credentials | None = None,
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
        self._read_only, self._guard, self._proofs = read_only, guard, proofs
        self._credentials, self._has_written = credentials or Credentials(""), False
        self._http = _Way(f"{settings.url}/", settings.timeout_seconds, guard)
        self._one_at_a_time = threading.RLock()
        self._token_came_at = 0.0
        self._issuer: str | None = None

    # What `KeycloakAdmin` calls.

    def raw_get(self, path: str, **query: Any) -> Response:
        """A GET; the answer is JSON.

        Raises:
            ReadIncomplete: it is something else, a proxy's page say.
        """
        answer = self._call("GET", path, None, query)
        if "json" not in answer.headers.get("Content-Type", ""):
            raise _other_server(ReadIncomplete(f"Keycloak's answer to GET {path} cannot be read."))
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
                self._has_written |= method != "GET"
                if answer.is_redirect:
                    raise _other_server(_redirection(answer, asked))
                if answer.status_code >= 300:
                    raise error_of(answer.status_code, asked, answer.content)
                if method != "GET" and "html" in answer.headers.get("Content-Type", ""):
                    # A firewall's page says 200 for what it kept back: nothing was written, a closing least of all.
                    sentence = f"Not Keycloak, but a page, answered {answer.status_code} to {asked}."
                    raise _other_server(KeycloakUnavailable(sentence, answer.status_code))
                return answer
        raise AssertionError("unreachable")

    def _send(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> Response:
        with self._one_at_a_time:  # one token for all threads
            if self.expires_at is None or datetime.now(UTC) >= self.expires_at:
                self.get_token()
        try:
            answer = self._http.call(method, path, body, query, self.headers or {})
        except (HTTPError, RequestException) as error:
            self._has_written |= method != "GET"  # it may have been taken all the same
            raise self._away(error, f"{method} {path}") from error
        with self._one_at_a_time:
            self.calls += 1
        return answer

    # The token.

    def get_token(self) -> None:
        """Asks for a new token: rights that were given since the last one show in it.

        Raises:
            KeycloakError: none could be had.
            SettingsError: the file of our key cannot be used.
        """
        asked = "the request for a token"
        with self._one_at_a_time:
            try:
                answer = self._answer_to_proof()
                if answer.status_code == 200:
                    self.token = dict(answer.json())
            except (TypeError, KeyError, ValueError) as error:  # no JSON, or no token in it
                raise _other_server(KeycloakUnavailable(f"Keycloak answered {asked} with something else.")) from error
            if answer.is_redirect:
                raise _other_server(_redirection(answer, asked))
            if answer.status_code != 200:
                refusal = error_of(answer.status_code, asked, answer.content)
                if refusal.status == 400:  # so are proofs by a key refused; it means our account, as a wrong secret
                    refusal.status = 401
                self._explain(refusal)
                raise refusal
            self._token_came_at = time.monotonic()
            self.calls += 1

    def _answer_to_proof(self) -> Response:
        """The answer to the first proof that Keycloak takes, else to the last one.

        Asked by us and not by the library, which follows a redirection with our secret in hand. The way is made anew
        for each token: its socket is given back with it, and no guard stands in it, since nothing is written.
        """
        identity = {"client_id": self.client_id, "username": self.username, "password": self.password}
        asked = {**identity, "grant_type": self.grant_type or "", "scope": "openid"}
        path = f"realms/{self._own_realm}/protocol/openid-connect/token"
        answer = Response()
        for proof in self._proofs(self._issuer_of_realm):
            form = {name: value for name, value in {**asked, **proof}.items() if value is not None}
            way = _Way(self.server_url or "", self.timeout or 0, lambda: None)
            try:
                answer = way.call("POST", path, urlencode(form), {}, _FORM)
            except (HTTPError, OSError) as error:  # authorities that are not where the environment says, too
                raise self._away(error, "request for a token") from error
            finally:
                way.close()
            if answer.status_code not in (400, 401):
                break
        return answer

    @property
    def _own_realm(self) -> str:
        """The realm that our own account is in: `master` for an administrator."""
        return self.user_realm_name or self.realm_name or ""

    def _issuer_of_realm(self) -> str:
        """The name by which the realm knows itself: the address that persons see, which need not be the one we call.

        It is the one name that Keycloak takes for itself in a proof, wherever the request came in.
        """
        if self._issuer is None:
            path = f"realms/{self._own_realm}/.well-known/openid-configuration"
            asked = f"GET {path}"
            try:
                answer = self._http.call("GET", path, None, {}, {})
            except (HTTPError, RequestException) as error:
                raise self._away(error, asked) from error
            if answer.status_code != 200:
                raise error_of(answer.status_code, asked, answer.content)
            self._issuer = str(answer.json()["issuer"])
        return self._issuer

    def _away(self, error: BaseException, asked: str) -> KeycloakUnavailable:
        """No answer came; whether something may have been written before is what a person must know."""
        away = KeycloakUnavailable(f"Keycloak does not answer: {type(error).__name__} ({asked}).")
        away.code = Refusal.KEYCLOAK_LOST if self._has_written else Refusal.KEYCLOAK_AWAY
        away.values = {"why": why_silent(error)}
        return away

    def _explain(self, refusal: KeycloakError) -> None:
        """Says of a token that was refused what is to be looked at."""
        if self._has_written:
            return
        if refusal.status == 401:
            unset = Refusal.CREDENTIALS_UNSET if self._credentials.are_unset else Refusal.CREDENTIALS_REFUSED
            refusal.code, refusal.values = unset, {"credentials": self._credentials.settings}
        elif refusal.status == 404 and "Realm does not exist" in str(refusal):
            refusal.code, refusal.values = Refusal.NO_SUCH_REALM, {"realm": self._own_realm}

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
    """As our own service account, in the realm: by its key where one is set, else by its secret."""
    return Connection(
        settings,
        read_only=read_only,
        guard=guard,
        client_id=settings.client_id,
        grant_type="client_credentials",
        proofs=lambda issuer: service_proofs(settings, issuer),
        credentials=Credentials(
            _settings("CLIENT_ID", "CLIENT_KEY_FILE" if settings.client_key_file is not None else "CLIENT_SECRET"),
            are_unset=settings.client_key_file is None and not settings.secrets(),
        ),
    )


def administrator_connection(settings: KeycloakSettings) -> Connection:
    """As the administrator of the master realm that the settings name, by key or by password; what it is asked about
    is our realm.

    Raises:
        SettingsError: they name none.
    """
    if settings.administrator is None:
        raise SettingsError((f"{PREFIX}KEYCLOAK__ADMIN_USERNAME", Refused(Refusal.ADMINISTRATOR_NEEDED)))
    if settings.admin_key_file is not None:
        return Connection(
            settings,
            user_realm_name="master",
            client_id=settings.admin_client_id,
            grant_type="client_credentials",
            proofs=lambda issuer: administrator_proofs(settings, issuer),
            credentials=Credentials(_settings("ADMIN_CLIENT_ID", "ADMIN_KEY_FILE", "ADMIN_CLIENT_SECRET")),
        )
    return Connection(
        settings,
        user_realm_name="master",
        client_id="admin-cli",
        username=settings.admin_username,
        password=settings.admin_password.get_secret_value() if settings.admin_password else None,
        grant_type="password",
        credentials=Credentials(_settings("ADMIN_USERNAME", "ADMIN_PASSWORD")),
    )


def _settings(*names: str) -> str:
    return ", ".join(f"{PREFIX}KEYCLOAK__{name}" for name in names)


def read(admin: KeycloakAdmin, path: str, **query: Any) -> Any:
    """A GET under the realm, from JSON: for what `KeycloakAdmin` has no method for, or one that reads too much.

    Raises:
        ReadIncomplete: the answer is cut.
    """
    answer = admin.connection.raw_get(f"admin/realms/{admin.connection.realm_name}/{path}", **query)
    try:
        return answer.json()
    except ValueError as error:
        raise ReadIncomplete("Keycloak's answer is cut: it cannot be read.") from error


def write(admin: KeycloakAdmin, path: str, body: object) -> None:
    """A POST under the realm, for what `KeycloakAdmin` has no method for."""
    admin.connection.raw_post(f"admin/realms/{admin.connection.realm_name}/{path}", data=json.dumps(body))


def why_silent(error: BaseException) -> Silence:
    """Why no answer came, told by the words of `requests` and of `urllib3`: they have no classes for it."""
    words = str(error)
    if isinstance(error, Timeout):
        return Silence.TIME_OUT
    return next((why for sign, why in _SIGNS.items() if sign in words), Silence.CUT)


_SIGNS = {
    "CERTIFICATE_VERIFY_FAILED": Silence.CERTIFICATE,
    "NameResolutionError": Silence.UNKNOWN_HOST,
    "Failed to resolve": Silence.UNKNOWN_HOST,
    "Connection refused": Silence.REFUSED,
    "timed out": Silence.TIME_OUT,
}


def _redirection(answer: Response, asked: str) -> KeycloakUnavailable:
    """It says nothing of a person, whatever was asked: a system failed."""
    sentence = f"Not Keycloak, but a redirection, answered {answer.status_code} to {asked}."
    return KeycloakUnavailable(sentence, answer.status_code)


def _other_server(error: KeycloakError) -> KeycloakError:
    """It answers, but not as Keycloak would: a proxy's page, say."""
    error.code = Refusal.NOT_KEYCLOAK
    return error


def _is_repeatable(method: str, path: str) -> bool:
    """Whether a call that had no answer may be sent again: it then does no more than one would.

    A group that is there is not made twice (409), and one that was moved stays where it is.
    """
    if method == "POST":
        return path.endswith(("/logout", "/children"))
    return not path.endswith("/execute-actions-email")  # a second e-mail would leave


def _is_transient(error: Exception) -> bool:
    return isinstance(error, KeycloakUnavailable) and error.status in _TRANSIENT


class _Way(HTTPAdapter):
    """The way to Keycloak: `requests` says once how it is reached (proxy, authorities), `urllib3` sends each call.

    A session of `requests` looks all that up and merges it anew for each call, which takes more processor than the
    rest of the call. A redirection is not followed, since the token would go with it, and no cookie is kept. `guard`
    is called whenever bytes are about to leave: a process may be frozen at any line before.
    """

    def __init__(self, url: str, timeout_seconds: float, guard: Callable[[], None]) -> None:
        super().__init__(pool_maxsize=_POOL)
        self._url, self._timeout_seconds, self._guard = url, timeout_seconds, guard
        # Workflows come as YAML otherwise.
        self._headers = {**default_headers(), "Accept": "application/json"}

    def call(
        self, method: str, path: str, body: Any, query: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Response:
        """One request, sent once.

        Raises:
            HTTPError, RequestException: no answer came.
        """
        pool, base = self._pool
        url = urljoin(base, path)
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
        answer.status_code, answer.headers, answer.encoding = raw.status, CaseInsensitiveDict(raw.headers), "utf-8"
        answer._content = raw.data
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
        pool = self.get_connection_with_tls_context(asked, environment["verify"], environment["proxies"])
        self.cert_verify(pool, self._url, environment["verify"], None)
        guard = self._guard
        connection: Any = pool.ConnectionCls

        def send(self: Any, data: Any) -> None:
            guard()
            connection.send(self, data)

        guarded: Any = type(connection.__name__, (connection,), {"send": send})
        pool.ConnectionCls = guarded
        return pool, self.request_url(asked, environment["proxies"])
