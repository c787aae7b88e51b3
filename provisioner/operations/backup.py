"""`backup`: a copy of the register that is known to be good before it is called one, encrypted to the month's key."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import URL, make_url

from provisioner.clock import Clock
from provisioner.domain.backup import MonthKey, Recipient, fingerprint, month_of, read_recipients
from provisioner.domain.errors import Refusal, Refused, WrongUsage
from provisioner.domain.journal import Head
from provisioner.domain.journal_check import JournalCheck
from provisioner.operations.context import decided
from provisioner.operations.journal import journal_head, verify_journal
from provisioner.register import Register, RegisterUnavailable, backup_keys, open_as_is, sqlite_file
from provisioner.register.backup import copy, journal_end, load, register_of, whole_file
from provisioner.register.database import current_register
from provisioner.register.encryption import encrypt
from provisioner.register.engine import REVISION, revision, translated
from provisioner.register.marks import note_clear_copy
from provisioner.settings import DatabaseSettings, Settings


@dataclass(frozen=True, slots=True)
class Copied:
    """The copy's journal. `check` tells its head, or the first entry that does not verify: the copy is as the
    register is, and was kept. `keys` are those that it is encrypted to, none where it is not.
    """

    check: JournalCheck
    keys: tuple[Recipient, ...] = ()


def back_up(settings: Settings, clock: Clock, output: Path) -> Copied:
    """Copies the register into a new file while others work, and verifies the copy. That of an older version is not
    brought to this one. With a recipients file, it is encrypted to the month's keys and never on the disk in clear.

    Raises:
        WrongUsage: it is on PostgreSQL, whose own program copies it, and would not be encrypted.
        Refused: there is no key for this month that is not destroyed, or the recipients file cannot be used.
        FileExistsError, OSError: the file exists already, or cannot be written.
        RegisterUnavailable: there is no register, it cannot be read, or it is damaged; no file was made.
    """
    source, keys = sqlite_file(settings), month_keys(settings, clock.today())
    if source is None and keys is None:
        with suppress(RegisterUnavailable):  # the command is told all the same
            _note_clear_copy(settings, clock)
        raise WrongUsage(Refusal.ON_POSTGRESQL, command=pg_dump(settings, output))
    register = open_as_is(settings, clock)
    if register is None:
        raise RegisterUnavailable("There is no register yet.", Refusal.NO_REGISTER)
    with closing(register), whole_file(output) as partial:
        if keys is None:
            assert source is not None
            copy(source, partial, settings.database.busy_seconds).close()
            _note_clear_copy(settings, clock)  # before it takes its name
            return Copied(_verify_file(settings, clock, partial))
        if revision(register.engine) == REVISION:
            with register.work("backup") as work:
                keys = backup_keys.usable(work.connection, keys)
                if not keys:
                    raise Refused(Refusal.NO_RECIPIENT, month=month_of(clock.today()))
                backup_keys.used(work, keys, clock.today())
        if source is None:
            return Copied(_dump(settings, register, partial, keys), keys)
        return Copied(_encrypt_copy(settings, clock, source, partial, keys), keys)


def _note_clear_copy(settings: Settings, clock: Clock) -> None:
    """For the certificates. An older version's register says it of itself, once it is brought to this one."""
    with current_register(settings, clock) as register:
        if register is not None:
            with register.work("backup") as work:
                note_clear_copy(work, clock.today())


