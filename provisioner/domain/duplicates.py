"""One person on two rows: for certain (the same address) or perhaps (nearly the same name)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from provisioner.domain.annexe import Annexe, Column, Finding, Row, Severity
from provisioner.domain.likeness import NameKey, are_alike, name_key
from provisioner.domain.people import EmailAddress

#: Beyond so many rows only equal names are compared: comparing all pairs would take minutes.
MOST_COMPARED = 500


class _Named(NamedTuple):
    key: NameKey
    row: Row


def duplicate_persons(annexe: Annexe) -> Iterator[Finding]:
    """A1: the same address twice in one list; the first row stands, the later ones are refused."""
    first: dict[tuple[int, EmailAddress], Row] = {}
    for row in annexe.rows:
        if row.email is None:
            continue
        known = first.setdefault((row.list, row.email), row)
        if known is not row:
            details = {"row": known.row}
            yield Finding(
                "duplicate-person",
                Severity.ERROR,
                row.list,
                row.row,
                Column.EMAIL,
                row.as_written(Column.EMAIL),
                details=details,
            )


def possible_duplicates(annexe: Annexe) -> Iterator[Finding]:
    """The same or nearly the same name with another address: a changed address, perhaps.

    One finding a row at most: on the later row of a list, and on list 1's row when the other one is in list 2.
    """
    named = [
        _Named(name_key(row.last_name, row.first_names), row)
        for row in sorted(annexe.rows, key=lambda row: (-row.list, row.row))
        if row.email is not None and row.last_name and row.first_names
    ]
    groups: dict[str, dict[EmailAddress | None, _Named]] = defaultdict(dict)
    for index, one in enumerate(named):
        earlier: Iterable[_Named]
        if len(named) <= MOST_COMPARED:
            earlier = named[:index]
        else:
            group = groups[one.key.words]
            earlier = list(group.values())
            if len(group) < 2:  # with the first two addresses of a name, any other row differs from one of them
                group.setdefault(one.row.email, one)
        other = next((other for other in earlier if _may_be_one(one, other)), None)
        if other is not None:
            details = {"other": other.row.email, "list": other.row.list, "row": other.row.row}
            row = one.row
            yield Finding(
                "possible-duplicate",
                Severity.WARNING,
                row.list,
                row.row,
                Column.EMAIL,
                row.as_written(Column.EMAIL),
                details=details,
            )


def _may_be_one(one: _Named, other: _Named) -> bool:
    return one.row.email != other.row.email and are_alike(one.key, other.key)
