"""`session-after-closure`: an account that was closed or suspended still has a session in Keycloak (A3)."""

from __future__ import annotations

from datetime import datetime

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.connections.control import Control, Facts, Observation, Severity

CONTROL = Control(code="session-after-closure", rule="A3", severity=Severity.GRAVE, is_state=True)


def observe(account: int, habilitation: Habilitation, cut_at: datetime) -> Observation:
    """A session lives on that should have ended when the account was cut."""
    return Observation(
        control=CONTROL,
        key=str(account),
        since=cut_at,
        partner=habilitation.partner,
        habilitation=habilitation.id,
        account=account,
        facts=Facts(since=cut_at),
    )
