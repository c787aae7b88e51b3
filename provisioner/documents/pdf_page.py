"""One page of a PDF: pdfplumber's ruled tables, tables without lines, and the texts that stand outside of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pdfminer.pdftypes import resolve1
from pdfminer.psparser import literal_name
from pdfplumber.utils.geometry import calculate_area, get_bbox_overlap, obj_to_bbox

from provisioner.documents import unruled
from provisioner.documents.blocks import Cell, Unreadable
from provisioner.documents.strikes import Strikes
from provisioner.documents.wrapping import Line, is_beside, joined, lines_of, mark_spaces, paragraphs, pieces_of

#: The most letters, and the most lines, rectangles and curves of a page: several times what the fullest has.
MOST_LETTERS, MOST_DRAWN = 20_000, 5_000

#: The part of a page that a picture covers when the page is a scan, whatever text a machine has laid over it.
_SCANNED = 0.8

#: The thickest border, and how far the colour of a marker may reach beyond the words that it is on, in points.
_THICKEST_BORDER, _NEAR = 3, 1

#: What widths may differ by, in points.
_ROUNDING = 0.2

_TABLE_SETTINGS = {"vertical_strategy": "lines", "horizontal_strategy": "lines"}

_Box = tuple[float, float, float, float]
_Object = dict[str, Any]


def has_text(page: Any) -> bool:
    """Whether there is something to read; a page that is wholly empty is passed over.

    Raises:
        Unreadable: the page is a scan, lies on its side, was filled in with what is not part of its text, or holds
            more than may be.
    """
    if len(page.chars) > MOST_LETTERS or len(page.lines) + len(page.rects) + len(page.curves) > MOST_DRAWN:
        raise Unreadable("too-long")
    whole = (0, 0, page.width, page.height)
    seen = [get_bbox_overlap(obj_to_bbox(image), whole) for image in page.images]
    pictures = [calculate_area(box) / calculate_area(whole) for box in seen if box is not None]
    has_letters = any(char["text"].strip() for char in page.chars)
    if any(part >= _SCANNED for part in pictures) or (page.images and not has_letters):
        raise Unreadable("scan")
    lying = [char["text"] for char in page.chars if not char["upright"]]
    if 2 * len(lying) > len(page.chars) and "@" in lying:
        raise Unreadable("sideways")  # persons in it would be passed over
    if any(_is_filled_in(note["data"]) for note in page.annots):
        raise Unreadable("pdf-form")
    return has_letters


def _is_filled_in(note: dict[str, Any]) -> bool:
    """Whether an annotation holds words that a reader of the page sees and the page's text does not have."""
    kind = literal_name(note.get("Subtype"))
    if kind == "Widget":
        parent = resolve1(note.get("Parent")) or {}
        field = literal_name(note.get("FT") or parent.get("FT"))
        return field in ("Tx", "Ch") and bool(note.get("V") or parent.get("V"))
    return kind == "FreeText"


class DrawnCell(NamedTuple):
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
        whole, standing = (joined(lines, self.left, self.right) for lines in (self.lines, self.standing))
        doubtful = standing.doubtful if self.standing else whole.doubtful
        return Cell(whole.text, struck=self.struck, merged=self.merged, doubtful=doubtful, standing=standing.text)

    def with_rest(self, rest: DrawnCell) -> DrawnCell:
        """The cell with the rest of it, which stands on the next page."""
        is_clear = all(part.standing or not part.struck for part in (self, rest))
        standing = [*(self.standing or self.lines), *(rest.standing or rest.lines)] if is_clear else ()
        struck = self.struck or rest.struck
        return self._replace(lines=[*self.lines, *rest.lines], struck=struck, standing=standing if struck else ())


Grid = list[list[DrawnCell]]


def is_cut(row: Sequence[DrawnCell], margin: float) -> bool:
    """Whether a text of a row goes from its cell's left margin beyond the right one. So prints a spreadsheet what has
    no room, and the rest of it nowhere. A line that another one follows goes on there.
    """
    return any(
        line.x0 < cell.left + margin + _ROUNDING and line.x1 > cell.right - margin + _ROUNDING
        for cell in row
        for line in cell.lines[-1:]
    )


