"""`restore`: an older copy put back in one step, with what the next run destroys again before anything else."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, select

from provisioner.clock import Clock
from provisioner.domain.annexe.decisions import decider_said
from provisioner.domain.backup import ENCRYPTED
from provisioner.domain.destroyed_since import DestroyedSince
from provisioner.domain.destruction_list import ListLine, lines_since
from provisioner.domain.errors import Refusal, WrongUsage
from provisioner.domain.journal import Head
from provisioner.operations.context import Context
from provisioner.operations.destruction_list import list_lines, note_destroyed, told_since
from provisioner.operations.journal import journal_head, verify_journal
from provisioner.register import (
    Register,
    RegisterUnavailable,
    attestations,
    connections,
    habilitations,
    holds,
    journal,
    open_as_is,
    open_register,
    run_lock,
    sqlite_file,
)
from provisioner.register import tables as t
from provisioner.register.backup import (
    begin_after,
    journal_end,
    load,
    numbers_given,
    put_in_place,
    register_of,
    remove_abandoned,
    unfinished,
)
from provisioner.register.database import current_register
from provisioner.register.encryption import decrypt
from provisioner.register.engine import make_engine, translated
from provisioner.register.errors import CopyRefused
from provisioner.register.marks import DESTROY_AGAIN, REALM_ID, clear_copy, mark, note_clear_copy, set_mark
from provisioner.settings import Settings

#: In the name of a register that was replaced, and kept aside; since when stands after it.
_REPLACED = "remplace"

#: How long it is kept, in days: by then it has shown whether the right copy was put back.
REPLACED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which copy is put back, and how. `by` is who says that it is done without the list of destructions, or that
    `pg_restore` put it back already (`after_pg_restore`).
    """

    file: Path
    identity: Path | None = None
    rehearse: bool = False
    without_list: bool = False
    after_pg_restore: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back, or would have been.

    `copied` is the copy's head, `head` the one after the restore's own entry, `left` the last known one of the
    journal that was left behind. `replaced` is the file of the register that was in its place. `since` is what was
    destroyed since then. `recorded` is the entry of the rehearsal in the register in place, if there is one.
    """

    entries: int
    copied: Head
    head: Head
    left: Head | None
    since: DestroyedSince
    replaced: Path | None = None
    recorded: int | None = None

    @property
    def lost(self) -> tuple[int, int] | None:
        """The first and the last entry that the copy lacks, as far as anybody knows."""
        if self.left is None or self.left.entry <= self.copied.entry:
            return None
        return self.copied.entry + 1, self.left.entry


@dataclass(frozen=True, slots=True)
class _Present:
    """The register that is in place. `numbers`: by table, the last one given. `clear_copy`: the last day on which a
    copy in clear was made.
    """

    head: Head
    realm: str | None
    numbers: Mapping[str, int]
    clear_copy: date | None


def restore(settings: Settings, clock: Clock, asked: Asked) -> Restored:
    """Checks a copy, puts it in the register's place and writes that down; with `rehearse`, everything but that.

    All is prepared in memory, and takes its place in one transaction: killed at any point, the register is the old
    one or the new one. No run is under way meanwhile. On PostgreSQL its own program puts it back; then what that
    means is written down (`after_pg_restore`), in one transaction too.

    Raises:
        WrongUsage: the register is on PostgreSQL, and its program is to put it back first; or it is not there.
        Refused: the copy cannot be read, is damaged, altered, of a newer version or of another realm; there is no
            list of destructions, and nobody said to go on without it. Nothing was changed.
        RegisterUnavailable, OSError: a system failed; nothing was changed.
    """
    target = sqlite_file(settings)
    if asked.after_pg_restore:
        if target is not None:
            raise WrongUsage(Refusal.NOT_ON_POSTGRESQL)
        return _write_down(settings, clock, asked)
    if target is None:
        key = asked.identity or "CLÉ"
        command = (
            f"age --decrypt --identity {key} {asked.file} | pg_restore --no-owner --single-transaction --dbname=…"
        )
        raise WrongUsage(Refusal.RESTORE_ON_POSTGRESQL, command=command)
    by = decider_said(asked.by) if asked.by is not None else "restore"
    if asked.rehearse:
        with _loaded(asked, clock) as copied:
            restored = _prepare(settings, clock, asked, copied, by)
        return replace(restored, recorded=_record_rehearsal(settings, clock, asked, restored, by))
    with translated(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
    with closing(Register(make_engine(settings), clock)) as place, run_lock(place, settings, by):
        with _loaded(asked, clock) as copied:
            restored = _prepare(settings, clock, asked, copied, by)
            aside = _aside(target, clock)
            was_there = put_in_place(copied.memory, target, aside, settings.database.busy_seconds)
        note_destroyed(place, settings)
    return replace(restored, replaced=aside if was_there else None)


def _write_down(settings: Settings, clock: Clock, asked: Asked) -> Restored:
    """What putting it back means for a register that is in its place already."""
    as_is = open_as_is(settings, clock)
    if as_is is None:
        raise RegisterUnavailable("There is no register yet.", Refusal.NO_REGISTER)
    with closing(as_is):
        head = journal_head(as_is)
    with closing(open_register(settings, clock)) as register, run_lock(register, settings, "restore"):
        lines = () if asked.without_list else list_lines(settings)
        restored = _record(clock, asked, register, head, None, lines, decider_said(asked.by or ""))
        note_destroyed(register, settings)
    return restored


def _aside(target: Path, clock: Clock) -> Path:
    """A name that says what the file is and since when; another number where that one is taken."""
    stem = f"{target.stem}-{_REPLACED}-{clock.now():%Y%m%dT%H%M%S}"
    names = (f"{stem}{f'-{number}' if number > 1 else ''}{target.suffix}" for number in count(1))
    return next(file for file in map(target.with_name, names) if not file.exists())


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy in memory, brought to this version there; `head` is its journal's before that."""

    memory: sqlite3.Connection
    register: Register
    head: Head


