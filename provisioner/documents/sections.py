"""The parts of an annexe 1, each under the words that announce it: one of its lists, or rows that belong to none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from provisioner.documents.dates import read_date
from provisioner.documents.headings import Kind, Words, is_the_forms, names_nobody
from provisioner.documents.lines import Line
from provisioner.documents.named import has_date, may_begin_with_name, names_somebody
from provisioner.documents.text import quoted
from provisioner.documents.titles import Titles, end_beside
from provisioner.domain.annexe.details import Flaw, Table
from provisioner.domain.annexe.document import Column, Finding, Severity

#: A line that says that there is nobody.
_NOBODY = re.compile(r"\b(?:aucune?|n[ée]ant|pas d(?:e\b|['’])|sans objet|vide|non concern)", re.IGNORECASE)

_SIGNING = re.compile(
    r"signature|cachet\b|visa\b|lu et approuv|fait (?:à|le|en)\b"
    r"|(?:\w+ )?(?:[ée]tabli|r[ée]dig|rempl|compl|certif|sign)\w* par\b",
    re.IGNORECASE,
)
_OF_SIGNATURES = re.compile(r"signature|cachet|visa\b|lu et approuv", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a filled row of a list stands: the list, its number among the filled rows, the sheet's own number."""

    list: int
    row: int
    sheet_row: int | None

    def finding(self, code: str, text: str, flaw: str | None = None) -> Finding:
        """The row is not read: told, with its text."""
        severity = Severity.INFO if code == "row-skipped" else Severity.ERROR
        value = quoted(text) or None
        details = Flaw(flaw) if flaw else None
        return Finding(code, severity, self.list, self.row, value=value, details=details, sheet_row=self.sheet_row)


