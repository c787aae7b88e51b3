"""Everything that is held on a person, as `person show --format json` answers it (docs/schemas)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.person_file import Dossier, JournalLine
from provisioner.domain.calendar import PARIS
from provisioner.domain.hold import Hold, HoldKind
from provisioner.views.holds import hold_reason


def dossier_as_json(person: Dossier) -> dict[str, Any]:
    """The register's facts, Keycloak's and the journal's."""
    held = {
        "email": person.email,
        "account": _account(person),
        "habilitations": [_habilitation(person, one) for one in person.accesses],
        "invitations": [
            {
                "habilitation": one.id,
                "partner": one.partner,
                "attempt": each.attempt,
                "sent_on": each.sent_at.astimezone(PARIS).date() if each.sent_at else None,
                "state": person.attempt_state(one, each),
            }
            for one in person.accesses
            for each in person.records.invitations_of(one)
        ],
        "holds": [{"kind": "suspension", "partner": None, **one} for one in person.suspensions]
        + [_hold(one) for one in person.holds if one.kind is not HoldKind.SUSPENSION],
        "journal": [_line(line) for line in person.journal],
    }
    return {name: _plain(value) for name, value in held.items()}


def _account(person: Dossier) -> dict[str, Any] | None:
    if (found := person.found) is None:
        return None
    more = {"managed": found.is_ours, "groups": found.groups, "has_password": found.has_password}
    return {**asdict(found.account), **more}


def _habilitation(person: Dossier, one: Habilitation) -> dict[str, Any]:
    return {
        "habilitation": one.id,
        "partner": one.partner,
        **asdict(one.person),
        "state": person.records.state_of(one),
        "requested_on": one.requested_on,
        "transmitted_on": one.transmitted_on,
        "adopted_on": one.adopted_on,
        "opened_at": one.opened_at,
        "ended_on": one.end.on if one.end else None,
        "end_rule": one.end.rule if one.end else None,
        "closed_on": one.closed_on,
        "waived": sorted(one.waived),
        "annexes": [
            {"annexe": each.annexe.id, "status": each.annexe.status, "list": each.list, "row": each.row}
            for each in person.listed
            if each.annexe.partner == one.partner
        ],
    }


def _line(line: JournalLine) -> dict[str, Any]:
    """An entry, its decision as `journal show` tells it."""
    told = asdict(line)
    annexe, decided_by = told.pop("annexe"), told.pop("decided_by")
    cause = {"annexe": annexe, "decided_by": decided_by}
    return told | {"cause": cause if annexe is not None or decided_by is not None else None}


def _hold(one: Hold) -> dict[str, Any]:
    """A plan beyond a limit or a quarantine; unlike a suspension, it is kept only while it lasts."""
    nobody = dict.fromkeys(("effective_at", "released_at", "released_by", "release_reason"))
    return {"kind": one.kind, "partner": one.partner, "since": one.since, "reason": hold_reason(one), **nobody}


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: a day and a moment as text, a moment with Paris's offset."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(PARIS).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
