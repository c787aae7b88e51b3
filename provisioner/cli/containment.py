"""`partner suspend` and `partner reopen`: every access of a partner cut at once, and given back (L2)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from provisioner.cli.asking import confirmed, progress_bar
from provisioner.cli.exits import Exit
from provisioner.cli.options import By, Code, Format, NewPassword, Reason, Second
from provisioner.cli.printing import print_answer
from provisioner.cli.run import carry_out
from provisioner.cli.session import Session, session_of
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.operations.context import Context, RunResult

app = typer.Typer()


@app.command()
def suspend(
    ctx: typer.Context,
    code: Code,
    by: By,
    reason: Reason,
    second: Second = None,
    format_: Format = "text",
) -> None:
    """Cut every open access of the partner at once, until `partner reopen`. No data clock starts.

    More than 2 partners, or more than 20 % of all open accounts, within 24 hours need a second name.
    """
    from provisioner.operations import containment
    from provisioner.operations.answers import contained_answer

    session = session_of(ctx)
    with session.context(by, code) as context:
        containment.refuse_without_second(context, [code], by, second)
        confirm_containment(session, context, [code], asks=format_ == "text")
        containment.record(context, [code], by, reason, second)

        def cut() -> RunResult:
            contained = containment.cut(context, [code], progress_bar(session.quiet))
            print_answer(contained_answer(contained, code), format_)
            session.say_unknown(context.register, None)
            return contained.result

        carry_out(session, cut)


def confirm_containment(session: Session, context: Context, codes: Sequence[str], *, asks: bool) -> None:
    """Says what a containment of these partners would cut, other partners' accesses too, and asks on a terminal.

    Raises:
        typer.Exit: it is not confirmed.
    """
    from provisioner.operations.containment import reach_of

    reach = reach_of(context, codes)
    session.say(Sentence.TO_CONTAIN.of(codes=", ".join(codes), count=len(reach.emails)))
    for email, partners in sorted(reach.also_of.items()):
        session.say(Sentence.ALSO_OF.of(email=email, partners=", ".join(partners)))
    if asks and sys.stdin.isatty() and not confirmed(Sentence.ASK_TO_CONTAIN, default=False):
        session.say(Sentence.NOT_CONFIRMED)
        raise typer.Exit(Exit.REFUSED)


@app.command()
def reopen(
    ctx: typer.Context,
    code: Code,
    by: By,
    reason: Reason,
    new_password: NewPassword = False,
    format_: Format = "text",
) -> None:
    """Give back what `partner suspend` cut and may be open today, as it was; then do all that is due for the partner.

    What ended meanwhile stays closed, and who was suspended by name stays suspended.
    """
    from provisioner.operations import containment
    from provisioner.operations.answers import released_answer

    session = session_of(ctx)
    with session.context(by, code) as context:
        reopened = containment.release(context, code, by, reason, new_password=new_password)

        def give_back() -> RunResult:
            released = containment.carry_out(context, code, reopened, progress_bar(session.quiet))
            print_answer(released_answer(released), format_)
            session.say_unknown(context.register, None)
            return released.result

        carry_out(session, give_back)
