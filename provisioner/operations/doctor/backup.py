"""Copies that expire: no private key lies here, each month has its key, and each key goes on its day."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from provisioner.domain.backup import PRIVATE_KEY, MonthKey, destroyed_by, month_of, overdue
from provisioner.domain.errors import Refused
from provisioner.operations.backup import recipients_of
from provisioner.operations.destruction_list import is_put_back_by_hand
from provisioner.operations.doctor.lines import DoctorLine, attention, ok, wanting
from provisioner.operations.restore import REPLACED_FOR, replaced_registers
from provisioner.register import backup_keys
from provisioner.settings import PREFIX, Settings
from provisioner.views.doctor import Found, Todo
from provisioner.views.refusals import refusal

#: A file with a private key is small; a register or a document is not read for one.
_MOST_BYTES = 1 << 16


def backup_lines(settings: Settings, connection: Connection, today: date) -> Iterator[DoctorLine]:
    """How the copies stand, and the list that the register is held against."""
    lines = [*_private_keys(settings), *_key_lines(settings, backup_keys.keys(connection), today)]
    lines += _list_lines(settings)
    with suppress(Refused):  # without a list, or with one that cannot be read, nothing is held against it
        if is_put_back_by_hand(connection, settings):
            lines.append(wanting("backup", Found.PUT_BACK_BY_HAND, Todo.TELL_RESTORE))
    for file in replaced_registers(settings):
        found = Found.REPLACED_REGISTER.of(file=file, days=REPLACED_FOR.days)
        lines.append(attention("backup", found, Todo.DESTROY_REPLACED))
    yield from lines or [ok("backup", Found.BACKUPS.of(month=month_of(today)))]


def _key_lines(settings: Settings, known: Mapping[str, MonthKey], today: date) -> Iterator[DoctorLine]:
    setting = f"{PREFIX}BACKUP__RECIPIENTS_FILE"
    try:
        recipients = recipients_of(settings)
    except Refused as error:
        yield wanting("backup", refusal(error), Todo.MEND_RECIPIENTS.of(setting=setting))
        return
    if recipients is None:
        yield attention("backup", Found.BACKUPS_CLEAR, Todo.SET_RECIPIENTS.of(setting=setting))
    elif month_of(today) not in {recipient.month for recipient in recipients}:
        found = Found.NO_RECIPIENT.of(month=month_of(today))
        yield wanting("backup", found, Todo.MEND_RECIPIENTS.of(setting=setting))
    months = settings.backup.keep_months
    for key in overdue(recipients or (), known, months, today):
        found = Found.KEY_OVERDUE.of(key=key.fingerprint, month=key.month, day=destroyed_by(key.month, months))
        yield wanting("backup", found, Todo.DESTROY_KEY.of(key=key.fingerprint))


def _private_keys(settings: Settings) -> Iterator[DoctorLine]:
    """In the data directory, or beside the public keys."""
    named = settings.backup.recipients_file
    beside = [] if named is None else sorted(named.absolute().parent.glob("*"))
    within = (Path(folder, name) for folder, _, names in os.walk(settings.data_dir) for name in sorted(names))
    for file in dict.fromkeys([*(path.absolute() for path in within), *beside]):
        if _holds_private_key(file):
            yield wanting("backup", Found.PRIVATE_KEY.of(file=file), Todo.TAKE_KEY_AWAY)


def _holds_private_key(file: Path) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= _MOST_BYTES and PRIVATE_KEY in file.read_bytes().upper()
    except OSError:  # what we may not read, or is gone by now
        return False


def _list_lines(settings: Settings) -> Iterator[DoctorLine]:
    file, setting = settings.backup.list_file, f"{PREFIX}BACKUP__LIST_FILE"
    if file is None:
        yield attention("backup", Found.NO_LIST, Todo.SET_LIST.of(setting=setting))
        return
    if file.absolute().is_relative_to(settings.data_dir.absolute()):
        yield wanting("backup", Found.LIST_INSIDE.of(file=file), Todo.SET_LIST.of(setting=setting))
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        yield wanting("backup", Found.LIST_CLOSED.of(file=file), Todo.SET_LIST.of(setting=setting))
