"""Consistent copies of a SQLite register while others write in it: into a file, or in memory to be encrypted."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, StaticPool, create_engine, inspect, text

from provisioner.clock import Clock
from provisioner.domain.errors import Refusal
from provisioner.domain.journal import EMPTY, Head
from provisioner.register.database import Register
from provisioner.register.engine import REVISION, migrate, prepare_sqlite, revision
from provisioner.register.errors import CopyRefused, DamagedCopy, RegisterUnavailable
from provisioner.register.tables import attestation, habilitation, metadata
from provisioner.register.work import Work

#: What counts, on PostgreSQL, what is named outside the register: habilitations and certificates.
_SEQUENCES = {table.name: {"of": f"{table.name}_id_seq"} for table in (habilitation, attestation)}
#: What a file that is being written is called, and for how long at most, in seconds.
_PARTIAL = (".provisioner-", ".partial")
_WRITTEN_WITHIN = 86_400
_LAST_GIVEN = "SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() AND sequencename = :of"


@contextmanager
def whole_file(output: Path) -> Iterator[Path]:
    """A new file of its owner alone, which is called `output` only once the block ends well.

    Killed at any point, it leaves no file that looks like a backup; what it leaves is removed from the folder by the
    next one there, a day later at the earliest (`remove_abandoned`).

    Raises:
        FileExistsError: there is an `output` already; it is left as it is.
        OSError: it cannot be written there.
    """
    if output.exists():
        raise FileExistsError(output)
    remove_abandoned(output.parent)
    prefix, suffix = _PARTIAL
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=output.parent)
    os.close(handle)  # made with mode 0600
    partial = Path(name)
    try:
        yield partial
        _flush(partial)
        _name(partial, output)
        _flush(output.parent)
    finally:
        partial.unlink(missing_ok=True)


def unfinished(folder: Path) -> list[Path]:
    """The files there that are being written, or that a killed process left."""
    return sorted(folder.glob("*".join(_PARTIAL)))


def remove_abandoned(folder: Path) -> None:
    """Removes what killed processes left there: a copy in clear names everybody. What cannot be removed stays."""
    for file in unfinished(folder):
        with suppress(OSError):
            if time.time() - file.lstat().st_ctime > _WRITTEN_WITHIN:
                file.unlink()


def copy(source: Path, target: Path | str, busy_seconds: float) -> sqlite3.Connection:
    """Copies a register into a file, or into memory. The copy is one moment of it, between two commits; whoever
    writes waits for as long as it takes (about a second for 200 MiB).

    Raises:
        RegisterUnavailable: the register cannot be read.
        DamagedCopy: it is damaged.
    """
    new = sqlite3.connect(target)
    try:
        new.execute("PRAGMA journal_mode=OFF")  # a copy that does not end is thrown away
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds)) as old:
            old.backup(new)
        if not _is_whole(new):
            raise DamagedCopy
    except sqlite3.Error as error:
        new.close()
        raise RegisterUnavailable(f"{error}.") from error
    except BaseException:
        new.close()
        raise
    return new


def _is_whole(database: sqlite3.Connection) -> bool:
    return [row[0] for row in database.execute("PRAGMA integrity_check(1)")] == ["ok"]


def load(content: bytes) -> sqlite3.Connection:
    """A copy's content, in memory.

    Raises:
        CopyRefused: it is no SQLite database, or a damaged one.
    """
    if not content.startswith(b"SQLite format 3\0"):
        raise CopyRefused(Refusal.NOT_A_COPY)
    memory = sqlite3.connect(":memory:")
    try:
        memory.deserialize(content)
        is_whole = _is_whole(memory)
    except (sqlite3.Error, OverflowError):
        is_whole = False
    if not is_whole:
        memory.close()
        raise CopyRefused(Refusal.COPY_DAMAGED)
    return memory


def register_of(memory: sqlite3.Connection, clock: Clock) -> Register:
    """The register that a copy in memory is, brought to this version there. Closing it closes the copy.

    Raises:
        CopyRefused: it is none, or that of a newer version.
    """
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, hide_parameters=True)
    prepare_sqlite(engine)
    at = revision(engine)
    if at is None:
        raise CopyRefused(Refusal.NOT_A_COPY)
    if at > REVISION:
        raise CopyRefused(Refusal.COPY_NEWER, found=at, ours=REVISION)
    if at != REVISION:
        migrate(engine, clock)
    return Register(engine, clock)


def journal_end(memory: sqlite3.Connection) -> Head | None:
    """The journal's head as it stands in a copy, of whatever version; None where there is no journal."""
    try:
        row = memory.execute("SELECT entry, sha256 FROM journal_entry ORDER BY entry DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    return Head(*row) if row else EMPTY


def numbers_given(connection: Connection) -> dict[str, int]:
    """By table, the last number that was given to one of its rows."""
    if connection.dialect.name == "postgresql":
        return {name: connection.execute(text(_LAST_GIVEN), of).scalar() or 0 for name, of in _SEQUENCES.items()}
    if not inspect(connection).has_table("sqlite_sequence"):
        return {}
    rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all()
    return {row.name: row.seq for row in rows if row.name in metadata.tables}


def begin_after(work: Work, given: Mapping[str, int]) -> int:
    """No number that was given since the copy is given again: the journal that was left behind, the list of what was
    destroyed and certificates name what had them. A PostgreSQL that was put back is told, by the list, of those of
    habilitations and certificates alone. Gives the last one of a habilitation.
    """
    last = numbers_given(work.connection)
    if work.connection.dialect.name == "postgresql":
        last = {name: max(given.get(name, 0), number) for name, number in last.items()}
        for name, number in last.items():
            if number:
                work.connection.execute(text("SELECT setval(:of, :number)"), {**_SEQUENCES[name], "number": number})
        return last[habilitation.name]
    for table, number in given.items():
        last[table] = max(number, last.get(table, 0))
        work.connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
        row = {"table": table, "number": last[table]}
        work.connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :number)"), row)
    return last.get(habilitation.name, 0)


