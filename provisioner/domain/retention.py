"""Until when personal data are kept (D rules): the day on which each destruction is due.

What is due on a day is done on the day after, never before: `done_from` says that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import add_months
from provisioner.domain.convention import Partner

if TYPE_CHECKING:
    from provisioner.domain.records import Records

#: D1: how long an account's data are kept once its last access is closed, in months.
ACCOUNT_MONTHS = 6
#: D2: how long a closed habilitation's data are kept, in months.
HABILITATION_MONTHS = 24
#: C4: how long the data of annexes 1 and 2 are kept once the convention has ended, in months.
CONVENTION_MONTHS = 24
#: How long an access may be suspended before somebody is asked what is to become of it, in months.
SUSPENSION_MONTHS = 6


def account_due_on(habilitations: Sequence[Habilitation]) -> date | None:
    """The day on which an account's data are due for destruction (D1), given all the habilitations of that account.

    None while one of them is not closed, suspended ones included: nothing runs then. It counts from the day of the
    last real closure, so a date of the past in a cell never shortens it.
    """
    closures = [habilitation.closed_on for habilitation in habilitations if habilitation.closed_on is not None]
    if not closures or len(closures) < len(habilitations):
        return None
    return account_due_on_closure(max(closures))


def account_due_on_closure(closed_on: date) -> date:
    """The same, given the day on which the account's last access was closed."""
    return add_months(closed_on, ACCOUNT_MONTHS)


def habilitation_due_on(habilitation: Habilitation, of_account: Sequence[Habilitation]) -> date | None:
    """The day on which a habilitation's data are due for destruction (D2); None while it is not closed.

    2 years from its `ended_on`, never before its account (D1). `of_account` are all the habilitations of that
    account, this one included. Where another of them keeps the account alive, this one has its own clock (A8):
    then it only never goes before 6 months from its own closure.
    """
    if habilitation.end is None or habilitation.closed_on is None:
        return None
    account = account_due_on(of_account) or add_months(habilitation.closed_on, ACCOUNT_MONTHS)
    return max(add_months(habilitation.end.on, HABILITATION_MONTHS), account)


def convention_due_on(partner: Partner) -> date | None:
    """The day on which what the convention gathered is due for destruction (C4): 2 years from its last day.

    None when it was never signed. An end announced or taken back, or an amendment, moves it.
    """
    return None if partner.signed_on is None else add_months(partner.last_day, CONVENTION_MONTHS)


def conventions_due_by(partners: Iterable[Partner], day: date) -> set[str]:
    """The partners of which what their conventions gathered may be destroyed by that day, as far as C4 alone says."""
    due_on = {partner.code: convention_due_on(partner) for partner in partners if not is_destroyed(partner)}
    return {code for code, due_day in due_on.items() if due_day is not None and due_day <= day}


def is_destroyed(partner: Partner) -> bool:
    """Whether what its convention gathered is destroyed; a new convention begins anew."""
    return partner.destroyed_on is not None and partner.destroyed_on > partner.last_day


def suspension_alarm_on(since: date) -> date:
    """The day from which a suspension is old enough to be asked about; nothing is ever due for destruction by it."""
    return add_months(since, SUSPENSION_MONTHS)


def done_from(due_on: date) -> date:
    """The first day on which what is due on that day may be done."""
    return due_on + timedelta(days=1)


class Kind(StrEnum):
    """What is destroyed as a whole, in the order in which it is done on one day."""

    ACCOUNT = "account"  #: the Keycloak account, its connections, what the register keeps for it alone (D1)
    HABILITATION = "habilitation"  #: the person's name, function, address and dates (D2)
    CONVENTION = "convention"  #: a partner's annexes and contacts, and what stands beside the journal of it (C4)


class Item(NamedTuple):
    """What a forecast says: what is due, by its number or code, and when."""

    kind: Kind
    key: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """Something that is due for destruction on a day, and done from the day after.

    `account` is the register's number of the person's account, `habilitation` the access that is meant; an account's
    is the one that was closed last. `partners` are all that it touches. `is_on_hold`: a named person, or an incident,
    keeps it (D7).
    """

    kind: Kind
    rule: str
    due_on: date
    partner: str
    partners: tuple[str, ...]
    habilitation: Habilitation | None = None
    account: int | None = None
    keycloak_id: str | None = None
    is_on_hold: bool = False

    @property
    def done_from(self) -> date:
        """The first day on which it may be done."""
        return done_from(self.due_on)

    @property
    def is_of_unknown_account(self) -> bool:
        """Whether it is an account that the register does not know: Keycloak has it again from a copy of its own."""
        return self.kind is Kind.ACCOUNT and self.account is None

    @property
    def item(self) -> Item:
        """What a forecast says of it: no name and no address."""
        key = self.partner if self.habilitation is None else str(self.habilitation.id)
        return Item(self.kind, key, self.due_on)

    @property
    def order(self) -> tuple[date, int, str, str]:
        """Sorts destructions into the order in which they are done."""
        return (self.due_on, list(Kind).index(self.kind), self.partner, self.item.key)


class KeptRecords(NamedTuple):
    """Whose records may not be destroyed now (D7): everybody's, these partners', these accounts' (by number).

    `touched` are the partners about which something is kept: these, and those of these accounts.
    """

    all: bool = False
    partners: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()
    touched: frozenset[str] = frozenset()

    def keeps(self, partner: str | None) -> bool:
        """Whether what is about that partner stays, its persons in it or not. What is about no partner in particular
        may concern any of them: it stays while there is any hold.
        """
        return self.all or (bool(self.partners or self.accounts) if partner is None else partner in self.touched)

    def touches(self, accounts: Collection[int | None], partners: Collection[str]) -> bool:
        """Whether a hold is about everybody, one of these accounts, or one of these partners."""
        return self.all or not (self.accounts.isdisjoint(accounts) and self.partners.isdisjoint(partners))


