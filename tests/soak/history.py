"""Invents an office's life: a pure function of a seed, a number of days, of partners and of persons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, NamedTuple

from tests.soak.model import DAY, Action, Annexe, Model, Person, Row

FIRST_DAY = date(2026, 3, 2)

#: What goes wrong, in turn; `detail` names a fault of the proxy, or whether the write that a kill is at was made.
FAULTS = [
    ("kill", "before"), ("keycloak", "drop_after"), ("full", ""), ("restart", ""), ("mail", ""), ("locked", ""),
    ("keycloak", "drop_before"), ("kill", "after"), ("keycloak", "status_500"), ("keycloak", "cut_body"),
    ("keycloak", "status_503"), ("keycloak", "empty_page"),
]  # fmt: skip
_SYLLABLES = [a + b for a in "bdfglmnprtv" for b in "aeiou"]


class Fault(NamedTuple):
    """What strikes the service, and at which of its calls that day."""

    kind: str
    detail: str
    at: int


@dataclass
class Day:
    """A day that is worth a look."""

    on: date
    actions: list[Action] = field(default_factory=list)
    fault: Fault | None = None


class Size(NamedTuple):
    """How much life, and how many faults; no kill in the last quarter: one process's memory is watched over it."""

    days: int
    partners: int
    persons: int
    faults: int
    restarts: int


def make_history(seed: int, size: Size) -> list[Day]:
    """The days on which something is done or due, and the days before and after these."""
    life = _Life(seed, size)
    days = [life.live(FIRST_DAY + offset * DAY) for offset in range(size.days)]
    busy = {day.on for day, is_busy in days if is_busy}
    return [day for day, _ in days if {day.on - DAY, day.on, day.on + DAY} & busy or day is days[-1][0]]


