"""A consistent copy of a SQLite register while others write in it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from provisioner.register.errors import DamagedCopy, RegisterUnavailable


@contextmanager
def copied(source: Path, output: Path, busy_seconds: float) -> Iterator[Path]:
    """Copies a register into a new file of its owner alone, which is called `output` only once the block ends well.

    The copy is one moment of the register, between two commits; whoever writes waits for as long as it takes (about
    a second for 200 MiB). Killed at any point, it leaves no file that looks like a backup.

    Raises:
        FileExistsError: there is an `output` already; it is left as it is.
        OSError: it cannot be written there.
        RegisterUnavailable: the register cannot be read.
        DamagedCopy: it is damaged.
    """
    if output.exists():
        raise FileExistsError(output)
    handle, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=".partial", dir=output.parent)
    os.close(handle)  # made with mode 0600
    partial = Path(name)
    try:
        _copy(source, partial, busy_seconds)
        yield partial
        _flush(partial)
        _name(partial, output)
        _flush(output.parent)
    finally:
        partial.unlink(missing_ok=True)


def _copy(source: Path, target: Path, busy_seconds: float) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            new.execute("PRAGMA journal_mode=OFF")  # a copy that does not end is thrown away
            old.backup(new)
            damage = [row[0] for row in new.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        raise RegisterUnavailable(f"{error}.") from error
    if damage != ["ok"]:
        raise DamagedCopy


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
