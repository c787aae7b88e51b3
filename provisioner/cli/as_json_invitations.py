"""`invitation list` as JSON, exactly as in the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.operations.inviting import Invited


def invited(found: Invited) -> dict[str, Any]:
    """A line of it. `attempts` counts those that failed, `sent_on` is the day of the last one that left."""
    each = found.round
    return {
        "habilitation": each.one.id,
        "partner": each.one.partner,
        "email": each.one.email,
        "state": found.state.value,
        "attempts": len(each.begun),
        "sent_on": each.sent_on.isoformat() if each.sent_on else None,
    }
