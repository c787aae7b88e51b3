"""`realm-weakened`: something of the realm protects less than its files want (L1). It goes when it is put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.realm_check import Part
from provisioner.domain.realm_model import Difference

CONTROL = Control(code="realm-weakened", rule="L1", severity=Severity.WARNING, is_state=True)


def find(differences: Iterable[Difference], now: datetime) -> Iterator[Observation]:
    """Each thing that protects less, under the rule that it weakens. The texts, of which there are many, are one."""
    seen: set[str] = set()
    for difference in differences:
        is_text = difference.part is Part.TEXT
        setting = str(difference.part) if is_text else difference.setting
        key = f"{setting}:{difference.rule}"
        if key not in seen:
            seen.add(key)
            yield Observation(
                control=replace(CONTROL, rule=difference.rule),
                key=key,
                since=now,
                severity=Severity.GRAVE if difference.is_grave else None,
                facts=Facts(
                    setting=setting,
                    wanted="" if is_text else difference.wanted or "",
                    present="" if is_text else difference.present or "",
                ),
            )
