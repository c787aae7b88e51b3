"""`journal …`: the record of decisions and effects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import WithJsonSchema

from provisioner.domain.calendar import PARIS
from provisioner.domain.journal import ACTOR, Head, Row
from provisioner.domain.journal_check import JournalCheck, Problem
from provisioner.views.answers import Answer, Count, Number, Sha256, absent_when_none, beside
from provisioner.views.journal import (
    ACTIONS,
    decision_words,
    digest_to_compare,
    made_by_another_version,
    problem_sentence,
    whole_sentence,
)
from provisioner.views.shown import Line, Part, Table, Tone

#: The columns and how wide they usually are: what is to come is not known when a row is written.
_COLUMNS = {
    "N°": 5,
    "Le": 19,
    "Par": 28,
    "Quoi": max(map(len, ACTIONS.values())),
    "Partenaire": 16,
    "Habilitation": 12,
    "Règle": 5,
    "Sur décision de": 28,
    "SHA-256": 13,
}


class HeadAnswer(Answer):
    """`journal head`: the newest entry, as `journal verify --head` takes it."""

    entry: Count
    sha256: Sha256

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.entry}:{self.sha256}")


class Where(Answer):
    """What in the register does not follow from the journal."""

    table: str
    key: str
    column: str | None


class VerifiedAnswer(Answer):
    """`journal verify`: whether it is whole, else the first bad entry and what is wrong with it."""

    valid: bool
    entries: Count
    head: HeadAnswer | None
    first_bad: Number | None
    problem: Problem | None
    where: Where | None
    file_sha256: Sha256 | None = absent_when_none(description="With --extract: the digest of the file that was read.")
    other_version: str | None = absent_when_none(
        description="With --extract: the version that made the file, where its sheets and page were not made anew."
    )
    sentence: str = beside("")

    @classmethod
    def of(
        cls,
        check: JournalCheck,
        taken_out: Head | None,
        destroy_by: date | None = None,
        *,
        file_sha256: str | None = None,
        other_version: str | None = None,
    ) -> Self:
        """A check with its words; `taken_out` is the head that it was held against. `destroy_by` is the day of the
        file of evidence that was verified, `file_sha256` its digest, `other_version` what made it, if not this one.
        """
        bad = check.bad
        difference = bad.difference if bad else None
        return cls(
            valid=bad is None,
            entries=check.entries,
            head=HeadAnswer.read(check.head) if check.head else None,
            first_bad=bad.entry if bad else None,
            problem=bad.problem if bad else None,
            where=Where.read(difference) if difference else None,
            file_sha256=file_sha256,
            other_version=other_version,
            sentence=problem_sentence(bad) if bad else whole_sentence(check, taken_out, destroy_by),
        )

    def shown(self) -> Iterator[Part]:
        yield Line(self.sentence, Tone.GOOD if self.valid else Tone.ERROR)
        if self.file_sha256 is not None:
            yield Line(digest_to_compare(self.file_sha256))
        if self.other_version is not None:
            yield Line(made_by_another_version(self.other_version))


class CauseAnswer(Answer):
    """The decision that an entry follows from."""

    annexe: int | None
    decided_by: str | None


#: What an entry says. Of a damaged one it is shown as it stands, whatever it has become.
_Said = Annotated[Any, WithJsonSchema({"type": "string"})]
_SaidOrNot = Annotated[Any, WithJsonSchema({"type": ["string", "null"]})]
_NumberOrNot = Annotated[Any, WithJsonSchema({"type": ["integer", "null"], "minimum": 1})]


#: The fields that the entry says itself.
_TOLD = ("at", "by", "os_user", "host", "sudo_user", "action", "partner", "habilitation", "rule")


class EntryAnswer(Answer):
    """An entry of `journal show`. What a damaged one does not tell, or was destroyed, is empty."""

    entry: Number
    at: _Said
    by: _Said
    os_user: _Said
    host: _Said
    sudo_user: _SaidOrNot
    action: _Said
    partner: _SaidOrNot
    habilitation: _NumberOrNot
    rule: _SaidOrNot
    cause: CauseAnswer | None
    sha256: Sha256
    details: Mapping[str, Any] | None = absent_when_none(description="With --details: the personal data beside it.")

    @classmethod
    def of(cls, row: Row, *, details: bool) -> Self:
        entry, cause = row.entry, row.cause
        unsaid = dict.fromkeys(("at", "by", "os_user", "host", "action"), "")
        who = {name: row.who[name] for name in ACTOR if name in row.who}
        said = {**unsaid, **entry.facts, **who}
        return cls(
            **{name: said.get(name) for name in _TOLD},
            entry=entry.entry,
            cause=CauseAnswer.read(cause) if cause is not None else None,
            sha256=entry.sha256,
            details=row.details if details else None,
        )


def entries_table(pages: Iterable[Iterable[Row]], *, details: bool) -> Table:
    """`journal show`: an entry a row, as they are read; `details` adds what stands beside each."""
    rows = (_cells(row, details=details) for page in pages for row in page)
    columns, widths = (*_COLUMNS, *["Détails"] * details), (*_COLUMNS.values(), *[0] * details)
    return Table("", columns, rows, empty="Journal : aucune entrée.", widths=widths)


def _cells(row: Row, *, details: bool) -> list[str]:
    facts = {name: str(value) for name, value in row.entry.facts.items() if value is not None}
    number, digest = str(row.entry.entry), f"{row.entry.sha256[:12]}…"
    said = [", ".join(f"{name} : {_one_line(value)}" for name, value in row.details.items())] if details else []
    if not facts:
        return [number, "", "", "illisible", "", "", "", "", digest, *said]
    who, action = row.who, facts.get("action", "")
    by = f"{who['by']} ({_user(who)}@{who.get('host', '')})" if who.get("by") else "nom détruit"
    about = (facts.get(name, "") for name in ("partner", "habilitation", "rule"))
    moment = _moment(facts.get("at", ""))
    return [number, moment, by, ACTIONS.get(action, action), *about, decision_words(row), digest, *said]


def _one_line(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _user(who: Mapping[str, str]) -> str:
    """The system's user, and whose sudo it was."""
    user, caller = who.get("os_user", ""), who.get("sudo_user")
    return f"{caller}, sudo {user}" if caller else user


def _moment(text: str) -> str:
    """In Paris, to the second."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    except (ValueError, OverflowError):
        return text
