"""The journal as it is read: verified as a whole, its head, its entries, those about one person."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from sqlalchemy import Connection

from provisioner.domain.calendar import day_of
from provisioner.domain.journal import Head, Row
from provisioner.domain.journal_check import CHANGED_CHAIN, Bad, JournalCheck, Problem, verify
from provisioner.domain.ledger import Ledger
from provisioner.domain.people import EmailAddress
from provisioner.domain.said import Difference
from provisioner.register import Register, facts
from provisioner.register import journal as rows
from provisioner.register.journal import person_of
from provisioner.register.marks import JOURNAL_VERIFIED, mark


def verify_journal(register: Register, taken_out: Head | None = None) -> JournalCheck:
    """The whole chain, what stands beside it, and the register's decisions and dates against the entries that made
    them; with a head taken out earlier, the chain's end too. The head that a pass verified last is one, for whoever
    cuts the journal's end and knows nothing of it.
    """
    with register.read() as connection:
        noted = noted_head(connection)
    _ask_first(register)
    ledger, heads = Ledger(), {noted.entry: ""} if noted and noted.entry else {}
    check = verify(_told(rows.pages(register), ledger, heads), taken_out)
    if taken_out is not None and check.bad is not None and check.bad.left_by == CHANGED_CHAIN:
        with register.read() as connection:
            if rows.old_digest(connection, taken_out.entry) != taken_out.sha256:
                return replace(check, bad=Bad(taken_out.entry, Problem.REWRITTEN))
    if check.bad is None:
        with register.read() as connection:
            stray = rows.stray(connection)
        if stray is not None:
            return replace(check, head=None, bad=Bad(stray, Problem.CUT))
        if noted is not None and heads and heads[noted.entry] != noted.sha256:
            is_cut = check.entries < noted.entry
            bad = Bad(check.entries + 1, Problem.CUT) if is_cut else Bad(noted.entry, Problem.REWRITTEN)
            return replace(check, head=None, bad=bad)
        if differences := _differences(register, ledger, check.entries):
            first = differences[0]
            return replace(check, head=None, bad=Bad(first.entry, Problem.REGISTER_DIFFERS, first))
    return check


def _ask_first(register: Register) -> None:
    """Puts each question once, for its first rows. What SQLAlchemy makes of a question stays; made amid what is read
    of 200,000 persons, it keeps 25 MiB of that memory from going back to the system. What is damaged is for the check
    to tell, after the chain.
    """
    with suppress(Exception), register.read() as connection:
        for table in facts.tables(connection).values():
            if isinstance(table, Generator):  # what is none was read just now
                with closing(table):
                    next(table, None)
        next(rows.following(connection), None)


def _told(pages: Iterator[list[Row]], ledger: Ledger, heads: dict[int, str]) -> Iterator[Row]:
    """The rows as they go by; the ledger takes them, and the digests of the entries that are asked for in `heads` are
    noted there.
    """
    for row in chain.from_iterable(pages):
        ledger.take(row)
        if row.entry.entry in heads:
            heads[row.entry.entry] = row.entry.sha256
        yield row


def _differences(register: Register, ledger: Ledger, taken: int) -> list[Difference]:
    """What in the register does not follow from the entries, those included that came after the last one `taken`."""
    with register.read() as connection:
        for row in rows.following(connection, taken):
            ledger.take(row)
        return ledger.differences(facts.tables(connection))


def noted_head(connection: Connection) -> Head | None:
    """The head that a pass verified last, if one has."""
    try:
        return Head.parse(mark(connection, JOURNAL_VERIFIED) or "")
    except ValueError:
        return None


def journal_head(register: Register) -> Head:
    """The newest entry's number and digest, to be kept outside."""
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
        said = row.entry.facts
        return (
            row.entry.entry >= self.first
            and (self.partner is None or said.get("partner") == self.partner)
            and (self.action is None or said.get("action") == self.action)
            and (self.by is None or self.by.casefold() in _names(row))
            and ((self.since is None and self.until is None) or self._is_between(said.get("at")))
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
    """
    if sought.email is None:
        pages = rows.pages(register, sought.first)
    else:
        with register.read() as connection:
            _, about = person_of(connection, sought.email)
        pages = iter([about])
    for page in pages:
        if asked := [row for row in page if sought.finds(row)]:
            yield asked
