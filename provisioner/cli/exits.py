"""How a command ends: with the sentence of an error that people can act on, and its exit status."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from provisioner.domain.errors import Exit, ProvisionerError, Refused, System, SystemFailed
from provisioner.views.sentences import Sentence

__all__ = ["Commands", "Exit"]


class Commands(TyperGroup):
    """All the commands: an error that people can act on is one clear sentence on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs what was typed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sentence, status = Sentence.INTERRUPTED.value, Exit.FAILED
        except ProvisionerError as error:
            sentence, status = _sentence(error, ctx), error.exit_status
        typer.echo(sentence, err=True)
        raise typer.Exit(status)


def _sentence(error: ProvisionerError, ctx: Any) -> str:
    from provisioner.settings import SettingsError
    from provisioner.views.refusals import failure, refusal, unusable_settings

    if isinstance(error, Refused):
        return refusal(error)
    if isinstance(error, SystemFailed):
        return failure(error, _address(error.system, ctx))
    assert isinstance(error, SettingsError)
    return unusable_settings(error.problems)


def _address(system: System, ctx: Any) -> str | None:
    """Where the settings say that it is; the register's without a password, wherever that stands in it."""
    from provisioner.cli.session import Session

    session = ctx.find_object(Session)
    if session is None:
        return None
    settings = session.settings
    if system is System.KEYCLOAK:
        return str(settings.keycloak.url)
    if system is System.MAIL:
        return f"{settings.smtp.host}:{settings.smtp.port}"
    if system is System.FOLDERS:
        return str(settings.data_dir)
    if system is System.READER:
        return None
    from sqlalchemy import make_url

    return make_url(settings.database_url).set(query={}).render_as_string(hide_password=True)
