"""The two lists of an annexe 1, gathered line after line: every filled row is read, or told (A1, A3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provisioner.documents.blocks import Cell
from provisioner.documents.dates import Order, read_date
from provisioner.documents.headings import Kind, Words, is_the_forms, names_nobody, read_words, running_key
from provisioner.documents.lines import Line
from provisioner.documents.rows import read_row
from provisioner.documents.text import quoted
from provisioner.documents.titles import Titles, columns_of, has_address, read_titles
from provisioner.documents.transmission import after_transmission
from provisioner.domain.annexe import Column, Finding, Row, Severity

_NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)

#: The most filled cells of a row that is a heading, and the fewest words of one that has another cell beside it.
_MOST_BESIDE = 3

#: The most characters of a paragraph that are looked at, with what it goes on.
_LONGEST_WORDS = 500

#: Columns in which what is struck through beside what is not does not count: the other two decide who and when.
_CORRECTED = (*_NAMES, Column.FUNCTION)

_EXAMPLE = re.compile(r"\W*(?:ex\s?[.:)]|ex\.? ?:|exemples?\b|par exemple\b|mod[eè]le ?:)", re.IGNORECASE)
_BETWEEN_PERSONS = re.compile(r"[\n,;/&]| et ")
_SIGNS = re.compile(r"signature|cachet|visa\b|lu et approuv", re.IGNORECASE)


@dataclass(slots=True)
class _Section:
    """What the words over the lines announce.

    `number`: the list, None for anything else. `signs`: who signs. `row`: the row of a list that these words are,
    when they stood in one. `titles`, `table`, `width`: of the current table. `reach`: how many columns have a title,
    extra ones too. `is_begun`: a table of the list was found. `is_doubtful`: only words that are not the form's say
    which list this is. `told`, `sheet_row`: the first row that shows that somebody is meant. `after`: the lists that
    stand above. `is_within`: the words stand in a list's table.
    """

    number: int | None
    words: str = ""
    signs: bool = False
    row: tuple[int, int, int | None] | None = None
    titles: Titles | None = None
    table: int | None = None
    width: int = 0
    reach: int = 0
    is_begun: bool = False
    is_doubtful: bool = False
    told: str = ""
    sheet_row: int | None = None
    after: tuple[int, ...] = ()
    is_within: bool = False


@dataclass(slots=True)
class Lists:
    """The lists as they are read.

    `order`: see `read_date`; `running`: the keys of lines that are printed on several pages (`running_key`).
    `rows` and `findings` are complete once `finish` was called.
    """

    order: Order = Order.DAY_FIRST
    running: frozenset[str] = frozenset()
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _section: _Section = field(default_factory=lambda: _Section(None))
    _titles: list[tuple[int, Titles]] = field(default_factory=list)
    _above: dict[int, Row | None] = field(default_factory=dict)
    _count: dict[int, int] = field(default_factory=dict)
    _over: Line | None = None
    _words_before: str = ""

    def add(self, line: Line) -> None:
        """One more line: words, titles, a person, or what is told as none of them."""
        if line.table is None:
            self._over = None
            self._add_words(line.text)
            return
        self._words_before = ""
        if self._over is not None and self._over.table != line.table:
            self._over = None
        if line.filled and not self._is_heading(line) and not self._is_titles(line):
            self._add_row(line)

    def finish(self) -> None:
        """No more lines."""
        self._close()

    def missing(self) -> Iterator[Finding]:
        """The lists that are not there (A1, A3), their columns that are not (A1), or that stand twice."""
        for number, severity in ((1, Severity.ERROR), (2, Severity.WARNING)):
            found = [titles for listed, titles in self._titles if listed == number]
            if not found:
                yield Finding("list-missing", severity, list=number)
            for column in columns_of(number):
                if any(column not in titles.columns for titles in found):
                    yield Finding("column-missing", Severity.ERROR, list=number, column=column)
                if any(column in titles.ambiguous for titles in found):
                    yield Finding("column-ambiguous", Severity.ERROR, list=number, column=column)

    # Words

    def _add_words(self, text: str) -> None:
        """A line of a paragraph; one that begins without a capital goes on with the line before."""
        if not text or after_transmission(text) is not None:
            self._words_before = ""
            return
        if self._words_before and text[0].islower():
            text = f"{self._words_before} {text}"
        self._words_before = text = text[:_LONGEST_WORDS]
        words = read_words(text)
        section = self._section
        if section.number is not None and _tells_somebody(text, is_begun=section.is_begun):
            self._open(_Section(None, section.words))
            self._section.told = text
            return
        if words.kind in (Kind.OTHER, Kind.PROSE) and words.number is None and running_key(text) in self.running:
            return
        if words.kind is Kind.LIST:
            self._open(_Section(words.number, text))
        elif words.kind in (Kind.SIGNATURE, Kind.OTHER):
            self._open(_Section(None, text, signs=words.kind is Kind.SIGNATURE))
        elif (
            words.kind is Kind.PROSE
            and section.number is not None
            and (section.is_begun or words.number not in (None, section.number))
        ):
            self._open(_Section(None, text))

    def _is_heading(self, line: Line) -> bool:
        """Whether a row of a table is words that announce something, and changes the section if so."""
        if not _may_be_words(line):
            return False
        if after_transmission(line.text) is not None:
            return True
        words = read_words(line.text)
        is_alone = len(line.filled) == 1
        if words.kind is Kind.LIST and (is_alone or len(line.text.split()) > _MOST_BESIDE):
            self._switch(line, _Section(words.number, line.text))
        elif not is_alone:
            return words.kind is Kind.NOTHING and all(cell.text.strip().isdigit() for cell in line.filled[1:])
        elif self._is_value(line):
            return False
        else:
            self._announce(line, words)
        return True

    def _announce(self, line: Line, words: Words) -> None:
        """Words alone in their row that are no list's heading."""
        section = self._section
        is_in_list = section.number is not None and section.titles is not None
        speaks_of_others = is_in_list and words.number not in (None, section.number)
        if words.kind is Kind.NOTHING or (words.kind is Kind.PROSE and not speaks_of_others):
            return
        owed = None
        if words.kind is Kind.OTHER and is_in_list and section.number is not None:
            owed = (section.number, self._next(section.number), line.number)
        self._switch(line, _Section(None, line.text, signs=words.kind is Kind.SIGNATURE, row=owed))

    def _is_value(self, line: Line) -> bool:
        """Whether the only filled cell of a row stands where no heading does: after the first of a list's values."""
        section = self._section
        if section.titles is None or section.table != line.table:
            return False
        at = next(position for position, cell in enumerate(line.cells) if cell.is_filled and not cell.merged)
        names = section.titles.positions.get(Column.LAST_NAME, 0)
        return at > names

    def _switch(self, line: Line, section: _Section) -> None:
        """Words within a table: what they announce stands in the same table."""
        section.is_within = self._section.titles is not None and self._section.table == line.table
        self._open(section)

    def _open(self, section: _Section) -> None:
        section.after = tuple(sorted({number for number, _ in self._titles}))
        self._close()
        self._section = section
        self._over = None

    def _close(self) -> None:
        """What is owed for the section that ends: rows that belong to no list are told, once."""
        section = self._section
        if section.told:
            is_mild = section.signs and bool(section.after)
            value = " : ".join(part for part in (section.words.rstrip(" :"), section.told) if part)
            details: dict[str, object] = {"after": list(section.after)}
            if section.sheet_row is not None:
                details["sheet_row"] = section.sheet_row
            severity = Severity.WARNING if is_mild else Severity.ERROR
            self.findings.append(
                Finding("table-not-understood", severity, value=quoted(value) or None, details=details)
            )
        elif section.row is not None:
            number, row, sheet_row = section.row
            self._tell_row("row-not-understood", number, row, section.words, sheet_row)

    # Titles

    def _is_titles(self, line: Line) -> bool:
        """Whether a row holds the titles of a list's columns, and where they stand from now on if so."""
        over, self._over = self._over, None
        if has_address(line.cells):
            return False
        section = self._section
        number = section.number
        found = read_titles(line.cells, number or 1)
        if number is None and not found.columns:
            found = read_titles(line.cells, 2)
        if over is not None:
            joined = read_titles(line.cells, number or 1, over.cells)
            before = len(read_titles(over.cells, number or 1).columns)
            if len(joined.columns) > max(before, len(found.columns)):
                found = joined
            if 0 < before < len(found.columns) and self._titles and self._titles[-1][0] == number:
                self._titles.pop()  # the row over this one had a part of them
        if not found.columns:
            if self._may_be_over_titles(line):
                self._over = line
                return not self._is_person(line)
            return False
        self._over = line
        if section.number is not None and section.is_begun and section.table != line.table:
            missing = [column for column in columns_of(section.number) if column not in found.columns]
            if missing or any(_SIGNS.search(cell.text) for cell in line.cells):
                self._open(_Section(None, signs=any(_SIGNS.search(cell.text) for cell in line.cells)))
        elif any(_SIGNS.search(cell.text) for cell in line.cells) and section.number is None:
            section.signs = True
        self._set_titles(found, line)
        return True

    def _set_titles(self, found: Titles, line: Line) -> None:
        section = self._section
        section.titles, section.table, section.width = found, line.table, line.width
        section.reach = max((at + 1 for at, cell in enumerate(line.cells) if cell.is_filled), default=0)
        if section.number is not None:
            section.is_begun = True
            section.is_doubtful = found.bare_date and not is_the_forms(section.words)
            self._titles.append((section.number, found))

    def _may_be_over_titles(self, line: Line) -> bool:
        """Whether a row may be what is written over titles (« Identité »): the first of its table's part."""
        section = self._section
        if section.number is None or (section.titles is not None and section.table == line.table):
            return False
        return not any(read_date(cell.text) for cell in line.filled)

    def _is_person(self, line: Line) -> bool:
        return len(line.filled) >= 4 and any(read_date(cell.text) for cell in line.filled)

    # Rows

    def _add_row(self, line: Line) -> None:
        section = self._section
        number = section.number
        if number is None or not self._goes_on(line):
            self._note_somebody(line)
            return
        titles = section.titles
        assert titles is not None
        if line.in_doubt:
            self._tell_row("row-not-understood", number, self._next(number), _row_text(line), line.number)
            return
        cells = {column: _cell(line, column, at) for column, at in titles.positions.items()}
        doubtful = {
            column: " / ".join(line.cells[at].text for at in places if at < len(line.cells) and line.cells[at].text)
            for column, places in titles.ambiguous.items()
        }
        filled = [column for column, cell in cells.items() if _says_something(cell)]
        filled += [column for column, text in doubtful.items() if text]
        if not filled:
            self._add_outside(line)
        elif _EXAMPLE.match(line.text):
            self._tell_row("row-skipped", number, self._next(number), _row_text(line), line.number)
        elif _holds_several(cells):
            self._tell_row(
                "row-not-understood", number, self._next(number), _row_text(line), line.number, several=True
            )
        elif len(filled) == 1 and not (filled == [Column.EMAIL] and has_address(line.cells)):
            self._tell_row("row-not-understood", number, self._next(number), _row_text(line), line.number)
        else:
            self._add_person(line, cells, doubtful)

    def _add_person(self, line: Line, cells: Mapping[Column, Cell], doubtful: Mapping[Column, str]) -> None:
        number = self._section.number
        assert number is not None
        position = self._next(number)
        above, order = self._above.get(number), self.order
        row, findings = read_row(cells, number, position, above, order=order, sheet_row=line.number)
        self._above[number] = row
        self.rows.append(row)
        if self._section.is_doubtful:
            self._section.is_doubtful = False
            words = quoted(self._section.words)
            details: dict[str, object] = {"read_as": number}
            self.findings.append(Finding("column-ambiguous", Severity.ERROR, value=words, details=details))
        self.findings += [one for one in findings if one.column is None or not doubtful.get(one.column)]
        self.findings += [
            Finding("column-ambiguous", Severity.ERROR, number, position, column, quoted(text))
            for column, text in doubtful.items()
            if text
        ]

    def _add_outside(self, line: Line) -> None:
        """A row with nothing in the list's columns: what stands beside them may be somebody all the same."""
        number = self._section.number
        assert number is not None
        filled = [
            cell.text
            for at, cell in enumerate(line.cells)
            if cell.is_filled and not cell.merged and not names_nobody(cell.text) and at < self._section.reach
        ]
        beyond = [cell.text for cell in line.cells[self._section.reach :] if not cell.merged]
        is_told = any(any(letter.isalpha() for letter in text) for text in filled)
        if is_told or any("@" in text or read_date(text) for text in (*filled, *beyond)):
            self._tell_row("row-not-understood", number, self._next(number), _row_text(line), line.number)

    def _goes_on(self, line: Line) -> bool:
        """Whether a row of a table stands under the titles of its section's list."""
        section = self._section
        if section.titles is None:
            return False
        if section.table == line.table:
            return True
        if line.width != section.width:
            return False
        section.table = line.table
        return True

    def _note_somebody(self, line: Line) -> None:
        """A row that is in no list: if it shows a person or a date, its section is told."""
        section = self._section
        if section.told or (section.number is not None and section.titles is None and not self._shows(line, 2)):
            return
        if any(_SIGNS.search(cell.text) for cell in line.filled) and not has_address(line.cells):
            if section.number is None:
                section.signs = True
            return
        if section.number is not None:  # under a list's words, but not under its titles
            if self._shows(line, 2):
                self._open(_Section(None, section.words if section.titles is None else ""))
                self._section.told, self._section.sheet_row = _row_text(line), line.number
                self._section.table = line.table
            return
        is_below = bool(section.after)
        if section.row is not None or section.is_within:
            is_somebody = self._shows(line, 2) or (not section.signs and len(line.filled) >= 2)
        elif section.titles is not None:
            is_somebody = len(line.filled) >= 2
        elif is_below:
            is_somebody = self._shows(line, 2)
        else:  # above the lists stand the partner's name, address and so on
            is_somebody = self._shows(line, 4) and has_address(line.cells)
        if is_somebody:
            section.told, section.sheet_row = _row_text(line), line.number
            if section.is_within and section.titles is None and has_address(line.cells):
                section.signs = False

    def _shows(self, line: Line, least: int) -> bool:
        """Whether a row has an address or a date, and as many filled cells."""
        filled = line.filled
        return len(filled) >= least and any("@" in cell.text or read_date(cell.text) for cell in filled)

    def _next(self, number: int) -> int:
        """The number of the list's next filled row."""
        self._count[number] = self._count.get(number, 0) + 1
        return self._count[number]

    def _tell_row(
        self, code: str, number: int, row: int, text: str, sheet_row: int | None, **details: object
    ) -> None:
        severity = Severity.INFO if code == "row-skipped" else Severity.ERROR
        if sheet_row is not None:
            details["sheet_row"] = sheet_row
        self._above[number] = None
        self.findings.append(Finding(code, severity, number, row, value=quoted(text) or None, details=details))


