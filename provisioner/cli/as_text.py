"""Tables on stdout."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def new_console() -> Console:
    """Where an answer is printed."""
    return Console(highlight=False, soft_wrap=False)


def new_table(title: str, *columns: str) -> Table:
    """A table with these columns."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def plain(*values: str | None) -> list[Text]:
    """Cells shown as they are: no markup of ours, no escape sequence of a document's is interpreted."""
    return [Text(_printable(value or "")) for value in values]


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
