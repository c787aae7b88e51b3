"""What runs said that they would destroy, and what of it they did: no name and no address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from provisioner.domain.calendar import add_months, start_of
from provisioner.domain.retention import (
    ACCOUNT_MONTHS,
    HABILITATION_MONTHS,
    Destruction,
    Forecast,
    Item,
    Kind,
)
from provisioner.register import tables as t
from provisioner.register.marks import marks, set_mark
from provisioner.register.work import Work

_f = t.forecast.c

#: Months are of several lengths, and days begin at another hour in Paris: so much later than their day may be due.
_SLACK = timedelta(days=5)

#: The day of the last run that said what it will destroy, and of the first one after a longer time without.
FORECAST_ON, FORECAST_SINCE = "forecast_on", "forecast_since"

_DONE = (
    update(t.forecast)
    .where(_f.kind == bindparam("of_kind"), _f.key == bindparam("of_key"))
    .values(done_on=bindparam("on"))
)


def forecast(connection: Connection, *, days_only: bool = False) -> Forecast:
    """What runs said, as it stands; with `days_only` no more than when they did."""
    asked = select(_f.kind, _f.key, _f.due_on, _f.recorded_on, _f.done_on)
    rows = [] if days_only else connection.execute(asked).all()
    items = [(Item(Kind(row.kind), row.key, row.due_on), row) for row in rows]
    days = marks(connection, FORECAST_ON, FORECAST_SINCE)
    return Forecast(
        recorded_on=_day(days.get(FORECAST_ON)),
        since=_day(days.get(FORECAST_SINCE)),
        items={item: row.recorded_on for item, row in items if row.done_on is None},
        done={item: row.done_on for item, row in items if row.done_on is not None},
    )


def announce(work: Work, before: Forecast, destructions: Collection[Destruction], today: date) -> None:
    """A run of that day says what it will destroy. What was said by an older run and still is keeps its day, unless
    that run is too long ago; what was done on an earlier day goes.
    """
    said = before.items if before.is_recent_on(today) else {}
    work.connection.execute(delete(t.forecast).where(_f.done_on.is_(None) | (_f.done_on != today)))
    rows = [
        {**destruction.item._asdict(), "rule": destruction.rule, "recorded_on": said.get(destruction.item, today)}
        for destruction in destructions
    ]
    done_today = {(item.kind, item.key) for item, day in before.done.items() if day == today}
    if new := [row for row in rows if (row["kind"], row["key"]) not in done_today]:
        work.connection.execute(insert(t.forecast), new)
    set_mark(work, FORECAST_ON, today.isoformat())
    if before.since is None or not before.is_recent_on(today):
        set_mark(work, FORECAST_SINCE, today.isoformat())


def partners_aging(connection: Connection, until: date) -> set[str]:
    """The partners at which data of persons may be due for destruction by that day (D1, D2), and perhaps some more:
    which data, the rule itself says.
    """
    h, later = t.habilitation.c, t.habilitation.alias().c
    long_closed = start_of(add_months(until, -ACCOUNT_MONTHS) + _SLACK)
    long_ended = add_months(until, -HABILITATION_MONTHS) + _SLACK
    goes_on = exists().where(later.account == h.account, later.closed_at.is_(None) | (later.closed_at > long_closed))
    has_data = exists().where(t.account.c.id == h.account, t.account.c.destroyed_on.is_(None))
    is_due = (has_data & ~goes_on) | (h.ended_on <= long_ended)
    return set(connection.execute(select(h.partner).where(h.closed_at <= long_closed, is_due).distinct()).scalars())


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def done(work: Work, destruction: Destruction, today: date) -> None:
    """It was destroyed on that day."""
    work.put(_DONE, of_kind=destruction.kind.value, of_key=destruction.item.key, on=today)
