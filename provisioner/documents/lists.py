"""The two lists of an annexe 1, gathered line after line: every filled row is read, or told (A1, A3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provisioner.documents.blocks import Cell
from provisioner.documents.dates import Order, read_date
from provisioner.documents.headings import Kind, Words, may_head_another, names_nobody, read_words, running_key
from provisioner.documents.lines import Line
from provisioner.documents.remarks import says_the_contrary
from provisioner.documents.rows import read_row
from provisioner.documents.sections import Place, Section, row_finding, row_text, shows_somebody
from provisioner.documents.text import quoted
from provisioner.documents.titles import Titles, columns_of, has_address, read_titles
from provisioner.documents.transmission import after_transmission
from provisioner.domain.annexe.document import Column, Finding, Row, Severity

_NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)

#: The most filled cells of a row that is a heading, and the fewest words of one that has another cell beside it.
_MOST_BESIDE = 3

#: The most characters of a paragraph that are looked at, with what it goes on.
_LONGEST_WORDS = 500

#: Columns in which what is struck through beside what is not does not count: the other two decide who and when.
_CORRECTED = (*_NAMES, Column.FUNCTION)

_EXAMPLE = re.compile(
    r"\W*(?:(?:p(?:ar|\.)? ?)?ex\s?[.:)]|ex\.? ?:|exemples?\b|par exemple\b|mod[eè]le ?:)", re.IGNORECASE
)
_SAYS_EXAMPLE = re.compile(r"\W*(?:par )?exemple\W*", re.IGNORECASE)
_BETWEEN_PERSONS = re.compile(r"[\n,;/&]| et ")
_OF_SIGNATURES = re.compile(r"signature|cachet|visa\b|lu et approuv", re.IGNORECASE)


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
    _section: Section = field(default_factory=lambda: Section(None))
    _titles: list[tuple[int, Titles]] = field(default_factory=list)
    _above: dict[int, Row | None] = field(default_factory=dict)
    _count: dict[int, int] = field(default_factory=dict)
    _over: Line | None = None
    _words_before: str = ""
    _between: str = ""

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
        """The lists that are not there (A1, A3), and their columns that are not, or could stand in several places."""
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
        if running_key(text) not in self.running:
            self._between = text
        if section.number is not None and _tells_somebody(text, is_begun=section.is_begun):
            self._open(Section(None, section.words))
            self._section.told = text
            return
        if words.kind is not Kind.SIGNATURE:
            section.note_words(text)
        if words.kind in (Kind.OTHER, Kind.PROSE) and words.number is None and running_key(text) in self.running:
            return
        if words.kind is Kind.LIST:
            self._open(Section(words.number, text))
        elif words.kind in (Kind.SIGNATURE, Kind.OTHER):
            self._open(Section(None, text, signs=words.kind is Kind.SIGNATURE))
        elif (
            words.kind is Kind.PROSE
            and section.number is not None
            and (section.is_begun or words.number not in (None, section.number))
        ):
            self._open(Section(None, text))

    def _is_heading(self, line: Line) -> bool:
        """Whether a row of a table is words that announce something, and changes the section if so."""
        if not _may_be_words(line):
            return False
        if after_transmission(line.text) is not None:
            return True
        words = read_words(line.text)
        is_alone = len(line.filled) == 1
        if words.kind is Kind.LIST and (is_alone or len(line.text.split()) > _MOST_BESIDE):
            self._switch(line, Section(words.number, line.text))
        elif not is_alone:
            return words.kind is Kind.NOTHING and all(cell.text.strip().isdigit() for cell in line.filled[1:])
        elif self._section.is_value(line):
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
            owed = self._next(section.number, line)
        self._switch(line, Section(None, line.text, signs=words.kind is Kind.SIGNATURE, row=owed))

    def _switch(self, line: Line, section: Section) -> None:
        """Words within a table: what they announce stands in the same table."""
        section.is_within = self._section.titles is not None and self._section.table == line.table
        self._open(section)

    def _open(self, section: Section) -> None:
        section.after = tuple(sorted({number for number, _ in self._titles}))
        self._close()
        self._section = section
        self._over = None

    def _close(self) -> None:
        """The section ends: what is owed for it is told, once."""
        if finding := self._section.finding():
            self._tell(finding)

    # Titles

    def _is_titles(self, line: Line) -> bool:
        """Whether a row holds the titles of a list's columns, and where they stand from now on if so."""
        over, self._over = self._over, None
        if has_address(line.cells):
            return False
        titles = self._read_titles(line, over)
        if not titles.columns:
            is_over = self._may_be_over_titles(line)
            self._over = line if is_over else None
            return is_over
        self._over = line
        section = self._section
        signs = any(_OF_SIGNATURES.search(cell.text) for cell in line.cells)
        if section.number is not None and section.is_begun and section.table != line.table:
            if titles.bare_date and (may_head_another(self._between) or not section.has_titles_of(line)):
                self._open(Section(None, self._between, signs=signs))
            elif signs or any(column not in titles.columns for column in columns_of(section.number)):
                self._open(Section(None, signs=signs))
        elif signs and section.number is None:
            section.signs = True
        self._section.set_titles(titles, line)
        self._between = ""
        if self._section.number is not None:
            self._titles.append((self._section.number, titles))
        return True

    def _read_titles(self, line: Line, over: Line | None) -> Titles:
        """The titles in a row, and in the one over it that holds titles or may be what is written over them."""
        number = self._section.number
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
        return found

    def _may_be_over_titles(self, line: Line) -> bool:
        """Whether a row may be what is written over titles (« Identité »): the first of its table's part."""
        section = self._section
        if section.number is None or (section.titles is not None and section.table == line.table):
            return False
        return not any(read_date(cell.text) for cell in line.filled)

    # Rows

    def _add_row(self, line: Line) -> None:
        section = self._section
        number = section.number
        if number is None or not section.goes_on(line):
            self._note_somebody(line)
            return
        titles = section.titles
        assert titles is not None
        if line.in_doubt:
            self._tell_row("row-not-understood", line, in_doubt=True)
            return
        if section.has_end(line):
            self._tell_row("row-not-understood", line, has_end=True)
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
        elif _is_example(line):
            self._tell_row("row-skipped", line)
        elif _holds_several(cells):
            self._tell_row("row-not-understood", line, several=True)
        elif _says_the_contrary(line, number, titles):
            self._tell_row("row-not-understood", line, contrary=True)
        elif len(filled) == 1 and not (filled == [Column.EMAIL] and has_address(line.cells)):
            self._tell_row("row-not-understood", line)
        else:
            self._add_person(line, cells, doubtful)

    def _add_person(self, line: Line, cells: Mapping[Column, Cell], doubtful: Mapping[Column, str]) -> None:
        number = self._section.number
        assert number is not None
        position = self._next(number, line).row
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
        reach = self._section.reach
        own = [cell for cell in line.cells[:reach] if cell.is_filled and not cell.merged]
        filled = [cell.text for cell in own if not names_nobody(cell.text)]
        beyond = [cell.text for cell in line.cells[reach:] if not cell.merged]
        is_told = any(any(letter.isalpha() for letter in text) for text in filled)
        if is_told or any("@" in text or read_date(text) for text in (*filled, *beyond)):
            self._tell_row("row-not-understood", line)

    def _note_somebody(self, line: Line) -> None:
        """A row that is in no list: if it shows a person or a date, its section is told."""
        section = self._section
        if any(_OF_SIGNATURES.search(cell.text) for cell in line.filled) and not has_address(line.cells):
            section.signs = section.signs or (section.number is None and not section.told)
        elif section.number is None:
            section.note(line)
        elif shows_somebody(line):  # under a list's words, but not under its titles
            self._open(Section(None, section.words if section.titles is None else ""))
            self._section.told, self._section.sheet_row = row_text(line), line.number

    def _next(self, number: int, line: Line) -> Place:
        """The place of the list's next filled row."""
        self._count[number] = self._count.get(number, 0) + 1
        return Place(number, self._count[number], line.number)

    def _tell_row(self, code: str, line: Line, **details: object) -> None:
        """A filled row of the list that is not read."""
        assert self._section.number is not None
        self._tell(row_finding(code, self._next(self._section.number, line), row_text(line), **details))

    def _tell(self, finding: Finding) -> None:
        if finding.list is not None:
            self._above[finding.list] = None  # nothing that a ditto mark could repeat
        self.findings.append(finding)