def due(records: Records) -> tuple[Destruction, ...]:
    """Everything that will be destroyed as the register stands, each with its day, earliest first.

    A person's clocks are apart: that of the account runs from its last real closure, that of each habilitation from
    its end. What is on hold is among them.
    """
    persons = list(_of_persons(records))
    everything = [*persons, *_of_conventions(records, persons)]
    return tuple(sorted(everything, key=lambda destruction: destruction.order))


def of_account(records: Records, habilitations: Sequence[Habilitation], due_on: date) -> Destruction:
    """The destruction of the account that has these habilitations, on that day (D1). It is told by the one that was
    closed last; one that is not closed yet, where an older copy of the register was put back, will be.
    """
    last = max(habilitations, key=lambda habilitation: (habilitation.closed_on or date.max, habilitation.id or 0))
    account = records.accounts[last.email]
    partners = tuple(dict.fromkeys(habilitation.partner for habilitation in habilitations))
    return Destruction(
        kind=Kind.ACCOUNT,
        rule="D1",
        due_on=due_on,
        partner=last.partner,
        partners=partners,
        habilitation=last,
        account=account.id,
        keycloak_id=account.keycloak_id,
        is_on_hold=records.kept.touches({account.id}, partners),
    )


def of_habilitation(
    records: Records, habilitation: Habilitation, due_on: date, through: Sequence[str] = ()
) -> Destruction:
    """The destruction of that habilitation, on that day (D2). `through` are the partners of the account, while its
    own data are there: it goes first.

    The partner's kept annexe names all of its persons: a hold on one of them keeps it as it is.
    """
    account = records.accounts[habilitation.email].id
    partners = tuple(dict.fromkeys([habilitation.partner, *through]))
    return Destruction(
        kind=Kind.HABILITATION,
        rule="D2",
        due_on=due_on,
        partner=habilitation.partner,
        partners=partners,
        habilitation=habilitation,
        account=account,
        is_on_hold=records.kept.touches(records.accounts_of(habilitation.partner), partners),
    )


def _of_persons(records: Records) -> Iterator[Destruction]:
    for email, habilitations in records.by_account().items():
        day = account_due_on(habilitations)
        through: tuple[str, ...] = ()
        if day is not None and records.accounts[email].destroyed_on is None:
            yield (account := of_account(records, habilitations, day))
            through = account.partners
        for habilitation in habilitations:
            day = habilitation_due_on(habilitation, habilitations)
            if day is not None:
                yield of_habilitation(records, habilitation, day, through)


def _of_conventions(records: Records, persons: Sequence[Destruction]) -> Iterator[Destruction]:
    """What a convention gathered goes with its last habilitation, be that later than C4's own day."""
    of_partner: dict[str, list[Destruction]] = {}
    for destruction in persons:
        if destruction.kind is Kind.HABILITATION:
            of_partner.setdefault(destruction.partner, []).append(destruction)
    for code, partner in records.partners.items():
        if records.scope is not None and code not in records.scope.partners:
            continue  # its accesses are not all here
        day, its_persons = convention_due_on(partner), of_partner.get(code, [])
        if day is None or is_destroyed(partner) or len(its_persons) < len(records.of_partner(code)):
            continue
        partners = tuple(dict.fromkeys([code, *(other for d in its_persons for other in d.partners)]))
        yield Destruction(
            kind=Kind.CONVENTION,
            rule="C4",
            due_on=max([day, *(d.due_on for d in its_persons)]),
            partner=code,
            partners=partners,
            is_on_hold=records.kept.touches((), partners) or any(d.is_on_hold for d in its_persons),
        )


#: How many days ahead each run says what it will destroy; a forecast of before is worth nothing. A long weekend.
FORECAST_DAYS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What runs said that they would destroy: each item with the day on which it was first said.

    `recorded_on` is the day of the last run that said so, `since` of the first one after a longer time without.
    `done` are the items that were destroyed, with their days.
    """

    recorded_on: date | None = None
    since: date | None = None
    items: Mapping[Item, date] = field(default_factory=dict)
    done: Mapping[Item, date] = field(default_factory=dict)

    def is_recent_on(self, today: date) -> bool:
        """Whether it still counts: after a longer time without a run, or a clock that jumped, a new one is made."""
        return self.recorded_on is not None and 0 <= (today - self.recorded_on).days <= FORECAST_DAYS

    def is_settled_on(self, today: date) -> bool:
        """Whether runs of earlier days knew this time of the year: what only grows old is destroyed by no clock that
        has just jumped.
        """
        return self.is_recent_on(today) and self.since is not None and self.since < today

    def announced(self, destruction: Destruction, today: date) -> bool:
        """Whether a run of an earlier day said that it would be destroyed."""
        said_on = self.items.get(destruction.item)
        return self.is_settled_on(today) and said_on is not None and said_on < today

    def done_on(self, today: date) -> int:
        """How many destructions were done on that day."""
        return sum(day == today for day in self.done.values())


def to_announce(destructions: Sequence[Destruction], today: date) -> tuple[Destruction, ...]:
    """What a run of that day says that it will destroy, on hold or not: a hold that is released delays nothing."""
    until = today + timedelta(days=FORECAST_DAYS)
    return tuple(destruction for destruction in destructions if destruction.done_from <= until)