def put_in_place(memory: sqlite3.Connection, register: Path, aside: Path, busy_seconds: float) -> bool:
    """Puts a copy in the place of a register, which is kept as `aside`; gives whether there was one.

    All of it in one transaction of SQLite: whoever has the register open sees the old one or the new one, and killed
    at any point it is the one or the other. One that SQLite cannot read any more is moved away, with its journal.

    Raises:
        RegisterUnavailable: the database is in use, or the disk is full: the old one is in its place.
        OSError: the files cannot be written.
    """
    was_there = register.exists()
    if was_there:
        try:
            with whole_file(aside) as partial:
                copy(register, partial, busy_seconds).close()
        except RegisterUnavailable as error:
            if not _is_unreadable(error):
                raise
            _move_away(register, aside)
    if not register.exists():
        register.touch(0o600)
    try:
        with closing(sqlite3.connect(register, timeout=busy_seconds)) as target:
            target.execute("PRAGMA synchronous=FULL")
            memory.backup(target)
    except sqlite3.Error as error:
        raise RegisterUnavailable(f"{error}.") from error
    return was_there


def _is_unreadable(error: RegisterUnavailable) -> bool:
    cause = error.__cause__
    return isinstance(error, DamagedCopy) or (
        isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)
    )


def _move_away(register: Path, aside: Path) -> None:
    """Its rollback journal too: left there, SQLite would play it back into the copy."""
    journal = register.with_name(f"{register.name}-journal")
    if journal.exists():
        journal.rename(aside.with_name(f"{aside.name}-journal"))
    register.rename(aside)
    _flush(register.parent)


def _name(partial: Path, output: Path) -> None:
    """The copy takes its name all at once, from nobody."""
    try:
        output.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        partial.replace(output)


def _flush(path: Path) -> None:
    """Has the disk keep it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
