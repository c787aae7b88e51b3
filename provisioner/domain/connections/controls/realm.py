"""`realm-weakened`: a setting of the realm is weaker than its files want it (L1). It goes when it is put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.realm_check import Difference

CONTROL = Control(code="realm-weakened", rule="L1", severity=Severity.WARNING, is_state=True)


def find(differences: Iterable[Difference], now: datetime) -> Iterator[Observation]:
    """Each weaker setting, under the rule that it weakens."""
    for difference in differences:
        yield Observation(
            control=replace(CONTROL, rule=difference.rule),
            key=f"{difference.setting}:{difference.rule}",
            since=now,
            severity=Severity.GRAVE if difference.is_grave else None,
            facts=Facts(setting=difference.setting, wanted=difference.wanted, present=difference.present),
        )
