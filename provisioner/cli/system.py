"""`serve`, `doctor`, `realm …`, `demo`: the software itself, on its machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import new_file, save_new
from provisioner.cli.options import By, DryRun, Format, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.session import Session, session_of
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.operations.officers import FirstOfficer
    from provisioner.settings import Settings

app = typer.Typer()
realm = typer.Typer(help="The realm as code (realm-config/).", no_args_is_help=True)
app.add_typer(realm, name="realm")


@realm.command("check")
def realm_check(ctx: typer.Context, format_: Format = "text") -> None:
    """Tell every difference between the realm and realm-config/ that matters, with its risk. Changes nothing.

    The administrator of the master realm, where it is set, sees everything.
    """
    from provisioner.operations.realms import check_realm

    session = session_of(ctx)
    checked = check_realm(session.settings, session.clock)
    print_answer(checked, format_)
    raise typer.Exit(Exit.REFUSED if checked.wanting else Exit.DONE)


@realm.command("apply")
def realm_apply(
    ctx: typer.Context,
    dry_run: DryRun = False,
    unless_used: Annotated[
        bool, typer.Option("--unless-used", help="Leave a realm with accounts as it is: for what starts by itself.")
    ] = False,
    first_officer: Annotated[
        str | None,
        typer.Option(
            "--first-officer", help="Make the first officer's account and send the link.", metavar='"NAME <EMAIL>"'
        ),
    ] = None,
) -> None:
    """Create the realm, or bring an existing one to the file. Needs the administrator of the master realm.

    The same for the realm of the Caf's agents, where the officer's page has an address. What can end sessions or keep
    somebody from logging in is said before it is done.
    """
    from provisioner.keycloak.realm import has_accounts
    from provisioner.operations.officers import read_first_officer
    from provisioner.operations.realms import check_realm

    if unless_used and (dry_run or first_officer is not None):
        raise typer.BadParameter("--unless-used goes alone")
    session = session_of(ctx)
    settings = session.settings
    if unless_used and has_accounts(settings):
        session.say(Sentence.REALM_IN_USE.of(realm=settings.keycloak.realm))
        return
    officer = None if first_officer is None else read_first_officer(settings, first_officer)
    if dry_run:
        print_answer(check_realm(settings, session.clock, as_administrator=True), "text")
        session.say(Sentence.NOTHING_CHANGED)
        return

    _bring_to_files(session)
    if officer is not None:
        session.say(_invitation(settings, officer))


def _bring_to_files(session: Session) -> None:
    """Both realms; what is put right is told as it is done."""
    from provisioner.domain.realm_model import CONTACT
    from provisioner.operations.realms import bring_to_files, texts_of_register
    from provisioner.views.realm import can_stop_logins, put_right

    of_register = texts_of_register(session.settings, session.clock)
    if of_register is None:
        session.say(Sentence.REALM_CONTACT_UNKNOWN)
    elif not of_register[CONTACT]:
        session.say(Sentence.REALM_CONTACT_NONE)
    for brought in bring_to_files(
        session.settings,
        of_register,
        announce=lambda difference: session.say(can_stop_logins(difference)),
        tell=lambda difference: typer.echo(put_right(difference)),
    ):
        said = Sentence.REALM_CHANGED if brought.changed else Sentence.REALM_AS_IT_IS
        if brought.is_new:  # its parts are counted, not named
            said = Sentence.REALM_MADE
        session.say(said.of(realm=brought.realm, count=len(brought.changed) - 1))


def _invitation(settings: Settings, officer: FirstOfficer) -> str:
    """Invites the first officer; what is said of it."""
    from provisioner.operations.officers import Invitation, invite_first_officer
    from provisioner.views.dates import french_moment

    invited = invite_first_officer(settings, officer)
    words = {
        Invitation.SENT: Sentence.OFFICER_INVITED,
        Invitation.STILL_WORKS: Sentence.OFFICER_STILL_INVITED,
        Invitation.NOT_NEEDED: Sentence.OFFICER_READY,
    }
    until = french_moment(invited.until) if invited.until else ""
    return words[invited.invitation].of(email=invited.email, until=until)


@realm.command("export-theme")
def realm_export_theme(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(help="Where the theme's folder is to stand.", metavar="DIR")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace a different one that is there.")] = False,
) -> None:
    """Write the theme of the login pages and e-mails, as DIR/cooperation, for a Keycloak server."""
    from provisioner.operations.theme import export_theme

    session = session_of(ctx)
    with new_file(directory):
        export = export_theme(session.settings, directory, replace=replace)
    said = Sentence.THEME_WRITTEN if export.written else Sentence.THEME_AS_IT_IS
    session.say(said.of(folder=export.folder))


@realm.command("key")
def realm_key(
    ctx: typer.Context,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="For the client of the master realm that `realm apply` acts as.")
    ] = False,
    format_: Format = "text",
) -> None:
    """Make a key where the settings say; beside one that is there, the next one. Nothing is ever overwritten."""
    from provisioner.keycloak.credentials import ClientKey, file_for_new_key, key_set
    from provisioner.views.answers.system import ClientKeyAnswer

    file, is_next = file_for_new_key(session_of(ctx).settings.keycloak, administrator=administrator)
    key = ClientKey.new()
    save_new(file, key.pem(), mode=0o600)
    print_answer(ClientKeyAnswer(file=str(file), next=is_next, kid=key.id, jwks=key_set([key])), format_)


@realm.command("accept")
def realm_accept(ctx: typer.Context, by: By, reason: Reason, format_: Format = "text") -> None:
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
def doctor(ctx: typer.Context, format_: Format = "text") -> None:
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
