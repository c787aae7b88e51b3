"""Many partners registered or changed from one TOML file, all or nothing (docs/partners.md)."""

from __future__ import annotations

import copy
import hashlib
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import fuzz
from sqlalchemy import Connection

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.convention import MAX_NOTICE_DAYS, Contact, Contacts, Partner, Role
from provisioner.domain.errors import FileRefused, Problem, Refusal, Refused
from provisioner.domain.people import MailboxRules
from provisioner.domain.records import Records
from provisioner.operations.contacts import read_contacts
from provisioner.operations.context import decided
from provisioner.operations.partners import (
    Given,
    changed,
    new_partner,
    problems_of,
    problems_of_change,
    problems_of_given,
    save_change,
)
from provisioner.register import Register, Work
from provisioner.register.database import read_records
from provisioner.register.partners import add_record, contacts_by_partner, replace_contacts
from provisioner.settings import DocumentSettings, unfit
from provisioner.views.answers.partners import ImportedAnswer

#: The keys and indexes that lead to a value.
Path = tuple[int | str, ...]


class _Strict(BaseModel):
    """No value is converted: a number is no date, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Contacts(_Strict):
    """Annexe 2, as a whole: its date, and « NAME <EMAIL> » for each role."""

    on: date
    habilitations: str
    securite: str


class _Entry(_Strict):
    """One partner; an absent key leaves a known partner's record as it is."""

    code: str
    name: str | None = None
    domains: list[str] | None = None
    addresses: list[str] | None = None
    signed_on: date | None = None
    ctg_end: date | None = None
    notice_days: int | None = Field(None, ge=0, le=MAX_NOTICE_DAYS)
    contacts: _Contacts | None = None


class _File(_Strict):
    """The partners, each looked at by itself, so that every error of every partner is told at once."""

    partner: list[Any] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class _Change:
    """What the file makes of a partner: before (None: new) and after, and its contacts when they are new."""

    before: Partner | None
    after: Partner
    contacts: Contacts | None

    @property
    def is_change(self) -> bool:
        """Whether a known partner is not what it was."""
        return self.before is not None and (self.before != self.after or self.contacts is not None)


@decided
def import_partners(
    register: Register, content: bytes, limits: DocumentSettings, by: str, *, dry_run: bool = False
) -> ImportedAnswer:
    """Registers the file's new partners and changes the known ones, in one unit of work.

    `dry_run` judges all the same and writes nothing.

    Raises:
        Refused: the file is not TOML, or something in it is wrong; then nothing at all is written.
    """
    entries, mailboxes, today = _entries(content), load_mailbox_rules(limits), register.clock.today()
    if dry_run:
        with register.read() as connection:
            return _imported(_judge(entries, connection, mailboxes, today))
    with register.work(by) as work:
        changes = _judge(entries, work.connection, mailboxes, today)
        for change in changes:
            _write(work, change, by)
        imported = _imported(changes)
        if imported.added or imported.changed:  # the same file again leaves no trace
            counts = {"added": len(imported.added), "changed": len(imported.changed)}
            work.journal("partner.import", details={"sha256": hashlib.sha256(content).hexdigest(), **counts})
    return imported


def _write(work: Work, change: _Change, by: str) -> None:
    if change.before is None:
        add_record(work, change.after)
    else:
        save_change(work, change.before, change.after, by)
    if change.contacts is not None:
        replace_contacts(work, change.after.code, change.contacts)


def _imported(changes: Sequence[_Change]) -> ImportedAnswer:
    return ImportedAnswer(
        added=tuple(change.after.code for change in changes if change.before is None),
        changed=tuple(change.after.code for change in changes if change.is_change),
        unchanged=tuple(
            change.after.code for change in changes if change.before is not None and not change.is_change
        ),
    )


def _entries(content: bytes) -> list[Any]:
    """The file's partners, not looked at yet.

    Raises:
        Refused: it is not TOML in UTF-8, holds another key, or no partner.
    """
    try:
        text = content.decode("utf-8-sig")  # Windows' Notepad puts a mark before the text
        return _File.model_validate(tomllib.loads(text)).partner
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(Refusal.NOT_UTF_8, line=line) from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(Refusal.NOT_TOML, cause=str(error)) from None
    except ValidationError as error:
        raise FileRefused(*(problem for _, problem in _shape_problems(error, _File))) from None


