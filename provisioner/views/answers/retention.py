"""`retention …`: what is destroyed when, under which rule, and what a hold keeps from it (D rules, C4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Self

from provisioner.domain.calendar import add_months, day_of
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import Destruction, Kind
from provisioner.views.answers import Answer, Code, Day, ListAnswer, Moment, Number, RowAnswer, Rule, beside
from provisioner.views.dates import french_date, in_cell
from provisioner.views.shown import Line, Part, Table, Tone, as_csv

#: How far ahead each destruction is shown with whose it is; later ones are counted by year and rule.
_NAMED_MONTHS = 12


class DueKind(StrEnum):
    """What is destroyed. A convention is its annexes and its contacts; connections go with their account."""

    ACCOUNT = "account"
    CONNECTIONS = "connections"
    HABILITATION = "habilitation"
    ANNEXE = "annexe"
    CONTACTS = "contacts"


_KINDS = {
    Kind.ACCOUNT: (DueKind.ACCOUNT, DueKind.CONNECTIONS),
    Kind.HABILITATION: (DueKind.HABILITATION,),
    Kind.CONVENTION: (DueKind.ANNEXE, DueKind.CONTACTS),
}

_WORDS = {
    DueKind.ACCOUNT: "compte",
    DueKind.CONNECTIONS: "connexions",
    DueKind.HABILITATION: "habilitation",
    DueKind.ANNEXE: "annexes 1",
    DueKind.CONTACTS: "contacts et courriels",
}


class DueLine(RowAnswer):
    """Something that is due: done from the day after `due_on`, unless it is on hold (D7). `habilitation` is the
    number; of an account, that of the access that was closed last.
    """

    kind: DueKind
    partner: Code
    habilitation: Number | None
    rule: Rule
    due_on: Day
    on_hold: bool
    email: EmailAddress | None = beside(None)

    @classmethod
    def of(cls, destruction: Destruction) -> Iterator[Self]:
        habilitation = destruction.habilitation
        for kind in _KINDS[destruction.kind]:
            yield cls.read(
                destruction,
                kind=kind,
                habilitation=habilitation.id if habilitation is not None else None,
                on_hold=destruction.is_on_hold,
                email=habilitation.email if habilitation is not None else None,
            )

    def cells(self) -> tuple[str | None, ...]:
        return in_cell(self.due_on), _WORDS[self.kind], self.partner, self.email, self.rule


class DueAnswer(ListAnswer[DueLine]):
    """`retention due`: what goes when, under which rule, earliest first."""

    _today: date

    @classmethod
    def on(cls, today: date, destructions: Iterable[Destruction]) -> Self:
        """What is due, as of that day."""
        answer = cls(tuple(line for destruction in destructions for line in DueLine.of(destruction)))
        answer._today = today
        return answer

    def shown(self) -> Iterator[Part]:
        """By person what is due within a year, counted what is later; what is on hold apart."""
        until = add_months(self._today, _NAMED_MONTHS)
        free = [line for line in self.rows if not line.on_hold]
        columns = ("Dû le", "Quoi", "Partenaire", "Qui", "Règle")
        soon = [line.cells() for line in free if line.due_on <= until]
        yield Table(
            "À détruire le lendemain du jour indiqué", columns, soon, empty="Rien n'est à détruire d'ici un an."
        )
        counts: dict[tuple[str, str, str], int] = {}
        for line in free:
            if line.due_on > until:
                key = (str(line.due_on.year), _WORDS[line.kind], line.rule)
                counts[key] = counts.get(key, 0) + 1
        later = [(*key, str(count)) for key, count in counts.items()]
        yield Table("Plus tard", ("Année", "Quoi", "Règle", "Combien"), later)
        held = [line.cells() for line in self.rows if line.on_hold]
        yield Table("Conservé par décision (D7) : rien n'en est détruit", columns, held)

    def csv(self) -> str:
        titles = ("kind", "partner", "habilitation", "rule", "due_on", "on_hold")
        return as_csv([titles, *(tuple(getattr(line, title) for title in titles) for line in self.rows)])


class KeepingAnswer(Answer):
    """`retention hold`: its number, by which it is released."""

    hold: Number

    def shown(self) -> Iterator[Part]:
        command = f'provisioner retention release {self.hold} --by "NOM" --reason "MOTIF"'
        yield Line(f"Conservation n° {self.hold} enregistrée. Pour la lever : {command}")


class KeepingLine(RowAnswer):
    """A hold on destruction: a partner's, a person's, or everybody's (both null). `review_on` is the day on which
    somebody looks at it again, `overdue` whether it is past: the hold stays. An incident's ends with the incident.
    `decided_by` is null once that name's own day has come (D8).
    """

    hold: Number
    partner: Code | None
    email: EmailAddress | None
    since: Moment
    decided_by: str | None
    reason: str
    review_on: Day | None
    overdue: bool
    incident: Number | None

    @classmethod
    def of(cls, kept: tuple[Hold, str | None], today: date) -> Self:
        hold, by = kept
        return cls.read(hold, hold=hold.id, decided_by=by, review_on=hold.until, overdue=hold.is_over_on(today))

    def cells(self) -> tuple[str | None, ...]:
        who = self.email or self.partner or "tout le registre"
        since, review_on = french_date(day_of(self.since)), in_cell(self.review_on)
        reason = self.reason if self.incident is None else f"incident n° {self.incident} : {self.reason}"
        return str(self.hold), who, since, self.decided_by, review_on, reason


class KeepingsAnswer(ListAnswer[KeepingLine]):
    """`retention list`: what is kept from destruction, oldest first."""

    TITLE = "Conservations (D7)"
    COLUMNS = ("N°", "Qui", "Depuis le", "Décidée par", "À revoir le", "Pourquoi")
    EMPTY = "Aucune conservation n'est en cours."

    def shown(self) -> Iterator[Part]:
        yield self.table()
        for line in self.rows:
            if line.overdue and line.review_on is not None:
                yield Line(f"N° {line.hold} : à revoir depuis le {french_date(line.review_on)}.", Tone.WARNING)
