"""A change as JSON, with its French sentence: for scripts, and kept beside what a limit holds."""

from __future__ import annotations

from typing import Any

from provisioner.domain.access.change import Change
from provisioner.views.reasons import reason


def change_as_json(change: Change) -> dict[str, Any]:
    """A line of `changes`, `later`, `done` (docs/schemas)."""
    return {
        "action": change.action.value,
        "partner": change.partner,
        "habilitation": change.habilitation.id if change.habilitation else None,
        "email": change.email,
        "rule": change.rule,
        "due_on": change.due_on.isoformat() if change.due_on else None,
        "reason": reason(change),
        **({"new_email": change.new_email} if change.new_email else {}),
    }
