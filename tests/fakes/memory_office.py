"""An office whose directory is in memory: the real operations and a real register, for thousands of cases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import copy
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from sqlalchemy import event

from provisioner.clock import Clock
from provisioner.documents import read_annexe
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.keycloak.directory import Directory
from provisioner.operations.check import Reader, Request
from provisioner.operations.context import Context, RunResult
from provisioner.operations.decide import apply_document
from provisioner.operations.partners import Given, add_partner
from provisioner.operations.run import sync
from provisioner.register import open_register
from provisioner.settings import Settings
from tests.fakes.memory_directory import MemoryDirectory
from tests.fakes.memory_realm import HandClock

_REGISTER = "provisioner.sqlite3"


def reading(annexes: Mapping[bytes, Annexe]) -> Reader:
    """In place of the reading of a file: what a few bytes stand for."""
    return lambda content, _name, _limits: annexes[content]


class MemoryOffice:
    """One register in a directory of its own, one realm in memory, one clock for both."""

    def __init__(
        self, home: Path, *, threads: int = 1, read: Reader = read_annexe, closures: int = 5, url: str | None = None
    ) -> None:
        self.read = read
        self.settings = Settings.model_validate(
            {
                "data_dir": home,
                "database": {"url": url},
                "keycloak": {"threads": threads},
                "invitation": {"settle_seconds": 0},
                "limits": {"closures": closures},
            }
        )
        self.hand_clock = HandClock()
        self.directory = MemoryDirectory(self.hand_clock)
        home.mkdir(parents=True, exist_ok=True)
        if url is None:
            (home / _REGISTER).write_bytes(_empty_register())
        self.open()

    def open(self) -> None:
        """A process begins: what the last one left is all it knows."""
        self.directory.restart()
        clock = Clock(real_now=self.hand_clock)
        register = open_register(self.settings, clock)
        if register.engine.dialect.name == "sqlite":
            event.listen(register.engine, "connect", _never_flush)
            register.engine.dispose()
        self.context = Context(
            settings=self.settings,
            clock=clock,
            register=register,
            directory=cast(Directory, self.directory),
            by="test",
            read=self.read,
        )

    def close(self) -> None:
        self.context.register.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def copied_to(self, home: Path) -> MemoryOffice:
        """The same office once more, as it is now, in another directory: what leads to a scene is played once."""
        twin = copy(self)
        twin.settings = self.settings.model_copy(update={"data_dir": home})
        twin.hand_clock = HandClock(self.hand_clock.now)
        twin.directory = self.directory.copied(twin.hand_clock)
        home.mkdir(parents=True)
        with (
            closing(sqlite3.connect(self.settings.data_dir / _REGISTER)) as ours,
            closing(sqlite3.connect(home / _REGISTER)) as theirs,
        ):
            _never_flush(theirs, None)
            ours.backup(theirs)
        twin.open()
        return twin

    def on(self, day: date) -> None:
        """Ten in the morning, that day, in Paris or an hour earlier."""
        self.hand_clock.now = datetime.combine(day, time(8), UTC)

    def add_partner(self, code: str, *domains: str, signed_on: date = date(2026, 1, 15)) -> None:
        given = Given(name=f"Partenaire {code}", domains=domains, signed_on=signed_on)
        add_partner(self.context.register, code, given, self.settings.documents, "test")

    def apply(self, document: Document, partner: str, decisions: Decisions = Decisions()) -> RunResult:  # noqa: B008
        request = Request(
            document=document,
            partner=partner,
            by="Claire Martin",
            decisions=decisions,
            received_on=self.context.clock.today(),
        )
        return apply_document(self.context, request, no_bar, None)

    def sync(self) -> RunResult:
        return sync(self.context, [], no_bar)


def _never_flush(connection: sqlite3.Connection, _record: object) -> None:
    """Processes die in these tests, machines do not."""
    connection.execute("PRAGMA synchronous=OFF")


@cache
def _empty_register() -> bytes:
    """A register that is as new: its migrations take as long as an annexe."""
    with TemporaryDirectory() as home:
        settings = Settings(data_dir=Path(home))
        open_register(settings, Clock()).close()
        return (settings.data_dir / _REGISTER).read_bytes()


@contextmanager
def no_bar(_total: int) -> Iterator[Callable[[], None]]:
    yield lambda: None
