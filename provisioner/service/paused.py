"""The pause that a clock's jump sets: everything waits until a person has looked and says `resume`."""

from __future__ import annotations

from provisioner.domain.hold import Hold, HoldKind
from provisioner.operations import holding
from provisioner.register import Register, holds

#: The reason of such a pause.
CLOCK = "clock"


def is_clock_pause(one: Hold) -> bool:
    """Whether this is the pause of everything because of the clock."""
    return one.kind is HoldKind.PAUSE and one.partner is None and one.reason == CLOCK


def is_paused_by_clock(register: Register) -> bool:
    """Whether everything waits for somebody to look at the clock.

    Raises:
        RegisterUnavailable: it cannot be read.
    """
    with register.read() as connection:
        return holds.everybodys_pause(connection) == CLOCK


def pause_because_of_clock(register: Register) -> None:
    """Pauses everything until `resume`. It takes the place of a pause set by a person: its last day may be wrong now.

    Raises:
        RegisterUnavailable: it cannot be written; nothing may be done until it is.
    """
    if not is_paused_by_clock(register):
        holding.pause(register, None, CLOCK, None, register.actor.by)
