"""A habilitation: one person's right of access through one partner, told by facts with their dates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.calendar import day_of
from provisioner.domain.people import EmailAddress, Person


class State(StrEnum):
    """What a habilitation is, computed from its facts and never stored."""

    PLANNED = "planned"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Suspension:
    """A span in which an account was suspended by name; it lasts while `until` is None."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Why and when a habilitation ends: rule A3 (list 2), A5 (a decision) or C3 (the convention's end).

    `transmitted_on` is the date of the annexe that said so, None for C3; `recorded_on` the day it was entered,
    `recorded_at` the moment, once the register has it. `received_on` is the day on which the Caf received that
    annexe (V3). `decision` is the journal's entry of the decision that it follows from.
    """

    on: date
    rule: str
    transmitted_on: date | None
    recorded_on: date
    decision: int | None = None
    recorded_at: datetime | None = field(default=None, compare=False)
    received_on: date | None = field(default=None, compare=False)

    @property
    def told_on(self) -> date:
        """The day on which the Caf was told of it (V3).

        Of an end that was entered before version 0.4 the reception may not be known: the day of its entry is no
        earlier.
        """
        return self.received_on or self.recorded_on

    @property
    def due_on(self) -> date:
        """The day from which the access is to be closed: the morrow of its last day (A6), at once for A5."""
        if self.rule == "A5" and self.transmitted_on is not None:
            return self.transmitted_on
        return self.on + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habilitation:
    """The facts of a habilitation. `id` is None until the register has it.

    `transmitted_on` is the date of the annexe, or of the adoption (`adopted_on`), that last named the person.
    `opened_at` and `closed_at` are the moments at which Keycloak was really changed. From `link_due_at` on the person
    is owed one e-mail with the link (P2): None for somebody whose account was open already. Which of these came first
    is told by `opened_number` and `link_due_number`, the places of the register's writes: clocks step back.
    `waived` are the finding codes that a named person waived for it (A7: as long as it lasts). `decision` and
    `link_decision` are the journal's entries of the decisions to which it owes its opening and its last link.
    """

    id: int | None = None
    partner: str
    person: Person
    requested_on: date
    transmitted_on: date
    adopted_on: date | None = None
    opened_at: datetime | None = None
    opened_number: int | None = None
    link_due_at: datetime | None = None
    link_due_number: int | None = None
    end: End | None = None
    closed_at: datetime | None = None
    waived: frozenset[str] = frozenset()
    decision: int | None = None
    link_decision: int | None = None

    @property
    def email(self) -> EmailAddress:
        """The address of its account."""
        return self.person.email

    @property
    def state(self) -> State:
        """Planned, open or closed; a suspension is a hold and not a fact of the habilitation (`Records.state_of`)."""
        if self.closed_at is not None:
            return State.CLOSED
        return State.PLANNED if self.opened_at is None else State.OPEN

    @property
    def ended_on(self) -> date | None:
        """The day on which it ends or ended, as it was asked for."""
        return None if self.end is None else self.end.on

    @property
    def opened_on(self) -> date | None:
        """The day on which it was really opened."""
        return None if self.opened_at is None else day_of(self.opened_at)

    @property
    def closed_on(self) -> date | None:
        """The day on which it was really closed (D1 counts from it)."""
        return None if self.closed_at is None else day_of(self.closed_at)

    @property
    def owes_first_link(self) -> bool:
        """Whether its last link became due with its opening, and not with a new address or a new password."""
        due, opened = self.link_due_number, self.opened_number
        return due is not None and opened is not None and due <= opened

    def ending_with_convention(self, last_day: date | None, day: date) -> Habilitation:
        """The same with the end that the convention gives it, where the convention is over on that day (C3).

        `last_day` is the convention's; an end of its own that is not later stands.
        """
        if last_day is None or last_day >= day or (self.end is not None and self.end.on <= last_day):
            return self
        return replace(self, end=End(on=last_day, rule="C3", transmitted_on=None, recorded_on=day))

    def is_over_on(self, day: date) -> bool:
        """Whether it was open and is no more on that day: closed, or its end is due and `sync` closes it."""
        return self.state is State.CLOSED or (self.state is State.OPEN and self.is_ending_on(day))

    def is_ending_on(self, day: date) -> bool:
        """Whether its end is due on that day, done or not (A6)."""
        return self.end is not None and self.end.due_on <= day


def by_name(habilitation: Habilitation) -> tuple[str, str, str, EmailAddress]:
    """The order in which accesses are shown: by partner, then by name."""
    person = habilitation.person
    return habilitation.partner, person.last_name.casefold(), person.first_names.casefold(), person.email
