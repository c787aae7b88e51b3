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
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from requests import Response
from urllib3.exceptions import HTTPError

from provisioner.domain.errors import Refusal, Refused
from provisioner.keycloak.credentials import Proof, administrator_proofs, service_proofs
from provisioner.keycloak.errors import (
    KeycloakError,
    KeycloakRefused,
    KeycloakUnavailable,
    ReadIncomplete,
    WriteForbidden,
    error_of,
)
from provisioner.keycloak.way import Way, other_server, why_silent
from provisioner.settings import PREFIX, KeycloakSettings, SettingsError

if TYPE_CHECKING:
    from stamina import Attempt

_ATTEMPTS = 4
#: No new attempt after so many seconds; the last one may still take the time-out of the settings.
_PATIENCE_SECONDS = 10
_TRANSIENT = {None, 502, 503, 504}

#: What comes in the place of an answer; authorities that are not where the environment says are an `OSError` too.
_NO_ANSWER = (HTTPError, OSError)

#: What a request for a token is.
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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
        client_id: str,
        grant_type: str = "",
        user_realm_name: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        # Not the library's constructors: they make sockets that nobody uses, by the environment and the authorities.
        self.token_lifetime_fraction = 0.9
        self.headers = {"Content-Type": "application/json"}
        self.server_url, self.realm_name = f"{settings.url}/", settings.realm
        self.client_id, self.grant_type, self.user_realm_name = client_id, grant_type, user_realm_name
        self.username, self.password, self.token = username, password, None
        #: Answers received so far, those to requests for a token included.
        self.calls = 0
        self._read_only, self._guard, self._proofs = read_only, guard, proofs
        self._credentials, self._has_written = credentials or Credentials(""), False
        self._timeout_seconds = settings.timeout_seconds
        self._http = Way(f"{settings.url}/", settings.timeout_seconds, guard)
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
            raise other_server(ReadIncomplete(f"Keycloak's answer to GET {path} cannot be read."))
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
        began = time.monotonic()
        try:
            return self._once(method, path, body, query, asked)
        except KeycloakUnavailable as error:
            patience = _PATIENCE_SECONDS - (time.monotonic() - began)
            if not (_is_transient(error) and _is_repeatable(method, path) and patience > 0):
                raise
            for attempt in _repeats(patience):
                with attempt:
                    if attempt.num == 1:
                        raise
                    return self._once(method, path, body, query, asked)
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, body: Any, query: Mapping[str, Any], asked: str) -> Response:
        self._guard()
        answer = self._send(method, path, body, query)
        if answer.status_code == 401:  # the token was taken back
            self.get_token()
            answer = self._send(method, path, body, query)
        self._has_written |= method != "GET"
        if answer.status_code >= 300:
            raise error_of(answer.status_code, asked, answer.content)
        if method != "GET" and "html" in answer.headers.get("Content-Type", ""):
            # A firewall's page says 200 for what it kept back: nothing was written, a closing least of all.
            sentence = f"Not Keycloak, but a page, answered {answer.status_code} to {asked}."
            raise other_server(KeycloakUnavailable(sentence, answer.status_code))
        return answer

    def _send(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> Response:
        with self._one_at_a_time:  # one token for all threads
            if self.expires_at is None or datetime.now(UTC) >= self.expires_at:
                self.get_token()
        try:
            answer = self._http.call(method, path, body, query, self.headers or {})
        except _NO_ANSWER as error:
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
                raise other_server(KeycloakUnavailable(f"Keycloak answered {asked} with something else.")) from error
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
            way = Way(self.server_url or "", self._timeout_seconds, lambda: None)
            try:
                answer = way.call("POST", path, urlencode(form), {}, _FORM)
            except _NO_ANSWER as error:
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
            except _NO_ANSWER as error:
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


def _is_repeatable(method: str, path: str) -> bool:
    """Whether a call that had no answer may be sent again: it then does no more than one would.

    A group that is there is not made twice (409), and one that was moved stays where it is.
    """
    if method == "POST":
        return path.endswith(("/logout", "/children"))
    return not path.endswith("/execute-actions-email")  # a second e-mail would leave


def _repeats(patience: float) -> Iterable[Attempt]:
    """The attempts at a call that failed alone: what makes them is loaded then, and takes a quarter of a call's
    processor.
    """
    import stamina.instrumentation

    # A repeat is no line of the log, least of all amid an answer: whoever waits is told once that Keycloak is away.
    stamina.instrumentation.set_on_retry_hooks(())
    return stamina.retry_context(on=_is_transient, attempts=_ATTEMPTS, timeout=patience)


def _is_transient(error: Exception) -> bool:
    return isinstance(error, KeycloakUnavailable) and error.status in _TRANSIENT
