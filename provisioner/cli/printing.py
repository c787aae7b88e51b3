"""An answer on stdout: JSON for a script, French tables for a person at a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Answer:
    """What a command answers: exactly what the contract says, and the same as lines and tables, top to bottom."""

    json: Any
    text: Iterable[RenderableType]


def print_answer(answer: Answer, format_: str) -> None:
    """Prints it, as `--format` says."""
    if format_ == "json":
        print_json(answer.json)
    else:
        print_text(answer.text)


def print_json(answer: Any) -> None:
    """An answer for a script."""
    text = json.dumps(answer, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # nothing of JSON is lost by its escapes
        text = json.dumps(answer, indent=2)
    with answering():
        typer.echo(text)


def print_page(page: str) -> None:
    """An HTML page, in UTF-8 whatever the terminal."""
    with answering():
        typer.echo(page.encode())


def print_text(parts: Iterable[RenderableType]) -> None:
    """An answer for a person. A line is left whole, for the terminal to fold: it may be cut out of a pipe."""
    with answering():
        console = _Console(highlight=False)
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Left to `answering`: rich would end the command with a status of its own."""
        raise  # noqa: PLE0704 - called while the error is handled


@contextmanager
def answering() -> Iterator[None]:
    """While an answer is written. What was done stays done: the exit status is the act's, even where the answer finds
    no reader or no room.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - what is still to be written goes there
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            typer.echo(f"La réponse n'a pas pu être écrite : {error.strerror}.", err=True)


def line(*parts: str | tuple[str, str], style: str = "", indent: int = 0) -> RenderableType:
    """A line of these parts, some with a style of their own."""
    styled = (part if isinstance(part, tuple) else (part, "") for part in parts)
    text = Text.assemble(*((printable(one), its) for one, its in styled), style=style)
    return Padding(text, (0, 0, 0, indent)) if indent else text


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | None]], empty: str = ""
) -> Iterator[RenderableType]:
    """A table; without a row, `empty` in its place, or nothing."""
    made = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(cell or "")) for cell in row))
    if made.row_count:
        yield made
    elif empty:
        yield line(empty)


def printable(text: str) -> str:
    """Text as it is: no escape sequence of a document's reaches the terminal."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
