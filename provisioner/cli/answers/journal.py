"""What `journal …` and `backup` answer. The entries are written as they are read: a journal may be large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import typer

from provisioner.cli.printing import Answer, line, printable
from provisioner.domain.days import PARIS
from provisioner.domain.journal import Entry, Head
from provisioner.domain.journal_check import Verdict
from provisioner.texts.journal import ACTIONS, problem_sentence, whole_sentence

#: The columns and how wide they usually are: what is to come is not known when a line is written.
_COLUMNS = {"N°": 5, "Le": 19, "Par": 28, "Quoi": 34, "Partenaire": 16, "Habilitation": 12, "Règle": 5, "SHA-256": 13}
_TEXTS = ("at", "by", "os_user", "host", "action")
_FACTS = ("partner", "habilitation", "rule")


def verified(verdict: Verdict, taken_out: Head | None) -> Answer:
    """`journal verify`: whether it is whole."""
    bad = verdict.bad
    json = {
        "valid": bad is None,
        "entries": verdict.entries,
        "head": _head(verdict.head) if verdict.head else None,
        "first_bad": bad.entry if bad else None,
        "problem": bad.problem.value if bad else None,
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


def print_entries(pages: Iterable[list[Entry]], format_: str) -> None:
    """`journal show`."""
    if format_ == "json":
        _print_json(pages)
    else:
        _print_table(pages)


def _print_json(pages: Iterable[list[Entry]]) -> None:
    """One array, an entry a line."""
    before = "[\n"
    for page in pages:
        typer.echo(before + ",\n".join(_object(one) for one in page), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _object(one: Entry) -> str:
    """What a damaged entry does not tell any more is empty."""
    facts = one.facts
    said = {name: facts.get(name, "") for name in _TEXTS} | {name: facts.get(name) for name in _FACTS}
    return json.dumps({"entry": one.entry, **said, "sha256": one.sha256}, ensure_ascii=False)


def _print_table(pages: Iterable[list[Entry]]) -> None:
    """An entry a line."""
    titles: list[Sequence[str]] = [tuple(_COLUMNS)]
    for page in pages:
        rows = [*titles, *([printable(cell).replace("\n", " ") for cell in _cells(one)] for one in page)]
        lines = ("  ".join(map(str.ljust, row, _COLUMNS.values())).rstrip() for row in rows)
        typer.echo("\n".join(lines))
        titles = []
    if titles:
        typer.echo("Journal : aucune entrée.")


def _cells(one: Entry) -> list[str]:
    facts = {name: str(value) for name, value in one.facts.items() if value is not None}
    digest = f"{one.sha256[:12]}…"
    if not facts:
        return [str(one.entry), "", "", "illisible", "", "", "", digest]
    who = f"{facts.get('by', '')} ({facts.get('os_user', '')}@{facts.get('host', '')})"
    action = facts.get("action", "")
    rest = [facts.get(name, "") for name in _FACTS]
    return [str(one.entry), _moment(facts.get("at", "")), who, ACTIONS.get(action, action), *rest, digest]


def _moment(text: str) -> str:
    """In Paris, to the second."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    except (ValueError, OverflowError):
        return text
