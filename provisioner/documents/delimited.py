"""Text files with delimiters, as French office suites export them and as people mend them by hand.

A quote may enclose a cell, stand for « the same as above », or be a slip. Each record is therefore read in several
ways, and the ways are judged by what they give: as many fields as the list has titles, one address, no field in
quotes that holds a part of another row. A record that no way makes clear is marked as in doubt; it is never shifted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from provisioner.documents.blocks import MOST_CELLS, Cell, File, Reading, Rows, TableRow
from provisioner.documents.encodings import decoded
from provisioner.documents.titles import count_titles

#: In the order of preference when a file has as many of two.
_DELIMITERS = ";\t,|"

#: What a field without a value is made of; the one beyond the most that are kept is several.
_BLANK = f"{_DELIMITERS} \xa0"

#: Lines that hold nothing: delimiters, spaces, quotes round nothing.
_SPACES = "\t\v\f\\x1c-\\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NOTHING = re.compile(rf'(?:(?:[;,|{_SPACES}]++|"\s*+"(?!"))*+\n)++')

#: The first line, by which Excel is told the delimiter.
_TOLD = re.compile(r'"?sep=([;,|\t])"?[;,|\t ]*\n', re.IGNORECASE)

#: The longest record whose quotes are looked at, in lines and in characters.
_MOST_LINES, _LONGEST_RECORD = 20, 10_000

#: How many characters beyond their line may be looked at for quotes, beside as many as the file has: a file with so
#: many unanswered quotes is no list, and those that follow are taken plainly.
_PATIENCE = 2_000_000

#: How many records are looked at for the titles that tell the delimiter.
_MOST_BEFORE_TITLES = 1_000

#: A sentence has no more fields; a row has at least as many delimiters.
_FEW_FIELDS = 3


def read(file: File, most_rows: int) -> Reading:
    """The file as one table.

    Raises:
        Unreadable: no usual encoding fits, or too many rows.
    """
    text = re.sub("\r\n?", "\n", decoded(file.content)) + "\n"
    told = _TOLD.match(text)
    source = _Source(text[told.end() :] if told else text)
    rows = Rows(most_rows)
    table: list[TableRow] = []
    for number, record in source.records(told[1] if told else _delimiter(source)):
        table += rows.kept([Cell(field) for field in record.fields], number=number, in_doubt=record.in_doubt)
    return Reading([table])


def _delimiter(source: _Source) -> str:
    """The one that gives the most titles of columns; without titles, the one that most lines have several of."""

    def plausible(delimiter: str) -> tuple[int, int]:
        records = [record for _, record in islice(source.records(delimiter), _MOST_BEFORE_TITLES)]
        most_titles = max((record.count_titles() for record in records), default=0)
        return most_titles, sum(len(record.fields) > _FEW_FIELDS for record in records)

    return max(_DELIMITERS, key=plausible)


class _Record(NamedTuple):
    """A record read in one way.

    `fields`: what follows the most that are kept is one field. `end`: where the next record starts. `enclosed`: the
    fields in quotes that hold a delimiter or a line break. `stray`: how many fields have a quote that no other one
    answers. `in_doubt`: no way of reading it is clear.
    """

    fields: list[str]
    end: int
    lines: int = 1
    enclosed: tuple[str, ...] = ()
    stray: int = 0
    in_doubt: bool = False

    def fits(self, width: int) -> bool:
        """Whether it has as many fields as the list has titles; more may follow, if they are empty."""
        return width <= len(self.fields) and not any(field.strip(_BLANK) for field in self.fields[width:])

    def has_one_address(self) -> bool:
        """Whether one field holds an address, or several."""
        return sum("@" in field for field in self.fields) == 1

    def is_a_slip(self) -> bool:
        """Whether a quote too many, or several addresses in their cell, are all that is wrong with it."""
        return self.lines == 1 and self.stray <= 1 and self.has_one_address()

    def is_clear(self, delimiter: str, width: int | None) -> bool:
        """Whether no quote is left over, and no field in quotes holds what looks like a part of a row."""
        most = _FEW_FIELDS if width is None else width - 1
        torn = (
            "@" in field or ("\n" in field and field.count(delimiter) >= most)
            for field in self.enclosed
            if delimiter in field
        )
        return not self.stray and not any(torn)

    def count_titles(self) -> int:
        """How many titles of columns it holds."""
        fields = [field[:_LONGEST_RECORD] for field in self.fields[:MOST_CELLS]]
        if any("@" in field for field in fields) or not any("nom" in field.casefold() for field in fields):
            return 0
        return count_titles([Cell(field) for field in fields])


class _Source:
    """A text whose lines end with a line break, the last one too."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._patience = _PATIENCE + len(text)
        #: Where lines that hold nothing begin: where they end, and how many records they are.
        self._nothing: dict[int, tuple[int, int]] = {}

    def records(self, delimiter: str) -> Iterator[tuple[int, _Record]]:
        """The records that hold something, each with its number among all of them, as a sheet shows it, from 1."""
        fields = _Fields(delimiter)
        width: int | None = None
        number, start = 1, 0
        while start < len(self._text):
            if nothing := self._nothing_at(start):
                start, number = nothing[0], number + nothing[1]
                continue
            record = _clearest(self._ways(start, fields), delimiter, width)
            if record.count_titles():
                width = len(record.fields)
            yield number, record
            number, start = number + 1, record.end

    def _nothing_at(self, start: int) -> tuple[int, int] | None:
        """Where the lines that hold nothing end, and how many records they are; None when there are none."""
        if start not in self._nothing and (nothing := _NOTHING.match(self._text, start)):
            lines = re.sub(r'"\s*+"', "", nothing[0]) if '"' in nothing[0] else nothing[0]
            self._nothing[start] = nothing.end(), lines.count("\n")
        return self._nothing.get(start)

    def _ways(self, start: int, fields: _Fields) -> list[_Record]:
        """The ways to read the record that starts here: by the standard first, the plain one last."""
        end = self._text.index("\n", start)
        plain = self._text[start:end].split(fields.delimiter, MOST_CELLS)
        if self._text.find('"', start, end) < 0:
            return [_Record(plain, end + 1)]
        quoted, strict = (self._quoted(start, fields, dittos=dittos) for dittos in (True, False))
        ways = [quoted] if strict == quoted else [quoted, strict]
        return [*ways, _Record([*map(_unquoted, plain)], end + 1, stray=sum(map(_is_stray, plain)))]

    def _quoted(self, start: int, fields: _Fields, *, dittos: bool) -> _Record:
        """The record that starts here, by the rules of CSV.

        `dittos`: whether a single quote before a delimiter is a ditto mark, as people type it, or opens a cell.
        """
        values: list[str] = []
        enclosed: list[str] = []
        lines, stray, position = 1, 0, start
        limit = start + _LONGEST_RECORD
        while True:
            if dittos and (mark := fields.ditto.match(self._text, position)):
                values.append('"')
                position = mark.end()
            elif (cell := self._enclosed(position, limit, fields)) and lines + cell[1].count("\n") <= _MOST_LINES:
                values.append(cell[1].replace('""', '"'))
                position = cell.end()
                lines += cell[1].count("\n")
                if fields.delimiter in cell[1] or "\n" in cell[1]:
                    enclosed.append(values[-1])
            else:
                end = fields.plain.match(self._text, position).end()  # type: ignore[union-attr]  # it may be empty
                values.append(self._text[position:end])
                position = end
                if values[-1].lstrip().startswith('"'):
                    stray, limit = stray + 1, 0  # nor would the quotes of the next fields be answered
            if self._text[position] == "\n":
                return _Record(values, position + 1, lines, tuple(enclosed), stray)
            position += 1
            if len(values) == MOST_CELLS:
                end = self._text.index("\n", position)
                return _Record([*values, self._text[position:end]], end + 1, lines, tuple(enclosed), stray)

    def _enclosed(self, position: int, limit: int, fields: _Fields) -> re.Match[str] | None:
        """The field in quotes that starts here, if there is one before the limit."""
        if self._patience < 0 or position >= limit or not fields.opening.match(self._text, position):
            return None
        cell = fields.enclosed.match(self._text, position, limit)
        if cell is None or "\n" in cell[0]:
            self._patience -= (cell.end() if cell else limit) - position
        return cell