def _cell(line: Line, column: Column, at: int) -> Cell:
    cell = line.cells[at] if at < len(line.cells) else Cell()
    if cell.standing and column in _CORRECTED:
        return cell._replace(text=cell.standing, struck=False)
    return cell


def _says_something(cell: Cell) -> bool:
    """Whether a cell is filled by itself with more than « néant » or a dash."""
    return not cell.merged and (cell.formula or (bool(cell.text.strip()) and not names_nobody(cell.text)))


def _says_the_contrary(line: Line, number: int, titles: Titles) -> bool:
    """Whether what stands in a row, in whatever column, says the contrary of its list."""
    at = titles.positions
    named = {at[column] for column in _NAMES if column in at}
    sure = {at[column] for column in (Column.EMAIL, columns_of(number)[-1]) if column in at}
    own = [
        (position, cell.text) for position, cell in enumerate(line.cells) if not cell.merged and position not in sure
    ]
    names = [text for position, text in own if position in named]
    return says_the_contrary(number, names, [text for position, text in own if position not in named])


def _is_example(line: Line) -> bool:
    """Whether a row is the example of a form."""
    return _EXAMPLE.match(line.text) is not None or any(_SAYS_EXAMPLE.fullmatch(cell.text) for cell in line.filled)


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


def _tells_somebody(text: str, *, is_begun: bool) -> bool:
    """Whether a paragraph under a list's words names somebody who should stand in its table."""
    return "@" in text and (not is_begun or any(read_date(word.strip("().,;")) for word in text.split()[:60]))
