"""What `journal …` and `backup` answer. The entries are written as they are read: a journal may be large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from provisioner.cli.printing import Answer, line, printable
from provisioner.domain.calendar import PARIS
from provisioner.domain.journal import Head, Row
from provisioner.domain.journal_check import Verdict
from provisioner.views.journal import ACTIONS, decision_words, problem_sentence, whole_sentence

#: The columns and how wide they usually are: what is to come is not known when a line is written.
_COLUMNS = {
    "N°": 5,
    "Le": 19,
    "Par": 28,
    "Quoi": 34,
    "Partenaire": 16,
    "Habilitation": 12,
    "Règle": 5,
    "Sur décision de": 28,
    "SHA-256": 13,
}
_WHO = ("by", "os_user", "host")
_FACTS = ("partner", "habilitation", "rule")


def verified(verdict: Verdict, taken_out: Head | None) -> Answer:
    """`journal verify`: whether it is whole."""
    bad = verdict.bad
    where = bad.difference if bad else None
    json = {
        "valid": bad is None,
        "entries": verdict.entries,
        "head": _head(verdict.head) if verdict.head else None,
        "first_bad": bad.entry if bad else None,
        "problem": bad.problem.value if bad else None,
        "where": {"table": where.table, "key": where.key, "column": where.column} if where else None,
    }
    if bad is not None:
        return Answer(json, [line(problem_sentence(bad), style="bold red")])
    return Answer(json, [line(whole_sentence(verdict, taken_out), style="bold green")])


def head(newest: Head) -> Answer:
    """`journal head`: the newest entry, as `journal verify --head` takes it."""
    return Answer(_head(newest), [line(str(newest))])


def backup(newest: Head, file: str) -> Answer:
    """`backup`: the copy, and the head of its journal."""
    return Answer({"file": file, **_head(newest)}, [line(str(newest))])


def _head(one: Head) -> dict[str, Any]:
    return {"entry": one.entry, "sha256": one.sha256}


def print_entries(pages: Iterable[list[Row]], format_: str, *, details: bool) -> None:
    """`journal show`; with what stands beside the entries when it is asked for."""
    if format_ == "json":
        _print_json(pages, details=details)
    else:
        _print_table(pages, details=details)


def _print_json(pages: Iterable[list[Row]], *, details: bool) -> None:
    """One array, an entry a line."""
    before = "[\n"
    for page in pages:
        typer.echo(before + ",\n".join(_object(row, details=details) for row in page), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _object(row: Row, *, details: bool) -> str:
    """What a damaged entry does not tell any more, or was destroyed, is empty."""
    facts, who = row.entry.facts, row.who
    said = {"at": facts.get("at", ""), **{name: who.get(name, "") for name in _WHO}}
    said |= {"sudo_user": who.get("sudo_user")}
    said |= {"action": facts.get("action", "")} | {name: facts.get(name) for name in _FACTS}
    cause = row.cause
    said["cause"] = {"annexe": cause.annexe, "decided_by": cause.decided_by} if cause is not None else None
    beside = {"details": row.details} if details else {}
    return json.dumps({"entry": row.entry.entry, **said, "sha256": row.entry.sha256, **beside}, ensure_ascii=False)


def _print_table(pages: Iterable[list[Row]], *, details: bool) -> None:
    """An entry a line; under it, what stands beside it."""
    titles: list[Sequence[str]] = [tuple(_COLUMNS)]
    for page in pages:
        lines = [_line(title) for title in titles]
        for row in page:
            lines.append(_line([printable(cell).replace("\n", " ") for cell in _cells(row)]))
            if details:
                lines += (f"       {name} : {printable(_one_line(value))}" for name, value in row.details.items())
        typer.echo("\n".join(lines))
        titles = []
    if titles:
        typer.echo("Journal : aucune entrée.")


def _line(cells: Sequence[str]) -> str:
    return "  ".join(map(str.ljust, cells, _COLUMNS.values())).rstrip()


def _one_line(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\n", " ")


def _cells(row: Row) -> list[str]:
    facts = {name: str(value) for name, value in row.entry.facts.items() if value is not None}
    number, digest = str(row.entry.entry), f"{row.entry.sha256[:12]}…"
    if not facts:
        return [number, "", "", "illisible", "", "", "", "", digest]
    who = row.who
    by = f"{who['by']} ({_user(who)}@{who.get('host', '')})" if who.get("by") else "nom détruit"
    action = facts.get("action", "")
    rest = [facts.get(name, "") for name in _FACTS]
    moment = _moment(facts.get("at", ""))
    return [number, moment, by, ACTIONS.get(action, action), *rest, decision_words(row), digest]


def _user(who: Mapping[str, str]) -> str:
    """The system's user, and whose sudo it was."""
    user, caller = who.get("os_user", ""), who.get("sudo_user")
    return f"{caller}, sudo {user}" if caller else user


def _moment(text: str) -> str:
    """In Paris, to the second."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    except (ValueError, OverflowError):
        return text