@contextmanager
def _loaded(asked: Asked, clock: Clock) -> Iterator[_Copy]:
    memory = load(_content(asked))
    head = journal_end(memory)
    with closing(register_of(memory, clock)) as register:
        yield _Copy(memory, register, head or journal_head(register))


def _content(asked: Asked) -> bytes:
    if not _is_encrypted(asked.file):
        return asked.file.read_bytes()
    if asked.identity is None:
        raise CopyRefused(Refusal.IDENTITY_NEEDED)
    return decrypt(asked.file, asked.identity)


def _is_encrypted(copy: Path) -> bool:
    with copy.open("rb") as file:
        return file.read(len(ENCRYPTED)) == ENCRYPTED


def _prepare(settings: Settings, clock: Clock, asked: Asked, copied: _Copy, by: str) -> Restored:
    """Judges the copy and writes into it, still in memory, what putting it back means."""
    present = _present(settings, clock)
    lines = _told_in_place(settings, clock) if asked.without_list else _whole_list(settings, clock)
    return _record(clock, asked, copied.register, copied.head, present, lines, by)


def _record(
    clock: Clock,
    asked: Asked,
    register: Register,
    copied: Head,
    present: _Present | None,
    lines: Sequence[ListLine],
    by: str,
) -> Restored:
    check = verify_journal(register)
    if check.bad is not None:
        raise CopyRefused(Refusal.COPY_JOURNAL, entry=check.bad.entry or 0)
    with register.read() as connection:
        realm, chain = mark(connection, REALM_ID), _chain(connection)
        told = told_since(connection).destroyed
    known = present.realm if present is not None else next((line.realm for line in reversed(lines)), None)
    if None not in (realm, known) and realm != known:
        raise CopyRefused(Refusal.COPY_OF_OTHER_REALM)
    numbers = dict(present.numbers) if present is not None else {}
    listed = (destroyed.habilitation or 0 for line in lines for destroyed in line.destroyed)
    last = max([numbers.get(t.habilitation.name, 0), *listed])
    certified = [certificate for line in lines for certificate in line.certificates]
    certificates = max([numbers.get(t.attestation.name, 0), *(certificate.number for certificate in certified)])
    since = DestroyedSince.of(lines_since(lines, chain), last).besides(told)
    heads = [*([present.head] if present is not None else []), *(line.head for line in lines[-1:])]
    left = max(heads, key=lambda head: head.entry, default=None)
    left = left if left is not None and left.entry > copied.entry else None
    details = {"file": asked.file.name, "copied": str(copied), "list": not asked.without_list}
    given = {t.habilitation.name: last, t.attestation.name: certificates}
    with register.work(by) as work:
        entry = work.journal("register.restored", details=details, left=left, by=asked.by)
        habilitations.forget_passwords_seen(work)
        since = replace(since, last=begin_after(work, numbers | given))
        unknown = since.keycloak_ids.difference(connections.accounts_by_keycloak_id(work.connection))
        connections.note_destroyed(work, dict.fromkeys(unknown, entry))
        for certificate in certified:
            request = attestations.by_id(work.connection, certificate.number)
            if request is not None and request.issued_on is None:
                attestations.issued_before(work, request, certificate)
        still = DestroyedSince.read(mark(work.connection, DESTROY_AGAIN))
        set_mark(work, DESTROY_AGAIN, still.joined(since).written())
        if present is None or not _is_encrypted(asked.file):  # nobody knows how the copies since were made
            note_clear_copy(work, clock.today())
        elif present.clear_copy is not None:
            note_clear_copy(work, present.clear_copy)
    return Restored(
        entries=check.entries,
        copied=copied,
        head=journal_head(register),
        left=left,
        since=since,
    )