def _cell(line: Line, column: Column, at: int) -> Cell:
    cell = line.cells[at] if at < len(line.cells) else Cell()
    if cell.standing and column in _CORRECTED:
        return cell._replace(text=cell.standing, struck=False)
    return cell


def _says_something(cell: Cell) -> bool:
    """Whether a cell is filled by itself with more than « néant » or a dash."""
    return not cell.merged and (cell.formula or (bool(cell.text.strip()) and not names_nobody(cell.text)))


def _holds_several(cells: Mapping[Column, Cell]) -> bool:
    """Whether both names hold several: two persons in one row."""
    return all(
        sum(bool(part.strip(" -")) for part in _BETWEEN_PERSONS.split(cells[column].text)) >= 2
        and not cells[column].text.split("\n")[0].rstrip().endswith("-")
        if column in cells
        else False
        for column in _NAMES
    )


def _may_be_words(line: Line) -> bool:
    """Whether a row may be words rather than values: nearly alone, and no address."""
    count = len(line.filled)
    return 1 <= count <= _MOST_BESIDE and not has_address(line.cells)


def _row_text(line: Line) -> str:
    return " | ".join(cell.text.strip() for cell in line.filled)


def _tells_somebody(text: str, *, is_begun: bool) -> bool:
    """Whether a paragraph under a list's words names somebody who should stand in its table."""
    return "@" in text and (not is_begun or any(read_date(word.strip("().,;")) for word in text.split()[:60]))
