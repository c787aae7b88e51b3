"""How a command ends: the exit statuses of the contract, and which error ends with which."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import typer
from typer.core import TyperGroup


class Exit(IntEnum):
    """The exit statuses of the contract."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3


class Commands(TyperGroup):
    """All the commands: an error that people can act on is one clear sentence on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs what was typed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sentence, status = "Interrupted: what was done is recorded; run again to go on.", Exit.FAILED
        except Exception as error:
            known = _status(error)
            if known is None:
                raise
            sentence, status = str(error), known
        typer.echo(sentence, err=True)
        raise typer.Exit(status)


def _status(error: Exception) -> Exit | None:
    """The exit status of an error that people can act on, None for typer's own and for a defect."""
    if not type(error).__module__.startswith("provisioner."):
        return None  # and nothing more is loaded only to tell wrong usage
    from provisioner.domain.annexe.decisions import NothingSaid
    from provisioner.keycloak.errors import KeycloakError
    from provisioner.operations.backup import NotOurs
    from provisioner.operations.errors import Refused, SyncFirst
    from provisioner.operations.partners import NoSuchPartner, PartnerRefused
    from provisioner.register import LockHeld, RegisterUnavailable
    from provisioner.register.annexes import DecidedMeanwhile
    from provisioner.settings import SettingsError

    statuses: dict[Exit, tuple[type[Exception], ...]] = {
        Exit.USAGE: (SettingsError, NoSuchPartner, NotOurs, NothingSaid),
        Exit.REFUSED: (Refused, PartnerRefused, DecidedMeanwhile),
        Exit.FAILED: (LockHeld, RegisterUnavailable, SyncFirst, KeycloakError),
    }
    return next((status for status, kinds in statuses.items() if isinstance(error, kinds)), None)
