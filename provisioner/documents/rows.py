"""One filled row: its values put in order, and what is wrong with its cells taken one by one."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum, auto
from functools import lru_cache
from typing import TypeVar

from provisioner.documents.addresses import read_address
from provisioner.documents.blocks import Cell
from provisioner.documents.dates import Order, read_date
from provisioner.documents.encodings import garbled
from provisioner.documents.text import quoted, suspicion, tidy_function, tidy_name
from provisioner.documents.titles import columns_of
from provisioner.domain.annexe.details import Details, Flaw, ReadAs
from provisioner.domain.annexe.document import Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress, fold

#: The columns whose letters may be spoilt and still pass for letters.
_OF_LETTERS = (Column.LAST_NAME, Column.FIRST_NAMES, Column.FUNCTION)

#: A title that stands before a name.
_TITLE = re.compile(r"(?:(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle) (?=[^\W\d_]{2}))+", re.IGNORECASE)

_Value = TypeVar("_Value", str, date)


def read_row(
    cells: dict[Column, Cell],
    number: int,
    row: int,
    above: Row | None,
    *,
    order: Order = Order.DAY_FIRST,
    sheet_row: int | None = None,
) -> tuple[Row, list[Finding]]:
    """The values of a row of list `number`, None where there is none, and the findings of its cells.

    A column that the list lacks is an empty cell. `row`: its number among the list's filled rows, from 1. `above`:
    the row before it in the list, which ditto marks repeat.
    """
    reader = _RowReader(cells, number, row, above, order)
    read = Row(
        list=number,
        row=row,
        last_name=reader.name(Column.LAST_NAME),
        first_names=reader.name(Column.FIRST_NAMES),
        function=reader.function(),
        email=reader.email(),
        on=reader.on(),
        written=reader.written(),
        sheet_row=sheet_row,
    )
    return read, reader.findings


class _RowReader:
    def __init__(self, cells: dict[Column, Cell], number: int, row: int, above: Row | None, order: Order) -> None:
        self._cells = dict.fromkeys(columns_of(number), Cell()) | cells
        self._texts = {column: cell.text.strip() for column, cell in self._cells.items()}
        self._number, self._row, self._above, self._order = number, row, above, order
        self._date = columns_of(number)[-1]
        self.findings: list[Finding] = []
        self._look_at_marks()

    def written(self) -> dict[Column, str]:
        """The address and the date as they stand in their cells, short enough to be quoted."""
        return {column: quoted(self._texts[column]) for column in (Column.EMAIL, self._date)}

    def name(self, column: Column) -> str | None:
        """A last name or first names."""
        text = self._texts[column]
        is_empty = is_ditto(text) or not any(letter.isalnum() for letter in text)
        return self._repaired(column, _TITLE.sub("", tidy_name(text))) if self._is_sound(column, is_empty) else None

    def function(self) -> str | None:
        """A function or quality; a ditto mark repeats the row above."""
        column = Column.FUNCTION
        text = self._texts[column]
        match ditto(text, "function"):
            case Ditto.ABOVE:
                return self._repeated(column, self._above.function if self._above else None)
            case Ditto.ELSEWHERE:
                self._add("cell-missing", self._if_missing(column), column, details=Flaw("refers"))
                return None
        is_empty = not any(letter.isalnum() for letter in text)
        return self._repaired(column, tidy_function(text)) if self._is_sound(column, is_empty) else None

    def email(self) -> EmailAddress | None:
        """The address (A7); in list 2 nothing about it is more than a warning."""
        column = Column.EMAIL
        text = self._texts[column]
        severity = Severity.ERROR if self._number == 1 else Severity.WARNING
        if not self._is_sound(column, not text, severity):
            return None
        read = read_address(text)
        if read.email is None:
            details = Flaw("several") if read.several else None
            self._add("email-invalid", severity, column, read.suggestion, details=details)
            return None
        self._repaired(column, read.email)
        return read.email

    def on(self) -> date | None:
        """The list's date (A6); a ditto mark repeats the row above."""
        text = self._texts[self._date]
        if ditto(text, "date") is Ditto.ABOVE:
            if self._above and self._above.on is None:
                self._add("date-invalid", Severity.ERROR, self._date, details=Flaw("ditto"))
                return None
            return self._repeated(self._date, self._above.on if self._above else None)
        if not self._is_sound(self._date, not text):
            return None
        read = read_date(text, order=self._order)
        if read is None:
            is_either = read_date(text) is not None  # were the document's dates day first
            details = Flaw("month_first") if is_either else None
            self._add("date-invalid", Severity.ERROR, self._date, details=details)
            return None
        if read.repaired:
            self._add(
                "date-repaired", Severity.WARNING, self._date, f"{read.day:%d/%m/%Y}", details=ReadAs(day=read.day)
            )
        return read.day

    def _look_at_marks(self) -> None:
        """A1: a row struck through or hidden is neither kept nor removed."""
        struck = [cell for cell in self._cells.values() if cell.struck]
        marked = struck or [cell for cell in self._cells.values() if cell.hidden]
        if marked:
            shown = next((quoted(cell.text) for cell in marked if quoted(cell.text)), None)
            self._add(
                "struck-or-hidden", Severity.ERROR, None, value=shown, details=Flaw("struck" if struck else "hidden")
            )

    def _repeated(self, column: Column, above: _Value | None) -> _Value | None:
        """The value above a ditto mark; without one the cell is empty."""
        if above is None:
            self._is_sound(column, is_empty=True)
            return None
        self._add(
            "ditto-expanded",
            Severity.INFO,
            column,
            details=ReadAs(day=above) if isinstance(above, date) else ReadAs(text=above),
        )
        return above

    def _is_sound(self, column: Column, is_empty: bool, severity: Severity = Severity.ERROR) -> bool:
        """Whether there is something in a cell that may be read; it is told when not."""
        text, formula = self._texts[column], self._cells[column].formula
        if is_empty and not formula:
            self._add("cell-missing", self._if_missing(column), column)
            return False
        if column in _OF_LETTERS and (spoilt := garbled(text)):
            self._add("letters-garbled", severity, column, spoilt.suggestion)
            return False
        if suspect := suspicion(text, formula=formula, column=column):
            details = Flaw(suspect.kind, suspect.characters or None)
            self._add("suspicious-characters", severity, column, details=details)
        return suspect is None

    def _if_missing(self, column: Column) -> Severity:
        return Severity.WARNING if self._number == 2 and column is Column.FUNCTION else Severity.ERROR

    def _repaired(self, column: Column, value: str) -> str:
        # The rest of « Maximilienne » starts with a small letter, as no name does.
        if self._cells[column].doubtful and (column is Column.FUNCTION or value.isupper()):
            self._add("words-joined", Severity.WARNING, column)
        if value != self._texts[column]:
            self._add("text-repaired", Severity.INFO, column, value)
        return value

    def _add(
        self,
        code: str,
        severity: Severity,
        column: Column | None,
        suggestion: str | None = None,
        value: str | None = None,
        details: Details | None = None,
    ) -> None:
        """A finding of a cell, quoted, or of the whole row."""
        value = quoted(self._texts[column]) or None if column else value
        self.findings.append(Finding(code, severity, self._number, self._row, column, value, suggestion, details))


