"""Many partners registered or changed from one TOML file, all or nothing (docs/partners.md)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.convention import Contact, Contacts, Partner, Role
from provisioner.domain.errors import FileRefused, Refusal, Refused
from provisioner.domain.people import MailboxRules
from provisioner.domain.records import Records
from provisioner.operations.contacts import read_contacts
from provisioner.operations.partners import (
    Given,
    Problem,
    changed,
    new_partner,
    problems_of,
    problems_of_change,
    problems_of_given,
    save_change,
)
from provisioner.register import Register, Work
from provisioner.register.partners import add_record, contacts_by_partner, replace_contacts
from provisioner.register.records import read_records
from provisioner.settings import DocumentSettings

#: What is refused of a value, by the kind of error that pydantic finds in it; any other kind in pydantic's words.
_UNFIT = {
    "missing": Refusal.KEY_MISSING,
    "date_type": Refusal.DATE_EXPECTED,
    "date_from_datetime_inexact": Refusal.DATE_EXPECTED,
    "string_type": Refusal.TEXT_EXPECTED,
    "list_type": Refusal.LIST_EXPECTED,
    "dict_type": Refusal.TABLE_EXPECTED,
    "model_type": Refusal.TABLE_EXPECTED,
}


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
    contacts: _Contacts | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The codes of the partners that the file added, changed, and left as they were."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the register knows, and the day."""

    records: Records
    contacts: Mapping[str, Contacts]
    mailboxes: MailboxRules
    today: date


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


def import_partners(
    register: Register, content: bytes, limits: DocumentSettings, *, dry_run: bool = False
) -> Imported:
    """Registers the file's new partners and changes the known ones, in one unit of work.

    `dry_run` judges all the same and writes nothing.

    Raises:
        Refused: the file is not TOML, or something in it is wrong; then nothing at all is written.
    """
    entries, today = _entries(content), register.clock.today()
    mailboxes = load_mailbox_rules(limits)
    if dry_run:
        with register.read() as connection:
            known = _Known(read_records(connection), contacts_by_partner(connection), mailboxes, today)
        return _outcome(_judge(entries, known))
    with register.work() as work:
        known = _Known(read_records(work.connection), contacts_by_partner(work.connection), mailboxes, today)
        judged = _judge(entries, known)
        for one in judged:
            _write(work, one, register.actor.by)
        outcome = _outcome(judged)
        if outcome.added or outcome.changed:  # the same file again leaves no trace
            counts = {"added": len(outcome.added), "changed": len(outcome.changed)}
            work.journal("partner.import", details={"sha256": hashlib.sha256(content).hexdigest(), **counts})
    return outcome


def _write(work: Work, one: _Change, by: str) -> None:
    if one.before is None:
        add_record(work, one.after)
    else:
        save_change(work, one.before, one.after, by)
    if one.contacts is not None:
        replace_contacts(work, one.after.code, one.contacts)


def _outcome(judged: Sequence[_Change]) -> Imported:
    return Imported(
        tuple(one.after.code for one in judged if one.before is None),
        tuple(one.after.code for one in judged if one.is_change),
        tuple(one.after.code for one in judged if one.before is not None and not one.is_change),
    )


def _entries(content: bytes) -> list[Any]:
    """The file's partners, not looked at yet.

    Raises:
        Refused: it is not TOML in UTF-8, holds another key, or no partner.
    """
    try:
        read = tomllib.loads(content.decode("utf-8-sig"))  # Windows' Notepad puts a mark before the text
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(Refusal.NOT_UTF_8, line=line) from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(Refusal.NOT_TOML, cause=str(error)) from None
    entries = read.pop("partner", [])
    problems = [(key, Refused(Refusal.UNKNOWN_KEY, keys="[[partner]]")) for key in read]
    if not isinstance(entries, list):
        problems.append(("partner", Refused(Refusal.PARTNER_BRACKETS)))
    elif not entries:
        problems.append(("partner", Refused(Refusal.NO_PARTNER)))
    if problems:
        raise FileRefused(*problems)
    return list(entries)


