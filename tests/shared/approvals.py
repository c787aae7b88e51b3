"""The steps of an annexe that is decided upon, as a script takes them: each answer held against its schema."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.shared.office import PARTNER, Answer, Office, valid

BY = "Claire Martin"


def submit(office: Office, file: Path, *more: str | Path, today: str, partner: str = PARTNER, status: int = 0) -> Any:
    """`annexe submit`."""
    answer = office.run("annexe", "submit", file, "--partner", partner, "--format", "json", *more, today=today)
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return valid(answer.json, "submitted")


def plan_id(office: Office, annexe: int, *decisions: str, today: str) -> str:
    """The plan's id, as `plan --annexe ID` prints it: on stderr where nothing is to change."""
    answer = office.run("plan", "--annexe", str(annexe), *decisions, "--format", "json", today=today)
    assert answer.status == 0, (answer.status, answer.err, answer.out)
    plans = valid(answer.json, "plan")["plans"]
    if plans:
        return str(plans[0]["plan_id"])
    (said,) = [line for line in answer.err.splitlines() if line.startswith("Plan ")]
    return said.split()[1]


def approve(
    office: Office, annexe: int, *decisions: str, today: str, plan: str | None = None, status: int = 0
) -> Answer:
    """`annexe approve`, of the plan that is printed with the same decisions unless said."""
    shown = [word for word in decisions if word not in ("--allow", plan)]
    named = plan or plan_id(office, annexe, *shown, today=today)
    answer = office.run(
        "annexe", "approve", str(annexe), "--plan", named, "--by", BY, *decisions, "--format", "json", today=today
    )
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return answer


def reject(office: Office, annexe: int, *, today: str, reason: str = "Envoyée par erreur") -> Answer:
    """`annexe reject`."""
    return office.run("annexe", "reject", str(annexe), "--by", BY, "--reason", reason, today=today)


def show(office: Office, annexe: int, *, today: str) -> Any:
    """`annexe show`."""
    answer = office.run("annexe", "show", str(annexe), "--format", "json", today=today)
    assert answer.status == 0, (answer.status, answer.err)
    return valid(answer.json, "annexe")


def standing(office: Office, *, today: str, partner: str | None = None) -> dict[int, str]:
    """Each annexe that the register keeps with its status, by `annexe list`."""
    only = ("--partner", partner) if partner else ()
    answer = office.run("annexe", "list", "--format", "json", *only, today=today)
    assert answer.status == 0, (answer.status, answer.err)
    return {annexe["annexe"]: annexe["status"] for annexe in valid(answer.json, "annexes")}


def run_sync(office: Office, *more: str, today: str, status: int = 0) -> tuple[Any, str]:
    """`sync`, with what it said on stderr."""
    answer = office.run("sync", "--format", "json", *more, today=today)
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return valid(answer.json, "outcome"), answer.err


def database(office: Office) -> Path:
    return office.home / "data" / "provisioner.sqlite3"


def journal_details(office: Office, action: str) -> list[dict[str, Any]]:
    """What stands beside the journal's entries of that kind, oldest first."""
    connection = sqlite3.connect(database(office))
    rows = connection.execute(
        "SELECT body, data FROM journal_entry JOIN journal_detail USING (entry) ORDER BY entry"
    ).fetchall()
    connection.close()
    return [json.loads(data) for body, data in rows if json.loads(body)["action"] == action]


def errors(answer: Any) -> list[tuple[str, int | None]]:
    return [(finding["code"], finding["row"]) for finding in answer["findings"] if finding["severity"] == "error"]


def elsewhere(file: Path, name: str, domain: str) -> Path:
    """The same annexe with one person's address at another domain."""
    text = file.read_text("utf-8").replace(f";{name}@agglo-lys.example;", f";{name}@{domain};")
    file.write_text(text, "utf-8")
    return file