class _Fields:
    """What a field may be, given the delimiter: a ditto mark, text in quotes, plain text."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        ends = rf"[ \xa0]*+(?=[{delimiter}\n])"
        self.ditto = re.compile(rf'[ \xa0]*+"(?:"")?{ends}')
        self.opening = re.compile(r'[ \xa0]*+"')
        #: Single quotes within are taken for what they are: not every program doubles them.
        self.enclosed = re.compile(rf'[ \xa0]*+"((?:[^"]++|""|"(?!{ends}))*+)"{ends}')
        self.plain = re.compile(rf"[^{delimiter}\n]*+")


def _is_stray(field: str) -> bool:
    """Whether a field read plainly begins or ends with a quote that is not answered, and is not a ditto mark."""
    field = field.strip()
    has_one = field.startswith('"') or field.endswith('"')
    return has_one and field.count('"') % 2 == 1 and field.strip('"') != ""


def _unquoted(field: str) -> str:
    whole = re.fullmatch(r'\s*"(.*)"\s*', field, re.DOTALL)
    return whole[1].replace('""', '"') if whole and whole[1] else field


def _clearest(ways: list[_Record], delimiter: str, width: int | None) -> _Record:
    """The way to read a record that gives what the list has; in doubt where none clearly does.

    `ways`: by the standard first, the plain one last. `width`: how many titles the list has; None before the titles,
    where nothing is in doubt.
    """
    titled = max(ways, key=_Record.count_titles)
    if titled.count_titles():
        return titled
    clear = [way for way in ways if way.is_clear(delimiter, width)]
    likeliest = clear[0] if clear else ways[-1]
    if width is None:
        return likeliest
    if fitting := [way for way in clear if way.fits(width)]:
        return max(fitting, key=_Record.has_one_address)
    if likeliest is ways[0] and clear and len(likeliest.fields) < width:
        return likeliest  # a heading, or a row without its last cells
    slips = [way for way in ways if way.fits(width) and way.is_a_slip()]
    return slips[0] if len(slips) == 1 else likeliest._replace(in_doubt=True)