def _judge(entries: Sequence[Any], known: _Known) -> list[_Change]:
    """Every entry against the register.

    Raises:
        FileRefused: with every error of every partner.
    """
    judged: list[_Change] = []
    lines: list[Problem] = []
    first_of: dict[str, int] = {}
    for number, given in enumerate(entries, start=1):
        code = given.get("code") if isinstance(given, dict) else None
        problems: list[Problem] = []
        try:
            entry = _Entry.model_validate(given)
            judged.append(_change(entry, known, problems))
        except ValidationError as error:
            problems += _shape_problems(error)
        if isinstance(code, str) and first_of.setdefault(code, number) != number:
            problems.append(("code", Refused(Refusal.CODE_TWICE, partner=code, number=first_of[code])))
        lines += [(f"partner[{number}]{'.' if key else ''}{key}", problem) for key, problem in problems]
    if lines:
        raise FileRefused(*lines)
    return judged


def _change(entry: _Entry, known: _Known, problems: list[Problem]) -> _Change:
    """What an entry makes of its partner; what the rules refuse in it is added to the problems."""
    before = known.records.partners.get(entry.code)
    given = Given(
        name=entry.name,
        domains=entry.domains,
        addresses=entry.addresses,
        signed_on=entry.signed_on,
        ctg_end=entry.ctg_end,
    )
    after = changed(before or new_partner(entry.code), given)
    problems += problems_of_given(given, known.mailboxes)
    told = {key for key, _ in problems}
    problems += ((key, problem) for key, problem in _problems(entry, before, after, known) if key not in told)
    contacts = None
    if entry.contacts is not None:
        contacts = _contacts(entry.contacts, known.contacts.get(entry.code), known.today, problems)
    return _Change(before, after, contacts)


def _problems(entry: _Entry, before: Partner | None, after: Partner, known: _Known) -> Iterator[Problem]:
    """What the rules refuse of the partner's record, by key."""
    absent = {key for key in ("name", "domains") if getattr(entry, key) is None}
    for key, problem in problems_of(after):
        if before is None and key in absent:
            yield key, Refused(Refusal.KEY_MISSING)
        elif key == "signed_on" and entry.signed_on is None:
            yield "ctg_end", problem
        else:
            yield key, problem
    if before is not None:
        yield from problems_of_change(known.records, before, after, known.today)


def _contacts(given: _Contacts, before: Contacts | None, today: date, problems: list[Problem]) -> Contacts | None:
    """The annexe 2 of an entry (N1); None when it says nothing new, or cannot be."""
    found: list[Contact] = []
    texts = {Role.HABILITATIONS: given.habilitations, Role.SECURITE: given.securite}
    for key, part in (("on", {}), *((role.value, {role: text}) for role, text in texts.items())):
        try:
            found += read_contacts(part, given.on if key == "on" else today, today).people
        except Refused as problem:
            problems.append((f"contacts.{key}", problem))
    unnamed = [contact.role for contact in found if contact.name is None]
    problems += [(f"contacts.{role}", Refused(Refusal.CONTACT_UNNAMED, role=role)) for role in unnamed]
    if before is not None and given.on < before.dated:
        problems.append(("contacts.on", Refused(Refusal.CONTACTS_OLDER, on=before.dated)))
    contacts = Contacts(given.on, tuple(found))
    return None if contacts == before else contacts


def _shape_problems(error: ValidationError) -> Iterable[Problem]:
    """What pydantic found, by key; an element of a list counts from 1."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        key = ""
        for part in found["loc"]:
            key += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        if found["type"] == "extra_forbidden":
            model = _Contacts if len(found["loc"]) > 1 else _Entry
            problem = Refused(Refusal.UNKNOWN_KEY, keys=", ".join(model.model_fields))
        elif found["type"] in _UNFIT:
            problem = Refused(_UNFIT[found["type"]])
        else:
            problem = Refused(Refusal.VALUE_UNFIT, cause=found["msg"])
        yield key.removeprefix("."), problem
