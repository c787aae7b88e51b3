"""One command's session: settings, clock, register and Keycloak, opened when they are needed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.clock import Clock
    from provisioner.operations.context import Context
    from provisioner.register import Register
    from provisioner.settings import Settings


class Session:
    """What a command needs, opened on first use."""

    def __init__(self, config: Path | None, *, quiet: bool) -> None:
        self.config = config
        self.quiet = quiet

    @cached_property
    def settings(self) -> Settings:
        """The settings in force."""
        from provisioner.settings import load_settings

        return load_settings(self.config)

    @cached_property
    def clock(self) -> Clock:
        """The clock; announced when it is not the real one."""
        from provisioner.clock import make_clock

        clock = make_clock(self.settings)
        if clock.is_moved:
            self.say(Sentence.TODAY.of(day=clock.today()))
        return clock

    def say(self, text: str) -> None:
        """A sentence beside the answer, on stderr."""
        if not self.quiet:
            with suppress(OSError):  # what was done stays done, though nobody can be told
                typer.echo(text, err=True)

    def deliver_now(self, register: Register, by: str) -> None:
        """Sends the notices that are owed. That one cannot be sent now is no failure: it leaves later."""
        from provisioner.operations import notice_delivery

        delivered = notice_delivery.deliver_now(register, self.settings, by)
        if delivered.sent:
            self.say(Sentence.NOTICES_SENT.of(count=delivered.sent))
        if delivered.waiting:
            self.say(Sentence.NOTICES_WAIT.of(count=delivered.waiting))
            if not self.settings.smtp.is_set:
                self.say(Sentence.NO_MAIL_SERVER)
            elif delivered.error:
                self.say(Sentence.NOTICES_FAILED.of(cause=delivered.error.rstrip(".")))

    def say_without_contact(self, partners: Collection[str]) -> None:
        """Names the partners that have no contact to be told."""
        if partners:
            self.say(Sentence.NO_CONTACT.of(codes=", ".join(partners)))

    def say_unknown(self, register: Register, *addressees: str | None) -> bool:
        """Names those of these partners (the Caf for None) that have no contact; whether anybody can be told."""
        from provisioner.operations.contacts import known_contacts

        unknown = [addressee for addressee in addressees if known_contacts(register, addressee) is None]
        self.say_without_contact([code for code in unknown if code is not None])
        if None in unknown:
            self.say(Sentence.NO_CAF_CONTACT)
        return len(unknown) < len(addressees)

    def start_logging(self, level: str | None = None) -> None:
        """The technical log, on stderr; from `level` on where none is set."""
        from provisioner.logs import configure_logging

        log = self.settings.log
        if level is not None and "level" not in log.model_fields_set:
            log = log.model_copy(update={"level": level})
        configure_logging(log)

    @contextmanager
    def register(self, *partners: str | None, level: str | None = None, make: bool = True) -> Iterator[Register]:
        """The register; the `partners` that are named must be in it. Unless it is to be made, it must be there.

        Raises:
            WrongUsage: one of them is not.
            RegisterUnavailable: it cannot be opened.
        """
        from provisioner.domain.errors import Refusal
        from provisioner.register import RegisterUnavailable, is_there, open_register

        self.start_logging(level)
        if not make and not is_there(self.settings):
            raise RegisterUnavailable("There is no register.", Refusal.NO_REGISTER)
        register = open_register(self.settings, self.clock)
        try:
            for code in filter(None, partners):
                from provisioner.operations.partners import partner_of

                partner_of(register, code)
            yield register
        finally:
            register.close()

    @contextmanager
    def context(
        self, by: str, *partners: str | None, read_only: bool = False, as_of: date | None = None
    ) -> Iterator[Context]:
        """Everything: the register and Keycloak, in the name of `by`. `read_only` raises on any write there."""
        from provisioner.keycloak.directory import Directory
        from provisioner.operations.context import Context
        from provisioner.register import check_lease

        with self.register(*partners) as register:
            directory = Directory(self.settings.keycloak, read_only=read_only, guard=check_lease)
            stop = threading.Event()
            before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
            try:
                yield Context(
                    settings=self.settings,
                    clock=self.clock.as_of(as_of) if as_of else self.clock,
                    register=register,
                    directory=directory,
                    by=by,
                    stop=stop,
                )
            finally:
                signal.signal(signal.SIGTERM, before)
                directory.close()


def session_of(ctx: typer.Context) -> Session:
    """The session that the command line opened."""
    session = ctx.find_object(Session)
    assert session is not None
    return session
