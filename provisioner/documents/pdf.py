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

from provisioner.documents import unruled
from provisioner.documents.blocks import Cell, Reading, Rows, Table, Unreadable
from provisioner.documents.gate import File
from provisioner.documents.pdf_gate import LONGEST_PAGE, Budget, check, has_text, timed
from provisioner.documents.strikes import Strikes
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
    """A cell as drawn: its lines between two borders; `merged`: it goes on the cell above.

    `standing`: where only some of its words are struck through, the lines that the others make.
    """

    lines: Sequence[Line] = ()
    left: float = 0
    right: float = 0
    struck: bool = False
    merged: bool = False
    standing: Sequence[Line] = ()

    @property
    def text(self) -> str:
        """Its lines put together."""
        return joined(self.lines, self.left, self.right).text

    def cell(self) -> Cell:
        """The cell as written."""
        text, doubtful = joined(self.lines, self.left, self.right)
        standing = joined(self.standing, self.left, self.right)
        doubtful = standing.doubtful if self.standing else doubtful
        return Cell(text, struck=self.struck, merged=self.merged, doubtful=doubtful, standing=standing.text)

    def with_rest(self, rest: _Drawn) -> _Drawn:
        """The cell with the rest of it, which stands on the next page."""
        is_clear = all(part.standing or not part.struck for part in (self, rest))
        standing = [*(self.standing or self.lines), *(rest.standing or rest.lines)] if is_clear else ()
        struck = self.struck or rest.struck
        return self._replace(lines=[*self.lines, *rest.lines], struck=struck, standing=standing if struck else ())


_Grid = list[list[_Drawn]]


def _table(grid: _Grid, rows: Rows) -> Table:
    return [kept for row in grid for kept in rows.kept([cell.cell() for cell in row])]


def _drawn(pdf: PDF) -> list[str | _Grid]:
    """The lines and tables of all pages."""
    drawn: list[str | _Grid] = []
    above: _Grid | None = None
    columns: unruled.Columns | None = None
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
        above[-1] = [one.with_rest(other) for one, other in zip(above[-1], below[rest], strict=True)]
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

    def __init__(self, page: Any, columns: unruled.Columns | None = None) -> None:
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
        placed: list[tuple[float, str | _Grid]] = [(box[1], self._grid(table)) for table, box in tables]
        placed += self._unruled(outside)
        return [block for _, block in sorted(placed, key=lambda one: one[0])]

    def _unruled(self, chars: list[_Object]) -> Iterator[tuple[float, str | _Grid]]:
        """What stands outside the ruled tables: texts, and tables without lines."""
        right = max((char["x1"] for char in self._chars if char["text"].strip()), default=0)
        blocks, self.columns = unruled.read_unruled(pieces_of(chars), self.columns)
        lines: list[Line] = []
        for block in blocks:
            if isinstance(block, Line):
                lines += self._standing(block)
                continue
            yield from paragraphs(lines, right)
            lines = []
            top = min(line.top for cell in block[0] for line in cell.lines)
            yield top, [[self._of_page(cell) for cell in row] for row in block]
        yield from paragraphs(lines, right)

    def _of_page(self, cell: unruled.Cell) -> _Drawn:
        drawn = _Drawn(cell.lines, cell.left, cell.right)
        is_marked = self._strikes.exact or self._strikes.rough
        return self._marked(drawn, self._letters_of(*cell.lines)) if is_marked else drawn

    def _letters_of(self, *lines: Line) -> list[_Object]:
        return [char for line in lines for char in self._letters_in((line.x0, line.top, line.x1, line.bottom))]

    def _standing(self, line: Line) -> list[Line]:
        """A line of text without the words that are struck through; nothing where all are."""
        return lines_of(self._not_struck(self._letters_of(line))) if self._strikes.exact else [line]

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
        return self._marked(_Drawn(lines_of(inside), box[0], box[2]), inside)

    def _marked(self, cell: _Drawn, letters: list[_Object]) -> _Drawn:
        """A cell of these letters, with what is struck through of it."""
        exact, rough = self._strikes.exact, self._strikes.rough
        if any(id(char) in rough for char in letters):
            return cell._replace(struck=True)
        if not any(id(char) in exact for char in letters):
            return cell
        left = self._not_struck(letters)
        return cell._replace(struck=True, standing=lines_of(left) if len(left) < len(letters) else ())

    def _not_struck(self, chars: list[_Object]) -> list[_Object]:
        """The letters without the words that a line strikes; all of them where it strikes a part of a word."""
        exact = self._strikes.exact
        words: list[list[_Object]] = [[]]
        for char in chars:
            if char["text"].isspace() or (words[-1] and not is_beside(words[-1][-1], char)):
                words.append([])
            words[-1].append(char)
        letters = [[char for char in word if char["text"].strip()] for word in words]
        struck = [sum(id(char) in exact for char in word) for word in letters]
        if any(0 < count < len(word) for count, word in zip(struck, letters, strict=True)):
            return chars  # a letter within a word: nobody can tell what is left
        return [char for word, count in zip(words, struck, strict=True) if not count for char in word]


def _middle(char: _Object) -> float:
    return float(char["top"] + char["bottom"]) / 2


def _is_in(char: _Object, box: _Box) -> bool:
    x = (char["x0"] + char["x1"]) / 2
    return bool(box[0] <= x < box[2] and box[1] <= _middle(char) < box[3])


def _is_within(box: _Box, other: _Box) -> bool:
    """Whether a table lies in a cell of another."""
    return box is not other and get_bbox_overlap(box, other) == box
