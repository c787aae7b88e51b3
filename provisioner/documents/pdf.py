"""PDF documents that hold text: pdfplumber's ruled tables, with each cell's lines put together again."""

from __future__ import annotations

import io
import logging
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdfparser import PDFParser
from pdfplumber.pdf import PDF
from pdfplumber.utils.geometry import get_bbox_overlap

from provisioner.documents.blocks import Cell, Reading, Rows, Table, Unreadable
from provisioner.documents.gate import File
from provisioner.documents.pdf_gate import LONGEST_PAGE, Budget, check, has_text, timed
from provisioner.documents.strikes import Strikes
from provisioner.documents.unruled import Columns, read_unruled
from provisioner.documents.wrapping import Line, is_beside, joined, lines_of, mark_spaces, paragraphs, pieces_of

#: How far apart the same border may be on two pages, in points.
_NEAR = 3

_TABLE_SETTINGS = {"vertical_strategy": "lines", "horizontal_strategy": "lines"}

_Box = tuple[float, float, float, float]
_Object = dict[str, Any]

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(file: File, most_rows: int, most_pages: int) -> Reading:
    """The document's paragraphs and ruled tables, from the top of each page to its bottom.

    Raises:
        Unreadable: not a sound document, a scan, one whose form fields are not part of its text, one with a
            password, too many pages or too many rows.
    """
    try:
        with timed(LONGEST_PAGE):
            check(PDFDocument(PDFParser(io.BytesIO(file.content))), most_pages)
        with PDF.open(io.BytesIO(file.content)) as pdf:
            rows = Rows(most_rows)
            return Reading([one if isinstance(one, str) else _table(one, rows) for one in _drawn(pdf)])
    except (Unreadable, MemoryError):
        raise
    except PDFPasswordIncorrect:
        raise Unreadable("password") from None
    except Exception:  # the library tells a broken document in many ways
        raise Unreadable("damaged") from None


class _Drawn(NamedTuple):
    """A cell as drawn: its lines between two borders; `merged`: it goes on the cell above."""

    lines: Sequence[Line] = ()
    left: float = 0
    right: float = 0
    struck: bool = False
    merged: bool = False

    @property
    def text(self) -> str:
        """Its lines put together."""
        return joined(self.lines, self.left, self.right).text

    def cell(self) -> Cell:
        """The cell as written."""
        text, doubtful = joined(self.lines, self.left, self.right)
        return Cell(text, struck=self.struck, merged=self.merged, doubtful=doubtful)


_Grid = list[list[_Drawn]]


def _table(grid: _Grid, rows: Rows) -> Table:
    return [kept for row in grid for kept in rows.kept([cell.cell() for cell in row])]


def _drawn(pdf: PDF) -> list[str | _Grid]:
    """The lines and tables of all pages."""
    drawn: list[str | _Grid] = []
    above: _Grid | None = None
    columns: Columns | None = None
    budget = Budget(len(pdf.pages))
    for page in pdf.pages:
        with budget.page():
            blocks = None
            if has_text(page):
                drawn_page = _Page(page, columns)
                blocks, columns = drawn_page.blocks(), drawn_page.columns
        if blocks is not None:
            grids = [block for block in blocks if not isinstance(block, str)]
            if above and grids:
                _put_together(above, grids[0])
            above = grids[-1] if grids else None
            drawn += blocks
        page.close()
    if not drawn:
        raise Unreadable("scan")
    return drawn


def _put_together(above: _Grid, below: _Grid) -> None:
    """Where the end of a page has cut a row in two, puts the rest of it back where it belongs."""
    titles, rest = [cell.text for cell in above[0]], 0
    if [cell.text for cell in below[0]] == titles and len(below) > 1:
        rest = 1
    if len(above) > rest and _goes_on(above[-1], below[rest]):
        above[-1] = [
            one._replace(lines=[*one.lines, *other.lines], struck=one.struck or other.struck)
            for one, other in zip(above[-1], below[rest], strict=True)
        ]
        del below[rest]


def _goes_on(row: list[_Drawn], rest: list[_Drawn]) -> bool:
    """Whether a row is the rest of another: it fills few cells, or such as were cut within a word."""
    if len(row) != len(rest) or any(abs(one.left - other.left) > _NEAR for one, other in zip(row, rest, strict=True)):
        return False
    filled = [(one, other) for one, other in zip(row, rest, strict=True) if other.lines]
    if not filled or len(filled) == len(row) or not all(one.lines for one, _ in filled):
        return False
    whole = [joined([*one.lines, *other.lines], one.left, one.right).text for one, other in filled]
    if any(text.count("@") > 1 for text in whole):
        return False
    cut = [text == one.text + other.text for text, (one, other) in zip(whole, filled, strict=True)]
    return all(cut) or (not rest[0].lines and (any(cut) or 2 * len(filled) < len(row)))


