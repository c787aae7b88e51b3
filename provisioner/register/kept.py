"""A check kept with an annexe, a plan with a hold, the facts with a control: their JSON, versioned, and typed again.

French is made of them when they are shown. A sentence stands in them (`said`) only where a register of version 0.3
or older had nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, Self

from pydantic import BaseModel, TypeAdapter

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.annexe.details import DETAILS, Details, Said
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Row, Severity
from provisioner.domain.caf_review import Grant
from provisioner.domain.connections.control import Facts
from provisioner.domain.people import EmailAddress, Person

#: What the document says of a row beside what was read: no more than that is kept.
_NOT_KEPT = {"rows": {"__all__": {"written", "sheet_row"}}}


class KeptFinding(BaseModel):
    """A finding; `details` are those of the class that its code has."""

    code: str
    severity: Severity
    list: int | None = None
    row: int | None = None
    column: Column | None = None
    value: str | None = None
    suggestion: str | None = None
    details: dict[str, Any] | None = None
    said: str | None = None
    waived: bool = False
    who: str | None = None
    sheet_row: int | None = None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The finding as it is kept."""
        names = cls.model_fields.keys() - {"details", "said"}
        kept = cls(**{name: getattr(finding, name) for name in names})
        if isinstance(finding.details, Said):
            kept.said = finding.details.sentence
        elif finding.details is not None:
            kept.details = _details(finding.code).dump_python(finding.details, mode="json")
        return kept

    def finding(self) -> Finding:
        """The finding again."""
        details: Details | None = None if self.said is None else Said(self.said)
        if self.details is not None:
            details = _details(self.code).validate_python(self.details)
        return Finding(**self.model_dump(exclude={"details", "said"}), details=details)


@cache
def _details(code: str) -> TypeAdapter[Details]:
    return TypeAdapter(DETAILS[code])


class KeptCheck(BaseModel):
    """A check: the rows without an error, and what was found."""

    version: Literal[1] = 1
    file: str
    sha256: str
    partner: str | None
    transmitted_on: date | None = None
    rows: tuple[Row, ...] = ()
    findings: tuple[KeptFinding, ...] = ()

    @classmethod
    def plain(cls, check: Check) -> dict[str, Any]:
        """The check as JSON can hold it."""
        kept = cls(
            file=check.file,
            sha256=check.sha256,
            partner=check.partner,
            transmitted_on=check.annexe.transmitted_on,
            rows=(*check.accepted(1), *check.accepted(2)),
            findings=tuple(map(KeptFinding.of, check.findings)),
        )
        return kept.model_dump(mode="json", exclude_defaults=True, exclude=_NOT_KEPT) | {"version": kept.version}

    @classmethod
    def check(cls, plain: Any) -> Check:
        """The check again, without the rows that had an error."""
        kept = cls.model_validate(plain)
        return Check(
            file=kept.file,
            sha256=kept.sha256,
            partner=kept.partner,
            annexe=Annexe(kept.transmitted_on, kept.rows, ()),
            findings=tuple(finding.finding() for finding in kept.findings),
        )


class KeptAccess(BaseModel):
    """The facts of a habilitation of which a change's reason is made; nobody's name."""

    id: int | None = None
    partner: str
    email: str
    requested_on: date
    transmitted_on: date
    adopted_on: date | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    end: End | None = None

    def habilitation(self) -> Habilitation:
        """The habilitation, as far as it is kept."""
        nobody = Person("", "", "", EmailAddress(self.email))
        facts = {name: getattr(self, name) for name in type(self).model_fields if name != "email"}
        return Habilitation(person=nobody, **facts)


class KeptChange(BaseModel):
    """A change that waits, without what it would write."""

    action: Action
    partner: str
    rule: str
    email: str | None = None
    due_on: date | None = None
    new_email: str | None = None
    by_hand: bool = False
    said: str | None = None
    access: KeptAccess | None = None

    @classmethod
    def of(cls, change: Change) -> Self:
        """The change as it is kept."""
        names = cls.model_fields.keys() - {"access"}
        access = change.habilitation
        facts = KeptAccess.model_fields.keys()
        kept = None if access is None else KeptAccess(**{name: getattr(access, name) for name in facts})
        return cls(**{name: getattr(change, name) for name in names}, access=kept)

    def change(self) -> Change:
        """The change again."""
        facts = self.model_dump(exclude={"access"})
        return Change(**facts, habilitation=None if self.access is None else self.access.habilitation())


class KeptPlan(BaseModel):
    """The changes that a limit or a quarantine keeps waiting."""

    version: Literal[1] = 1
    changes: tuple[KeptChange, ...] = ()

    @classmethod
    def plain(cls, changes: Iterable[Change]) -> dict[str, Any]:
        """The changes as JSON can hold them."""
        kept = cls(changes=tuple(map(KeptChange.of, changes)))
        return kept.model_dump(mode="json", exclude_defaults=True) | {"version": kept.version}

    @classmethod
    def kept(cls, plain: Any) -> tuple[Change, ...]:
        """The changes again."""
        return tuple(change.change() for change in cls.model_validate(plain).changes)


_FACTS = TypeAdapter(Facts)


def facts_out(facts: Facts) -> Any:
    """What a control rests on, as JSON can hold it."""
    return _FACTS.dump_python(facts, mode="json", exclude_defaults=True)


def facts_in(plain: Any) -> Facts:
    """The facts again."""
    return _FACTS.validate_python(plain)


_GRANTS = TypeAdapter(tuple[Grant, ...])


def grants_out(grants: tuple[Grant, ...]) -> Any:
    """The roles of a line of the Caf's review, as JSON can hold them."""
    return _GRANTS.dump_python(grants, mode="json", exclude_defaults=True)


def grants_in(plain: Any) -> tuple[Grant, ...]:
    """The roles again."""
    return _GRANTS.validate_python(plain)
