"""`review caf`: once a year the Caf reviews who may act in its name (V4)."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from provisioner.cli.files import can_be_given, give_report
from provisioner.cli.options import (
    DECIDER,
    NAME,
    NUMBER,
    By,
    Format,
    Output,
    ReportFormat,
    number,
    reason,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of

app = typer.Typer(help="Who may act in the Caf's name: read, declared, signed once a year (V4).")


#: What no program can read: who has it is declared.
Declared = Literal["machine-shell", "machine-sudo", "database", "secrets", "backup-keys"]


@app.callback(invoke_without_command=True)
def caf(
    ctx: typer.Context,
    sign: Annotated[bool, typer.Option("--sign", help="Sign the review under way: needs --by.")] = False,
    by: Annotated[str | None, typer.Option(help="Who signs.", **DECIDER)] = None,
    line: Annotated[
        list[int] | None, typer.Option(help="Sign only this line. Repeatable.", metavar="N", parser=number)
    ] = None,
    except_: Annotated[
        list[str] | None,
        typer.Option("--except", help="This line is wrong and to be removed. Repeatable.", metavar="N=REASON"),
    ] = None,
    format_: ReportFormat = "text",
    output: Output = None,
) -> None:
    """Read who may act today, with the administrator's account, and keep it as this year's review; or sign it.

    Nothing is changed in Keycloak. A review is signed within 30 days of its first reading.
    """
    from provisioner.operations import caf_review

    if ctx.invoked_subcommand is not None:
        return
    if sign != (by is not None):
        raise typer.BadParameter("--sign and --by go together")
    if (line or except_) and not sign:
        raise typer.BadParameter("--line and --except go with --sign")
    wrong = dict(_wrong(text) for text in except_ or ())
    can_be_given(output)
    session = session_of(ctx)
    with session.register(make=False) as register:
        if by is None:
            review = caf_review.draw_up(register, session.settings)
        else:
            review = caf_review.sign(register, by, line or (), wrong)
    give_report(session, review, format_, output)


@app.command()
def show(
    ctx: typer.Context,
    review: Annotated[int | None, typer.Argument(help="Its number; else the newest.", **NUMBER)] = None,
    format_: ReportFormat = "text",
    output: Output = None,
) -> None:
    """A review as it is kept, signed or not. Needs no Keycloak, and begins none."""
    from provisioner.operations import caf_review

    session = session_of(ctx)
    can_be_given(output)
    with session.register(make=False) as register:
        kept = caf_review.kept(register, review)
    give_report(session, kept, format_, output)


@app.command()
def declare(
    ctx: typer.Context,
    what: Annotated[Declared, typer.Option(help="What they have.")],
    by: By,
    who: Annotated[list[str] | None, typer.Option(help="Who has it. Repeatable.", **NAME)] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody has it.")] = False,
    format_: Format = "text",
) -> None:
    """Declare who has a shell or sudo on the machine, the database, the secrets, the backup keys: asked each year."""
    from provisioner.domain.caf_review import Kind
    from provisioner.operations import caf_review

    if nobody == bool(who):
        raise typer.BadParameter("one of --who and --nobody is needed")
    session = session_of(ctx)
    with session.register(make=False) as register:
        review = caf_review.declare(register, Kind(what), who or (), by)
    print_answer(review, format_)


def _wrong(text: str) -> tuple[int, str]:
    line, _, why = text.partition("=")
    if not line.strip().isdecimal():
        raise typer.BadParameter(f"{text!r}: expected N=REASON, as in --except '3=Parti en mars'")
    return number(line.strip()), reason(why)
