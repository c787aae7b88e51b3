"""What commands answer. Each answer of the contract is one model: its fields are the JSON, and it says what a person
is shown. `docs/schemas/answers.schema.json` is made from these models (`schema.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, RootModel, WithJsonSchema

from provisioner.domain.calendar import PARIS
from provisioner.views.shown import Part, Table, as_csv


class Answer(BaseModel):
    """An answer, or a part of one. The fields are the JSON's, in its order. `of` makes one of what it tells, `shown`
    says the same for a person, top to bottom.

    A field that is excluded is not in the JSON: it serves what a person is shown.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True, defer_build=True
    )

    @classmethod
    def read(cls, *sources: object, **more: Any) -> Self:
        """An answer whose fields are `more`, and for the rest the attributes of the same names: of each the first
        source's that has it.
        """
        same: dict[str, Any] = {}
        for source in reversed(sources):
            same |= {name: getattr(source, name) for name in cls.model_fields if hasattr(source, name)}
        return cls(**{**same, **more})

    def shown(self) -> Iterable[Part]:
        """The same for a person, top to bottom."""
        return ()

    def csv(self) -> str:
        """For a spreadsheet, where `--format` offers that."""
        raise NotImplementedError

    def page(self) -> str:
        """As an HTML page, where `--format` offers that."""
        raise NotImplementedError


class RowAnswer(Answer):
    """A part of an answer that is a row of a table."""

    def cells(self) -> Sequence[str | None]:
        """The row for a person, a cell a column."""
        raise NotImplementedError


_Row = TypeVar("_Row", bound=RowAnswer)


class ListAnswer(RootModel[tuple[_Row, ...]], Generic[_Row]):
    """An answer that is a list: a row a thing. A person is shown a table of them, whose titles each list gives."""

    model_config = ConfigDict(frozen=True, defer_build=True)
    TITLE: ClassVar[str]
    COLUMNS: ClassVar[tuple[str, ...]]
    EMPTY: ClassVar[str] = ""

    @classmethod
    def of(cls, things: Iterable[Any], *more: Any) -> Self:
        """The things in their order, each made a row by the row's own `of`, which is also given `more`, or read."""
        row: Any = get_args(cls.model_fields["root"].annotation)[0]
        make = getattr(row, "of", row.read)
        return cls(tuple(make(thing, *more) for thing in things))

    @property
    def rows(self) -> tuple[_Row, ...]:
        """Its rows."""
        return self.root

    def table(self) -> Table:
        """The list as a table."""
        return Table(self.TITLE, self.COLUMNS, [row.cells() for row in self.rows], empty=self.EMPTY)

    def shown(self) -> Iterable[Part]:
        """The same for a person, top to bottom."""
        yield self.table()

    def csv(self) -> str:
        """The table, for a spreadsheet."""
        table = self.table()
        return as_csv([table.columns, *table.rows])


AnyAnswer = Answer | ListAnswer[Any]


def as_json(answer: AnyAnswer) -> Any:
    """The answer as JSON can hold it."""
    return answer.model_dump(mode="json")


def _in_paris(at: datetime) -> str:
    return at.astimezone(PARIS).isoformat(timespec="seconds")


def _text(pattern: str) -> Any:
    """A text of that form. The form is said in the schema and not verified here: an answer is never lost for it."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


Day = Annotated[date, _text(r"^\d{4}-\d{2}-\d{2}$")]
Moment = Annotated[
    datetime, PlainSerializer(_in_paris), _text(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$")
]
Sha256 = Annotated[str, _text("^[0-9a-f]{64}$")]
PlanId = Annotated[str, _text("^[0-9a-f]{8}$")]
Rule = Annotated[str, _text("^[ACDLNPV][0-9]+$")]
Code = Annotated[str, _text("^[a-z0-9-]{1,64}$")]
Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
Number = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1})]
ListNumber = Annotated[int, WithJsonSchema({"enum": [1, 2]})]


def absent_when_none(**more: Any) -> Any:
    """A field that is left out of the JSON where there is nothing to say."""
    return Field(default=None, exclude_if=lambda value: value is None, **more)


def beside(default: Any) -> Any:
    """A field that only what a person is shown needs."""
    return Field(default=default, exclude=True)