def _chain(connection: Connection) -> dict[int, str]:
    entries = select(t.journal_entry.c.entry, t.journal_entry.c.sha256)
    return {row.entry: row.sha256 for row in connection.execute(entries)}


def _present(settings: Settings, clock: Clock) -> _Present | None:
    """The register in place; None where there is none, or none that can be read."""
    with suppress(RegisterUnavailable):
        register = open_as_is(settings, clock)
        if register is not None:
            with closing(register), register.read() as connection:
                return _Present(
                    head=journal.head(connection),
                    realm=mark(connection, REALM_ID),
                    numbers=numbers_given(connection),
                    clear_copy=clear_copy(connection),
                )
    return None


def _whole_list(settings: Settings, clock: Clock) -> tuple[ListLine, ...]:
    """The list, with what the register in place destroyed while the list was out of reach.

    Raises:
        Refused: it is not set, not there, or cannot be read.
    """
    list_lines(settings)  # one that is not there is not made anew: nobody would know what it lacks
    with suppress(RegisterUnavailable), current_register(settings, clock) as register:
        if register is not None:
            note_destroyed(register, settings)
    return list_lines(settings)


def _told_in_place(settings: Settings, clock: Clock) -> tuple[ListLine, ...]:
    """What the register in place tells as destroyed and certified, where it is of this version and can be read."""
    with suppress(RegisterUnavailable), current_register(settings, clock) as register:
        if register is not None:
            with register.read() as connection:
                return (told_since(connection),)
    return ()


def _record_rehearsal(settings: Settings, clock: Clock, asked: Asked, restored: Restored, by: str) -> int | None:
    """In the register in place, where there is one of this version: the proof that copies can be put back."""
    with current_register(settings, clock) as register:
        if register is None:
            return None
        details = {"file": asked.file.name, "copied": str(restored.copied), "entries": restored.entries}
        with register.work(by) as work:
            return work.journal("backup.rehearsed", details=details, by=asked.by)


def replaced_registers(settings: Settings) -> list[Path]:
    """The registers that were replaced and are kept aside still, and what a killed restore left of one: somebody is
    to destroy them.
    """
    target = sqlite_file(settings)
    if target is None:
        return []
    return [*sorted(target.parent.glob(f"{target.stem}-{_REPLACED}-*")), *unfinished(target.parent)]


def destroy_replaced(context: Context) -> None:
    """A register that was replaced goes 30 days later, if nobody destroyed it before: it holds what was destroyed
    since. Not while there is any hold on destruction (D7).

    The entry comes first: killed before the file is gone, the next run writes another one.
    """
    target = sqlite_file(context.settings)
    if target is None:
        return
    remove_abandoned(target.parent)
    over = [file for file in replaced_registers(context.settings) if _is_over(file, context.clock.today())]
    if over:
        with context.work() as work:
            if holds.kept_from_destruction(work.connection).keeps(None):
                return
            work.journal("register.replaced_destroyed", rule="D1", details={"files": [file.name for file in over]})
        for file in over:
            file.unlink(missing_ok=True)


def _is_over(replaced: Path, today: date) -> bool:
    day = re.search(rf"-{_REPLACED}-(\d{{8}})T", replaced.name)
    return day is not None and today > date.fromisoformat(day[1]) + REPLACED_FOR
