"""The arguments and options that several commands share, each said once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from provisioner.domain.people import EmailAddress

_FORMAT = typer.Option("--format", help="How the answer is printed, on stdout.")
Format = Annotated[Literal["text", "json"], _FORMAT]
#: Where the answer is a list, which a spreadsheet opens.
ListFormat = Annotated[Literal["text", "json", "csv"], _FORMAT]
#: Where the answer may also be a page.
PageFormat = Annotated[Literal["text", "json", "html"], _FORMAT]
ReportFormat = Annotated[Literal["text", "json", "csv", "html"], _FORMAT]


def address(text: str) -> EmailAddress:
    """An address as it is compared."""
    email = text.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or not email.isprintable():
        raise typer.BadParameter("it is not an e-mail address")
    return EmailAddress(email)


def name(text: str) -> str:
    """A name that somebody can read."""
    from provisioner.domain.annexe.decisions import name_said

    return _said(name_said, text)


def decider(text: str) -> str:
    """The name of a person who decides."""
    from provisioner.domain.annexe.decisions import decider_said

    return _said(decider_said, text)


def reason(text: str) -> str:
    """A reason that somebody can read."""
    from provisioner.domain.annexe.decisions import reason_said

    return _said(reason_said, text)


def _said(read: Callable[[str], str], text: str) -> str:
    from provisioner.domain.errors import Refusal, WrongUsage

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


#: What options and arguments of a kind are made with, beside their help.
NUMBER: dict[str, Any] = {"metavar": "ID", "parser": number}
DAY: dict[str, Any] = {"metavar": "DATE", "parser": day}
TEXT: dict[str, Any] = {"metavar": "TEXT", "parser": reason}
NAME: dict[str, Any] = {"metavar": "NAME", "parser": name}
DECIDER: dict[str, Any] = {"metavar": "NAME", "parser": decider}
EMAIL: dict[str, Any] = {"metavar": "EMAIL", "parser": address}
EXISTING: dict[str, Any] = {"exists": True, "dir_okay": False}

#: The shape of a contact on the command line.
CONTACT = '"NAME <EMAIL>"'

File = Annotated[Path, typer.Argument(help="The annexe 1.", metavar="FILE", **EXISTING)]
Code = Annotated[str, typer.Argument(help="The partner's code: 1 to 64 of a-z, 0-9 and -.", metavar="CODE")]
Partner = Annotated[str, typer.Option("--partner", help="The partner's code.", metavar="CODE")]
OnePartner = Annotated[str | None, typer.Option("--partner", help="Only this partner.", metavar="CODE")]
Partners = Annotated[
    list[str] | None, typer.Option("--partner", help="Only this partner; may be repeated.", metavar="CODE")
]
Email = Annotated[EmailAddress, typer.Argument(help="The person's address.", **EMAIL)]
EverEmail = Annotated[EmailAddress, typer.Argument(help="The person's address, or the one that they had.", **EMAIL)]
By = Annotated[str, typer.Option("--by", help="Who decides, at the Caf.", **DECIDER)]
#: Of a command that decides nothing; its default is the command's name.
ByAnybody = Annotated[str, typer.Option("--by", help="Who does it; may be left out.", show_default=False, **DECIDER)]
Reason = Annotated[str, typer.Option("--reason", help="Why.", **TEXT)]
Second = Annotated[str | None, typer.Option("--second", help="Who confirms it with you, another person.", **DECIDER)]
NewPassword = Annotated[
    bool, typer.Option("--new-password", help="Delete the password and send one link to create another.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
AsOf = Annotated[date | None, typer.Option("--as-of", help="Answer as if today were that day.", **DAY)]
ReceivedOn = Annotated[
    date | None, typer.Option("--received-on", help="When the Caf received it; default today.", **DAY)
]
SentBy = Annotated[
    EmailAddress | None, typer.Option("--sent-by", help="The address that sent it, where known (A11).", **EMAIL)
]
Dated = Annotated[date, typer.Option("--on", help="The date written on the annexe, never later.", **DAY)]
Habilitations = Annotated[str, typer.Option(help="Who is responsible for the habilitations.", metavar=CONTACT)]
Output = Annotated[
    Path | None, typer.Option("--output", help="A new file, for its owner alone; else stdout.", metavar="FILE")
]
NewFile = Annotated[Path, typer.Option("--output", help="A new file, for its owner alone.", metavar="FILE")]
Securite = Annotated[str, typer.Option(help="Who is responsible for security.", metavar=CONTACT)]


def day_of_reception(given: date | None, today: date) -> date | None:
    """The day on which the Caf received it, where it is said.

    Raises:
        typer.BadParameter: it is still to come.
    """
    if given is not None and given > today:
        raise typer.BadParameter("--received-on is later than today")
    return given