class _Page:
    """One page: what stands in its tables, and what stands outside.

    `columns`: those of a table without lines that the page before ends with, then those of one that this page does.
    """

    def __init__(self, page: Any, columns: Columns | None = None) -> None:
        self.columns = columns
        self._strikes = Strikes(page)
        lines = {id(line) for line in self._strikes.lines}
        # A line through somebody's row would cut it in two.
        self._page = page.filter(lambda one: id(one) not in lines) if lines else page
        self._chars = [char for char in page.chars if char["upright"]]
        for char in self._chars:
            if char["text"] == "\u00ad":
                char["text"] = "-"  # drawn, so seen: some fonts give the hyphen that name
        mark_spaces(self._chars)
        self._heights = sorted((_middle(char), order) for order, char in enumerate(self._chars))

    def blocks(self) -> list[str | _Grid]:
        """The page's lines and tables, from top to bottom."""
        # A table works its own box out anew each time that it is asked.
        found = [(table, table.bbox) for table in self._page.find_tables(_TABLE_SETTINGS)]
        tables = [(table, box) for table, box in found if not any(_is_within(box, other) for _, other in found)]
        inside = {id(char) for _, box in tables for char in self._letters_in(box)}
        outside = [char for char in self._chars if id(char) not in inside]
        outside = self._not_struck(outside)
        placed: list[tuple[float, str | _Grid]] = [(box[1], self._grid(table)) for table, box in tables]
        placed += self._unruled(outside)
        return [block for _, block in sorted(placed, key=lambda one: one[0])]

    def _unruled(self, chars: list[_Object]) -> Iterator[tuple[float, str | _Grid]]:
        """What stands outside the ruled tables: texts, and tables without lines."""
        right = max((char["x1"] for char in self._chars if char["text"].strip()), default=0)
        blocks, self.columns = read_unruled(pieces_of(chars), self.columns)
        lines: list[Line] = []
        for block in blocks:
            if isinstance(block, Line):
                lines.append(block)
                continue
            yield from paragraphs(lines, right)
            lines = []
            yield (
                min(line.top for cell in block[0] for line in cell.lines),
                [
                    [_Drawn(cell.lines, cell.left, cell.right, any(map(self._is_struck, cell.lines))) for cell in row]
                    for row in block
                ],
            )
        yield from paragraphs(lines, right)

    def _is_struck(self, line: Line) -> bool:
        struck = self._strikes.exact | self._strikes.rough
        letters = self._letters_in((line.x0, line.top, line.x1, line.bottom)) if struck else ()
        return any(id(char) in struck for char in letters)

    def _grid(self, table: Any) -> _Grid:
        grid: _Grid = []
        above: list[_Box | None] = []
        for row in table.rows:
            boxes, bottom = list(row.cells), row.bbox[3]
            cells = []
            for x, box in enumerate(boxes):
                over = above[x] if x < len(above) else None
                if box is None and over is not None and over[3] >= bottom - 1:
                    boxes[x] = over
                    cells.append(_Drawn(merged=True))
                else:
                    cells.append(self._drawn(box))
            above = boxes
            grid.append(cells)
        return grid

    def _letters_in(self, box: _Box) -> list[_Object]:
        """The letters in a box, in the order in which the page draws them."""
        first, last = bisect_left(self._heights, (box[1], 0)), bisect_left(self._heights, (box[3], 0))
        orders = sorted(order for _, order in self._heights[first:last])
        return [char for order in orders if _is_in(char := self._chars[order], box)]

    def _drawn(self, box: _Box | None) -> _Drawn:
        if box is None:
            return _Drawn()
        inside = self._letters_in(box)
        left = self._not_struck(inside)
        exact, rough = self._strikes.exact, self._strikes.rough
        is_struck = len(left) == len(inside) and any(id(char) in exact for char in inside)
        is_struck = is_struck or any(id(char) in rough for char in inside)
        return _Drawn(lines_of(left), box[0], box[2], is_struck)

    def _not_struck(self, chars: list[_Object]) -> list[_Object]:
        """The letters without the words that a line strikes, where others are left; else all of them."""
        exact = self._strikes.exact
        if not any(id(char) in exact for char in chars):
            return chars
        words: list[list[_Object]] = [[]]
        for char in chars:
            if char["text"].isspace() or (words[-1] and not is_beside(words[-1][-1], char)):
                words.append([])
            words[-1].append(char)
        letters = [[char for char in word if char["text"].strip()] for word in words]
        struck = [sum(id(char) in exact for char in word) for word in letters]
        if any(0 < count < len(word) for count, word in zip(struck, letters, strict=True)):
            return chars  # a letter within a word: nobody can tell what is left
        left = [char for word, count in zip(words, struck, strict=True) if not count for char in word]
        return left if any(char["text"].strip() for char in left) else chars


def _middle(char: _Object) -> float:
    return float(char["top"] + char["bottom"]) / 2


def _is_in(char: _Object, box: _Box) -> bool:
    x = (char["x0"] + char["x1"]) / 2
    return bool(box[0] <= x < box[2] and box[1] <= _middle(char) < box[3])


def _is_within(box: _Box, other: _Box) -> bool:
    """Whether a table lies in a cell of another."""
    return box is not other and get_bbox_overlap(box, other) == box
