"""One way to call Keycloak: its errors in our words, repeats of what is safe to repeat, and a count of the calls."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import stamina
from keycloak.exceptions import KeycloakConnectionError
from keycloak.exceptions import KeycloakError as LibraryError
from requests import Response

from provisioner.keycloak.errors import (
    Conflict,
    KeycloakError,
    KeycloakRefused,
    KeycloakUnavailable,
    NotFound,
    ReadIncomplete,
    WriteForbidden,
)
from provisioner.keycloak.transport import LibraryConnection, guard_sockets
from provisioner.settings import KeycloakSettings, SettingsError

Method = Literal["get", "post", "put", "delete"]

_ATTEMPTS = 4
#: No new attempt after so many seconds; the last one may still take the time-out of the settings.
_PATIENCE_SECONDS = 10
_TRANSIENT = {None, 502, 503, 504}


class Connection:
    """Calls to the Admin API of a server, shared by threads. Nothing is sent before the first call.

    `guard` is called whenever bytes are about to leave; when it raises, they do not.
    """

    def __init__(
        self, library: LibraryConnection, *, read_only: bool = False, guard: Callable[[], None] = lambda: None
    ) -> None:
        self._library = library
        self._read_only = read_only
        self._guard = guard
        guard_sockets(library._s, guard)

    @property
    def calls(self) -> int:
        """Answers received so far, those to requests for a token included."""
        return self._library.answers

    def server_time(self) -> datetime:
        """Keycloak's clock, never ahead of it and at most about a second behind.

        Keycloak's answers bear no date: this is when it says that it made our token, and the time since then.

        Raises:
            KeycloakError: no token could be had, or it does not say.
        """
        claims, received = self._claims()
        try:
            made = datetime.fromtimestamp(claims["iat"], UTC)
        except (KeyError, TypeError) as error:
            raise KeycloakRefused("Keycloak's token does not say when it was made.") from error
        return made + timedelta(seconds=time.monotonic() - received)

    def own_user_id(self) -> str:
        """The id of the user that we are, as our token says.

        Raises:
            KeycloakError: no token could be had, or it does not say.
        """
        claims, _ = self._claims()
        if "sub" not in claims:
            raise KeycloakRefused("Keycloak's token does not say who we are.")
        return str(claims["sub"])

    def own_roles(self) -> frozenset[str]:
        """The roles that we have, as our token says; `client/role` for a client's.

        Raises:
            KeycloakError: no token could be had.
        """
        claims, _ = self._claims()
        by_client = claims.get("resource_access") or {}
        found = {f"{client}/{name}" for client, access in by_client.items() for name in access.get("roles", [])}
        return frozenset(found | {*(claims.get("realm_access") or {}).get("roles", [])})

    def _claims(self) -> tuple[dict[str, Any], float]:
        """What our token says, and the monotonic clock when it came."""
        if self._library.received is None:
            self._token()
        assert self._library.received is not None
        token, received = self._library.received
        try:
            payload = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (IndexError, ValueError) as error:
            raise KeycloakRefused("Keycloak's token cannot be read.") from error
        return claims, received

    def _token(self) -> None:
        try:
            self._library.get_token()
        except KeycloakConnectionError as error:
            raise KeycloakUnavailable("Keycloak does not answer (request for a token).") from error
        except LibraryError as error:
            raise _error(error.response_code, "the request for a token", error.response_body) from error

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers, from JSON.

        Raises:
            ReadIncomplete: the answer is not whole JSON.
            KeycloakError: as `request`.
        """
        answer = self.request("get", path, query=query)
        try:
            return answer.json()
        except ValueError as error:
            raise ReadIncomplete(f"Keycloak's answer to GET {path} cannot be read.") from error

    def request(
        self,
        method: Method,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
    ) -> Response:
        """One call; a repeatable one (default: any but POST) is tried a few times while Keycloak is unreachable.

        Raises:
            KeycloakUnavailable: no answer, or an error 5xx.
            KeycloakRefused, NotFound, Conflict: as answered.
            WriteForbidden: a write through a connection that only reads; nothing was sent.
        """
        if self._read_only and method != "get":
            raise WriteForbidden(f"{method.upper()} {path} during a run that only looks.")
        repeats = method != "post" if repeatable is None else repeatable
        attempts = _ATTEMPTS if repeats else 1
        for attempt in stamina.retry_context(on=_is_transient, attempts=attempts, timeout=_PATIENCE_SECONDS):
            with attempt:
                self._guard()
                return self._once(method, path, body, query or {})
        raise AssertionError("unreachable")

    def renew_token(self) -> None:
        """Asks for a new token: rights given since the last one show in it."""
        self._token()

    def close(self) -> None:
        """Gives the sockets back, that of the requests for a token too."""
        self._library._s.close()
        if self._library._keycloak_openid is not None:
            self._library._keycloak_openid.connection._s.close()

    def _once(self, method: Method, path: str, body: object, query: Mapping[str, Any]) -> Response:
        data = {} if method == "get" else {"data": None if body is None else json.dumps(body)}
        call = getattr(self._library, f"raw_{method}")
        what = f"{method.upper()} {path}"
        try:
            answer: Response = call(path, **data, **query)
        except KeycloakConnectionError as error:
            self._guard()  # it may be what failed
            cause = error.__cause__ or error
            raise KeycloakUnavailable(f"Keycloak does not answer: {type(cause).__name__} ({what}).") from error
        except LibraryError as error:
            # Only the request for a token ends here: other answers are given back as they are.
            raise _error(error.response_code, "the request for a token", error.response_body) from error
        if answer.status_code >= 300:
            raise _error(answer.status_code, what, answer.content)
        return answer


