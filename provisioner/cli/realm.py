"""`realm apply`: put the realm as code on a server."""

from __future__ import annotations

import typer

from provisioner.cli.session import exit_status, session_of

app = typer.Typer(help="The realm as code (realm-config/).", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `apply` a command of its own while it is the only one."""


@app.command("apply")
def apply(context: typer.Context) -> None:
    """Create the realm, or bring an existing one to the file. Needs the administrator of the master realm."""
    with exit_status():
        from provisioner.keycloak.realm import apply_realm

        session = session_of(context)
        changed = apply_realm(session.settings)
        for line in changed:
            typer.echo(line)
        session.say(f"Realm {session.settings.keycloak.realm}: " + ("changed." if changed else "nothing to change."))
