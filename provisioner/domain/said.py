"""What the journal's entries said of one row, and whether the row holds it."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from provisioner.domain.journal import Row

#: What stands in a table: each row's key with its columns, gone through once.
Rows = Iterable[tuple[str, Mapping[str, Any]]]

#: The register's facts, by table: with hundred thousands of persons no table is held whole.
Tables = Mapping[str, Rows]

#: How far an entry of before version 0.3 may be from the moment that was recorded with it: they were two readings.
_APART = timedelta(minutes=1)

#: Said by an entry whose data beside it are destroyed.
GONE = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of the register that is not what the entries say; `entry` is the one that said it last, if any did.

    `column` is None for a row that no entry made, or that is gone without an entry.
    """

    table: str
    key: str
    column: str | None
    entry: int | None


@dataclass(slots=True)
class Said:
    """What the entries said of one row: each column's value, with the entry that said it last; whose row it is.

    It is kept packed: of 200,000 persons there are two million values.
    """

    entry: int = 0
    partner: str | None = None
    _packed: bytes = marshal.dumps({})

    @property
    def columns(self) -> dict[str, tuple[Any, int]]:
        """Each column that was spoken of: its value, and by which entry."""
        return cast(dict[str, tuple[Any, int]], marshal.loads(self._packed))  # noqa: S302 - packed below

    def say(self, entry: int, **values: Any) -> None:
        """The next entry says these columns; the others stay as they were said before."""
        self.entry = entry
        self._packed = marshal.dumps(self.columns | {name: (value, entry) for name, value in values.items()})

    def unsay(self, *names: str) -> None:
        """Nothing is said of these columns any more."""
        self._packed = marshal.dumps({name: said for name, said in self.columns.items() if name not in names})


def moment(row: Row) -> tuple[Any, bool]:
    """When it was, and whether the register recorded the very same reading of the clock."""
    return row.entry.facts.get("at"), not row.entry.is_old


def is_same(said: Any, stored: Any) -> bool:
    """Whether a column holds what an entry said; a moment is said with whether it is the very same reading."""
    if isinstance(said, tuple):
        text, is_exact = said
        if not isinstance(stored, datetime):
            return False
        try:
            apart = abs(datetime.fromisoformat(str(text)) - stored)
        except ValueError:
            return False
        return apart <= (timedelta() if is_exact else _APART)
    if isinstance(stored, datetime | date):
        stored = stored.isoformat()
    return bool(said == stored)