def margin_of(grid: Grid) -> float:
    """The margin of the cells of a table, left and right of their texts: the least of them, since a text that is
    centred or indented stands farther from its border.
    """
    return min((line.x0 - cell.left for row in grid for cell in row for line in cell.lines), default=0)


class Page:
    """One page: what stands in its tables, and what stands outside.

    `columns`: those of a table without lines that the page before ends with, then those of one that this page does.
    """

    def __init__(self, page: Any, columns: unruled.Columns | None = None) -> None:
        self.columns = columns
        self._strikes = Strikes(page)
        self._chars = [char for char in page.chars if char["upright"]]
        for char in self._chars:
            if char["text"] == "\u00ad":
                char["text"] = "-"  # drawn, so seen: some fonts give the hyphen that name
        mark_spaces(self._chars)
        self._heights = sorted((_middle(char), order) for order, char in enumerate(self._chars))
        # A line through somebody's row, or a marker's colour over its words, would cut it in two.
        on_words = {id(line) for line in self._strikes.lines} | {id(rect) for rect in page.rects if self._marks(rect)}
        self._page = page.filter(lambda drawn: id(drawn) not in on_words) if on_words else page

    def blocks(self) -> list[str | Grid]:
        """The page's lines and tables, from top to bottom."""
        # A table works its own box out anew each time that it is asked.
        boxed = [(table, table.bbox) for table in self._page.find_tables(_TABLE_SETTINGS)]
        tables = [(table, box) for table, box in boxed if not any(_is_within(box, other) for _, other in boxed)]
        inside = {id(char) for _, box in tables for char in self._letters_in(box)}
        outside = [char for char in self._chars if id(char) not in inside]
        placed: list[tuple[float, str | Grid]] = [(box[1], self._grid(table)) for table, box in tables]
        placed += self._unruled(outside)
        return [block for _, block in sorted(placed, key=lambda block: block[0])]

    def _unruled(self, chars: list[_Object]) -> Iterator[tuple[float, str | Grid]]:
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

    def _of_page(self, cell: unruled.Cell) -> DrawnCell:
        drawn = DrawnCell(cell.lines, cell.left, cell.right)
        is_marked = self._strikes.exact or self._strikes.rough
        return self._marked(drawn, self._letters_of(*cell.lines)) if is_marked else drawn

    def _letters_of(self, *lines: Line) -> list[_Object]:
        return [char for line in lines for char in self._letters_in((line.x0, line.top, line.x1, line.bottom))]

    def _standing(self, line: Line) -> list[Line]:
        """A line of text without the words that are struck through; nothing where all are."""
        return lines_of(self._not_struck(self._letters_of(line))) if self._strikes.exact else [line]

    def _grid(self, table: Any) -> Grid:
        """A ruled table, its cells by column."""
        grid: Grid = []
        above: list[_Box | None] = []
        for row in table.rows:
            boxes, bottom = list(row.cells), row.bbox[3]
            cells = []
            for x, box in enumerate(boxes):
                over = above[x] if x < len(above) else None
                if box is None and over is not None and over[3] >= bottom - 1:
                    boxes[x] = over
                    cells.append(DrawnCell(merged=True))
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

    def _marks(self, rect: _Object) -> bool:
        """Whether a rectangle only colours words: unlike a cell's, its colour ends where they do."""
        if rect["stroke"] or rect["height"] <= _THICKEST_BORDER:
            return False
        letters = self._letters_in(obj_to_bbox(rect))
        left, right = (
            min((char["x0"] for char in letters), default=0),
            max((char["x1"] for char in letters), default=0),
        )
        return bool(abs(rect["x0"] - left) < _NEAR and abs(rect["x1"] - right) < _NEAR)

    def _drawn(self, box: _Box | None) -> DrawnCell:
        if box is None:
            return DrawnCell()
        letters = self._letters_in(box)
        return self._marked(DrawnCell(lines_of(letters), box[0], box[2]), letters)

    def _marked(self, cell: DrawnCell, letters: list[_Object]) -> DrawnCell:
        """A cell of these letters, with what is struck through of it."""
        exact, rough = self._strikes.exact, self._strikes.rough
        if any(id(char) in rough for char in letters):
            return cell._replace(struck=True)
        if not any(id(char) in exact for char in letters):
            return cell
        standing = self._not_struck(letters)
        return cell._replace(struck=True, standing=lines_of(standing) if len(standing) < len(letters) else ())

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
