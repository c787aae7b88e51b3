"""Whose account is settled: nothing is due for it, nothing is for later, and no other hand changed it.

Most accounts are settled on any day. So a plan about everybody compares each account of Keycloak with one short row
of the register, and forgets both where they agree. Whoever is left over is planned as ever (`plan.make_plan`). In
doubt an account is not settled: that costs time, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from provisioner.domain.access.account import (
    ENDED_ON,
    FUNCTION,
    MANAGED_BY,
    MANAGED_BY_US,
    PARTNER,
    REQUESTED_ON,
)
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress

#: An `AccessRow` as a plain tuple: Python's garbage collector looks at any other kind again and again.
_Plain = tuple[Any, ...]


class AccessRow(NamedTuple):
    """A habilitation with its account, no more of them than tells whether the account is settled.

    `account` is the register's number of it. `is_unfinished`: a write, a rename or a reopening of the account is not
    done. An account without any habilitation has a row without a `partner`.
    """

    account: int
    keycloak_id: str | None
    email: EmailAddress
    is_unfinished: bool
    partner: str | None
    last_name: str
    first_names: str
    function: str
    requested_on: date
    is_opened: bool
    is_closed: bool
    has_end: bool

    def is_quiet(self, steady: Collection[str]) -> bool:
        """Whether it is over, or open without an end through one of these partners; and its account waits for
        nothing.
        """
        if self.is_unfinished or self.partner is None:
            return False
        return self.is_closed or (self.is_opened and not self.has_end and self.partner in steady)

    def plain(self, copies: dict[str, str]) -> _Plain:
        """The same to be kept, with one copy of what many have in common: not of the id and the address, nor by
        `sys.intern`, whose table would grow with everybody here and never shrink.
        """
        id_and_address, common = self[:3], self[3:]
        one_copy = (copies.setdefault(value, value) if type(value) is str else value for value in common)
        return *id_and_address, *one_copy

    def is_shown_by(self, names: tuple[str, str, str], attributes: Mapping[str, Sequence[str]]) -> bool:
        """Whether an account with this address, last name and first names, and with these attributes, has what this
        habilitation alone wants of it (`account.content`).
        """
        functions = [self.function] if self.function else []
        return (
            names == (self.email, self.last_name, self.first_names)
            and [*attributes.get(PARTNER, ())] == [self.partner]
            and [*attributes.get(FUNCTION, ())] == functions
            and [*attributes.get(REQUESTED_ON, ())] == [self.requested_on.isoformat()]
            and not attributes.get(ENDED_ON)
            and [*attributes.get(MANAGED_BY, ())] == [MANAGED_BY_US]
        )


def is_steady(partner: Partner, today: date) -> bool:
    """Whether the convention is in force that day and on the next, and no end of it is announced: midnight may pass
    before the plan is made.
    """
    return partner.ends_on is None and partner.is_active_on(today) and partner.is_active_on(today + timedelta(days=1))


class Settling:
    """Tells while Keycloak is read whose account is settled: first the groups with their members, then the accounts.

    `steady` are the partners whose convention is (`is_steady`), `held` the persons about whom there is a hold, `owed`
    the accounts that are owed an e-mail with the link.

    An account of which every access is closed is settled where it is disabled in Keycloak, or has no id there. One
    with an open access is where that one has no end, its partner is steady, and the account is enabled, in that
    partner's group and as wanted.
    """

    def __init__(
        self,
        rows: Iterable[AccessRow],
        steady: Collection[str],
        held: Collection[EmailAddress],
        owed: Collection[int],
    ) -> None:
        by_account: dict[int, AccessRow] = {}
        #: the accounts that are not settled
        self.unsettled: set[int] = set()
        for row in rows:
            before = by_account.get(row.account)
            is_second = before is not None and not (before.is_closed or row.is_closed)
            if is_second or not row.is_quiet(steady) or row.email in held or row.account in owed:
                self.unsettled.add(row.account)
            elif before is None or before.is_closed:
                by_account[row.account] = row
        #: those that may be, by their ids in Keycloak
        self._asked: dict[str, _Plain] = {}
        copies: dict[str, str] = {}
        while by_account:
            account, row = by_account.popitem()
            if row.keycloak_id is not None and account not in self.unsettled:
                self._asked[row.keycloak_id] = row.plain(copies)
            elif not row.is_closed:
                self.unsettled.add(account)
        self._members: set[int] = set()
        #: the ids in Keycloak of those that are
        self.settled: set[str] = set()

    def see_members(self, partner: str, members: Iterable[str]) -> None:
        """Takes note of who is in the partner's group. Whoever has no access through it now is not settled."""
        for id_ in members:
            row = self._may_be(id_)
            if row is not None and row.partner == partner:
                self._members.add(row.account)
            elif row is not None:
                self.unsettled.add(row.account)
                del self._asked[id_]

    def settles(
        self, id_: str, names: tuple[str, str, str], attributes: Mapping[str, Sequence[str]], *, enabled: bool
    ) -> bool:
        """Whether the account that was read so is settled: then nothing of it need be kept. Threads may ask at once.

        One that is asked about twice is settled the first time only.
        """
        row = self._may_be(id_)
        if row is None or row.is_closed == enabled:
            return False
        if not row.is_closed and not (row.account in self._members and row.is_shown_by(names, attributes)):
            return False
        if self._asked.pop(id_, None) is None:
            return False
        self.settled.add(id_)
        return True

    def left(self) -> frozenset[int]:
        """Every account that is not settled, once all were read: those that were not found too."""
        return frozenset(self.unsettled.union(AccessRow._make(row).account for row in self._asked.values()))

    def _may_be(self, id_: str) -> AccessRow | None:
        row = self._asked.get(id_)
        return None if row is None else AccessRow._make(row)
