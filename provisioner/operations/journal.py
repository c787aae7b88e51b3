"""The journal as it is read: verified as a whole, its head, its entries, those about one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from provisioner.domain.days import day_of
from provisioner.domain.journal import Head, Row
from provisioner.domain.journal_check import Bad, Problem, Verdict, verify
from provisioner.domain.people import EmailAddress
from provisioner.register import Register, reading
from provisioner.register import journal as rows
from provisioner.register.history import person_of


def verify_journal(register: Register, taken_out: Head | None = None) -> Verdict:
    """The whole chain and the personal data beside it; with a head taken out earlier, its end too.

    Personal data that were destroyed are no fault: the chain keeps their digest.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    verdict = verify(chain.from_iterable(rows.pages(register)), taken_out)
    if verdict.bad is None:
        with register.read() as connection:
            stray = rows.stray_detail(connection)
        if stray is not None:
            verdict = replace(verdict, head=None, bad=Bad(stray, Problem.CUT))
    return verdict


def journal_head(register: Register) -> Head:
    """The newest entry's number and digest, to be kept outside.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    with register.read() as connection:
        return rows.head(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which entries are asked for: those that are all of what is given. Days are Paris's, the last one included.

    `by` is a name as it was given: who acted, or who decided what the entry follows from.
    """

    first: int = 1
    since: date | None = None
    until: date | None = None
    email: EmailAddress | None = None
    partner: str | None = None
    action: str | None = None
    by: str | None = None

    def finds(self, row: Row) -> bool:
        """Whether it is all that, but for the address."""
        facts = row.entry.facts
        return (
            row.entry.entry >= self.first
            and (self.partner is None or facts.get("partner") == self.partner)
            and (self.action is None or facts.get("action") == self.action)
            and (self.by is None or self.by.casefold() in _names(row))
            and ((self.since is None and self.until is None) or self._is_between(facts.get("at")))
        )

    def _is_between(self, at: object) -> bool:
        try:
            day = day_of(datetime.fromisoformat(str(at)))
        except (ValueError, OverflowError):
            return False  # a damaged entry
        return (self.since or date.min) <= day <= (self.until or date.max)


def _names(row: Row) -> set[str]:
    decided_by = row.cause.decided_by if row.cause is not None else row.decided_by
    return {str(name).casefold() for name in (row.who.get("by"), decided_by) if name}


def journal_entries(register: Register, sought: Sought) -> Iterator[list[Row]]:
    """The entries that are asked for, oldest first, a page at a time; with an address, those about the person who has
    or had it.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    if sought.email is None:
        pages = rows.pages(register, sought.first)
    else:
        with register.read() as connection:
            _, about = person_of(connection, reading.records(connection), sought.email)
        pages = iter([about])
    for page in pages:
        if found := [row for row in page if sought.finds(row)]:
            yield found
