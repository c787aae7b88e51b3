"""A check as JSON, with its French sentences: for scripts, and kept beside the annexe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.document import Check, Column, Finding, Row, Severity
from provisioner.views.findings import message


def check_as_json(result: Check) -> dict[str, Any]:
    """`check --format json` (docs/schemas)."""
    transmitted_on = result.annexe.transmitted_on
    return {
        "file": result.file,
        "sha256": result.sha256,
        "partner": result.partner,
        "transmitted_on": transmitted_on.isoformat() if transmitted_on else None,
        "valid": result.is_valid,
        "open": [_row(row) for row in result.accepted(1)],
        "closed": [_row(row) for row in result.accepted(2)],
        "findings": findings_as_json(result.findings),
    }


def findings_as_json(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings, each with its sentence."""
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
            "who": one.who,
            "sheet_row": one.sheet_row,
        }
        for one in found
    ]


def findings_of(check: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings of a check that is kept, with their words as they were said then."""
    return tuple(
        Finding(
            code=one["code"],
            severity=Severity(one["severity"]),
            list=one["list"],
            row=one["row"],
            column=Column(one["column"]) if one["column"] else None,
            value=one["value"],
            suggestion=one["suggestion"],
            details=Said(one["message"]),
            who=one.get("who"),
            sheet_row=one.get("sheet_row"),
        )
        for one in check.get("findings", ())
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "row": row.row,
        "last_name": row.last_name,
        "first_names": row.first_names,
        "function": row.function,
        "email": row.email,
        row.date_column.value: row.on.isoformat() if row.on else None,
    }
