"""The decisions that stand beside a document, as options of `plan` and `apply`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from provisioner.domain.decisions import Decisions
from provisioner.domain.people import EmailAddress

KeepAbsent = Annotated[
    list[str] | None,
    typer.Option(metavar="EMAIL|all", help="Keep the access of a person who is in neither list (A5). Repeatable."),
]
CloseAbsent = Annotated[
    list[str] | None,
    typer.Option(metavar="EMAIL|all", help="Close the access of a person who is in neither list (A5). Repeatable."),
]
Waive = Annotated[
    list[str] | None,
    typer.Option(metavar="ROW=REASON", help="Accept the address of a row of list 1 by name (A7, A8). Repeatable."),
]

ALL = "all"


def decisions_of(keep: Sequence[str] | None, close: Sequence[str] | None, waive: Sequence[str] | None) -> Decisions:
    """The decisions that were given.

    Raises:
        typer.BadParameter: they contradict each other, or a waiver has no row or no reason.
    """
    kept, closed = _emails(keep), _emails(close)
    if both := sorted((kept & closed) - {ALL}):
        raise typer.BadParameter(f"both kept and closed: {', '.join(both)}")
    if ALL in kept and ALL in closed:
        raise typer.BadParameter("--keep-absent all and --close-absent all contradict each other")
    return Decisions(
        keep=frozenset(EmailAddress(email) for email in kept - {ALL}),
        close=frozenset(EmailAddress(email) for email in closed - {ALL}),
        keep_all=ALL in kept,
        close_all=ALL in closed,
        waive=dict(_waiver(text) for text in waive or ()),
    )


def _emails(given: Sequence[str] | None) -> set[str]:
    return {email.strip().lower() for email in given or ()}


def _waiver(text: str) -> tuple[int, str]:
    row, _, reason = text.partition("=")
    if not row.strip().isdecimal() or not reason.strip():
        raise typer.BadParameter(f"{text!r}: expected ROW=REASON, as in --waive '3=Mission jusqu'en juin'")
    return int(row), reason.strip()
