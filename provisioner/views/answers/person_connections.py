"""`person show`: what is held of the person's connections, and until when (D5, D1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Self

from pydantic import Field

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import ControlState, RaisedControl, Severity
from provisioner.views.answers import Answer, Count, Day, Moment, Number, Rule, beside
from provisioner.views.connection_words import KINDS, OPERATIONS, object_words, outcome_words
from provisioner.views.controls import STATES, facts_words, words_of
from provisioner.views.dates import french_moment, in_cell
from provisioner.views.person_tables import held_table
from provisioner.views.shown import Table

if TYPE_CHECKING:
    from provisioner.domain.access.person_file import PersonFile

_KEPT = "Conservé jusqu'au"


class HeldConnection(Answer):
    """One event of the person's. `kept_until` is the last day on which it is kept, null while a hold keeps it."""

    at: Moment
    kind: str
    outcome: str | None
    address: str | None
    client: str | None
    kept_until: Day | None


class HeldConsoleAction(Answer):
    """What was done to the person's account by an administrator or by this software."""

    at: Moment
    operation: str
    resource: str
    path: str
    kept_until: Day | None


class HeldControl(Answer):
    """What a connection control saw of the person."""

    control: Number
    code: str
    severity: Severity
    rule: Rule
    since: Moment
    state: ControlState
    facts: str = beside("")


class PersonConnections(Answer):
    """Everything of the person's connections; `from` and `to` are the days of the first and the last event."""

    count: Count
    from_: Day | None = Field(alias="from")
    to: Day | None
    last_login_on: Day | None
    last_login_kept_until: Day | None = Field(description="D1's day; null while an access is not closed.")
    records: tuple[HeldConnection, ...] = Field(description="Oldest first.")
    console: tuple[HeldConsoleAction, ...]
    controls: tuple[HeldControl, ...]

    @classmethod
    def of(cls, file: PersonFile) -> Self:
        held = file.connections
        days = [day_of(record.at) for record in held.records]
        return cls(
            count=len(days),
            from_=min(days, default=None),
            to=max(days, default=None),
            last_login_on=file.last_login_on,
            last_login_kept_until=None if held.is_on_hold else held.due_on,
            records=tuple(HeldConnection.read(record, kept_until=held.kept_until(record)) for record in held.records),
            console=tuple(
                HeldConsoleAction.read(record, kept_until=held.kept_until(record)) for record in held.console
            ),
            controls=tuple(
                HeldControl.read(control, control=control.id, facts=facts_words(_nameless(control)))
                for control in held.controls
            ),
        )

    def tables(self) -> Iterator[Table]:
        """In short, one by one, and what the controls saw of them; no administrator is named."""
        span = "" if self.from_ is None else f", du {in_cell(self.from_)} au {in_cell(self.to)}"
        in_short = [
            ("Événements conservés", f"{self.count}{span}"),
            ("Dernière connexion", in_cell(self.last_login_on)),
        ]
        if self.last_login_on is not None and self.last_login_kept_until is not None:
            in_short.append(("Cette date est conservée jusqu'au", in_cell(self.last_login_kept_until)))
        yield held_table("Connexions en bref", ("Donnée", "Valeur"), in_short)
        rows: list[Sequence[str]] = [
            (
                *(french_moment(record.at), KINDS.get(record.kind, record.kind), outcome_words(record.outcome)),
                *(record.address or "", record.client or "", _until(record.kept_until)),
            )
            for record in self.records
        ]
        columns: Sequence[str] = ("Le", "Événement", "Résultat", "Adresse réseau", "Application", _KEPT)
        yield held_table("Connexions", columns, rows)
        rows = [
            (
                *(french_moment(done.at), OPERATIONS.get(done.operation, done.operation)),
                *(object_words(done.resource, done.path), _until(done.kept_until)),
            )
            for done in self.console
        ]
        yield held_table("Actions sur le compte dans Keycloak", ("Le", "Opération", "Objet", _KEPT), rows)
        rows = [
            (str(line.control), words_of(line.code).name, french_moment(line.since), line.facts, STATES[line.state])
            for line in self.controls
        ]
        columns = ("N°", "Constat", "Depuis", "Faits", "État")
        yield held_table("Contrôles des connexions", columns, rows)


def _nameless(control: RaisedControl) -> RaisedControl:
    """Without the administrator whose act it is."""
    return replace(control, facts=replace(control.facts, actor=None, actor_name=None))


def _until(day: date | None) -> str:
    return in_cell(day) or "tant qu'une décision l'exige"
