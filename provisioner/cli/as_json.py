"""The answers as JSON, exactly as in the contract; tests hold them against the schemas of `docs/schemas/`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from provisioner.domain.annexe import Finding, Row
from provisioner.domain.change import Blocked, Change, Drift
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.records import Records
from provisioner.texts.findings import message
from provisioner.texts.reasons import drift_reason, reason

if TYPE_CHECKING:
    from provisioner.domain.check import Check
    from provisioner.operations.provisioning import Outcome


def check(result: Check) -> dict[str, Any]:
    """`check --format json`."""
    return {
        "file": result.file,
        "sha256": result.sha256,
        "partner": result.partner,
        "transmitted_on": _day(result.annexe.transmitted_on),
        "valid": result.is_valid,
        "open": [_row(row) for row in result.accepted(1)],
        "closed": [_row(row) for row in result.accepted(2)],
        "findings": findings(result.findings),
    }


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings with their French sentences."""
    return [
        {
            "code": one.code,
            "severity": one.severity.value,
            "list": one.list,
            "row": one.row,
            "column": one.column.value if one.column else None,
            "value": one.value,
            "message": message(one),
            "suggestion": one.suggestion,
        }
        for one in found
    ]


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
        "findings": findings(result.check.findings) if result.check else [],
    }


def partner(one: Partner, habilitations: Iterable[Habilitation]) -> dict[str, Any]:
    """`partner show`."""
    return {
        "code": one.code,
        "name": one.name,
        "domains": sorted(one.domains),
        "signed_on": _day(one.signed_on),
        "ends_on": one.last_day.isoformat(),
        "contacts": {},
        "habilitations": [
            {
                "email": habilitation.email,
                "state": habilitation.state.value,
                "requested_on": habilitation.requested_on.isoformat(),
                "ended_on": _day(habilitation.end.on if habilitation.end else None),
                "closed_on": _day(habilitation.closed_on),
            }
            for habilitation in habilitations
        ],
    }


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


def _row(row: Row) -> dict[str, Any]:
    return {
        "row": row.row,
        "last_name": row.last_name,
        "first_names": row.first_names,
        "function": row.function,
        "email": row.email,
        row.date_column.value: _day(row.on),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "partner": change.partner,
        "habilitation": change.habilitation.id if change.habilitation else None,
        "email": change.email,
        "rule": change.rule,
        "due_on": _day(change.due_on),
        "reason": reason(change),
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
