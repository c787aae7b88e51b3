"""Rows as plain data and back: a column for each field of a dataclass, of the same name.

So a new fact is one line in its table and one field in its dataclass. What a column cannot hold as it is becomes its
domain value by the column's own type (`columns`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Select, Table, any_, bindparam

Plain = TypeVar("Plain")

#: How many values one question names: databases set a limit, of some ten thousand at least. And how many rows are
#: taken at once from a database that has more of them, lest its whole answer stand in memory beside what it becomes.
_AT_ONCE = 1000


class Mapper(Generic[Plain]):
    """Makes dataclasses of one kind of rows, and rows of them.

    `elsewhere` gives, for a field without a column of its name in the table, where it stands: a column of another
    name or table, or the mapper of a dataclass that is spread over columns of the row. `End`, for example, has its
    columns after the prefix `end_`, and there is none where these columns are all empty.
    """

    def __init__(
        self,
        plain: Callable[..., Plain],
        table: Table,
        prefix: str = "",
        **elsewhere: ColumnElement[Any] | Mapper[Any],
    ) -> None:
        self.plain, self.table = plain, table
        names = [field.name for field in fields(plain)]  # type: ignore[arg-type]  # a dataclass, which has no type
        parts = {name: elsewhere[name] if name in elsewhere else table.c[prefix + name] for name in names}
        self._parts: dict[str, ColumnElement[Any] | Mapper[Any]] = parts
        #: What to select, in the order in which `of` takes it.
        self.columns: list[ColumnElement[Any]] = [column for column, _ in self._paths()]
        #: which of these a dataclass is made of that is spread over them, the last one first
        self._spread: list[tuple[int, int, Mapper[Any]]] = []
        start = 0
        for part in parts.values():
            width = len(part.columns) if isinstance(part, Mapper) else 1
            if isinstance(part, Mapper):
                self._spread.insert(0, (start, start + width, part))
            start += width
        #: the columns that a row has, each with the names that lead to its value
        self._own = [
            (column.name, path)
            for column, path in self._paths()
            if isinstance(column, Column) and column.table is table and column.name != "id"
        ]

    def of(self, row: Sequence[Any]) -> Plain:
        """The plain data of a row of `columns`."""
        values = list(row)
        for start, end, part in self._spread:
            inner = values[start:end]
            values[start:end] = [None if inner.count(None) == len(inner) else part.of(inner)]
        return self.plain(**dict(zip(self._parts, values, strict=True)))

    def row(self, plain: Plain) -> dict[str, Any]:
        """The table's own columns with their values, but its id, which the database gives."""
        return {name: _value(plain, path) for name, path in self._own}

    def _paths(self) -> Iterator[tuple[ColumnElement[Any], tuple[str, ...]]]:
        for name, part in self._parts.items():
            if isinstance(part, Mapper):
                yield from ((column, (name, *path)) for column, path in part._paths())
            else:
                yield part, (name,)


def _value(plain: Any, path: tuple[str, ...]) -> Any:
    """What the names lead to, one after the other; None where one of them leads to nothing."""
    for name in path:
        if plain is None:
            return None
        plain = getattr(plain, name)
    return plain


def among(
    connection: Connection, asked: Select[Any], column: ColumnElement[Any], values: Collection[Any] | None
) -> Iterator[Any]:
    """The rows of which that column has one of these values; all of them where none are given (None)."""
    if values is None:
        yield from connection.execute(asked.execution_options(yield_per=_AT_ONCE))
        return
    if not values:
        return
    statement = _one_of(asked, column, connection.dialect.name)
    for part in in_parts(values):
        yield from connection.execute(statement, {"values": part})


def in_parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The same in order, as many at once as one question names."""
    ordered = sorted(values)
    return (ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE))


@lru_cache(maxsize=64)
def _one_of(asked: Select[Any], column: ColumnElement[Any], dialect: str) -> Select[Any]:
    """Made once for a question that is: making it takes as long as asking. PostgreSQL gets the values as one, so that
    the question is the same however many they are.
    """
    if dialect == "postgresql":
        return asked.where(column == any_(bindparam("values", type_=ARRAY(column.type))))
    return asked.where(column.in_(bindparam("values", expanding=True)))


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the journal's JSON holds them: a day or a moment in ISO, a set of codes as words."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return " ".join(sorted(value)) if isinstance(value, frozenset) else value
