"""Why a run failed: in one word for counting, and in a log line that names no person."""

from __future__ import annotations

from provisioner.keycloak.errors import KeycloakError
from provisioner.logs import place_of
from provisioner.operations.errors import FoldersFail, UnknownRealm
from provisioner.register import LockHeld, LockLost, RegisterUnavailable


class Unfinished(Exception):
    """Some of the changes that were due could not be made; they stay due. Each is told in the log by itself."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} changes could not be made")


def reason_of(error: Exception) -> str:
    """What failed: `keycloak`, `register`, `lock`, `unfinished`, `folders`, `realm` for an unknown one, or
    `defect` for one of ours.
    """
    for kind, reason in (
        (KeycloakError, "keycloak"),
        (RegisterUnavailable, "register"),
        (LockHeld, "lock"),
        (FoldersFail, "folders"),
        (UnknownRealm, "realm"),
        (Unfinished, "unfinished"),
    ):
        if isinstance(error, kind):
            return reason
    return "defect"


def error_of(error: Exception) -> dict[str, str]:
    """What may stand in the log.

    The message of a held lock names who holds it, and what a defect says may hold anything: of these only where it
    was raised is told. A database may add the values to its first line's sentence.
    """
    if isinstance(error, KeycloakError | RegisterUnavailable | Unfinished | FoldersFail | LockLost | UnknownRealm):
        return {"error": str(error).partition("\n")[0]}
    if isinstance(error, LockHeld):
        return {}
    return {"error": type(error).__name__, "at": place_of(error)}
