"""`review caf`: who may act in the Caf's name, what changed since the last signed review, who signed what (V4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Self

from pydantic import Field

from provisioner.domain.caf_review import Access, CafReview, Change, Grant, Kind, Line, compare, days_late
from provisioner.domain.calendar import day_of
from provisioner.views import caf_review as words
from provisioner.views.answers import Answer, Count, Day, Moment, Number, beside
from provisioner.views.dates import french_date
from provisioner.views.sentences import counted
from provisioner.views.shown import Line as Sentence
from provisioner.views.shown import Part, Table, Tone, as_csv
from provisioner.views.template import template

_COLUMNS = ("N°", "Quoi", "Qui", "Où", "Droits, et d'où ils viennent", "Signature")


class GrantAnswer(Answer):
    """A role. `gives` are the roles of administration that it is made of, `group` the group that gives it,
    `member_of` the subgroup in which the account is.
    """

    role: str
    gives: tuple[str, ...]
    group: str | None
    member_of: str | None


class AccessAnswer(Answer):
    """Somebody or something that may act. `name` is null where a person declared that nobody may; `realm` is where it
    is in Keycloak, null for what is declared.
    """

    kind: Kind
    realm: str | None
    name: str | None
    enabled: bool
    grants: tuple[GrantAnswer, ...]

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls.read(access, realm=access.realm or None, grants=tuple(map(GrantAnswer.read, access.grants)))

    @property
    def who(self) -> str:
        """The name, with whether the account is disabled."""
        return "personne" if self.name is None else self.name + ("" if self.enabled else " (désactivé)")

    @property
    def grants_words(self) -> str:
        """The roles with how they came."""
        return words.grants_words(Grant(**dict(grant)) for grant in self.grants)

    def cells(self) -> tuple[str | None, ...]:
        return words.KINDS[self.kind], self.who, self.realm, self.grants_words


class LineAnswer(AccessAnswer):
    """A line of the review. `to_remove` is why the last review wanted it removed, `wrong` why this one does."""

    line: Number
    change: Change | None = Field(description="Since the last signed review; null where there is none.")
    to_remove: str | None
    signed_at: Moment | None
    signed_by: str | None
    wrong: str | None

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether it is not as the last review had it."""
        return self.to_remove is not None or self.change in (Change.NEW, Change.CHANGED)

    def row(self) -> tuple[str | None, ...]:
        told = [words.KINDS[self.kind]]
        if self.change in (Change.NEW, Change.CHANGED):
            told.append(words.CHANGES[self.change])
        if self.to_remove is not None:
            told.append(f"à retirer selon la dernière revue ({self.to_remove})")
        _, *rest = self.cells()
        return str(self.line), " ; ".join(told), *rest, self._signature()

    def _signature(self) -> str:
        if self.signed_at is None:
            return "à signer"
        signature = f"{self.signed_by}, le {french_date(day_of(self.signed_at))}"
        return signature if self.wrong is None else f"{signature} : à retirer ({self.wrong})"


class CafReviewAnswer(Answer):
    """`review caf`: the review under way, or the one that was signed just now. `due_on` is when the next one is due,
    null while no convention is signed; `last_signed_at` is when the one before was.
    """

    review: Number
    begun_at: Moment
    read_at: Moment | None
    completed_at: Moment | None
    due_on: Day | None
    days_late: Count
    last_signed_at: Moment | None
    unsigned: Count
    undeclared: tuple[Kind, ...] = Field(description="What a person has still to declare.")
    lines: tuple[LineAnswer, ...] = Field(description="What is new or changed comes first.")
    gone: tuple[AccessAnswer, ...] = Field(description="What the last signed review had and is there no more.")
    sign_by: Day = beside(date.min)

    @classmethod
    def of(cls, review: CafReview, last: CafReview | None, due: date | None, today: date) -> Self:
        comparison = compare(review, last)
        lines = [
            _line(line, comparison.changes.get(line.id), comparison.removals.get(line.id)) for line in review.lines
        ]
        lines.sort(key=lambda line: (not line.is_to_be_looked_at, list(Kind).index(line.kind), line.line))
        return cls.read(
            review,
            review=review.id,
            due_on=due,
            days_late=days_late(due, today),
            last_signed_at=last.completed_at if last else None,
            unsigned=len(review.unsigned),
            lines=tuple(lines),
            gone=tuple(map(AccessAnswer.of, comparison.gone)),
        )

    def shown(self) -> Iterator[Part]:
        yield Sentence(f"Revue n° {self.review} des accès de la Caf", Tone.TITLE)
        yield Sentence(self._state())
        if self.due_on is not None:
            tone = Tone.WARNING if self.days_late else Tone.PLAIN
            late = f" : {counted(self.days_late, 'jour')} de retard" if self.days_late else ""
            yield Sentence(f"Échéance : {french_date(self.due_on)}{late}.", tone)
        rest = self.lines
        if self.last_signed_at is not None:
            since = french_date(day_of(self.last_signed_at))
            looked_at = [line.row() for line in self.lines if line.is_to_be_looked_at]
            none = f"Rien de nouveau depuis la revue signée le {since}."
            yield Table(f"Nouveau, modifié ou à retirer depuis la revue du {since}", _COLUMNS, looked_at, empty=none)
            gone = [access.cells() for access in self.gone]
            yield Table(f"Disparu depuis la revue du {since}", _COLUMNS[1:-1], gone)
            rest = tuple(line for line in self.lines if not line.is_to_be_looked_at)
        title = "Inchangé" if self.last_signed_at else "Qui peut agir au nom de la Caf"
        yield Table(title, _COLUMNS, [line.row() for line in rest])
        yield from self._to_do()

    def _state(self) -> str:
        if self.completed_at is not None:
            return f"Entièrement signée le {french_date(day_of(self.completed_at))}."
        if self.read_at is None:
            return "Les accès n'ont pas encore été relevés dans Keycloak : provisioner review caf"
        return (
            f"Relevée le {french_date(day_of(self.read_at))}, à signer au plus tard le {french_date(self.sign_by)}."
        )

    def _to_do(self) -> Iterator[Part]:
        if self.completed_at is not None:
            return
        if self.undeclared:
            kinds = " ; ".join(words.KINDS[kind] for kind in self.undeclared)
            yield Sentence(f"Reste à déclarer : {kinds}.", Tone.WARNING)
            for kind in self.undeclared:
                yield Sentence(f'provisioner review caf declare --what {kind} --who "NOM" --by "NOM"')
        if self.unsigned and self.read_at is not None:
            yield Sentence(f"Lignes à signer : {self.unsigned}.", Tone.WARNING)
            yield Sentence('provisioner review caf --sign --by "NOM"')

    def csv(self) -> str:
        facts = ("line", "kind", "realm", "name", "enabled", "grants")
        titles = (*facts, "change", "to_remove", "signed_by", "signed_at", "wrong")
        written = (line.model_dump(mode="json") | {"grants": line.grants_words} for line in self.lines)
        return as_csv([titles, *([row[title] for title in titles] for row in written)])

    def page(self) -> str:
        title, *parts = self.shown()
        return template("shown.html").render(title=title, parts=parts)


def _line(line: Line, change: Change | None, to_remove: str | None) -> LineAnswer:
    access = dict(AccessAnswer.of(line.access))
    return LineAnswer.read(line, **access, line=line.id, change=change, to_remove=to_remove)
