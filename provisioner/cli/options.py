"""The arguments and options that several commands share, each said once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from provisioner.domain.annexe.decisions import decider_said, name_said, reason_said
from provisioner.domain.errors import Refusal, WrongUsage
from provisioner.domain.people import EmailAddress


class Format(StrEnum):
    """How the answer is printed."""

    TEXT = "text"
    JSON = "json"


class ListFormat(StrEnum):
    """The same where the answer is a list, which a spreadsheet opens."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class PageFormat(StrEnum):
    """The same where the answer may also be a page."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


_FORMAT = typer.Option("--format", help="How the answer is printed, on stdout.")
FormatOption = Annotated[Format, _FORMAT]
ListFormatOption = Annotated[ListFormat, _FORMAT]
PageFormatOption = Annotated[PageFormat, _FORMAT]


def address(text: str) -> EmailAddress:
    """An address as it is compared."""
    return EmailAddress(text.strip().lower())


def name(text: str) -> str:
    """A name that somebody can read."""
    return _said(name_said, text)


def decider(text: str) -> str:
    """The name of a person who decides."""
    return _said(decider_said, text)


def reason(text: str) -> str:
    """A reason that somebody can read."""
    return _said(reason_said, text)


def _said(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except WrongUsage as error:
        is_nobody = error.code is Refusal.NAME_OF_NOBODY
        why = "it stands for what nobody decided: give a person's name" if is_nobody else "it is blank"
        raise typer.BadParameter(why) from None


def day(text: str) -> date:
    """A date as commands write them."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date: YYYY-MM-DD is expected.") from None


def number(text: str) -> int:
    """A number that the register gave."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) >= 2**31:
        raise typer.BadParameter(f"{text!r} is not such a number.")
    return int(text)


#: What an argument that is such a number is made with.
NUMBER: dict[str, Any] = {"metavar": "ID", "parser": number}

#: The shape of a contact on the command line.
CONTACT = '"NAME <EMAIL>"'

File = Annotated[Path, typer.Argument(help="The annexe 1.", metavar="FILE", exists=True, dir_okay=False)]
Code = Annotated[str, typer.Argument(help="The partner's code: 1 to 64 of a-z, 0-9 and -.", metavar="CODE")]
Partner = Annotated[str, typer.Option("--partner", help="The partner's code.", metavar="CODE")]
OnePartner = Annotated[str | None, typer.Option("--partner", help="Only this partner.", metavar="CODE")]
Email = Annotated[str, typer.Argument(help="The person's address.", metavar="EMAIL")]
By = Annotated[str, typer.Option("--by", help="Who decides, at the Caf.", metavar="NAME", parser=decider)]
Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", parser=reason)]
Second = Annotated[
    str | None,
    typer.Option("--second", help="Who confirms it with you, another person.", metavar="NAME", parser=decider),
]
NewPassword = Annotated[
    bool, typer.Option("--new-password", help="Delete the password and send one link to create another.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
AsOf = Annotated[
    date | None, typer.Option("--as-of", help="Answer as if today were that day.", metavar="DATE", parser=day)
]
ReceivedOn = Annotated[
    date | None,
    typer.Option("--received-on", help="When the Caf received it; default today.", metavar="DATE", parser=day),
]
SentBy = Annotated[
    EmailAddress | None,
    typer.Option("--sent-by", help="The address that sent it, where known (A11).", metavar="EMAIL", parser=address),
]
Dated = Annotated[
    date, typer.Option("--on", help="The date written on the annexe, never later.", metavar="DATE", parser=day)
]
Habilitations = Annotated[str, typer.Option(help="Who is responsible for the habilitations.", metavar=CONTACT)]
Securite = Annotated[str, typer.Option(help="Who is responsible for security.", metavar=CONTACT)]


def day_of_reception(given: date | None, today: date) -> date | None:
    """The day on which the Caf received it, where it is said.

    Raises:
        typer.BadParameter: it is still to come.
    """
    if given is not None and given > today:
        raise typer.BadParameter("--received-on is later than today")
    return given
