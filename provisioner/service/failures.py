"""Why a run failed: in one word for counting, and in a log line that names no person."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from provisioner.keycloak.errors import KeycloakError
from provisioner.operations.errors import FoldersFail
from provisioner.register import LockHeld, RegisterUnavailable

#: How many places in the code are told of a defect.
_PLACES = 4


class Unfinished(Exception):
    """Some of the changes that were due could not be made; they stay due. Each is told in the log by itself."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} changes could not be made")


def reason_of(error: Exception) -> str:
    """What failed: `keycloak`, `register`, `lock`, `unfinished`, `folders`, or `defect` for one of ours."""
    for kind, reason in (
        (KeycloakError, "keycloak"),
        (RegisterUnavailable, "register"),
        (LockHeld, "lock"),
        (FoldersFail, "folders"),
        (Unfinished, "unfinished"),
    ):
        if isinstance(error, kind):
            return reason
    return "defect"


def error_of(error: Exception) -> dict[str, str]:
    """What may stand in the log.

    The lock's message names who holds it, and what a defect says may hold anything: of these only where it was
    raised is told. A database may add the values to its first line's sentence.
    """
    if isinstance(error, KeycloakError | RegisterUnavailable | Unfinished | FoldersFail):
        return {"error": str(error).partition("\n")[0]}
    if isinstance(error, LockHeld):
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "at": " ".join(places)}
