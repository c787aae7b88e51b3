"""Is everything that the software needs reachable, allowed and configured? Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from provisioner.clock import Clock
from provisioner.domain.records import Records
from provisioner.operations.doctor import backup, keycloak, machine, register
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, unreachable
from provisioner.register import RegisterUnavailable, open_as_is
from provisioner.settings import PREFIX, Settings
from provisioner.views.answers.system import DoctorAnswer, DoctorLineAnswer
from provisioner.views.doctor import Found, Todo

__all__ = ["DoctorLine", "Examination", "Level", "examine"]


@dataclass(frozen=True, slots=True)
class Examination:
    """The settings in force, secrets masked, and one line a thing."""

    settings: Mapping[str, str | None]
    lines: tuple[DoctorLine, ...]

    @property
    def level(self) -> Level:
        """The worst of all."""
        levels = {line.level for line in self.lines}
        return next((level for level in (Level.WANTING, Level.ATTENTION) if level in levels), Level.OK)

    @property
    def is_unreachable(self) -> bool:
        """Whether a system that is needed does not answer."""
        return any(line.is_unreachable for line in self.lines)

    def answer(self) -> DoctorAnswer:
        """What is shown of it."""
        lines = tuple(DoctorLineAnswer.read(line, verdict=line.level) for line in self.lines)
        reachable = not self.is_unreachable
        return DoctorAnswer(verdict=self.level, reachable=reachable, settings=self.settings, lines=lines)


def examine(settings: Settings, clock: Clock) -> Examination:
    """Looks at everything; makes and changes nothing, sends nothing, and takes no lock."""
    return Examination(machine.effective(settings), tuple(_lines(settings, clock)))


def _lines(settings: Settings, clock: Clock) -> Iterator[DoctorLine]:
    yield from machine.settings_lines(settings, clock)
    yield from machine.reader_lines()
    yield from machine.data_directory_lines(settings)
    lines: list[DoctorLine] = []
    try:
        opened = open_as_is(settings, clock)
        if opened is None:
            lines.append(attention("database", Found.NO_REGISTER, Todo.MADE_BY_ITSELF))
            lines += _elsewhere(settings, clock, Records({}))
        else:
            with closing(opened):
                lines += register.database_lines(opened, settings)
                if register.is_current(opened):  # else what it holds cannot be read as this version reads it
                    records = opened.records()
                    lines += _elsewhere(settings, clock, records)
                    lines += register.work_lines(opened, records, settings, clock.now())
                    with opened.read() as connection:
                        lines += backup.backup_lines(settings, connection, clock.today())
                else:
                    lines += _elsewhere(settings, clock, Records({}))
    except RegisterUnavailable as error:
        todo = Todo.SEE_DATABASE.of(database=f"{PREFIX}DATABASE__URL", directory=f"{PREFIX}DATA_DIR")
        lines.append(unreachable("database", error, todo))
        lines += _elsewhere(settings, clock, Records({}))
    yield from lines


def _elsewhere(settings: Settings, clock: Clock, records: Records) -> Iterator[DoctorLine]:
    yield from keycloak.keycloak_lines(settings, clock, records)
    yield from machine.mail_lines(settings)
