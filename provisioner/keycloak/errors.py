"""What can go wrong with Keycloak, named after what the user must do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from provisioner.domain.errors import System, SystemFailed
from provisioner.domain.hold import Cause
from provisioner.domain.password import RealmFault


class KeycloakError(SystemFailed):
    """Keycloak did not do what was asked.

    `status` is its HTTP answer, None when there was none; `fields` are those of the account that a refusal names.
    """

    system = System.KEYCLOAK

    def __init__(self, message: str, status: int | None = None, fields: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.fields = frozenset(fields)


class KeycloakUnavailable(KeycloakError):
    """It cannot be reached, does not answer in time or fails by itself: run again later."""


class KeycloakRefused(KeycloakError):
    """It says no: look at the credentials, the rights of the service account, or the value that it names."""


class RealmUnfit(KeycloakRefused):
    """Something of the realm is not as it has to be: nobody's own failure. Put it right.

    `is_for_all`: nobody else's would go well. An account that is there may have what the realm asks for.
    """

    def __init__(self, fault: RealmFault, error: KeycloakError, *, is_for_all: bool = True) -> None:
        super().__init__(str(error), error.status, error.fields)
        self.fault, self.is_for_all = fault, is_for_all


class Conflict(KeycloakError):
    """What was to be created is already there."""


class PlaceTaken(Conflict):
    """Another group has the name or the place of a partner's group: rename or delete it in the console."""

    def __init__(self, error: KeycloakError) -> None:
        super().__init__(Cause.GROUP_PLACE_TAKEN, error.status)


class NotFound(KeycloakError):
    """What was asked for is not there."""


class RealmMissing(KeycloakRefused):
    """There is no realm of that name: nothing can be said of what would be in it."""


class ReadIncomplete(KeycloakError):
    """A read is not proven to be whole: nothing may be concluded from it."""


class SessionsRemain(KeycloakError):
    """An account still has a session after all were ended: run again."""


class MailFailed(KeycloakError):
    """Keycloak could not send the e-mail: look at the mail server. It was not sent."""


class OutcomeUnknown(KeycloakUnavailable):
    """No answer to an e-mail's sending: it may have left or not. Never repeat it blindly."""


class WriteForbidden(KeycloakError):
    """Something tried to write during a run that only looks: a defect of this software."""


def error_of(status: int | None, what: str, body: bytes | None) -> KeycloakError:
    """The error that an answer of Keycloak means. `what` was asked, as `PUT admin/…`.

    The sentence tells the reason that Keycloak gives and never a value: it may name a person.
    """
    answer = _json_object(body)
    parts = [answer.get(key) for key in ("error", "errorMessage", "error_description", "field")]
    reason = ", ".join(str(part) for part in parts if part)
    sentence = f"Keycloak answered {status} to {what}: {reason or 'no reason given'}."
    if status == 404 and not reason:
        # Keycloak gives its reasons in JSON: this is a proxy, say, and no proof that a thing is not there.
        return KeycloakUnavailable(sentence, status)
    if status == 404:
        return RealmMissing(sentence, status) if reason.startswith("Realm") else NotFound(sentence, status)
    if status == 409:
        return Conflict(sentence, status)
    if status is None or status >= 500 or status == 429:
        return KeycloakUnavailable(sentence, status)
    return KeycloakRefused(sentence, status, _fields(answer))


def _json_object(body: bytes | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _fields(answer: dict[str, Any]) -> frozenset[str]:
    """The fields of an account that a refusal names; never their values."""
    several = answer.get("errors")
    refusals = [answer] if not isinstance(several, list) else [item for item in several if isinstance(item, dict)]
    return frozenset(str(refusal["field"]) for refusal in refusals if refusal.get("field"))