def _name(number: int) -> str:
    base = len(_SYLLABLES)
    return "".join(_SYLLABLES[each] for each in (number % base, number // base % base, number // base**2))


class _Life:
    """Chooses what people do, day by day, from what the model says of that day."""

    def __init__(self, seed: int, size: Size) -> None:
        self.random, self.size, self.model = Random(seed), size, Model(FIRST_DAY)
        self.later: dict[date, list[Action]] = defaultdict(list)
        self.sent: dict[str, date] = {}
        codes = [f"partenaire-{number}" for number in range(1, size.partners + 1)]
        places = [code for n, code in enumerate(codes) for _ in range((4, 1, 1, 2, 1)[n % 5])]
        self.unborn: dict[str, list[str]] = {code: [] for code in codes}
        for number in range(size.persons):
            self.unborn[places[number % len(places)]].append(_name(number))
        # In two years things happen once a month, so that there are days on which nothing is due.
        self.step = max(1, size.days // 24 if size.days > 100 else 1)
        last = max(1, size.days // 10 // self.step)
        self.arrives = {code: FIRST_DAY + self.random.randrange(last) * self.step * DAY for code in codes}
        self.next_annexe = dict(self.arrives)
        self.faults = [FAULTS[n % len(FAULTS)] for n in range(size.faults)]
        self.next_fault, self.restarts = FIRST_DAY + 2 * DAY, size.restarts

    def live(self, today: date) -> tuple[Day, bool]:
        """That day, and whether anything happens on it."""
        self.today = self.model.today = today
        self.day, self.named, self.closing = Day(today), set[str](), 0
        for action in self.later.pop(today, []):
            if self._is_still_possible(*action):
                self._do(*action)
        if (today - FIRST_DAY).days % self.step == 0:
            self._partners()
            self._persons()
        for code in self.unborn:
            if self.next_annexe[code] == today and self.model.is_active(code):
                self.next_annexe[code] = self._in(max(7, self.size.days // 12), max(13, self.size.days // 6))
                self._receive(code)
        before = {person for person in self.model.people if person.is_open}
        mailed = self.model.settle()
        after = {person for person in self.model.people if person.is_open}
        for person in sorted(after - before, key=lambda person: person.email):
            self._plan_use(person)
        return self.day, bool(self.day.actions or mailed or after != before)

    def _do(self, name: str, *given: Any) -> None:
        self.day.actions.append((name, *given))
        self.model.do(self.day.actions[-1])
        self.named.update(value for value in given if isinstance(value, str))

    def _in(self, fewest: int, most: int) -> date:
        """A day from now, or ago; what is still to come falls on a day on which things happen."""
        on = self.today + self.random.randint(fewest, most) * DAY
        return on if on <= self.today else on + (FIRST_DAY - on).days % self.step * DAY

    def _chance(self, one_in: float) -> bool:
        return self.random.random() < 1 / one_in

    def _is_still_possible(self, name: str, who: str, *_: Any) -> bool:
        if name == "partner_reinstated":
            return self.model.is_active(who)
        person = next((person for person in self.model.people if person.email == who and person.is_open), None)
        if person is None or self.model.last_day(person) < self.today:
            return False
        is_new = person.has_password or person.opened == self.today
        return person.is_enabled and not is_new if name == "link_used" else not person.is_enabled

    def _partners(self) -> None:
        horizon = FIRST_DAY + self.size.days * DAY
        for code, on in self.arrives.items():
            if on == self.today:
                is_short = self._chance(20) and self.size.days > 100
                ends = horizon - self.random.randint(5, self.size.days // 3) * DAY if is_short else date(2030, 12, 31)
                self._do("partner_added", code, ends)
        steady = [code for code in self.sent if self.model.last_days[code] > self.today + 30 * DAY]
        if len(steady) > 2 and self._chance(self.size.days / self.step / 4):
            code, on = self.random.choice(steady), self._in(3, 25) - DAY
            self._do("partner_ends", code, on)
            if self._chance(2):
                self.later[on].append(("partner_reinstated", code))

    def _persons(self) -> None:
        """Decisions by name, and hands in the console: a few a month, or some dozens in two years."""
        often = 4 if self.step == 1 else 1.5
        steady = [person for person in self.model.people if self._is_steady(person)]
        for what in ("suspended", "console_disables", "console_deletes", "console_meddles", "bounced", "reopened"):
            if not steady or not self._chance(often * (3 if what == "console_deletes" else 1)):
                continue
            person = steady.pop(self.random.randrange(len(steady)))
            if what == "reopened":
                self._do(what, person.email, True)
                self._plan_use(person)
            elif what != "bounced" or not person.has_password:
                self._do(what, person.email)
            if not person.is_enabled:
                renews = what == "console_deletes" or (what == "suspended" and self._chance(3))
                self.later[self._in(2, 15)].append(("reopened", person.email, renews))
        closed = [person for person in self.model.people if person.is_closed and person.has_account]
        if closed and self._chance(often):
            self._do("console_enables", self.random.choice(closed).email)
        if closed and self._chance(often * 8):
            self._do("console_adds", f"inconnu{len(self.model.strangers)}@ailleurs.example", closed[0].partner)

    def _is_steady(self, person: Person) -> bool:
        """Open for a while, as it was, and to stay so."""
        if person.opened is None or not person.is_enabled or person.email in self.named or person.ends is not None:
            return False
        is_settled = person.opened <= self.today - 3 * DAY and person.links[-1] <= self.today - 2 * DAY
        return is_settled and self.model.last_day(person) > self.today + 2 * DAY

    def _plan_use(self, person: Person) -> None:
        after = self.random.choice([1, 1, 2, 2, 3, 4, 11, None, None])
        if after is not None:
            self.later[self.today + after * DAY].append(("link_used", person.email))

    def _receive(self, code: str) -> None:
        """An annexe; before it, sometimes, one that is refused and one that is rejected."""
        if code in self.sent and self._chance(4):
            self._do("wrong_document", code, self.random.choice(["unreadable", "domain", "stale"]))
        if code in self.sent and self._chance(6):
            asked, ended = self._lists(code, {}, set())
            new = Row("Refus", "agent", f"refus@{code}.example", self.today)
            self._do("rejected_annexe", Annexe(code, self.today, (*asked, new), tuple(ended)))
        sent_before = self.sent.get(code, FIRST_DAY - 9 * DAY)
        if sent_before < self.today:
            self.sent[code] = max(self._in(-3, 0), sent_before + DAY)
            self._annexe(code, self.sent[code])

    def _annexe(self, code: str, transmitted_on: date) -> None:
        """Few partners a day have annexes that end accesses, so that no limit holds them together."""
        steady = [person for person in self.model.of(code) if self._is_steady(person)]
        self.random.shuffle(steady)
        beyond_limit = max(6, sum(person.is_open for person in self.model.of(code)) // 5 + 3)
        may_close = self.closing < 3
        is_held = may_close and len(steady) > beyond_limit and self._chance(max(4, self.size.partners / 4))
        count = beyond_limit if is_held else min(len(steady), self.random.randrange(4)) if may_close else 0
        leavers = {person.email: self._last_day(person, may_close, is_held) for person in steady[:count]}
        del steady[:count]
        absent = {steady.pop().email} if len(steady) > 2 and self._chance(3) and not is_held else set[str]()
        closes_absent = may_close and self._chance(2)
        renamed = [steady.pop().email] if len(steady) > 2 and self._chance(3) else []
        renames = {old: f"{old.partition('@')[0]}.{len(self.sent)}@{code}.example" for old in renamed}
        asked, ended = self._lists(code, leavers, absent)
        asked = [row._replace(email=renames.get(row.email, row.email)) for row in asked]
        asked = [row._replace(function="cheffe") if self._chance(15) else row for row in asked]
        asked, ended = self._returning(code, asked, ended)
        planned = {person.email for person in self.model.of(code) if person.is_planned and not person.has_account}
        asked = [row for row in asked if row.email not in planned or not self._chance(6)] + self._new(code)
        self.closing += bool(leavers or (absent and closes_absent))
        fault = self._fault() if asked and not is_held else None
        way = self.random.choice(
            ["apply"] if is_held else ["submit", "drop"] if fault else ["apply", "submit", "drop"]
        )
        lists, renames_of = (tuple(asked), tuple(ended)), tuple(renames.items())
        self._do("annexe", Annexe(code, transmitted_on, *lists, closes_absent, renames_of, way, is_held))
        self.day.fault = fault or self.day.fault

    def _last_day(self, person: Person, may_be_past: bool, is_past: bool) -> date:
        when = "past" if is_past else self.random.choice(["past", "past", "today", "later"])
        if when == "past" and may_be_past:
            return max(person.requested, self._in(-10, -1))
        return self._in(2, 20) - DAY if when == "later" else self.today

    def _lists(self, code: str, leavers: dict[str, date], absent: set[str]) -> tuple[list[Row], list[Row]]:
        """Everybody as they are, but for those who leave."""
        asked, ended = [], []
        for person in self.model.of(code):
            ends = leavers.get(person.email, person.ends)
            if ends is not None and (ends >= self.today - 700 * DAY or not person.is_closed):
                ended.append(Row(person.name, person.function, person.email, ends))
            elif not person.is_closed and person.email not in absent:
                asked.append(Row(person.name, person.function, person.email, person.requested))
        return asked, ended

    def _new(self, code: str) -> list[Row]:
        """Most of the partner's persons on its first annexe, then a few at a time."""
        unborn, is_first = self.unborn[code], not any(self.model.of(code))
        count = max(1, len(unborn) * 6 // 10) if is_first else self.random.choice([0, 1, 1, 2, 3])
        names = [unborn.pop() for _ in range(min(count, len(unborn)))]
        on = {name: self._in(1, 20) if self._chance(5) else self._in(-10, 0) for name in names}
        return [Row(name.capitalize(), "agent", f"{name}@{code}.example", on[name]) for name in names]

    def _returning(self, code: str, asked: list[Row], ended: list[Row]) -> tuple[list[Row], list[Row]]:
        """Somebody who left a while ago is asked for again, named as closed too or not."""
        gone = [
            person
            for person in self.model.of(code)
            if person.is_closed and person.has_account and not (person.is_suspended or person.is_cut)
            and max(person.ends or self.today, person.links[-1]) < self.today - 3 * DAY
        ]  # fmt: skip
        if not gone or not self._chance(2):
            return asked, ended
        person, is_in_both = self.random.choice(gone), self._chance(2)
        ended = [row for row in ended if row.email != person.email or is_in_both]
        return [*asked, Row(person.name, person.function, person.email, self._in(-1, 8))], ended

    def _fault(self) -> Fault | None:
        if not self.faults or self.today < self.next_fault:
            return None
        kind, detail = self.faults.pop(0)
        is_quiet = self.today >= FIRST_DAY + self.size.days * 3 // 4 * DAY
        if (kind == "kill" and is_quiet) or (kind == "restart" and self.restarts == 0):
            return None
        self.restarts -= kind == "restart"
        self.next_fault = self.today + DAY
        return Fault(kind, detail, self.random.randint(1, 3))
