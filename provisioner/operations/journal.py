"""The journal as it is read: verified as a whole, its head, its entries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from provisioner.domain.journal import Entry, Head
from provisioner.domain.journal_check import Bad, Problem, Row, Verdict, verify
from provisioner.domain.people import EmailAddress
from provisioner.register import Register
from provisioner.register import journal as rows


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
    """The entries from that one on, a page at a time; with an address, those about that person.

    About a person: an entry of a habilitation of theirs, and one whose personal data name the address.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    is_about = _about(register, email) if email else None
    for page in rows.pages(register, first):
        if found := [row[0] for row in page if is_about is None or is_about(row)]:
            yield found


def _about(register: Register, email: EmailAddress) -> Callable[[Row], bool]:
    with register.read() as connection:
        theirs = rows.habilitations_of(connection, email)
    is_named = names(email)

    def is_about(row: Row) -> bool:
        one, detail = row
        about = one.facts.get("habilitation")
        if detail is None or email not in detail.data.lower():
            return about in theirs
        said = _read(detail.data)
        if isinstance(said, dict) and said.get("email") == email and isinstance(about, int):
            theirs.add(about)  # one that was withdrawn is in the register no more
        return about in theirs or is_named(said)

    return is_about


def names(email: str) -> Callable[[object], bool]:
    """Whether an entry's personal data name the address, in any of their texts; a longer one is another."""
    whole = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)
    return lambda said: any(map(whole.search, _texts(said)))


def _read(data: str) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return data


def _texts(said: object) -> Iterator[str]:
    """Every text in it."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        yield from _texts([*said.keys(), *said.values()])
    elif isinstance(said, list):
        for one in said:
            yield from _texts(one)