#: The longest text that is looked at, in characters.
_LONGEST = 80

_MARK = re.compile(
    r"""[\s\-_.…\u2010-\u2015\u2212]*"""
    r"""(?:["“”„‟«»″〃＂ʺˮ〝〞〟‶❝❞][\s"“”„‟«»″〃＂ʺˮ〝〞〟‶❝❞]*|['’‘´`′]{2}(?:\s*['’‘´`′])*|//+)"""
    r"[\s\-_.…\u2010-\u2015\u2212]*"
)
_AROUND = " .,:;()[]«»\"“”'’-\u2010\u2011\u2012\u2013\u2014\u2015"
_PLACE = "(?:l[ae] )?(?:ligne|case|cellule|personne)"
_ABOVE = rf"(?:(?:{_PLACE} )?(?:(?:ci|au|du) )?dessus|(?:{_PLACE} )?precedente?|supra)"
_SAME = re.compile(
    rf"(?:idem|ibid|ibidem|ditto|dito|identique|(?:l[ae]s? )?memes?(?: (?P<of>(?!que |a )[a-z]+))?)"
    rf"(?: (?:que )?(?:a )?{_ABOVE})?|id(?: {_ABOVE})?|(?:(?:comme|voir|cf) )?{_ABOVE}"
)
_REFERS = re.compile(r"(?:idem|ibid|ibidem|ditto|dito|identique|memes?|voir|cf|ci dessus|do|d°)\b")

#: How any of these words begins: told quickly, since most cells begin otherwise.
_BEGINS = re.compile(r"\W*(?:i[db]|d[iou°]|la|les?|l |me|co|vo|cf|ci|au|li|ca|ce|pe|pr|su)")

#: What « même … » may name in a column.
_NOUNS = {
    "function": re.compile(r"fonctions?|qualites?|postes?|emplois?|titres?|grades?|chose"),
    "date": re.compile(r"dates?|jours?|chose"),
}


class Ditto(Enum):
    """What a cell refers to: the one above, or one that cannot be told for certain."""

    ABOVE = auto()
    ELSEWHERE = auto()


@lru_cache(1_000)
def ditto(text: str, of: str) -> Ditto | None:
    """Whether a cell only says « the same », and as what; None where it says something of its own.

    `of`: what the column holds, `function` or `date`.
    """
    if len(text) <= _LONGEST and _MARK.fullmatch(text):
        return Ditto.ABOVE
    plain = fold(text[:_LONGEST])
    inner = plain.strip(_AROUND)
    if not _BEGINS.match(inner):
        return None
    words = " ".join(re.findall(r"\w+", inner))
    if inner.startswith(("=", "+", "@")):
        return None  # a formula, which is told as one
    same = _SAME.fullmatch(words) if re.fullmatch(r"[\w '.()\-]*", inner) and len(text) <= _LONGEST else None
    if same and (same["of"] is None or _NOUNS[of].fullmatch(same["of"])):
        return Ditto.ABOVE
    return Ditto.ELSEWHERE if _REFERS.match(words if inner != "d°" else inner) else None


@lru_cache(1_000)
def is_ditto(text: str) -> bool:
    """Whether a cell only says « the same as above », of whatever column."""
    return any(ditto(text, of) is Ditto.ABOVE for of in _NOUNS)