def _judge(entries: Sequence[Any], connection: Connection, mailboxes: MailboxRules, today: date) -> list[_Change]:
    """Every entry against the register.

    Raises:
        FileRefused: with every error of every partner.
    """
    records, contacts = read_records(connection), contacts_by_partner(connection)
    changes: list[_Change] = []
    refused: list[Problem] = []
    first_of: dict[str, int] = {}
    for number, given in enumerate(entries, start=1):
        problems: list[Problem] = []
        code = given.get("code") if isinstance(given, dict) else None
        entry = _entry(given, problems)
        if entry is not None:
            unfit_keys = {key.partition("[")[0] for key, _ in problems}
            ruled: list[Problem] = []
            before, after = _record(entry, records, mailboxes, today, ruled)
            new_contacts = _contacts(entry.contacts, contacts.get(entry.code), today, ruled)
            problems += [(key, problem) for key, problem in ruled if not _hangs_on(unfit_keys, key, problem)]
            changes.append(_Change(before, after, new_contacts))
        if isinstance(code, str) and first_of.setdefault(code, number) != number:
            problems.append(("code", Refused(Refusal.CODE_TWICE, partner=code, number=first_of[code])))
        refused += [(f"partner[{number}].{key}".rstrip("."), problem) for key, problem in problems]
    if refused:
        raise FileRefused(*refused)
    return changes


def _entry(given: Any, problems: list[Problem]) -> _Entry | None:
    """What can be read of an entry, so that the rules are asked about it too; the rest is added to the problems.

    None where nothing can be asked: it is no table, or has no code.
    """
    try:
        return _Entry.model_validate(given)
    except ValidationError as error:
        found = list(_shape_problems(error, _Entry))
    problems += (problem for _, problem in found)
    if not isinstance(given, dict) or any(path[:1] == ("code",) for path, _ in found):
        return None
    fit = copy.deepcopy(given)
    for path, (_, problem) in reversed(found):  # backwards, so that an element's place stays what it was
        if isinstance(path[-1], int):
            del fit[path[0]][path[-1]]
        elif problem.code is Refusal.UNKNOWN_KEY and len(path) > 1:
            del fit[path[0]][path[1]]
        else:
            fit.pop(path[0], None)
    return _Entry.model_validate(fit)


def _hangs_on(unfit_keys: Collection[str], key: str, problem: Refused) -> bool:
    """Whether something lacks only because a value that cannot be read was left out."""
    is_left_out = key in unfit_keys or (key == "domains" and "addresses" in unfit_keys)
    return is_left_out and problem.code in (Refusal.KEY_MISSING, Refusal.PARTNER_UNNAMED, Refusal.NO_DOMAIN)


def _record(
    entry: _Entry, records: Records, mailboxes: MailboxRules, today: date, problems: list[Problem]
) -> tuple[Partner | None, Partner]:
    """The partner's record before and after; what the rules refuse in it is added to the problems, by key."""
    before = records.partners.get(entry.code)
    given = Given(**entry.model_dump(exclude={"code", "contacts"}))
    after = changed(before or new_partner(entry.code), given)
    problems += problems_of_given(given, mailboxes)
    unfit = {key for key, _ in problems}
    refused = [*problems_of(after), *(problems_of_change(records, before, after, today) if before else ())]
    for key, problem in refused:
        is_given = getattr(entry, key) is not None
        if before is None and not is_given and key in ("name", "domains"):
            problems.append((key, Refused(Refusal.KEY_MISSING)))
        elif key not in unfit:
            problems.append(("ctg_end" if key == "signed_on" and not is_given else key, problem))
    return before, after


def _contacts(
    given: _Contacts | None, before: Contacts | None, today: date, problems: list[Problem]
) -> Contacts | None:
    """The annexe 2 of an entry (N1); None when it says nothing new, or cannot be."""
    if given is None:
        return None
    people: list[Contact] = []
    parts: dict[str, dict[Role, str]] = {
        "on": {},
        "habilitations": {Role.HABILITATIONS: given.habilitations},
        "securite": {Role.SECURITE: given.securite},
    }
    for key, part in parts.items():
        try:
            people += read_contacts(part, given.on if key == "on" else today, today).people
        except Refused as problem:
            problems.append((f"contacts.{key}", problem))
    unnamed = [contact.role for contact in people if contact.name is None]
    problems += [(f"contacts.{role}", Refused(Refusal.CONTACT_UNNAMED, role=role)) for role in unnamed]
    if before is not None and given.on < before.dated:
        problems.append(("contacts.on", Refused(Refusal.CONTACTS_OLDER, on=before.dated)))
    contacts = Contacts(given.on, tuple(people))
    return None if contacts == before else contacts


def _shape_problems(
    error: ValidationError, model: type[BaseModel]
) -> Iterator[tuple[tuple[int | str, ...], Problem]]:
    """What pydantic found: the path in the table, and what is told by key; an element of a list counts from 1."""
    for details in error.errors(include_input=False, include_url=False):
        path = details["loc"]
        key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        if details["type"] == "extra_forbidden":
            fields = (_Contacts if len(path) > 1 else model).model_fields
            known = sorted(fields, key=lambda name: -fuzz.ratio(name, str(path[-1]).lower()))
            yield path, (key, Refused(Refusal.UNKNOWN_KEY, known=", ".join(known)))
        else:
            yield path, (key, unfit(details))
