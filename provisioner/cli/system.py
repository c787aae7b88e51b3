"""`serve`, `doctor`, `realm …`, `demo`: the software itself, on its machine."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.options import By, Format, FormatOption, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.realm import realm_change
from provisioner.views.sentences import Sentence

app = typer.Typer()
realm = typer.Typer(help="The realm as code (realm-config/).", no_args_is_help=True)
app.add_typer(realm, name="realm")


@realm.command("apply")
def realm_apply(ctx: typer.Context) -> None:
    """Create the realm, or bring an existing one to the file. Needs the administrator of the master realm."""
    from provisioner.keycloak.realm import apply_realm

    session = session_of(ctx)
    changed = apply_realm(session.settings)
    for change in changed:
        typer.echo(realm_change(*change))
    said = Sentence.REALM_CHANGED if changed else Sentence.REALM_AS_IT_IS
    session.say(said.of(realm=session.settings.keycloak.realm))


@realm.command("accept")
def realm_accept(ctx: typer.Context, by: By, reason: Reason, format_: FormatOption = Format.TEXT) -> None:
    """Go on with a realm that was made anew: show both ids and what is there of ours, record the new one."""
    from provisioner.operations.realms import accept

    with session_of(ctx).context(by, read_only=True) as context:
        print_answer(accept(context, by, reason), format_)


@app.command()
def serve(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run every job that is due once, and stop.")] = False,
) -> None:
    """Do by itself, day and night, everything that is due. Ends on SIGTERM; see docs/service.md."""
    from provisioner.service import serving

    session = session_of(ctx)
    with session.register(level="INFO") as register:
        if once:
            is_good = serving.serve_once(session.settings, session.clock, register)
            raise typer.Exit(Exit.DONE if is_good else Exit.FAILED)
        serving.serve(session.settings, session.clock, register)


@app.command()
def doctor(ctx: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """Look at everything that is needed and say what to do where something is not well. Changes nothing."""
    from provisioner.operations.doctor import Level, examine

    session = session_of(ctx)
    session.start_logging()
    examination = examine(session.settings, session.clock)
    print_answer(examination.answer(), format_)
    if examination.is_unreachable:
        raise typer.Exit(Exit.FAILED)
    raise typer.Exit(Exit.REFUSED if examination.level is Level.WANTING else Exit.DONE)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything up and say where to look.")] = False,
) -> None:
    """Try it: a real Keycloak, an example partner, two annexes, real e-mails. Stops by itself."""
    try:
        from provisioner.sandbox.demo import run_demo
        from provisioner.sandbox.process import SandboxError
    except ModuleNotFoundError as error:
        typer.echo(f"{error.name} is missing: install provisioner[sandbox], or run make install.", err=True)
        raise typer.Exit(Exit.USAGE) from None
    try:
        raise typer.Exit(run_demo(keep=keep))
    except SandboxError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Exit.FAILED) from None
