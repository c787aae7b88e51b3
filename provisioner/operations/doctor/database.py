"""The register: reachable, of this version, and its journal whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sqlalchemy import text

from provisioner.operations.doctor.lines import Line, attention, ok, wanting
from provisioner.operations.journal import verify_journal
from provisioner.register import Register, lock_holder
from provisioner.register.engine import REVISION, revision
from provisioner.settings import Settings


def none_yet() -> Line:
    """There is no register, and doctor makes none."""
    return attention("database", "There is no register yet.", "The first command that needs one makes it.")


def register_lines(register: Register, settings: Settings) -> Iterator[Line]:
    """The database itself.

    Raises:
        RegisterUnavailable: it cannot be read.
    """
    yield ok("database", f"The register can be read ({_engine_name(register)}).")
    at = revision(register.engine) or ""
    found = f"The register is at revision {at}, this version uses {REVISION}."
    if at > REVISION:
        yield wanting("revision", found, "Use the version of the software that made it, or a newer one.")
    elif at < REVISION:
        todo = "Back it up (`provisioner backup`); any other command brings it to this version."
        yield attention("revision", found, todo)
    else:
        yield ok("revision", f"{at}, as this version needs.")
    yield _journal(register)
    holder = lock_holder(register, settings)
    yield ok("lock", f"A run is under way: {holder}." if holder else "No run is under way.")


def is_current(register: Register) -> bool:
    """Whether this version of the software can read all of it."""
    return revision(register.engine) == REVISION


def _engine_name(register: Register) -> str:
    if register.engine.dialect.name == "sqlite":
        # Its corruption around a reset of the WAL, 3.7.0 to 3.51.2, needs a WAL: this register has none.
        return f"SQLite {sqlite3.sqlite_version}, rollback journal"
    with register.read() as connection:
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar()}"


def _journal(register: Register) -> Line:
    verdict = verify_journal(register)
    if verdict.bad is not None:
        found = f"The journal does not verify: entry {verdict.bad.entry} ({verdict.bad.problem})."
        return wanting("journal", found, "Keep everything as it is and find out: docs/journal.md.")
    return ok("journal", f"{verdict.entries} entries verify. Head: {verdict.head}")
