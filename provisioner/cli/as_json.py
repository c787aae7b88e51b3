"""The answers as JSON, exactly as in the contract; tests hold them against the schemas of `docs/schemas/`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from provisioner.domain.change import Blocked, Change, Drift
from provisioner.domain.contacts import Contacts
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import State
from provisioner.domain.kept_annexe import KeptAnnexe, Status
from provisioner.domain.records import Records
from provisioner.texts.check_json import findings_as_json
from provisioner.texts.reasons import drift_reason, reason

if TYPE_CHECKING:
    from provisioner.operations.submission import Submitted
    from provisioner.operations.tools import Outcome


def outcome(result: Outcome, *, done: bool) -> dict[str, Any]:
    """`plan` with its changes, or `apply` and `sync` with what was done and what failed."""
    plan = result.plan
    made: dict[str, Any] = {"changes": [_change(one) for one in plan.changes] if plan else []}
    if done:
        failed = [{**_change(one.change), "error": one.error} for one in result.outcome.failed]
        made = {"done": [_change(one) for one in result.outcome.done], "failed": failed}
    return {
        "as_of": result.as_of.isoformat(),
        "plans": [{"partner": code, "plan_id": id_} for code, id_ in (plan.ids if plan else {}).items()],
        **made,
        "later": [_change(one) for one in plan.later] if plan else [],
        "drift": [_drift(one) for one in plan.drift] if plan else [],
        "blocked_by": [_blocked(one) for one in plan.blocked] if plan else [],
        "findings": findings_as_json(result.check.findings) if result.check else [],
    }


def submitted(one: Submitted) -> dict[str, Any]:
    """`annexe submit`; the plan's id while nothing stands against an approval."""
    return {
        "annexe": one.annexe.id,
        "status": one.annexe.status.value,
        "plan_id": one.prepared.plan_id,
        "check": one.annexe.check,
    }


def annexe(one: KeptAnnexe) -> dict[str, Any]:
    """A line of `annexe list`."""
    return {
        "annexe": one.id,
        "partner": one.partner,
        "status": one.status.value,
        "transmitted_on": _day(one.transmitted_on),
        "received_on": one.received_on.isoformat(),
        "sha256": one.sha256,
        "approved_by": one.approved_by if one.status in (Status.APPROVED, Status.APPLIED) else None,
    }


def annexe_in_full(one: KeptAnnexe) -> dict[str, Any]:
    """`annexe show`."""
    return {**annexe(one), "check": one.check, "decisions": one.decisions.as_plain() if one.decisions else None}


def partner(one: Partner, records: Records, annexe_2: Contacts | None) -> dict[str, Any]:
    """`partner show`."""
    return {
        "code": one.code,
        "name": one.name,
        "domains": sorted(one.domains),
        "signed_on": _day(one.signed_on),
        "ends_on": one.last_day.isoformat(),
        "contacts": contacts(annexe_2),
        "habilitations": [
            {
                "email": habilitation.email,
                "state": records.state_of(habilitation).value,
                "requested_on": habilitation.requested_on.isoformat(),
                "ended_on": _day(habilitation.end.on if habilitation.end else None),
                "closed_on": _day(habilitation.closed_on),
            }
            for habilitation in records.of_partner(one.code)
        ],
    }


def contacts(known: Contacts | None) -> dict[str, Any]:
    """An annexe 2 or 3 (`caf show`): its date, and each role's name and address; nothing when none is recorded."""
    if known is None:
        return {}
    people = {one.role.value: {"name": one.name, "email": one.email} for one in known.people}
    return {"on": known.dated.isoformat(), **people}


def partners(records: Records) -> list[dict[str, Any]]:
    """`partner list`."""
    return [
        {
            "code": one.code,
            "name": one.name,
            "domains": sorted(one.domains),
            "signed_on": _day(one.signed_on),
            "ends_on": one.last_day.isoformat(),
            "open": sum(1 for habilitation in records.of_partner(code) if habilitation.state is State.OPEN),
        }
        for code, one in records.partners.items()
    ]


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "partner": change.partner,
        "habilitation": change.habilitation.id if change.habilitation else None,
        "email": change.email,
        "rule": change.rule,
        "due_on": _day(change.due_on),
        "reason": reason(change),
        **({"new_email": change.new_email} if change.new_email else {}),
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "kind": drift.kind.value,
        "partner": drift.partner,
        "email": drift.email,
        "reason": drift_reason(drift),
    }


def _blocked(blocked: Blocked) -> dict[str, Any]:
    return {
        "partner": blocked.partner,
        "plan_id": blocked.plan_id,
        "limit": blocked.limit.value,
        "figure": blocked.figure,
        "allowed": blocked.allowed,
        "override": f"--allow {blocked.plan_id}" if blocked.can_be_allowed else None,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
