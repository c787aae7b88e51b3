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

    def last_day(self, one: Person) -> date:
        return min(filter(None, (one.ends, self.last_days[one.partner])))

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

    def annexe(self, one: Annexe) -> None:
        """A1, A3, A4, A5, A6, A7."""
        for old, new in one.renames:
            renamed = self.person(old)
            renamed.email = new
            if not renamed.has_password:
                self._first_link(renamed)
        known = {each.email: each for each in self.of(one.partner)}
        asked, ended = {row.email for row in one.asked}, {row.email: row.on for row in one.ended}
        for row in one.asked:
            found = known.get(row.email)
            if found is None:
                self.people.append(Person(one.partner, row.email, row.name, row.function, row.on))
            elif found.is_closed:
                found.requested, found.ends, found.function = row.on, None, row.function
                found.opened, found.is_closed, found.closes_now = None, False, False
            else:
                found.function = row.function
        for email, on in ended.items():
            if email in known and known[email].is_open:
                known[email].ends = on
        for each in known.values():
            if each.is_planned and each.email not in asked:
                self.people.remove(each)
            elif each.is_open and each.email not in {*asked, *ended} and one.closes_absent:
                each.ends, each.closes_now = self.today, True

    def suspended(self, email: str) -> None:
        self.person(email).is_suspended = True

    def reopened(self, email: str, new_password: bool) -> None:
        """A suspension lifted, or an account that another hand disabled or deleted."""
        one = self.person(email)
        if new_password or not one.has_account:
            one.has_password = False
            self._first_link(one)
        one.is_suspended, one.is_cut, one.has_account = False, False, True

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
        found: Counter[tuple[str, str]] = Counter(("unknown-in-group", stranger) for stranger in self.strangers)
        for one in self.people:
            if one.is_open and not one.has_account:
                found["missing-account", one.email] += 1
            elif one.is_open and one.is_cut and not one.is_suspended:
                found["suspended-by-hand", one.email] += 1
        return found

    def accounts(self) -> dict[str, bool]:
        """Every account of the realm, and whether it is enabled."""
        ours = {person.email: person.is_enabled for person in self.people if person.has_account}
        return {**ours, **dict.fromkeys(self.strangers, True)}

    def _is_owed_another(self, one: Person) -> bool:
        if not one.is_enabled or one.has_password or one.has_bounced or len(one.links) not in REPEATS:
            return False
        return one.links[0] + REPEATS[len(one.links)] <= self.today and one.links[-1] < self.today

    def _first_link(self, one: Person) -> None:
        one.links, one.has_bounced = [], False
        self._link(one)

    def _link(self, one: Person) -> None:
        one.links.append(self.today)
        self.mailed[one.email] += 1
