"""One command's session: settings, clock and tools opened when they are needed, errors made exit statuses."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.clock import Clock, make_clock
from provisioner.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from provisioner.operations.tools import Tools
    from provisioner.register import Register


class Exit(IntEnum):
    """The exit statuses of the contract."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3


class Format(StrEnum):
    """How the answer is printed."""

    TEXT = "text"
    JSON = "json"


class PageFormat(StrEnum):
    """The same where the answer may also be a page."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


_FORMAT = typer.Option("--format", help="How the answer is printed, on stdout.")
FormatOption = Annotated[Format, _FORMAT]
PageFormatOption = Annotated[PageFormat, _FORMAT]


class Session:
    """What a command needs, opened on first use."""

    def __init__(self, config: Path | None, *, quiet: bool) -> None:
        self.config = config
        self.quiet = quiet
        self._settings: Settings | None = None
        self._clock: Clock | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        if self._settings is None:
            self._settings = load_settings(self.config)
        return self._settings

    @property
    def clock(self) -> Clock:
        """The clock; announced when it is not the real one."""
        if self._clock is None:
            self._clock = make_clock(self.settings)
            if self._clock.is_moved:
                self.say(f"PROVISIONER_TODAY: today is taken to be {self._clock.today()}.")
        return self._clock

    def say(self, text: str) -> None:
        """A sentence beside the answer, on stderr."""
        if not self.quiet:
            typer.echo(text, err=True)

    @contextmanager
    def register(self, by: str) -> Iterator[Register]:
        """The register, in the name of `by`."""
        from provisioner.register import open_register
        from provisioner.register.journal import Actor

        register = open_register(self.settings, self.clock, Actor.here(by))
        try:
            yield register
        finally:
            register.close()

    @contextmanager
    def tools(self, by: str, *, read_only: bool = False, clock: Clock | None = None) -> Iterator[Tools]:
        """Everything: the register and Keycloak. `read_only` raises on any write there."""
        from provisioner.keycloak.directory import Directory
        from provisioner.logs import configure_logging
        from provisioner.operations.tools import Tools

        configure_logging(self.settings.log)
        with self.register(by) as register:
            directory = Directory(self.settings.keycloak, read_only=read_only, guard=register.check_lease)
            stop = threading.Event()
            before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
            try:
                yield Tools(
                    settings=self.settings,
                    clock=clock or self.clock,
                    register=register,
                    directory=directory,
                    stop=stop,
                )
            finally:
                signal.signal(signal.SIGTERM, before)
                directory.close()


@contextmanager
def exit_status() -> Iterator[None]:
    """Turns an error into one clear sentence on stderr and the contract's exit status."""
    try:
        yield
    except SettingsError as error:
        _leave(str(error), Exit.USAGE)
    except KeyboardInterrupt:
        _leave("Interrupted: what was done is recorded; run again to go on.", Exit.FAILED)
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:  # its class is imported only once something went wrong: `check` stays fast
        known = _status(error)
        if known is None:
            raise
        _leave(str(error), known)


def _status(error: Exception) -> Exit | None:
    """The exit status of an error that people can act on, None for a defect of ours."""
    from provisioner.operations.errors import Refused, SyncFirst
    from provisioner.operations.partners import NoSuchPartner, PartnerRefused
    from provisioner.register import LockHeld, RegisterUnavailable
    from provisioner.register.annexes import DecidedMeanwhile

    if isinstance(error, NoSuchPartner):
        return Exit.USAGE
    if isinstance(error, Refused | PartnerRefused | DecidedMeanwhile):
        return Exit.REFUSED
    if isinstance(error, LockHeld | RegisterUnavailable | SyncFirst):
        return Exit.FAILED
    if "provisioner.keycloak.errors" in sys.modules:
        from provisioner.keycloak.errors import KeycloakError

        if isinstance(error, KeycloakError):
            return Exit.FAILED
    return None


def _leave(sentence: str, status: Exit) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


def session_of(context: typer.Context) -> Session:
    """The session that the command line opened."""
    session = context.find_object(Session)
    assert session is not None
    return session