@dataclass(slots=True)
class Section:
    """What the words over the lines announce, and what was found under them.

    Of the words: `number`, the list that they announce (None for anything else); `words`, as written; `signs`,
    whether they announce who signs; `row`, the row of a list that they stood in; `is_within`, whether they stand in a
    list's table; `after`, the lists above.

    Of its table, the last one under the words: `titles`, `table`, `width`, `titles_as_written`; `reach`, how many
    columns have a title, extra ones too; `end_at`, where list 1 has a date of list 2 too.

    `is_begun`: a table of the list was found. `is_doubtful`: only words that are not the form's say which list this
    is. `somebody` and `sheet_row`: the first row that shows that somebody is meant. `named`: the first line of words
    that names somebody before any table, empty once one says that there is nobody. `between`: words that tell of no
    list, between those of this one and its table.
    """

    number: int | None
    words: str = ""
    signs: bool = False
    row: Place | None = None
    is_within: bool = False
    after: tuple[int, ...] = ()
    titles: Titles | None = None
    table: int | None = None
    width: int = 0
    reach: int = 0
    titles_as_written: Sequence[str] = ()
    end_at: int | None = None
    is_begun: bool = False
    is_doubtful: bool = False
    somebody: str = ""
    sheet_row: int | None = None
    named: str | None = None
    between: str = ""

    @property
    def listed(self) -> int | None:
        """The list whose rows stand under the titles, if any do."""
        return self.number if self.titles is not None else None

    def goes_on_under(self, words: str) -> Section:
        """The same list under other words of its own (« Suite », « Accès déjà ouverts »): its titles hold."""
        return replace(
            self, words=words, is_within=False, row=None, is_begun=False, somebody="", sheet_row=None, named=None
        )

    def takes_between(self, words: Words, text: str) -> bool:
        """Whether words that tell of no list may stand between this list's heading and its table; they are kept."""
        is_before_table = self.number is not None and self.titles is None and self.named != ""
        if not is_before_table or words != Words(Kind.OTHER) or may_begin_with_name(text):
            return False
        self.between = text
        return True

    def set_titles(self, titles: Titles, line: Line) -> None:
        """The titles under which the next rows stand."""
        self.titles, self.table, self.width = titles, line.table, line.width
        self.reach = max((at + 1 for at, cell in enumerate(line.cells) if cell.is_filled), default=0)
        self.titles_as_written = [cell.text for cell in line.filled]
        self.end_at = end_beside(line.cells, titles) if self.number == 1 else None
        if self.number is not None:
            self.is_begun = True
            self.is_doubtful = titles.bare_date and not is_the_forms(self.words)

    def goes_on(self, line: Line) -> bool:
        """Whether a row stands under the titles: in their table, or in the next one of the same width."""
        if self.titles is None or (self.table != line.table and line.width != self.width):
            return False
        self.table, self.is_begun = line.table, True
        return True

    def holds(self, line: Line) -> bool:
        """Whether a line stands in the table of the titles."""
        return self.titles is not None and self.table == line.table

    def has_titles_of(self, line: Line) -> bool:
        """Whether another table's titles are written as those of the last one."""
        return [cell.text for cell in line.filled] == self.titles_as_written

    def has_end(self, line: Line) -> bool:
        """Whether a row of list 1 has a date in a column of list 2: is the access asked for, or to be closed?"""
        at = self.end_at
        return at is not None and at < len(line.cells) and read_date(line.cells[at].text) is not None

    def is_value(self, line: Line) -> bool:
        """Whether the only filled cell of a row stands where no heading does: after the first of a list's values."""
        if self.titles is None or self.table != line.table:
            return False
        at = next(position for position, cell in enumerate(line.cells) if cell.is_filled and not cell.merged)
        return at > self.titles.positions.get(Column.LAST_NAME, 0)

    def note_words(self, text: str) -> None:
        """A line of words under a list's heading: before any table, somebody may be named in it."""
        if self.number is None or self.is_begun or self.named is not None:
            return
        if _NOBODY.search(text) or names_nobody(text):
            self.named = ""
        elif names_somebody(text) or has_date(text):
            self.named = text

    def note_over(self, line: Line) -> None:
        """A row that may be written over the titles: where none follow, it may be somebody."""
        if self.named is None and len(line.filled) > 1 and not is_for_signing(line):
            self.named = line.quote

    def note_row(self, line: Line) -> None:
        """A row that is in no list: the first one that shows a person or a date is told when the section ends."""
        if self.somebody or not self._means_somebody(line):
            return
        self.somebody, self.sheet_row = line.quote, line.number
        if self.is_within and self.titles is None and line.has_address:
            self.signs = False

    def _means_somebody(self, line: Line) -> bool:
        if self.row is not None or self.is_within:
            return line.shows_somebody() or (not self.signs and len(line.filled) >= 2)
        if self.titles is not None:
            return len(line.filled) >= 2
        if self.after:
            return line.shows_somebody()
        return line.shows_somebody(4) and line.has_address  # above the lists: the partner's name and address

    def finding(self) -> Finding | None:
        """What is to be said when it ends: of rows that belong to no list, or of words that stood in a list's row."""
        somebody = self.somebody or (not self.is_begun and self.named)
        if somebody:
            told = dict.fromkeys((self.words.rstrip(" :"), somebody.rstrip(" :")))  # a heading itself is told once
            return Finding(
                "table-not-understood",
                Severity.WARNING if self.signs and self.after else Severity.ERROR,
                value=quoted(" : ".join(filter(None, told))) or None,
                details=Table(self.after),
                sheet_row=self.sheet_row,
            )
        return self.row.finding("row-not-understood", self.words) if self.row is not None else None


def is_of_signatures(line: Line) -> bool:
    """Whether a row of a table is for signatures."""
    return any(_OF_SIGNATURES.search(cell.text) for cell in line.filled)


def is_for_signing(line: Line) -> bool:
    """Whether a row that holds nobody's address says that what follows is who signs, and when."""
    return _SIGNING.match(line.text) is not None or (line.text.casefold() == "date" and is_of_signatures(line))
