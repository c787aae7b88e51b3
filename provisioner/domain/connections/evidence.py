"""What the controls about persons judge: one account with its records, or one open access with its use (L1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from provisioner.domain.access.habilitation import Habilitation, Suspension
from provisioner.domain.access.invitations import Invitation
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import MOST_RECORDS, Control, Facts, Observation, Severity
from provisioner.domain.connections.record import ConnectionRecord, Coverage
from provisioner.domain.connections.usage import Usage

#: How far our clock and Keycloak's may be apart: what lies that near to a closure was perhaps before it.
SKEW = timedelta(minutes=1)

#: How far back from its oldest new record an account's records are judged.
LOOK_BACK = timedelta(days=8)

#: Keycloak's answer about a disabled account: at the login page only after the right password.
DISABLED = "user_disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is taken for odd, as it is set: days without a login, failures in a day, minutes and networks (P6)."""

    never_used_days: int = 30
    unused_days: int = 180
    failures: int = 10
    shared_minutes: int = 15
    shared_networks: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One account: all its habilitations, oldest first, and its records, oldest first. Those that were stored by
    writes after the number `after` are new.

    `account` is the register's number, `user` Keycloak's id where the account is none of ours. `addresses` are all
    from which the person got in, as far as the records tell. `is_masked`: most accounts show one address, so
    addresses tell nothing.
    """

    account: int | None = None
    user: str | None = None
    habilitations: tuple[Habilitation, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    records: tuple[ConnectionRecord, ...] = ()
    addresses: frozenset[str] = frozenset()
    is_masked: bool = False
    after: int = -1
    thresholds: Thresholds = Thresholds()

    def open_at(self, moment: datetime) -> Habilitation | None:
        """The habilitation that was open at that moment, the first of two; None where surely none was.

        An access that was adopted was there before.
        """
        return next((h for h in self.habilitations if _is_open_at(h, moment)), None)

    def is_suspended_at(self, moment: datetime) -> bool:
        """Whether a named person surely had it suspended at that moment of Keycloak's clock."""
        return any(
            span.since + SKEW <= moment and (span.until is None or moment < span.until - SKEW)
            for span in self.suspensions
        )

    def is_cut_at(self, moment: datetime) -> bool:
        """Whether the account was closed or suspended at that moment; one that never was open is not."""
        was_open = any(h.opened_at is not None and h.opened_at <= moment for h in self.habilitations)
        return self.is_suspended_at(moment) or (was_open and self.open_at(moment) is None)

    def told_under(self, moment: datetime) -> Habilitation | None:
        """The habilitation under which something of that moment is told: the open one, else the last."""
        return self.open_at(moment) or (self.habilitations[-1] if self.habilitations else None)

    def observe(
        self,
        control: Control,
        key: object,
        records: Iterable[ConnectionRecord],
        *,
        severity: Severity | None = None,
        **facts: object,
    ) -> Iterator[Observation]:
        """What a control saw in these records, oldest first: nothing where none of them is new, as it was judged
        before. `key` tells these facts from others of the account.
        """
        told = tuple(records)
        if not any(record.number > self.after for record in told):
            return
        habilitation = self.told_under(told[0].at)
        rests_on = Facts(
            count=len(told),
            addresses=tuple(sorted({record.address for record in told if record.address})),
            records=tuple(record.id for record in told[-MOST_RECORDS:]),
        )
        yield Observation(
            control=control,
            key=f"{self.account or self.user}/{key}",
            since=told[0].at,
            severity=severity,
            partner=habilitation.partner if habilitation else None,
            habilitation=habilitation.id if habilitation else None,
            account=self.account,
            user=self.user if self.account is None else None,
            facts=replace(rests_on, **facts),  # type: ignore[arg-type]  # fields of `Facts`
        )


def _is_open_at(habilitation: Habilitation, moment: datetime) -> bool:
    opened_at, closed_at = habilitation.opened_at, habilitation.closed_at
    if opened_at is None or (closed_at is not None and closed_at + SKEW < moment):
        return False
    return habilitation.adopted_on is not None or opened_at - SKEW <= moment


def by_day(records: Iterable[ConnectionRecord]) -> dict[date, list[ConnectionRecord]]:
    """The records of each day in Paris."""
    days: dict[date, list[ConnectionRecord]] = {}
    for record in records:
        days.setdefault(day_of(record.at), []).append(record)
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccess:
    """An access that is open and not suspended, with its use as far as it is known.

    `invitation` is the one that the account was owed last, None where it was owed none through this access.
    `password_made_at` is when the person last made a password, as far as the records tell; `records_since` is the
    moment since which those records are all there.
    """

    account: int
    habilitation: Habilitation
    usage: Usage
    coverage: Coverage
    records_since: datetime
    now: datetime
    invitation: Invitation | None = None
    password_made_at: datetime | None = None
    thresholds: Thresholds = Thresholds()

    def observe(self, control: Control, since: datetime, facts: Facts) -> Observation:
        """What a control saw of this access: the same until it is over."""
        return Observation(
            control=control,
            key=str(self.habilitation.id),
            since=since,
            partner=self.habilitation.partner,
            habilitation=self.habilitation.id,
            account=self.account,
            facts=facts,
        )


#: Judges one account's records; one open access.
FindInRecords = Callable[[Evidence], Iterable[Observation]]
FindInAccess = Callable[[OpenAccess], Iterable[Observation]]
