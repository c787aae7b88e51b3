"""The two lists of an annexe 1, gathered line after line: every filled row is read, or told (A1, A3)."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.documents.blocks import Cell
from provisioner.documents.dates import Order, read_date
from provisioner.documents.headings import Kind, Words, may_head_another, names_nobody, read_words, running_key
from provisioner.documents.lines import Line
from provisioner.documents.named import (
    asks_for_somebody,
    has_date,
    in_no_list,
    is_contact,
    is_of_letter,
    may_be_place_and_date,
    settled,
    told,
)
from provisioner.documents.odd_rows import NAMES, holds_several, is_example, says_the_contrary
from provisioner.documents.rows import read_row
from provisioner.documents.sections import Place, Section, is_for_signing, is_of_signatures
from provisioner.documents.text import quoted
from provisioner.documents.titles import Titles, columns_of, read_titles
from provisioner.documents.transmission import after_transmission
from provisioner.domain.annexe.details import ListGuess
from provisioner.domain.annexe.document import Column, Finding, Row, Severity

#: The most filled cells of a row that is a heading, and the fewest words of one that has another cell beside it.
_MOST_BESIDE = 3

#: The most characters of a paragraph that are looked at, with what it goes on.
_LONGEST_WORDS = 500

#: Columns in which what is struck through beside what is not does not count: the other two decide who and when.
_CORRECTED = (*NAMES, Column.FUNCTION)


class Lists:
    """The lists as they are read. `rows` and `findings` are complete once `finish` was called."""

    def __init__(self, order: Order = Order.DAY_FIRST, running: frozenset[str] = frozenset()) -> None:
        """`order`: how the document writes its dates. `running`: the keys of lines that several pages repeat."""
        self._order, self._running = order, running
        self.rows: list[Row] = []
        self.findings: list[Finding] = []
        self._asked: dict[int, str] = {}  # by the finding's place, words that ask for somebody
        self._section = Section(None)
        self._titles: list[tuple[int, Titles]] = []  # of each table of a list
        self._above: dict[int, Row | None] = {}  # by list, what a ditto mark repeats
        self._count: dict[int, int] = {}  # by list, its filled rows so far
        self._over: Line | None = None  # the row above, where it holds titles or what is written over them
        self._words_before = ""  # the paragraph that the next one may go on
        self._between = ""  # the last words before a table

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
        """No more lines: what is owed for the last section is told."""
        if finding := self._section.finding():
            self._tell(finding)

    def settle(self) -> None:
        """Every row is read: words that ask for what a row of theirs says too are no more than a warning."""
        for at, text in self._asked.items():
            self.findings[at] = settled(self.findings[at], text, self.rows)

    def missing(self) -> Iterator[Finding]:
        """The lists that are not there (A1, A3), and their columns that are not, or could stand in several places."""
        for number, severity in ((1, Severity.ERROR), (2, Severity.WARNING)):
            every = [titles for listed, titles in self._titles if listed == number]
            if not every:
                yield Finding("list-missing", severity, list=number)
            for column in columns_of(number):
                if any(column not in titles.columns for titles in every):
                    yield Finding("column-missing", Severity.ERROR, list=number, column=column)
                if any(column in titles.ambiguous for titles in every):
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
        is_running = running_key(text) in self._running
        if not is_running:
            self._between = text
        if is_contact(text):
            return
        section = self._section
        is_in_list = section.number is not None
        if is_in_list and "@" in text and (not section.is_begun or has_date(text)):
            self._open(Section(None, section.words, somebody=text))  # who should stand in the list's table
            return
        words = read_words(text)
        if (words.kind is not Kind.LIST or "@" in text) and self._is_about_somebody(text):
            return
        if words.kind is not Kind.SIGNATURE:
            section.note_words(text)
        if words.kind in (Kind.OTHER, Kind.PROSE) and words.number is None and is_running:
            return
        if words.kind is Kind.LIST:
            self._open(self._under(words, text))
        elif section.takes_between(words, text):
            return
        elif words.kind in (Kind.SIGNATURE, Kind.OTHER):
            self._open(Section(None, text, signs=words.kind is Kind.SIGNATURE))
        elif (
            words.kind is Kind.PROSE
            and is_in_list
            and (section.titles is not None or words.number not in (None, section.number))
        ):
            self._open(Section(None, text))

    def _is_heading(self, line: Line) -> bool:
        """Whether a row of a table is words that announce something, and changes the section if so."""
        filled = line.filled
        is_alone = len(filled) == 1
        words = read_words(line.text)
        is_note = is_alone and not self._section.is_value(line) and (words.kind is not Kind.LIST or line.has_address)
        if is_note and (self._is_about_somebody(line.text, line) or is_contact(line.text)):
            return True
        if len(filled) > _MOST_BESIDE or line.has_address:
            return False
        if after_transmission(line.text) is not None:
            return True
        if words.kind is Kind.LIST and (is_alone or len(line.text.split()) > _MOST_BESIDE):
            self._switch(line, self._under(words, line.words))
        elif is_for_signing(line):
            self._switch(line, Section(None, line.text, signs=True))
        elif not is_alone:
            return words.kind is Kind.NOTHING and all(cell.text.strip().isdigit() for cell in filled[1:])
        elif self._section.is_value(line):
            return False
        else:
            self._announce(line, words)
        return True

    def _is_about_somebody(self, text: str, line: Line | None = None) -> bool:
        """Whether words, a row of a table's or not, ask for somebody, who should stand in a list. They may be about
        either list, so the closures alone do not go without a person's look, and about the rows under them. Tells of
        them, and of words that only name somebody.
        """
        number = self._section.listed
        finding = told(text, number)
        is_asking = finding is not None and finding.severity is Severity.ERROR
        if is_asking:
            self._asked[len(self.findings)] = text
        if finding is not None:
            self._tell(finding)
        if is_asking and number is not None:
            self._switch(line, Section(None, text))
        return is_asking

    def _announce(self, line: Line, words: Words) -> None:
        """Words alone in their row that are no list's heading."""
        section = self._section
        number = section.listed
        speaks_of_others = number is not None and words.number not in (None, number)
        if words.kind is Kind.NOTHING or (words.kind is Kind.PROSE and not speaks_of_others):
            return
        if section.takes_between(words, line.text):
            return
        row = None
        is_in_list = number is not None and (section.holds(line) or section.width == line.width)
        if words.kind is Kind.OTHER and number is not None and is_in_list and not is_of_letter(line.text):
            if may_be_place_and_date(line.text):
                self._tell(in_no_list(line.text, Severity.WARNING))
            else:
                row = self._next(number, line)
        self._switch(line, Section(None, line.text, signs=words.kind is Kind.SIGNATURE, row=row))

    def _under(self, words: Words, text: str) -> Section:
        """What the words of a list's heading open: that list, or more of it."""
        section = self._section
        under = section.goes_on_under(text) if words.number == section.number else Section(words.number, text)
        if asks_for_somebody(text):
            under.named = text  # told unless a table follows
        return under

    def _switch(self, line: Line | None, section: Section) -> None:
        """Words within a table: what they announce stands in the same table."""
        section.is_within = line is not None and self._section.holds(line)
        self._open(section)

    def _open(self, section: Section) -> None:
        section.after = tuple(sorted({number for number, _ in self._titles}))
        self.finish()
        self._section = section
        self._over = None

    # Titles

    def _is_titles(self, line: Line) -> bool:
        """Whether a row holds the titles of a list's columns, and where they stand from now on if so."""
        over, self._over = self._over, None
        if line.has_address:
            return False
        titles = self._read_titles(line, over)
        if not titles.columns:
            is_over = self._may_be_over_titles(line)
            self._over = line if is_over else None
            if is_over:
                self._section.note_over(line)
            return is_over
        self._over = line
        section = self._section
        signs = is_of_signatures(line)
        if section.number is not None and section.is_begun and section.table != line.table:
            if titles.bare_date and (may_head_another(self._between) or not section.has_titles_of(line)):
                self._open(Section(None, self._between, signs=signs))
            elif signs or any(column not in titles.columns for column in columns_of(section.number)):
                self._open(Section(None, signs=signs))
        elif section.between and (titles.bare_date or columns_of(section.number or 1)[-1] not in titles.columns):
            self._open(Section(None, section.between, signs=signs))  # the titles do not say that it is the list's
        elif signs and section.number is None:
            section.signs = True
        self._section.between = ""
        self._section.set_titles(titles, line)
        self._between = ""
        if self._section.number is not None:
            self._titles.append((self._section.number, titles))
        return True

    def _read_titles(self, line: Line, over: Line | None) -> Titles:
        """The titles in a row, and in the one over it that holds titles or may be what is written over them."""
        number = self._section.number
        titles = read_titles(line.cells, number or 1)
        if number is None and not titles.columns:
            titles = read_titles(line.cells, 2)
        if over is not None:
            joined = read_titles(line.cells, number or 1, over.cells)
            before = len(read_titles(over.cells, number or 1).columns)
            if len(joined.columns) > max(before, len(titles.columns)):
                titles = joined
            if 0 < before < len(titles.columns) and self._titles and self._titles[-1][0] == number:
                self._titles.pop()  # the row over this one had a part of them
        return titles

    def _may_be_over_titles(self, line: Line) -> bool:
        """Whether a row may be what is written over titles (« Identité »): the first of its table's part."""
        if self._section.number is None or self._section.holds(line):
            return False
        return not any(read_date(cell.text) for cell in line.filled)

    # Rows

    def _add_row(self, line: Line) -> None:
        section = self._section
        number, titles = section.number, section.titles
        if number is None or not section.goes_on(line):
            self._note_somebody(line)
            return
        assert titles is not None
        if line.in_doubt or section.has_end(line):
            self._tell_row("row-not-understood", line, "in_doubt" if line.in_doubt else "has_end")
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
        elif is_example(line):
            self._tell_row("row-skipped", line)
        elif holds_several(cells):
            self._tell_row("row-not-understood", line, "several")
        elif says_the_contrary(line, number, titles):
            self._tell_row("row-not-understood", line, "contrary")
        elif len(filled) == 1 and not (filled == [Column.EMAIL] and line.has_address):
            self._tell_row("row-not-understood", line)
        else:
            self._add_person(self._next(number, line), cells, doubtful)

    def _add_person(self, place: Place, cells: dict[Column, Cell], doubtful: dict[Column, str]) -> None:
        number = place.list
        row, findings = read_row(
            cells, number, place.row, self._above.get(number), order=self._order, sheet_row=place.sheet_row
        )
        self._above[number] = row
        self.rows.append(row)
        if self._section.is_doubtful:
            self._section.is_doubtful = False
            words = quoted(self._section.words)
            self.findings.append(Finding("column-ambiguous", Severity.ERROR, value=words, details=ListGuess(number)))
        self.findings += [
            finding for finding in findings if finding.column is None or not doubtful.get(finding.column)
        ]
        self.findings += [
            Finding("column-ambiguous", Severity.ERROR, number, place.row, column, quoted(text))
            for column, text in doubtful.items()
            if text
        ]

    def _add_outside(self, line: Line) -> None:
        """A row with nothing in the list's columns: what stands beside them may be somebody all the same."""
        reach = self._section.reach
        own = [cell for cell in line.cells[:reach] if cell.is_filled and not cell.merged]
        filled = [cell.text for cell in own if not names_nobody(cell.text)]
        beyond = [cell.text for cell in line.cells[reach:] if not cell.merged]
        has_words = any(any(letter.isalpha() for letter in text) for text in filled)
        if has_words or any("@" in text or read_date(text) for text in (*filled, *beyond)):
            self._tell_row("row-not-understood", line)

    def _note_somebody(self, line: Line) -> None:
        """A row that is in no list: if it shows a person or a date, its section is told."""
        section = self._section
        if is_of_signatures(line) and not line.has_address:
            section.signs = section.signs or (section.number is None and not section.somebody)
        elif section.number is None:
            section.note_row(line)
            if not section.somebody and not section.signs:
                self._is_about_somebody(line.words, line)
        elif line.shows_somebody():  # under a list's words, but not under its titles
            words = section.words if section.titles is None else ""
            self._open(Section(None, words, somebody=line.quote, sheet_row=line.number))

    def _next(self, number: int, line: Line) -> Place:
        """The place of the list's next filled row."""
        self._count[number] = self._count.get(number, 0) + 1
        return Place(number, self._count[number], line.number)

    def _tell_row(self, code: str, line: Line, flaw: str | None = None) -> None:
        """A filled row of the list that is not read."""
        assert self._section.number is not None
        self._tell(self._next(self._section.number, line).finding(code, line.quote, flaw))

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
