"""The list of what was destroyed, kept outside the backups: written after each destruction, from the journal.

The certificates that were issued stand there too: none is issued again with another content after a restore (D3).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from typing import BinaryIO

import structlog
from sqlalchemy import Connection, or_, select

from provisioner.domain.destruction_list import ListedDestruction, ListLine, read_list
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Entry
from provisioner.domain.journal_check import LEAVES_A_HEAD
from provisioner.register import Register, attestations, journal
from provisioner.register import tables as t
from provisioner.register.marks import REALM_ID, mark
from provisioner.settings import Settings

log = structlog.get_logger()

_entry = t.journal_entry.c

#: How much of the list is read at once from its end, in bytes: the lines of most batches.
_BLOCK = 4096

#: The rules by which an account, a habilitation and a convention go; what has its own term is not listed.
_LISTED = ("D1", "D2", "C4")

_LEAVES_A_HEAD = or_(*(_entry.body.contains(f'"action":"{action}"', autoescape=True) for action in LEAVES_A_HEAD))


def list_lines(settings: Settings) -> tuple[ListLine, ...]:
    """The list as it stands.

    Raises:
        Refused: it is not set, not there, or cannot be read.
    """
    file = settings.backup.list_file
    try:
        return read_list(file.read_text("utf-8")) if file is not None else _no_list()
    except (OSError, UnicodeDecodeError):
        return _no_list()


def _no_list() -> tuple[ListLine, ...]:
    raise Refused(Refusal.NO_LIST)


def note_destroyed(register: Register, settings: Settings) -> None:
    """What the journal tells as destroyed since the list's last line goes on it, flushed to the disk. Of the list,
    that line alone is read.

    Killed before it, or with the list out of reach, the next run writes what is missing: nothing is destroyed twice
    and nothing is left out. Nothing happens where no list is set, nor where the register was put back by hand and
    `restore` was not told yet: from where it ends, the list tells `restore` what was destroyed since.
    """
    file = settings.backup.list_file
    if file is None:
        return
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as listed:
            fcntl.flock(listed, fcntl.LOCK_EX)
            last, end = _last_line(listed)
            with register.read() as connection:
                lines = read_list(last.decode("utf-8"))
                if lines and not _is_known(connection, lines[-1]):  # put back: where does it go on?
                    listed.seek(0)
                    lines = read_list(listed.read(end).decode("utf-8"))
                line = _line(connection, lines)
            if line is not None:
                listed.seek(end)
                listed.truncate()
                listed.write(f"{line.written()}\n".encode())
                os.fsync(listed.fileno())
    except (OSError, UnicodeDecodeError, Refused) as error:
        log.error("destruction_list.unwritten", error=type(error).__name__)


def _last_line(listed: BinaryIO) -> tuple[bytes, int]:
    """The last line that is whole, and where it ends: all that is read of a list that grows for years."""
    start, tail = listed.seek(0, os.SEEK_END), b""
    while start and tail.count(b"\n") < 2:
        step = min(_BLOCK, start)
        start = listed.seek(start - step)
        tail = listed.read(step) + tail
    end = tail.rfind(b"\n") + 1
    return tail[tail.rfind(b"\n", 0, max(end - 1, 0)) + 1 : end], start + end


def is_put_back_by_hand(connection: Connection, settings: Settings) -> bool:
    """Whether the list goes on where the register's journal does not, and no entry tells why.

    Raises:
        Refused: the list cannot be read.
    """
    lines = list_lines(settings)
    return _is_behind(connection, lines, _last_known(connection, lines))


def _is_behind(connection: Connection, lines: Sequence[ListLine], last: int) -> bool:
    if not lines or _is_known(connection, lines[-1]):
        return False
    bodies = connection.execute(select(_entry.entry, _entry.body).where(_entry.entry > last, _LEAVES_A_HEAD)).all()
    return not any(Entry(*row, "", "").facts.get("action") in LEAVES_A_HEAD for row in bodies)


def _last_known(connection: Connection, lines: Sequence[ListLine]) -> int:
    return next((line.head.entry for line in reversed(lines) if _is_known(connection, line)), 0)


def _line(connection: Connection, lines: Sequence[ListLine]) -> ListLine | None:
    """What is missing on the list; None where nothing is, or nothing can be said."""
    head, last = journal.head(connection), _last_known(connection, lines)
    if _is_behind(connection, lines, last):
        log.error("destruction_list.put_back_by_hand")
        return None
    return None if last == head.entry else told_since(connection, last)


def told_since(connection: Connection, last: int = 0) -> ListLine:
    """What the journal tells as destroyed and certified after that entry, up to its head."""
    head, noted = journal.head(connection), t.destroyed_account.c
    told = _entry.body.contains('"action":"destroyed"', autoescape=True)
    bodies = connection.execute(select(_entry.entry, _entry.body).where(_entry.entry > last, told)).all()
    entries = [Entry(entry, body, "", "").facts for entry, body in bodies]
    destroyed = tuple(
        _listed(connection, facts) for facts in entries if facts.get("rule") in _LISTED and facts.get("partner")
    )
    ids = connection.execute(select(noted.keycloak_id).where(noted.entry > last)).scalars()
    return ListLine(
        head=head,
        realm=mark(connection, REALM_ID),
        destroyed=destroyed,
        keycloak_ids=tuple(sorted(ids)),
        certificates=attestations.certified_since(connection, last),
    )


def _is_known(connection: Connection, line: ListLine) -> bool:
    sha256 = connection.execute(select(_entry.sha256).where(_entry.entry == line.head.entry)).scalar()
    return sha256 == line.head.sha256


def _listed(connection: Connection, facts: dict[str, object]) -> ListedDestruction:
    number = facts.get("habilitation")
    of = t.habilitation.c
    row = connection.execute(select(of.ended_on, of.end_rule).where(of.id == number)).first()
    return ListedDestruction(
        rule=str(facts["rule"]),
        partner=str(facts["partner"]),
        habilitation=None if number is None else int(str(number)),
        ended_on=row.ended_on.isoformat() if row is not None and row.ended_on else None,
        end_rule=row.end_rule if row is not None else None,
    )