def recipients_of(settings: Settings) -> tuple[Recipient, ...] | None:
    """What the recipients file says; None when none is set.

    Raises:
        Refused: it cannot be read or used.
    """
    file = settings.backup.recipients_file
    if file is None:
        return None
    try:
        return read_recipients(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refused(Refusal.RECIPIENTS_UNREAD, cause=cause) from error


def month_keys(settings: Settings, today: date) -> tuple[Recipient, ...] | None:
    """The keys that a copy of that day is encrypted to; None when none is set.

    Raises:
        Refused: there is none for this month, or the file cannot be used.
    """
    recipients, month = recipients_of(settings), month_of(today)
    if recipients is None:
        return None
    keys = tuple(recipient for recipient in recipients if recipient.month == month)
    if not keys:
        raise Refused(Refusal.NO_RECIPIENT, month=month)
    return keys


def _encrypt_copy(
    settings: Settings, clock: Clock, source: Path, partial: Path, keys: Collection[Recipient]
) -> JournalCheck:
    memory = copy(source, ":memory:", settings.database.busy_seconds)
    content, head = memory.serialize(), journal_end(memory)
    with closing(register_of(memory, clock)) as copied, partial.open("wb") as output:
        check = _with_head(verify_journal(copied), head)
        encrypt(io.BytesIO(content), output, keys)
    return check


def _verify_file(settings: Settings, clock: Clock, copied: Path) -> JournalCheck:
    """An older version's copy stays as it is: what is verified is a second one in memory, brought to this version."""
    register = open_as_is(_settings_of(settings, copied), clock)
    if register is None:
        raise RegisterUnavailable("What the settings name is no register.", Refusal.NO_REGISTER)
    with closing(register):
        if revision(register.engine) == REVISION:
            return verify_journal(register)
        head = journal_head(register)
    with closing(register_of(load(copied.read_bytes()), clock)) as brought:
        return _with_head(verify_journal(brought), head)


def _with_head(check: JournalCheck, old: Head | None) -> JournalCheck:
    """The head of what was copied, where bringing it to this version wrote the chain again."""
    return replace(check, head=old) if old is not None and check.bad is None else check


def _settings_of(settings: Settings, file: Path) -> Settings:
    return settings.model_copy(update={"database": DatabaseSettings(url=f"sqlite:///{file.absolute()}")})


def pg_dump(settings: Settings, output: Path) -> str:
    """PostgreSQL's own command for the same. The password is none of its arguments: ~/.pgpass or PGPASSWORD."""
    url = make_url(settings.database_url)
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    parts = {
        "host": url.host or query.get("host"),
        "port": url.port or query.get("port"),
        "username": url.username or query.get("user"),
    }
    options = [f"--{name}={value}" for name, value in parts.items() if value]
    return shlex.join(["pg_dump", "--format=custom", f"--file={output}", *options, url.database or "postgres"])


def _dump(settings: Settings, register: Register, partial: Path, keys: Collection[Recipient]) -> JournalCheck:
    """What `pg_dump` writes is encrypted as it comes; the journal is verified in the database itself."""
    check, url = verify_journal(register), make_url(settings.database_url)
    secret = url.password or url.query.get("password")
    password = {"PGPASSWORD": str(secret)} if secret else {}
    query = {name: value for name, value in url.query.items() if name != "password"}
    # What another user of the machine sees of a command has no password in it.
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    command = ["pg_dump", "--format=custom", "--no-password", f"--dbname={address.render_as_string()}"]
    with TemporaryFile() as errors, partial.open("wb") as output, translated(subprocess.SubprocessError):
        try:
            dump = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=os.environ | password)
        except FileNotFoundError:
            raise RegisterUnavailable("There is no pg_dump.", Refusal.NO_PG_DUMP) from None
        with dump:
            assert dump.stdout is not None
            encrypt(dump.stdout, output, keys)
        if dump.returncode != 0:
            errors.seek(0)
            said = errors.read(2000).decode("utf-8", "replace").strip().splitlines()
            raise RegisterUnavailable(said[-1] if said else f"pg_dump ended with {dump.returncode}.")
    return check


@decided
def key_destroyed(
    register: Register, settings: Settings, key: str, on: date, by: str
) -> tuple[MonthKey, tuple[MonthKey, ...]]:
    """A named person says that a month's private key, and every copy of it, was destroyed on that day. Beside it, the
    other keys of that month that copies were encrypted to and that are not destroyed.

    Raises:
        Refused: nothing was encrypted to it and the recipients file does not have it; its destruction is recorded
            already; the day is to come, or before the last copy that was encrypted to it.
    """
    named = fingerprint(key)
    given = {recipient.fingerprint: recipient for recipient in recipients_of(settings) or ()}
    if on > register.clock.today():
        raise Refused(Refusal.DAY_TO_COME, on=on)
    with register.work(by) as work:
        all_ = backup_keys.keys(work.connection)
        known = all_.get(named)
        if known is None and named in given:
            known = MonthKey(named, given[named].month)
        if known is None:
            raise Refused(Refusal.NO_SUCH_KEY, key=named)
        if known.destroyed_on is not None:
            raise Refused(Refusal.KEY_DESTROYED, key=named, on=known.destroyed_on)
        if known.used_on is not None and on < known.used_on:
            raise Refused(Refusal.KEY_USED_SINCE, key=named, on=on, used_on=known.used_on)
        backup_keys.destroyed(work, known, on, by)
    month = [key for key in all_.values() if key.month == known.month and key.fingerprint != named]
    return known, tuple(key for key in month if key.used_on is not None and key.destroyed_on is None)
