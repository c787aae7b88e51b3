"""`controls list`: what the connection controls found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Self

from pydantic import InstanceOf, PlainSerializer, TypeAdapter, WithJsonSchema

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import ControlState, Facts, RaisedControl, Severity
from provisioner.domain.people import EmailAddress
from provisioner.views import hints
from provisioner.views.answers import ListAnswer, Moment, Number, RowAnswer, Rule, beside
from provisioner.views.controls import SEVERITIES, STATES, facts_words, words_of
from provisioner.views.dates import short
from provisioner.views.shown import Line, Part

_FACTS = TypeAdapter(Facts)


def _said(facts: Facts) -> Any:
    return _FACTS.dump_python(facts, mode="json", exclude_defaults=True)


class ControlLine(RowAnswer):
    """Something that a control found. In `facts` stands only what it has to do with; `email` is null where the
    account is none of ours or nobody's.
    """

    control: Number
    code: str
    severity: Severity
    rule: Rule
    partner: str | None
    habilitation: Number | None
    email: EmailAddress | None
    since: Moment
    facts: Annotated[Facts, PlainSerializer(_said), WithJsonSchema(_FACTS.json_schema())]
    state: ControlState
    settled_by: str | None
    raised: InstanceOf[RaisedControl] = beside(None)

    @classmethod
    def of(cls, control: RaisedControl) -> Self:
        return cls.read(control, control=control.id, raised=control)

    def cells(self) -> tuple[str | None, ...]:
        who = self.email or (f"compte {self.raised.user}" if self.raised.user else self.partner)
        state = f"{STATES[self.state]} par {self.settled_by}" if self.settled_by else STATES[self.state]
        name, facts = words_of(self.code).name, facts_words(self.raised)
        since = short(day_of(self.since))
        return str(self.control), SEVERITIES[self.severity], name, who, since, facts, state


class ControlsAnswer(ListAnswer[ControlLine]):
    """`controls list`: what was found, the gravest first."""

    TITLE = "Contrôle des connexions"
    COLUMNS = ("N°", "Gravité", "Constat", "Qui", "Depuis", "Faits", "État")
    EMPTY = "Aucun constat."
    _proposing: frozenset[str] = frozenset()

    @classmethod
    def with_proposals(cls, proposing: frozenset[str], controls: Iterable[RaisedControl]) -> Self:
        """A line each; `proposing` are the codes that propose an incident."""
        answer = cls.of(controls)
        answer._proposing = proposing
        return answer

    def shown(self) -> Iterator[Part]:
        yield self.table()
        for code in dict.fromkeys(line.code for line in self.rows):
            words = words_of(code)
            yield Line(f"{words.name} : {words.meaning}", note=f"À faire : {words.to_do}")
        if any(line.code in self._proposing and line.state is ControlState.RAISED for line in self.rows):
            yield Line(f"Il est proposé de déclarer un incident, sans nom dans le texte : {hints.DECLARE}")
        if any(line.state is ControlState.RAISED for line in self.rows):
            yield Line(f"Une fois un constat expliqué : {hints.SETTLE}")
