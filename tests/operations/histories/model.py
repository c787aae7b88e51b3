"""What the convention says of each access, told as shortly as it can be and without the production code's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe
from provisioner.domain.people import EmailAddress

DAY = timedelta(days=1)


@dataclass(eq=False)
class Access:
    """One person's access through one partner. `last` is its last day, `due` the day on which it is to be closed."""

    partner: str
    email: EmailAddress
    requested: date
    last: date | None = None
    due: date | None = None
    id: int | None = None
    is_opened: bool = False
    is_closed: bool = False

    def ends(self, last: date, due: date | None = None) -> None:
        if last != self.last:
            self.last, self.due = last, due or last + DAY

    def never_ends_before(self, request: date) -> None:
        if self.last and self.last < request:
            self.last = self.due = None

    def is_due(self, today: date) -> bool:
        return self.due is not None and self.due <= today

    def is_over(self, today: date) -> bool:
        """Whether the next run closes it: no annexe that comes before it changes that any more."""
        return self.is_opened and self.is_due(today)

    @property
    def facts(self) -> tuple[str, EmailAddress, date, date | None]:
        return (self.partner, self.email, self.requested, self.last)


@dataclass
class Model:
    """Every access that was ever asked for, and what was decided by name.

    `last_days` are the conventions' last days, by partner.
    """

    last_days: dict[str, date]
    accesses: list[Access] = field(default_factory=list)
    suspended: set[EmailAddress] = field(default_factory=set)

    def live(self, email: EmailAddress | None = None, partner: str | None = None) -> Iterator[Access]:
        for access in list(self.accesses):
            if not access.is_closed and email in (None, access.email) and partner in (None, access.partner):
                yield access

    def going_on(self, today: date, partner: str, email: EmailAddress | None = None) -> Iterator[Access]:
        """What an annexe may still change."""
        return (habilitation for habilitation in self.live(email, partner) if not habilitation.is_over(today))

    def must_close(self, access: Access, today: date) -> bool:
        """A3, A5, A6, C3."""
        return access.is_due(today) or today > self.last_days[access.partner]

    def may_open(self, access: Access, today: date) -> bool:
        """A6, C2."""
        is_asked = access.requested <= today and not self.must_close(access, today)
        return is_asked and access.email not in self.suspended

    def may_be_enabled(self, email: EmailAddress, today: date) -> bool:
        """Nobody without an access that is open, or to be opened today."""
        accesses = [habilitation for habilitation in self.live(email) if not self.must_close(habilitation, today)]
        return email not in self.suspended and any(
            access.is_opened or access.requested <= today for access in accesses
        )

    def applied(self, partner: str, annexe: Annexe, decisions: Decisions, today: date) -> None:
        """A whole annexe that a named person approved (A1 to A6)."""
        asked, ended = dates(annexe, 1), dates(annexe, 2)
        for access in self.accesses:
            access.email = decisions.rename.get(access.email, access.email)
        served = set()
        for access in self.going_on(today, partner):
            request, last = asked.get(access.email), ended.get(access.email)
            if request is None and not access.is_opened:
                self.accesses.remove(access)
                continue
            if request and last and last < access.requested:
                last = None
            if last:
                access.ends(last)
            elif request and not access.is_due(today):
                access.last = access.due = None
            elif not request and access.last is None and decisions.closes(access.email):
                access.ends(today, due=today)
            if request and (not (access.last and access.last < request) or not access.is_opened):
                access.never_ends_before(request)
                served.add(access.email)
                if access.email not in decisions.rename.values() and not (access.is_opened and request > today):
                    access.requested = request
        for email, request in asked.items():
            if email not in served:
                new = Access(partner, email, request)
                if (last := ended.get(email)) and last >= request:
                    new.ends(last)
                self.accesses.append(new)
        self._forget_returns_called_off(partner, today)

    def _forget_returns_called_off(self, partner: str, today: date) -> None:
        """The end before the return was taken back: what is open goes on, and nobody returns."""
        for habilitation in self.going_on(today, partner):
            opened = (access for access in self.going_on(today, partner, habilitation.email) if access.is_opened)
            if not habilitation.is_opened and any(
                (access.last or habilitation.requested) >= habilitation.requested for access in opened
            ):
                self.accesses.remove(habilitation)

    def closures_applied(self, partner: str, annexe: Annexe, today: date) -> None:
        """List 2 alone (A4): who is in list 1 too only when the whole annexe would close now."""
        asked = dates(annexe, 1)

        def clear(request: date, last: date) -> bool:
            """A return, or an end planned when the annexe was sent."""
            return last < request or (annexe.transmitted_on is not None and last >= annexe.transmitted_on)

        for email, last in dates(annexe, 2).items():
            request = asked.get(email)
            for habilitation in self.going_on(today, partner, email):
                if request is None and not habilitation.is_opened:
                    self.accesses.remove(habilitation)
                elif request is None or (
                    habilitation.is_opened and habilitation.requested <= last < today and clear(request, last)
                ):
                    habilitation.ends(last)


def dates(annexe: Annexe, number: int) -> dict[EmailAddress, date]:
    """A list's dates by address."""
    return {row.email: row.on for row in annexe.of_list(number) if row.email and row.on}
