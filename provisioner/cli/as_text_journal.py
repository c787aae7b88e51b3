"""The journal for a person at a terminal: French, on stdout, written as it is read: a journal may be large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import typer
from rich.text import Text

from provisioner.cli.as_text import new_console, plain
from provisioner.domain.days import PARIS
from provisioner.domain.journal import Entry, Head
from provisioner.domain.journal_check import Verdict
from provisioner.texts.journal import ACTIONS, problem_sentence, whole_sentence

_TITLES = ("N°", "Le", "Par", "Quoi", "Partenaire", "Habilitation", "Règle", "SHA-256")


def verdict(one: Verdict, taken_out: Head | None) -> None:
    """Whether the journal is whole."""
    console = new_console()
    if one.bad is None:
        console.print(Text(whole_sentence(one, taken_out), style="bold green"), soft_wrap=True)
    else:
        console.print(Text(problem_sentence(one.bad), style="bold red"), soft_wrap=True)


def entries(pages: Iterable[list[Entry]]) -> None:
    """A table, an entry a line."""
    widths = [0] * len(_TITLES)
    for page in pages:
        rows: list[Sequence[str]] = [[cell.plain.replace("\n", " ") for cell in plain(*_cells(one))] for one in page]
        if not any(widths):
            rows.insert(0, _TITLES)
        widths = [
            max(width, *map(len, column)) for width, column in zip(widths, zip(*rows, strict=True), strict=True)
        ]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        typer.echo("\n".join(lines))
    if not any(widths):
        typer.echo("Journal : aucune entrée.")


def _cells(one: Entry) -> list[str]:
    facts = {name: str(value) for name, value in one.facts.items() if value is not None}
    digest = f"{one.sha256[:12]}…"
    if not facts:
        return [str(one.entry), "", "", "illisible", "", "", "", digest]
    who = f"{facts.get('by', '')} ({facts.get('os_user', '')}@{facts.get('host', '')})"
    action = facts.get("action", "")
    rest = [facts.get(name, "") for name in ("partner", "habilitation", "rule")]
    return [str(one.entry), _moment(facts.get("at", "")), who, ACTIONS.get(action, action), *rest, digest]


def _moment(text: str) -> str:
    """In Paris, to the second."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    except (ValueError, OverflowError):
        return text
