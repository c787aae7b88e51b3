"""An answer on stdout: JSON for a script, lines and tables for a person. Nothing else prints an answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import typer

from provisioner.views.sentences import Sentence
from provisioner.views.shown import Line, Part, Table, Tone, printable

if TYPE_CHECKING:
    from rich.text import Text

    from provisioner.views.answers import Answer, AnyAnswer

#: What stands between two columns, and how far a note stands from the margin.
_GAP, _INDENT = 2, 12

#: A column of a narrow terminal keeps so much of a sentence; with less, nobody reads it.
_NARROWEST = 16

_STYLES = {
    Tone.PLAIN: "",
    Tone.TITLE: "bold",
    Tone.GOOD: "bold green",
    Tone.ERROR: "bold red",
    Tone.WARNING: "yellow",
    Tone.FAINT: "dim",
}


def print_answer(answer: AnyAnswer, format_: str) -> None:
    """Prints it, as `--format` says."""
    from provisioner.views.answers import as_json

    if format_ == "json":
        print_json(as_json(answer))
    elif (file := _file(answer, format_)) is not None:
        print_page(file)
    else:
        print_parts(answer.shown())


def printed(answer: AnyAnswer, format_: str) -> bytes:
    """The same for a file, in UTF-8."""
    if (file := _file(answer, format_)) is not None:
        return file.encode()
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        print_answer(answer, format_)
    return text.getvalue().encode()


def _file(answer: AnyAnswer, format_: str) -> str | None:
    """The answer as a file, where that is asked for."""
    from provisioner.views.answers import Answer

    if format_ == "csv":
        return answer.csv()
    return answer.page() if format_ == "html" and isinstance(answer, Answer) else None


def print_json(answer: Any) -> None:
    """An answer for a script."""
    text = json.dumps(answer, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # nothing of JSON is lost by its escapes
        text = json.dumps(answer, indent=2)
    with answering():
        typer.echo(text)


def print_stream(pages: Iterable[Iterable[Answer]], table: Table, format_: str) -> None:
    """A list as it is read, a row a line: a journal may be large. `table` shows the same rows."""
    from provisioner.views.answers import as_json

    with answering():
        if format_ != "json":
            _print_as_read(table)
            return
        before = "[\n"
        for page in pages:
            rows = (json.dumps(as_json(row), ensure_ascii=False) for row in page)
            typer.echo(before + ",\n".join(rows), nl=False)
            before = ",\n"
        typer.echo("[]" if before == "[\n" else "\n]")


def print_page(page: str) -> None:
    """An HTML page or a CSV, in UTF-8 whatever the terminal."""
    with answering():
        typer.echo(page.encode(), nl=not page.endswith("\n"))


def print_parts(parts: Iterable[Part]) -> None:
    """An answer for a person: on a terminal in its width, else as wide as it is, so that a pipe loses nothing."""
    from rich.console import Console
    from rich.text import Text

    class _Console(Console):
        def on_broken_pipe(self) -> None:
            """Left to `answering`: rich would end the command with a status of its own."""
            raise  # noqa: PLE0704 - called while the error is handled

    with answering():
        console = _Console(highlight=False)
        width = get_terminal_size().columns if sys.stdout.isatty() else None
        follows_table: bool | None = None  # nothing was printed yet
        for part in parts:
            lines = list(_table(part, width) if isinstance(part, Table) else _line(part, width))
            if not lines:
                continue
            if follows_table is not None and (follows_table or isinstance(part, Table)):
                console.print()
            console.print(Text("\n").join(lines), soft_wrap=True)  # a call for each takes four times the processor
            follows_table = isinstance(part, Table)


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
            typer.echo(Sentence.ANSWER_LOST.of(why=error.strerror), err=True)


def _line(line: Line, width: int | None) -> Iterator[Text]:
    """A sentence is left whole, for the terminal to fold: a command in it may be copied. A note is laid out."""
    from rich.text import Text

    text, label = printable(line.text, "\n"), printable(line.label, "\n")
    if label:
        yield Text.assemble((f"{label:<{_INDENT}}", _STYLES[line.tone]), text)
    else:
        yield Text(text, style=_STYLES[line.tone])
    for part in (
        _wrapped(printable(line.note, "\n"), max(width - _INDENT, _INDENT) if width else None) if line.note else ()
    ):
        yield Text(" " * _INDENT + part)


def _table(table: Table, width: int | None) -> Iterator[Text]:
    """A table; where a column has no room for its longest word or a few words, a block of lines for each row."""
    from rich.text import Text

    rows = [[printable(cell or "", "\n") for cell in row] for row in table.rows]
    if not rows:
        if table.empty:
            yield Text(table.empty)
        return
    if table.title:
        yield Text(table.title, style="bold")
    widths = _widths([table.columns, *rows], width)
    tones = table.tones or [Tone.PLAIN] * len(rows)
    if width is not None and widths is None:
        for number, row in enumerate(rows):
            if number:
                yield Text()
            first, *more = _fields(table.columns, row, width)
            yield Text(first, style=_STYLES[tones[number]])
            yield from map(Text, more)
        return
    assert widths is not None
    yield Text(_aligned(table.columns, widths), style="bold")
    yield Text("─" * (sum(widths) + _GAP * (len(widths) - 1)), style="dim")
    for row, tone in zip(rows, tones, strict=True):
        text = Text(_aligned(row, widths))
        text.stylize(_STYLES[tone], 0, widths[0])
        yield text


def _fields(columns: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    """A row as a block: a line a column, and what goes on stands further in."""
    for name, cell in zip(columns, row, strict=True):
        if cell:
            first, *more = _wrapped(f"{name} : {cell}", width - 2 * _GAP)
            yield " " * _GAP + first
            yield from (" " * 2 * _GAP + line for line in more)


def _widths(rows: Sequence[Sequence[str]], most: int | None) -> list[int] | None:
    """How wide each column is: as its longest line where there is room, else the widest are narrowed, never below
    their longest word or what can be read; None where even that is too wide.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    if most is None:
        return widths
    longest_words = [max(len(word) for cell in column for word in re.split("[ \t\n]", cell)) for column in columns]
    least = [max(word, min(width, _NARROWEST)) for word, width in zip(longest_words, widths, strict=True)]
    room = most - _GAP * (len(widths) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((width, place) for place, width in enumerate(widths) if width > least[place])[1]
        widths[widest] -= 1
    return widths


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table, as many lines as its fullest cell takes."""
    columns = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = range(max(map(len, columns)))
    laid = ([column[line] if line < len(column) else "" for column in columns] for line in lines)
    return "\n".join((" " * _GAP).join(map(str.ljust, parts, widths)).rstrip() for parts in laid)


def _wrapped(text: str, width: int | None) -> list[str]:
    """The text's lines, none wider than that unless a word is: no word is ever cut."""
    if width is None:
        return [text]
    made = (
        [line] if len(line) <= width else wrap(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )
    return list(chain.from_iterable(made))


def _print_as_read(table: Table) -> None:
    """Row by row, in columns of the widths that are usual; the last is as wide as it has to be. On a terminal that is
    narrower, a block of lines for each row.
    """
    room = get_terminal_size().columns if sys.stdout.isatty() else None
    is_narrow = room is not None and sum(table.widths) + _GAP * (len(table.widths) - 1) > room
    is_empty = True
    for row in table.rows:
        cells = [printable(cell or "", "\n").replace("\n", " ") for cell in row]
        if room is not None and is_narrow:
            typer.echo("\n".join([*([] if is_empty else [""]), *_fields(table.columns, cells, room)]))
        else:
            typer.echo("\n".join(_row_as_read(line, table.widths) for line in ([table.columns] * is_empty + [cells])))
        is_empty = False
    if is_empty:
        typer.echo(table.empty)


def _row_as_read(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * _GAP).join(map(str.ljust, cells, widths)).rstrip()
