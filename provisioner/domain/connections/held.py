"""What is held of the connections of one person, and until when (D5, D1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import RaisedControl
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord, Coverage

#: How long a record of the console is kept, in days.
CONSOLE_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldConnections:
    """Of one account, oldest first: its connections, what administrators did to it, what the controls saw of it.

    `keep_days` is how long a connection record is kept, `due_on` the day on which everything of the account is due
    (D1), None while an access is not closed. `is_on_hold`: a named person holds all destruction back (D7).
    """

    records: tuple[ConnectionRecord, ...] = ()
    console: tuple[ConsoleRecord, ...] = ()
    controls: tuple[RaisedControl, ...] = ()
    coverage: Coverage = field(default=Coverage())
    keep_days: int = 365
    due_on: date | None = None
    is_on_hold: bool = False

    def kept_until(self, record: ConnectionRecord | ConsoleRecord) -> date | None:
        """The last day on which it is kept; None where nobody can say: a hold keeps it."""
        if self.is_on_hold:
            return None
        is_connection = isinstance(record, ConnectionRecord)
        aged = day_of(record.at) + timedelta(days=self.keep_days if is_connection else CONSOLE_DAYS)
        return min(aged, self.due_on) if self.due_on and is_connection else aged
