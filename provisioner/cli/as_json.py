"""The answers as JSON, exactly as in the contract; tests hold them against the schemas of `docs/schemas/`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from provisioner.domain.change import Blocked, Drift, suspension_of
from provisioner.domain.contacts import Contacts
from provisioner.domain.convention import Partner
from provisioner.domain.days import PARIS
from provisioner.domain.habilitation import State
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.kept_annexe import KeptAnnexe, Status
from provisioner.domain.records import Records
from provisioner.texts.change_json import change_as_json
from provisioner.texts.check_json import findings_as_json
from provisioner.texts.holds import hold_reason
from provisioner.texts.reasons import drift_reason

if TYPE_CHECKING:
    from provisioner.operations.holding import Standing
    from provisioner.operations.submission import Submitted
    from provisioner.operations.tools import Outcome


def outcome(result: Outcome, *, done: bool) -> dict[str, Any]:
    """`plan` with its changes, or `apply` and `sync` with what was done and what failed."""
    plan = result.plan
    made: dict[str, Any] = {"changes": [change_as_json(one) for one in plan.changes] if plan else []}
    if done:
        failed = [{**change_as_json(one.change), "error": one.error} for one in result.outcome.failed]
        made = {"done": [change_as_json(one) for one in result.outcome.done], "failed": failed}
    return {
        "as_of": result.as_of.isoformat(),
        "plans": [{"partner": code, "plan_id": id_} for code, id_ in (plan.ids if plan else {}).items()],
        **made,
        "later": [change_as_json(one) for one in plan.later] if plan else [],
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
    decisions = one.approved_decisions
    return {**annexe(one), "check": one.check, "decisions": decisions.as_plain() if decisions else None}


def hold(one: Hold, records: Records) -> dict[str, Any]:
    """A line of `held list`. A suspension's changes are the accesses that it cuts."""
    mine = [each for each in records.habilitations if each.email == one.email and each.state is not State.CLOSED]
    cut = mine if one.kind is HoldKind.SUSPENSION else []
    return {
        "plan_id": one.plan_id,
        "partner": one.partner or next((each.partner for each in cut), None),
        "kind": one.kind.value,
        "since": one.since.astimezone(PARIS).isoformat(timespec="seconds"),
        "reason": hold_reason(one),
        "changes": [*one.changes, *(change_as_json(suspension_of(each)) for each in cut)],
    }


def standing(found: Standing) -> dict[str, Any]:
    """`status`."""
    last = found.last_good_sync
    return {
        "last_good_sync": last.astimezone(PARIS).isoformat(timespec="seconds") if last else None,
        "partners": found.partners,
        "open": found.open,
        "waiting": [annexe(one) for one in found.waiting],
        "held": len(found.holds) - len(found.quarantines),
        "quarantined": len(found.quarantines),
        "invitations_owed": found.invitations_owed,
    }


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
