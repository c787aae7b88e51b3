"""The decisions that stand beside a document, as options of `plan`, `apply` and `annexe approve`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.options import reason
from provisioner.domain.people import EmailAddress

if TYPE_CHECKING:
    from provisioner.domain.annexe.decisions import Decisions

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
Rename = Annotated[
    list[str] | None,
    typer.Option(metavar="OLD=NEW", help="A new address for an open person, in list 1 with it. Repeatable."),
]
ClosuresOnly = Annotated[
    bool, typer.Option("--closures-only", help="Approve list 2 alone; list 1 waits for its correction (A4).")
]
Allow = Annotated[
    list[str] | None, typer.Option(metavar="PLAN_ID", help="Let that plan go beyond a limit. Repeatable.")
]


def decisions_of(
    keep: Sequence[str] | None,
    close: Sequence[str] | None,
    waive: Sequence[str] | None,
    rename: Sequence[str] | None = None,
    closures_only: bool = False,
    allow: Sequence[str] | None = None,
) -> Decisions:
    """The decisions that were given.

    Raises:
        typer.BadParameter: they contradict each other, or one of them is not of the form asked for.
    """
    from provisioner.domain.annexe.decisions import ALL, Decisions

    kept, closed = _emails(keep), _emails(close)
    if both := sorted((kept & closed) - {ALL}):
        raise typer.BadParameter(f"both kept and closed: {', '.join(both)}")
    if ALL in kept and ALL in closed:
        raise typer.BadParameter("--keep-absent all and --close-absent all contradict each other")
    renames = [_rename(text) for text in rename or ()]
    if len(dict(renames)) < len(renames):
        raise typer.BadParameter("one old address is given two new ones")
    made = Decisions(
        keep=frozenset(EmailAddress(email) for email in kept - {ALL}),
        close=frozenset(EmailAddress(email) for email in closed - {ALL}),
        keep_all=ALL in kept,
        close_all=ALL in closed,
        waive=dict(_waiver(text) for text in waive or ()),
        rename=dict(renames),
        allow=frozenset(allow or ()),
    )
    if closures_only and not made.says_nothing:
        raise typer.BadParameter("--closures-only approves list 2 alone: no other decision goes with it")
    return Decisions(closures_only=True, allow=made.allow) if closures_only else made


def _emails(given: Sequence[str] | None) -> set[str]:
    return {email.strip().lower() for email in given or ()}


def _waiver(text: str) -> tuple[int, str]:
    row, _, why = text.partition("=")
    if not row.strip().isdecimal():
        raise typer.BadParameter(f"{text!r}: expected ROW=REASON, as in --waive '3=Mission jusqu'en juin'")
    return int(row), reason(why)


def _rename(text: str) -> tuple[EmailAddress, EmailAddress]:
    old, _, new = (part.strip().lower() for part in text.partition("="))
    if "@" not in old or "@" not in new or old == new:
        raise typer.BadParameter(f"{text!r}: expected OLD=NEW, two different addresses")
    return EmailAddress(old), EmailAddress(new)
