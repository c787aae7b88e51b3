"""What can go wrong with the register and its lock."""

from __future__ import annotations

from provisioner.domain.errors import Refusal, Refused, System, SystemFailed


class RegisterUnavailable(SystemFailed):
    """The register cannot be read or written; nothing of the unit of work was kept."""

    system = System.REGISTER


class DamagedCopy(RegisterUnavailable):
    """The copy is not a whole database, nor is what it was copied from: nothing was kept."""

    def __init__(self) -> None:
        super().__init__("The register is damaged.", Refusal.DAMAGED_REGISTER)


class LockHeld(SystemFailed):
    """Another run is under way and did not end in time."""

    system = System.REGISTER


class LockLost(LockHeld):
    """The lock was lost amid a pass: this process was frozen or cut off, and another may be at work since."""

    def __init__(self) -> None:
        super().__init__("The lock was lost: another instance may be at work.", Refusal.LOCK_LOST)


class DecidedMeanwhile(Refused):
    """Somebody else decided about it at the same moment: an annexe, a certificate."""

    def __init__(self) -> None:
        super().__init__(Refusal.DECIDED_MEANWHILE)


class CopyRefused(Refused):
    """A copy cannot be put back: it cannot be read, or is not what it should be. Nothing was changed."""
