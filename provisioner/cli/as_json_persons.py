"""`explain` and `person show` as JSON, exactly as in the contract; tests hold them against the schemas."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from provisioner.domain.days import PARIS
from provisioner.domain.dossier import Dossier, Found, JournalLine, Match, Suspension
from provisioner.domain.habilitation import Habilitation
from provisioner.domain.hold import HoldKind
from provisioner.texts.change_json import change_as_json
from provisioner.texts.explanation import sentence
from provisioner.texts.holds import hold_reason

if TYPE_CHECKING:
    from provisioner.operations.dossiers import Explanation


def explanation(one: Explanation) -> dict[str, Any]:
    """`explain`."""
    return {
        "email": one.person.email,
        "state": one.person.state.value,
        "steps": [
            {"fact": sentence(step), "rule": step.rule, "partner": step.partner, "on": _day(step.on)}
            for step in one.steps
        ],
        "would": [change_as_json(change) for change in one.would],
    }


def person(one: Dossier) -> dict[str, Any]:
    """`person show`."""
    found = one.found or one.other
    return {
        "email": one.email,
        "account": _account(found) if found is not None else None,
        "habilitations": [_habilitation(one, each) for each in one.accesses],
        "invitations": _invitations(one),
        "holds": _holds(one),
        "journal": [_entry(line) for line in one.journal],
    }


def _account(found: Found) -> dict[str, Any]:
    account = found.account
    return {
        "id": account.id,
        "managed": found.match is not Match.ADDRESS_ONLY,
        "email": account.email,
        "email_verified": account.email_verified,
        "enabled": account.enabled,
        "last_name": account.last_name,
        "first_names": account.first_names,
        "attributes": {name: list(values) for name, values in sorted(account.attributes.items())},
        "groups": list(found.groups),
        "has_password": found.has_password,
        "created_at": _moment(account.created_at),
    }


def _habilitation(person: Dossier, one: Habilitation) -> dict[str, Any]:
    end = one.end
    return {
        "habilitation": one.id,
        "partner": one.partner,
        "email": one.email,
        "last_name": one.person.last_name,
        "first_names": one.person.first_names,
        "function": one.person.function,
        "state": person.records.state_of(one).value,
        "requested_on": one.requested_on.isoformat(),
        "transmitted_on": one.transmitted_on.isoformat(),
        "adopted_on": _day(one.adopted_on),
        "opened_at": _moment(one.opened_at),
        "ended_on": _day(end.on if end else None),
        "end_rule": end.rule if end else None,
        "closed_on": _day(one.closed_on),
        "waived": sorted(one.waived),
        "annexes": [
            {"annexe": each.annexe.id, "status": each.annexe.status.value, "list": each.list, "row": each.row}
            for each in person.listed
            if each.annexe.partner == one.partner
        ],
    }


def _invitations(person: Dossier) -> list[dict[str, Any]]:
    return [
        {
            "habilitation": one.id,
            "partner": one.partner,
            "attempt": each.attempt,
            "sent_on": _day(each.sent_at.astimezone(PARIS).date() if each.sent_at else None),
            "state": person.attempt_state(one, each).value,
        }
        for one in person.accesses
        for each in person.records.invitations_of(one)
    ]


def _holds(person: Dossier) -> list[dict[str, Any]]:
    """The suspensions by name, past ones too, and the plans beyond a limit that hold something of the person's."""
    named = (
        {"kind": "limit", "partner": one.partner, "since": _moment(one.since), "reason": hold_reason(one)}
        for one in person.records.holds
        if one.kind is HoldKind.LIMIT and any(person.email in _names(change) for change in one.changes)
    )
    nobody = {"released_at": None, "released_by": None, "release_reason": None, "effective_at": None}
    return [*(_suspension(one) for one in person.suspensions), *({**one, **nobody} for one in named)]


def _names(change: Any) -> tuple[str | None, str | None]:
    return change["email"], change.get("new_email")


def _suspension(one: Suspension) -> dict[str, Any]:
    return {
        "kind": "suspension",
        "partner": None,
        "since": _moment(one.since),
        "reason": one.reason,
        "effective_at": _moment(one.effective_at),
        "released_at": _moment(one.released_at),
        "released_by": one.released_by,
        "release_reason": one.release_reason,
    }


def _entry(line: JournalLine) -> dict[str, Any]:
    return {
        "entry": line.entry,
        "at": _moment(line.at),
        "by": line.by,
        "os_user": line.os_user,
        "host": line.host,
        "action": line.action,
        "partner": line.partner,
        "habilitation": line.habilitation,
        "rule": line.rule,
        "sha256": line.sha256,
        "details": dict(line.details),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(PARIS).isoformat(timespec="seconds") if at else None
