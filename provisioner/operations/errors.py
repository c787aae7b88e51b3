"""The errors of the use cases that callers tell apart; any other refusal is `Refused` with its code."""

from __future__ import annotations

from provisioner.domain.errors import Exit, Refusal, Refused, System, SystemFailed


class UnknownRealm(Refused):
    """The realm under the settings is another one than the register began with: nothing is concluded from what it
    holds, and nothing is written there.
    """

    def __init__(self) -> None:
        super().__init__(Refusal.UNKNOWN_REALM)


class SyncFirst(Refused):
    """A run died in the middle, and what it made in Keycloak must be recorded before this annexe takes it back."""

    exit_status = Exit.FAILED

    def __init__(self) -> None:
        super().__init__(Refusal.SYNC_FIRST)


class FoldersFail(SystemFailed):
    """A file or a folder of the drop folders cannot be read, written or moved; it is tried again."""

    system = System.FOLDERS

    def __init__(self, error: OSError) -> None:
        super().__init__(f"A drop folder or a file in it cannot be used: {error.strerror or type(error).__name__}.")
