"""Who has an access on each day, and who is owed which e-mail: the convention told without the product's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

DAY = timedelta(days=1)

#: After so many links, how many days after the first the next one leaves (docs/invitations.md).
REPEATS = {1: 3 * DAY, 2: 10 * DAY}


@dataclass(eq=False)
class Person:
    """One person at one partner. `ends` is the last day; `links` are the days on which this round's links left."""

    partner: str
    email: str
    name: str
    function: str
    requested: date
    ends: date | None = None
    closes_now: bool = False
    opened: date | None = None
    is_closed: bool = False
    has_account: bool = False
    has_password: bool = False
    is_suspended: bool = False
    is_cut: bool = False
    has_bounced: bool = False
    links: list[date] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.opened is not None and not self.is_closed

    @property
    def is_planned(self) -> bool:
        return self.opened is None and not self.is_closed

    @property
    def is_enabled(self) -> bool:
        return self.is_open and self.has_account and not (self.is_suspended or self.is_cut)


class Row(NamedTuple):
    """A line of an annexe 1: the date is the request's or the end's."""

    name: str
    function: str
    email: str
    on: date


class Annexe(NamedTuple):
    """An annexe 1 with what the Caf decides about it. `way` is how it comes in: apply, submit, drop.

    `is_held`: it closes more than the limit, and waits for a name.
    """

    partner: str
    transmitted_on: date
    asked: tuple[Row, ...]
    ended: tuple[Row, ...]
    closes_absent: bool = False
    renames: tuple[tuple[str, str], ...] = ()
    way: str = "apply"
    is_held: bool = False


#: What somebody does: the name of a method of the player, and of the model where it lasts, and what it is given.
Action = tuple[Any, ...]


@dataclass
class Model:
    """The office as it should be at the end of `today`."""

    today: date
    people: list[Person] = field(default_factory=list)
    last_days: dict[str, date] = field(default_factory=dict)
    was_last: dict[str, date] = field(default_factory=dict)
    mailed: Counter[str] = field(default_factory=Counter)
    strangers: dict[str, str] = field(default_factory=dict)
    closures: list[tuple[Person, date]] = field(default_factory=list)

    def person(self, email: str) -> Person:
        return next(person for person in self.people if person.email == email)

    def of(self, partner: str) -> Iterator[Person]:
        return (person for person in self.people if person.partner == partner)

    def is_active(self, partner: str) -> bool:
        return partner in self.last_days and self.today <= self.last_days[partner]

    def last_day(self, person: Person) -> date:
        return min(filter(None, (person.ends, self.last_days[person.partner])))

    def do(self, action: Action) -> None:
        """What has no method here changes nothing that lasts: a wrong document, an account enabled after its end."""
        name, *given = action
        if hasattr(self, name):
            getattr(self, name)(*given)

    def partner_added(self, code: str, ends: date) -> None:
        self.last_days[code] = ends

    def partner_ends(self, code: str, on: date) -> None:
        self.was_last[code] = self.last_days[code]
        self.last_days[code] = on

    def partner_reinstated(self, code: str) -> None:
        self.last_days[code] = self.was_last[code]

    def annexe(self, annexe: Annexe) -> None:
        """A1, A3, A4, A5, A6, A7."""
        for old, new in annexe.renames:
            renamed = self.person(old)
            renamed.email = new
            if not renamed.has_password:
                self._first_link(renamed)
        known = {person.email: person for person in self.of(annexe.partner)}
        asked, ended = {row.email for row in annexe.asked}, {row.email: row.on for row in annexe.ended}
        for row in annexe.asked:
            known_person = known.get(row.email)
            if known_person is None:
                self.people.append(Person(annexe.partner, row.email, row.name, row.function, row.on))
            elif known_person.is_closed:
                known_person.requested, known_person.ends, known_person.function = row.on, None, row.function
                known_person.opened, known_person.is_closed, known_person.closes_now = None, False, False
            else:
                known_person.function = row.function
        for email, on in ended.items():
            if email in known and known[email].is_open:
                known[email].ends = on
        for person in known.values():
            if person.is_planned and person.email not in asked:
                self.people.remove(person)
            elif person.is_open and person.email not in {*asked, *ended} and annexe.closes_absent:
                person.ends, person.closes_now = self.today, True

    def suspended(self, email: str) -> None:
        self.person(email).is_suspended = True

    def reopened(self, email: str, new_password: bool) -> None:
        """A suspension lifted, or an account that another hand disabled or deleted."""
        person = self.person(email)
        if new_password or not person.has_account:
            person.has_password = False
            self._first_link(person)
        person.is_suspended, person.is_cut, person.has_account = False, False, True

    def bounced(self, email: str) -> None:
        self.person(email).has_bounced = True

    def link_used(self, email: str) -> None:
        self.person(email).has_password = True

    def console_disables(self, email: str) -> None:
        self.person(email).is_cut = True

    def console_deletes(self, email: str) -> None:
        self.person(email).has_account = False

    def console_adds(self, email: str, partner: str) -> None:
        self.strangers[email] = partner

    # What follows by itself.

    def settle(self) -> Counter[str]:
        """Everything that is due today; gives the e-mails that left today."""
        for person in self.people:
            last = self.last_day(person)
            is_over = last < self.today or person.closes_now
            if not person.is_closed and is_over:
                person.is_closed, person.ends = True, last  # what was planned too, once the convention has ended
                self.closures.append((person, last))
            elif person.is_planned and person.requested <= self.today:
                person.opened, person.has_account, person.has_password = self.today, True, False
                self._first_link(person)
            if self._is_owed_another(person):
                self._link(person)
        mailed, self.mailed = self.mailed, Counter()
        return mailed

    def drift(self) -> Counter[tuple[str, str]]:
        """What the plan tells and leaves as it is."""
        drift: Counter[tuple[str, str]] = Counter(("unknown-in-group", stranger) for stranger in self.strangers)
        for person in self.people:
            if person.is_open and not person.has_account:
                drift["missing-account", person.email] += 1
            elif person.is_open and person.is_cut and not person.is_suspended:
                drift["suspended-by-hand", person.email] += 1
        return drift

    def accounts(self) -> dict[str, bool]:
        """Every account of the realm, and whether it is enabled."""
        ours = {person.email: person.is_enabled for person in self.people if person.has_account}
        return {**ours, **dict.fromkeys(self.strangers, True)}

    def _is_owed_another(self, person: Person) -> bool:
        if not person.is_enabled or person.has_password or person.has_bounced or len(person.links) not in REPEATS:
            return False
        return person.links[0] + REPEATS[len(person.links)] <= self.today and person.links[-1] < self.today

    def _first_link(self, person: Person) -> None:
        person.links, person.has_bounced = [], False
        self._link(person)

    def _link(self, person: Person) -> None:
        person.links.append(self.today)
        self.mailed[person.email] += 1
