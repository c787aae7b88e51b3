"""Many partners registered or changed from one TOML file, all or nothing (docs/partners.md)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provisioner.domain.convention import DEFAULT_CTG_END, Partner
from provisioner.domain.records import Records
from provisioner.operations.partners import (
    PartnerRefused,
    changed,
    problems_of,
    problems_of_signature,
    save_change,
)
from provisioner.register import Register, reading, writing

#: What is said of a value, by the kind of error that pydantic finds in it; any other kind in pydantic's words.
_WORDS = {
    "missing": "is needed.",
    "date_type": "a date is expected, without quotes or time: 2026-01-15.",
    "date_from_datetime_inexact": "a date is expected, without quotes or time: 2026-01-15.",
    "string_type": "a text in quotes is expected.",
    "list_type": 'a list is expected: ["mairie-exemple.fr"].',
    "dict_type": "a table is expected.",
    "model_type": "a table is expected.",
    "too_short": "at least one is needed; to leave it as it is, leave the key out.",
}


class ImportRefused(PartnerRefused):
    """The file cannot be imported; the message says everything that is wrong, a line each. Nothing was written."""

    def __init__(self, *problems: str) -> None:
        lines = (
            "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line) for line in problems
        )
        super().__init__("\n".join(lines))


class _Strict(BaseModel):
    """No value is converted: a number is no date, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Contacts(_Strict):
    """Annexe 2, as a whole."""

    on: date
    habilitations: str
    securite: str


class _Entry(_Strict):
    """One partner; an absent key leaves a known partner's record as it is."""

    code: str
    name: str | None = None
    domains: list[str] | None = Field(default=None, min_length=1)
    signed_on: date | None = None
    ctg_end: date | None = None
    contacts: _Contacts | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The codes of the partners that the file added, changed, and left as they were."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(slots=True)
class _Judged:
    """What the file makes of the register: each partner before (None: new) and after; or what is wrong with it."""

    partners: list[tuple[Partner | None, Partner]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def outcome(self) -> Imported:
        """The same by codes, in the file's order."""
        return Imported(
            tuple(after.code for before, after in self.partners if before is None),
            tuple(after.code for before, after in self.partners if before not in (None, after)),
            tuple(after.code for before, after in self.partners if before == after),
        )


def import_partners(register: Register, content: bytes, *, dry_run: bool = False) -> Imported:
    """Registers the file's new partners and changes the known ones, in one unit of work.

    `dry_run` judges all the same and writes nothing.

    Raises:
        ImportRefused: the file is not TOML, or something in it is wrong; then nothing at all is written.
    """
    entries = _entries(content)
    today = register.clock.today()
    if dry_run:
        return _judge(entries, register.records(), today).outcome()
    with register.work() as work:
        judged = _judge(entries, reading.records(work.connection), today)
        for before, after in judged.partners:
            if before is None:
                writing.add_partner(work, after)
            else:
                save_change(work, before, after, register.actor.by)
        outcome = judged.outcome()
        if outcome.added or outcome.changed:
            counts = {"added": len(outcome.added), "changed": len(outcome.changed)}
            work.journal("partner.import", details={"sha256": hashlib.sha256(content).hexdigest(), **counts})
    return outcome


def _entries(content: bytes) -> list[Any]:
    """The file's partners, not looked at yet.

    Raises:
        ImportRefused: it is not TOML in UTF-8, holds another key, or no partner.
    """
    try:
        read = tomllib.loads(content.decode("utf-8-sig"))  # Windows' Notepad puts a mark before the text
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ImportRefused(f"The file is not text in UTF-8 (at line {line}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ImportRefused(f"The file is not TOML: {error}.") from None
    entries = read.pop("partner", [])
    problems = [f"{key}: no such key. Expected: [[partner]]." for key in read]
    if not isinstance(entries, list):
        problems.append("partner: begin each partner by [[partner]], in double brackets.")
    elif not entries:
        problems.append("partner: there is none in the file. Begin each partner by [[partner]].")
    if problems:
        raise ImportRefused(*problems)
    return list(entries)


def _judge(entries: list[Any], records: Records, today: date) -> _Judged:
    """Every entry against the register.

    Raises:
        ImportRefused: with every error of every partner.
    """
    judged = _Judged()
    first_of: dict[str, int] = {}
    for number, given in enumerate(entries, start=1):
        code = given.get("code") if isinstance(given, dict) else None
        problems: list[tuple[str, str]] = []
        try:
            entry = _Entry.model_validate(given)
            before, after = _before_and_after(entry, records)
            problems += _problems(entry, before, after, records, today)
            judged.partners.append((before, after))
        except ValidationError as error:
            problems += _shape_problems(error)
        if isinstance(code, str) and first_of.setdefault(code, number) != number:
            problems.append(("code", f"{code!r} stands in partner[{first_of[code]}] already."))
        judged.problems += [f"partner[{number}]{'.' if key else ''}{key}: {words}" for key, words in problems]
    if judged.problems:
        raise ImportRefused(*judged.problems)
    return judged


def _before_and_after(entry: _Entry, records: Records) -> tuple[Partner | None, Partner]:
    before = records.partners.get(entry.code)
    base = before or Partner(code=entry.code, name="", domains=frozenset(), ctg_end=DEFAULT_CTG_END)
    after = changed(
        base, name=entry.name, domains=entry.domains or (), signed_on=entry.signed_on, ctg_end=entry.ctg_end
    )
    return before, after


def _problems(
    entry: _Entry, before: Partner | None, after: Partner, records: Records, today: date
) -> Iterator[tuple[str, str]]:
    """What the register's rules refuse, by key."""
    absent = {key for key in ("name", "domains") if getattr(entry, key) is None}
    for key, words in problems_of(after):
        if before is None and key in absent:
            yield key, "is needed for a new partner."
        elif key == "signed_on" and entry.signed_on is None:
            yield "ctg_end", words
        else:
            yield key, words
    if before is not None:
        yield from problems_of_signature(records, before, after, today)


def _shape_problems(error: ValidationError) -> Iterable[tuple[str, str]]:
    """What pydantic found, by key; an element of a list counts from 1."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        key = ""
        for part in found["loc"]:
            key += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        if found["type"] == "extra_forbidden":
            model = _Contacts if len(found["loc"]) > 1 else _Entry
            words = f"no such key. Known: {', '.join(model.model_fields)}."
        else:
            words = _WORDS.get(found["type"], f"{found['msg']}.")
        yield key.removeprefix("."), words
