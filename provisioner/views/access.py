"""An access in a table: its state, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.access.habilitation import Habilitation, State

STATES: Mapping[State, str] = {
    State.PLANNED: "prévu",
    State.OPEN: "ouvert",
    State.SUSPENDED: "suspendu",
    State.CLOSED: "clôturé",
}


def person(habilitation: Habilitation) -> str:
    """A person in a cell."""
    return f"{habilitation.person.name}\n{habilitation.email}"
