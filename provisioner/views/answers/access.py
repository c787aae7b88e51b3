"""`access list`, `access late`: who had, has or will have an access on a day, and what was closed late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Self

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.history import AccessOnDay, LateCause, LateClosure
from provisioner.domain.people import EmailAddress
from provisioner.views.access import STATES
from provisioner.views.answers import Code, Count, Day, ListAnswer, Number, RowAnswer, beside
from provisioner.views.dates import french_date, short
from provisioner.views.journal import decided_words
from provisioner.views.shown import Line, Part, Table

#: In which order the states are counted: who can log in on that day first.
_ORDER = (State.OPEN, State.SUSPENDED, State.CLOSED, State.PLANNED)

#: Why a closure was late, in a few words.
CAUSES: Mapping[LateCause, str] = {
    LateCause.LATE_DEPARTURE: "départ signalé tardivement",
    LateCause.HELD: "en attente d'une décision",
    LateCause.FAILED: "échec technique",
    LateCause.PAUSED: "pause",
}


class AccessLine(RowAnswer):
    """An access with its state on the day that was asked for, and the decision to which it owes its opening."""

    partner: Code
    last_name: str
    first_names: str
    function: str
    email: EmailAddress
    state: State
    requested_on: Day
    opened_on: Day | None
    ended_on: Day | None
    closed_on: Day | None
    annexe: Number | None
    decided_by: str | None

    @classmethod
    def of(cls, access: AccessOnDay) -> Self:
        """An access with what the journal tells of its decision."""
        return cls.read(access, access.decision, access.habilitation, access.habilitation.person)

    def values(self) -> tuple[str | int | date | None, ...]:
        """The access as typed cells, in the order of `AccessesAnswer.COLUMNS`."""
        by = decided_words(self.decided_by, None) if self.decided_by else None
        days = (self.requested_on, self.opened_on, self.ended_on, self.closed_on)
        person = (self.last_name, self.first_names, self.function, self.email)
        return self.partner, *person, STATES[self.state], *days, self.annexe, by

    def cells(self) -> list[str]:
        return [short(value) if isinstance(value, date) else str(value or "") for value in self.values()]


class AccessesAnswer(ListAnswer[AccessLine]):
    """`access list`: an access a row, by partner and name."""

    TITLE = "Accès"
    COLUMNS = (
        *("Partenaire", "Nom", "Prénoms", "Fonction", "Adresse", "État"),
        *("Demandé le", "Ouvert le", "Fin d'habilitation", "Clôturé le", "Annexe 1", "Décidé par"),
    )
    EMPTY = "Aucun accès."
    _day: date = date.min

    @classmethod
    def on(cls, day: date, accesses: Iterable[AccessOnDay]) -> Self:
        """The accesses as they were, are or will be on that day."""
        answer = cls.of(accesses)
        answer._day = day
        return answer

    def shown(self) -> Iterator[Part]:
        counts = Counter(line.state for line in self.rows)
        counted = (state for state in _ORDER if counts[state] or state is State.OPEN)
        told = " · ".join(f"{STATES[state]}s {counts[state]}" for state in counted)
        yield Line(told[0].upper() + told[1:])
        yield from super().shown()

    def table(self) -> Table:
        return replace(super().table(), title=f"Accès au {french_date(self._day)}")


class LateLine(RowAnswer):
    """A closure done after its day: `due_on` is the first day on which it could be done, `days` how many later it
    was.
    """

    partner: Code
    email: EmailAddress
    due_on: Day
    closed_on: Day
    days: Count
    cause: LateCause
    who: str = beside("")

    @classmethod
    def of(cls, closure: LateClosure) -> Self:
        habilitation = closure.habilitation
        who = f"{habilitation.person.name} ({habilitation.email})"
        return cls.read(closure, habilitation, who=who)

    def cells(self) -> tuple[str, ...]:
        return self.partner, self.who, short(self.due_on), short(self.closed_on), str(self.days), CAUSES[self.cause]


class LateAnswer(ListAnswer[LateLine]):
    """`access late`: a late closure a row, oldest first."""

    TITLE = "Clôtures tardives"
    COLUMNS = ("Partenaire", "Personne", "À clôturer le", "Clôturé le", "Jours", "Cause")
    EMPTY = "Aucune clôture tardive."
