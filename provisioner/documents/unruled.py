"""Tables of a page without lines between their cells: columns told by where their titles start.

Only what stands in clear columns is read so: a text that reaches over two of them is none of the table's. A line goes
on the row above where each of its texts can only be the rest of a cell; it never does so for both names at once, nor
with a date of its own. What is left in doubt becomes a row that lacks something, which is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from provisioner.documents import blocks
from provisioner.documents.dates import read_date
from provisioner.documents.titles import read_titles
from provisioner.documents.wrapping import Line
from provisioner.domain.annexe.document import Column

#: How far left of its column's title a text may start, in points.
_NEAR = 3

#: About how much lies between the texts of two columns, in points: the margins of both cells.
_BETWEEN = 12

#: The fewest titles, and the fewest texts that make a line a row where no table is open.
_FEWEST = 3

#: How far below the last line of a table its next one may be, in heights of a line.
_FARTHEST = 2.5

#: A line of the page, in the pieces that stand well apart.
Pieces = Sequence[Line]


class Cell(NamedTuple):
    """The lines of a cell, between the left and the right end of its column."""

    lines: tuple[Line, ...]
    left: float
    right: float


Grid = list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns start, how far right their texts reach, and which two hold names."""

    lefts: tuple[float, ...]
    rights: tuple[float, ...]
    names: tuple[int, int]

    def end(self, column: int) -> float:
        """How far right a column may reach at most."""
        following = self.lefts[column + 1] - _BETWEEN if column + 1 < len(self.lefts) else 0
        return max(self.rights[column], following)

    def placed(self, pieces: Pieces) -> dict[int, Line] | None:
        """The pieces by column; None where one stands in no column or in several."""
        placed: dict[int, Line] = {}
        for piece in pieces:
            column = sum(left <= piece.x0 + _NEAR for left in self.lefts) - 1
            end = self.lefts[column + 1] if column + 1 < len(self.lefts) else float("inf")
            if column < 0 or column in placed or piece.x1 > end:
                return None
            placed[column] = piece
        return placed


class Unruled(NamedTuple):
    """What stands outside the ruled tables, from top to bottom: lines of text, and tables.

    `columns`: those of the table that the page ends with, if it does.
    """

    blocks: list[Line | Grid]
    columns: Columns | None


def read_unruled(rows: Sequence[Pieces], columns: Columns | None) -> Unruled:
    """The tables among the lines of a page; `columns`: those of the table that the page before ends with."""
    blocks: list[Line | Grid] = []
    grid: Grid | None = [] if columns else None  # the rest of a row may stand first
    last: Line | None = None
    for index, pieces in enumerate(rows):
        titled = _columns(rows, index)
        if titled:
            columns, grid = titled, []
        if columns is None or not _is_row(pieces, placed := columns.placed(pieces), grid, last):
            grid, last = None, None
            blocks.append(_whole(pieces))
            continue
        if grid is None:
            grid = []
        if not grid:
            blocks.append(grid)
        if placed is None:
            # Somebody, in columns that run into each other: a row that nobody can read, and not one that is gone.
            grid.append([Cell((_whole(pieces),), columns.lefts[0], pieces[-1].x1)])
            last = None
            continue
        if grid and last and not titled and _goes_on(grid[-1], placed, columns, last):
            for column, line in placed.items():
                cell = grid[-1][column]
                grid[-1][column] = cell._replace(lines=(*cell.lines, line))
        else:
            grid.append(list(_row(placed, columns)))
        last = pieces[0]
    return Unruled(blocks, columns if grid else None)


def _is_row(pieces: Pieces, placed: dict[int, Line] | None, grid: Grid | None, last: Line | None) -> bool:
    """Whether a line below titles is a row, or the rest of one, rather than a text."""
    if any("@" in piece.text for piece in pieces):
        return True
    if placed is None:
        is_filled = grid is not None and len(pieces) >= _FEWEST
        return is_filled or (len(pieces) > 1 and any(read_date(piece.text) for piece in pieces))
    is_near = grid is not None and (last is None or not _is_far(last, pieces))
    return len(placed) >= _FEWEST or is_near


def _whole(pieces: Pieces) -> Line:
    text, first, last = " ".join(piece.text for piece in pieces), pieces[0], pieces[-1]
    return last._replace(text=text, x0=first.x0, first=first.first)


def _row(placed: dict[int, Line], columns: Columns) -> Iterator[Cell]:
    for column, (left, right) in enumerate(zip(columns.lefts, columns.rights, strict=True)):
        yield Cell((placed[column],) if column in placed else (), left, right)


def _is_far(last: Line, pieces: Pieces) -> bool:
    return pieces[0].top - last.bottom > _FARTHEST * (last.bottom - last.top)


def _goes_on(row: Sequence[Cell], placed: dict[int, Line], columns: Columns, last: Line) -> bool:
    """Whether a line can only be the rest of the row above."""
    if all(name in placed for name in columns.names) and any(row[name].lines for name in columns.names):
        return False
    if any(read_date(line.text) for line in placed.values()):
        return False
    for column, line in placed.items():
        above = row[column].lines[-1] if row[column].lines else None
        if above is None or above.bottom < last.top:
            return False
        if above.x1 + above.space / 2 + line.word <= columns.end(column):
            return False  # it would have found room
    return True


def _columns(rows: Sequence[Pieces], index: int) -> Columns | None:
    """The columns that start with this line, where it holds titles."""
    pieces = rows[index]
    titles = read_titles([blocks.Cell(piece.text) for piece in pieces], 1)  # both lists have the columns of names
    last_name, first_names = (titles.positions.get(column) for column in (Column.LAST_NAME, Column.FIRST_NAMES))
    if last_name is None or first_names is None or len(pieces) < _FEWEST:
        return None
    lefts = tuple(piece.x0 for piece in pieces)
    columns = Columns(lefts, tuple(piece.x1 for piece in pieces), (last_name, first_names))
    rights = list(columns.rights)
    for following in rows[index + 1 :]:
        if (placed := columns.placed(following)) is None:
            break
        for column, piece in placed.items():
            rights[column] = max(rights[column], piece.x1)
    return Columns(lefts, tuple(rights), columns.names)
