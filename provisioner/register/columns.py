"""The types of columns whose values no database holds: they become the domain's own values when they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Column, Dialect, Integer, Label, String, Text, TypeDecorator, type_coerce


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as UTC text: no database rounds it, and it sorts as it should."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Text with microseconds, always in UTC."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The moment again."""
        return None if value is None else datetime.fromisoformat(value)


class Choice(TypeDecorator[StrEnum]):
    """One word of an enumeration."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """The word."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:
        """Which one it is."""
        return None if value is None else self.words(value)


@cache
def _words(text: str) -> frozenset[str]:
    """One set for all who have the same few words, which nearly all have."""
    return frozenset(text.split())


class Words(TypeDecorator[frozenset[str]]):
    """A set of codes, as words between spaces."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str:
        """The words in their order; nothing is an empty text."""
        return " ".join(sorted(value or ()))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[str]:
        """The set again."""
        return _words(value or "")


class Seconds(TypeDecorator[timedelta]):
    """A duration in whole seconds."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """How many seconds."""
        return None if value is None else round(value.total_seconds())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> timedelta | None:
        """The duration again."""
        return None if value is None else timedelta(seconds=value)


class Json(TypeDecorator[Any]):
    """A value that becomes JSON by `dump` and comes back by `load`; where there is none it is `empty`."""

    impl = Text
    cache_ok = True

    def __init__(self, dump: Callable[[Any], Any], load: Callable[[Any], Any], empty: Hashable = None) -> None:
        super().__init__()
        self.dump, self.load, self.empty = dump, load, empty

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        """Its JSON."""
        return None if value is None else json.dumps(self.dump(value), ensure_ascii=False)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:
        """What it says."""
        return self.empty if value is None else self.load(json.loads(value))


def ends_out(ends: Iterable[tuple[int, date]]) -> list[tuple[int, str]]:
    """Ends of accesses, each with its last day, for a `Json` column."""
    return [(id_, last_day.isoformat()) for id_, last_day in sorted(ends)]


def ends_in(plain: list[Any]) -> frozenset[tuple[int, date]]:
    """The ends again. Before version 0.3 only the accesses were told: that is no release of another end."""
    ends = (end for end in plain if isinstance(end, list))
    return frozenset((id_, date.fromisoformat(last_day)) for id_, last_day in ends)


def as_stored(column: Column[Any]) -> Column[Any] | Label[str]:
    """The column's text as it stands: what another hand wrote there may be no value of the domain."""
    is_text = isinstance(column.type, Choice | Words | Json)
    return type_coerce(column, Text()).label(column.name) if is_text else column
