"""The journal as it is read: verified as a whole, its head, its entries, those about one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from provisioner.domain.journal import Entry, Head
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


def journal_entries(register: Register, first: int = 1, email: EmailAddress | None = None) -> Iterator[list[Entry]]:
    """The entries from that one on, a page at a time; with an address, those about the person who has or had it.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    if email is None:
        yield from ([entry for entry, _ in page] for page in rows.pages(register, first))
        return
    with register.read() as connection:
        _, about = person_of(connection, reading.records(connection), email)
    if found := [entry for entry, _ in about if entry.entry >= first]:
        yield found
