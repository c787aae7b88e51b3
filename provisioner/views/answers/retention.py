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
from provisioner.views.answers import Answer, Code, Day, ListAnswer, Moment, Number, Rule, beside
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


class DueLine(Answer):
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
        """What goes with it, each with its words."""
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
        """The line in a table."""
        return in_cell(self.due_on), _WORDS[self.kind], self.partner, self.email, self.rule


class DueAnswer(ListAnswer[DueLine]):
    """`retention due`: what goes when, under which rule, earliest first."""

    _today: date

    @classmethod
    def of(cls, destructions: Iterable[Destruction], today: date) -> Self:
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
        yield Table("À détruire, le lendemain du jour dit", columns, soon, empty="Rien n'est dû d'ici un an.")
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
        """For a spreadsheet: the columns of the JSON."""
        titles = ("kind", "partner", "habilitation", "rule", "due_on", "on_hold")
        return as_csv([titles, *(tuple(getattr(line, title) for title in titles) for line in self.rows)])


class KeepingAnswer(Answer):
    """`retention hold`: its number, by which it is released."""

    hold: Number

    def shown(self) -> Iterator[Part]:
        command = f"provisioner retention release {self.hold} --by NOM --reason MOTIF"
        yield Line(f"Conservation n° {self.hold} enregistrée. Pour la lever : {command}.")


class KeepingLine(Answer):
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


class KeepingsAnswer(ListAnswer[KeepingLine]):
    """`retention list`: what is kept from destruction, oldest first."""

    @classmethod
    def of(cls, kept: Iterable[tuple[Hold, str | None]], today: date) -> Self:
        """The holds with their words."""
        lines = (
            KeepingLine.read(hold, hold=hold.id, decided_by=by, review_on=hold.until, overdue=hold.is_over_on(today))
            for hold, by in kept
        )
        return cls(tuple(lines))

    def shown(self) -> Iterator[Part]:
        rows = [
            (
                str(line.hold),
                line.email or line.partner or "tout le registre",
                french_date(day_of(line.since)),
                line.decided_by,
                in_cell(line.review_on),
                line.reason if line.incident is None else f"incident n° {line.incident} : {line.reason}",
            )
            for line in self.rows
        ]
        columns = ("N°", "Qui", "Depuis le", "Décidée par", "À revoir le", "Pourquoi")
        yield Table("Conservations (D7)", columns, rows, empty="Aucune destruction n'est empêchée.")
        for line in self.rows:
            if line.overdue and line.review_on is not None:
                yield Line(f"N° {line.hold} : à revoir depuis le {french_date(line.review_on)}.", Tone.WARNING)