def service_connection(
    settings: KeycloakSettings, *, read_only: bool, guard: Callable[[], None] = lambda: None
) -> Connection:
    """As our own service account, in the realm."""
    secret = settings.client_secret.get_secret_value() if settings.client_secret else None
    library = LibraryConnection(
        server_url=f"{settings.url}/",
        realm_name=settings.realm,
        client_id=settings.client_id,
        client_secret_key=secret,
        grant_type="client_credentials",
        timeout=settings.timeout_seconds,
    )
    return Connection(library, read_only=read_only, guard=guard)


def administrator_connection(settings: KeycloakSettings) -> Connection:
    """As the administrator of the master realm that the settings name.

    Raises:
        SettingsError: they name none.
    """
    if settings.admin_username is None or settings.admin_password is None:
        raise SettingsError("PROVISIONER_KEYCLOAK__ADMIN_USERNAME and __ADMIN_PASSWORD must be set for this.")
    library = LibraryConnection(
        server_url=f"{settings.url}/",
        realm_name="master",
        client_id="admin-cli",
        username=settings.admin_username,
        password=settings.admin_password.get_secret_value(),
        grant_type="password",
        timeout=settings.timeout_seconds,
    )
    return Connection(library)


def _is_transient(error: Exception) -> bool:
    return isinstance(error, KeycloakUnavailable) and error.status in _TRANSIENT


def _error(status: int | None, what: str, body: bytes | None) -> KeycloakError:
    reason = _reason(body)
    sentence = f"Keycloak answered {status} to {what}: {reason or 'no reason given'}."
    if status == 404 and reason is None:
        # Keycloak gives its reasons in JSON: this is a proxy, say, and no proof that a thing is not there.
        return KeycloakUnavailable(sentence, status)
    if status == 404 and reason is not None and not reason.startswith("Realm"):
        return NotFound(sentence, status)
    if status == 409:
        return Conflict(sentence, status)
    if status is None or status >= 500 or status == 429:
        return KeycloakUnavailable(sentence, status)
    return KeycloakRefused(sentence, status, _fields(body))


def _fields(body: bytes | None) -> frozenset[str]:
    """The fields of an account that a refusal names; never their values."""
    try:
        answer = json.loads(body or b"")
    except ValueError:
        return frozenset()
    if not isinstance(answer, dict):
        return frozenset()
    errors = answer.get("errors")
    refusals = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else [answer]
    return frozenset(str(one["field"]) for one in refusals if one.get("field"))


def _reason(body: bytes | None) -> str | None:
    """What Keycloak's answer says. Its fields that hold values are left out: they may name a person."""
    try:
        answer = json.loads(body or b"")
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    parts = [answer.get(key) for key in ("error", "errorMessage", "error_description", "field")]
    return ", ".join(str(part) for part in parts if part) or None
