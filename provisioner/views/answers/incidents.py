"""`incident …`: security incidents, with the 72 hours of GDPR 33 and what is still to be recorded (L2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self

from pydantic import Field, InstanceOf

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.incident import Incident, Origin
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import (
    Answer,
    Code,
    Count,
    Day,
    ListAnswer,
    Moment,
    Number,
    RowAnswer,
    absent_when_none,
    beside,
)
from provisioner.views.answers.containment import cut_words, tokens_sentence
from provisioner.views.dates import french_date, french_moment
from provisioner.views.holds import contained_sentence
from provisioner.views.incidents import ITEMS, ORIGINS, delay_words, item_value
from provisioner.views.shown import Line, Part, Table, Tone


class DeclaredAnswer(Answer):
    """`incident declare`: its number, and by when the CNIL is to be notified (GDPR 33). With `--contain` how many
    accounts were cut and were not, and until when an access token that was given before may still pass.
    """

    incident: Number
    notify_before: Moment
    cut: Count | None = absent_when_none()
    not_cut: Count | None = absent_when_none()
    tokens_until: Moment | None = absent_when_none()
    words: str = beside("")

    @classmethod
    def of(cls, incident: Incident, now: datetime, cut: object = None) -> Self:
        return cls.read(
            cut, incident=incident.id, notify_before=incident.notify_before, words=delay_words(incident, now)
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"Incident n° {self.incident} enregistré : {self.words}.")
        if self.cut is not None:
            yield Line(f"{cut_words(self.cut, self.not_cut or 0)}.", Tone.TITLE)
        if self.tokens_until is not None:
            yield Line(tokens_sentence(self.tokens_until))


class IncidentLine(RowAnswer):
    """One incident. `closed_at` is null while it is open."""

    incident: Number
    origin: Origin
    aware_since: Moment
    notify_before: Moment
    what: str
    partners: tuple[str, ...]
    cnil_notified: str | None
    closed_at: Moment | None
    words: str = beside("")

    @classmethod
    def of(cls, incident: Incident, now: datetime) -> Self:
        closed = incident.closed_at
        words = f"clos le {french_date(day_of(closed))}" if closed else f"ouvert ; {delay_words(incident, now)}"
        return cls.read(incident, incident=incident.id, words=words)

    def cells(self) -> tuple[str, ...]:
        return str(self.incident), french_moment(self.aware_since), ", ".join(self.partners), self.what, self.words


class IncidentsAnswer(ListAnswer[IncidentLine]):
    """`incident list`: all of them, oldest first."""

    TITLE = "Incidents"
    COLUMNS = ("N°", "Connu depuis le", "Partenaires", "Quoi", "État")
    EMPTY = "Aucun incident."


class KeptLine(Answer):
    """What is kept from destruction for it: a partner's records, a person's, or everybody's (both null). `review_on`
    is the day on which somebody is to look at that again.
    """

    partner: str | None
    email: EmailAddress | None
    review_on: Day | None

    @property
    def words(self) -> str:
        """Whose records."""
        return self.email or self.partner or "tous les partenaires"


class IncidentAnswer(Answer):
    """`incident show`: what is recorded of an incident. `lacking` are the items of GDPR 33 and 34 that are null;
    `cnil_notified` is the day of the notification, or why there was none.
    """

    incident: Number
    origin: Origin
    aware_since: Moment
    notify_before: Moment
    what: str
    declared_at: Moment
    declared_by: str
    partners: tuple[str, ...]
    emails: tuple[EmailAddress, ...]
    nature: str | None
    categories: str | None
    numbers: str | None
    effects: str | None
    measures: str | None
    cnil_notified: str | None
    persons_told: str | None
    lacking: tuple[str, ...]
    contained: tuple[Code, ...] = Field(description="The partners of which every access is cut for it now.")
    kept: tuple[KeptLine, ...] = Field(description="What is kept from destruction until it is closed (D7).")
    closed_at: Moment | None
    closed_by: str | None
    closing_text: str | None
    words: str = beside("")
    now: InstanceOf[datetime] = beside(None)

    @classmethod
    def of(cls, incident: Incident, its_holds: Iterable[Hold], now: datetime) -> Self:
        kinds = {kind: [hold for hold in its_holds if hold.kind is kind] for kind in HoldKind}
        return cls.read(
            incident,
            incident=incident.id,
            contained=tuple(hold.partner for hold in kinds[HoldKind.CONTAINMENT]),
            kept=tuple(KeptLine.read(hold, review_on=hold.until) for hold in kinds[HoldKind.RETENTION]),
            words=delay_words(incident, now),
            now=now,
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"Incident n° {self.incident} : {'clos' if self.closed_at else 'ouvert'}", Tone.TITLE)
        if self.closed_at is None:
            yield Line(f"{self.words[0].upper()}{self.words[1:]}.", Tone.WARNING if self.lacking else Tone.PLAIN)
        for code in self.contained:
            yield Line(contained_sentence(code), Tone.WARNING)
        yield Table("Déclaration", ("Donnée", "Valeur"), tuple(self._declaration()))
        items = [(words, item_value(getattr(self, item) or "à renseigner")) for item, words in ITEMS.items()]
        yield Table("Éléments demandés par le RGPD (articles 33 et 34)", ("Élément", "Valeur"), items)
        rows = [(line.words, self._review(line)) for line in self.kept]
        yield Table("Enregistrements qui ne sont pas détruits", ("De qui", "À réexaminer"), rows)

    def _declaration(self) -> Iterator[tuple[str, str]]:
        yield "Quoi", self.what
        yield "Connu depuis le", french_moment(self.aware_since)
        yield "Signalé par", ORIGINS[self.origin]
        yield "Déclaré", f"le {french_moment(self.declared_at)} par {self.declared_by}"
        yield "Partenaires", ", ".join(self.partners)
        yield "Personnes", ", ".join(self.emails)
        if self.closed_at is not None:
            yield "Clos", f"le {french_moment(self.closed_at)} par {self.closed_by} : {self.closing_text}"

    def _review(self, line: KeptLine) -> str:
        if line.review_on is None:
            return ""
        is_due = line.review_on <= day_of(self.now)
        return f"le {french_date(line.review_on)}{' : à faire' if is_due else ''}"
