"""PDF documents that hold text: pdfplumber's ruled tables, with each cell's lines put together again."""

from __future__ import annotations

import io
import itertools
import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef
from pdfplumber.pdf import PDF

from provisioner.documents.blocks import Block, Cell, Reading, Rows, Unreadable
from provisioner.documents.wrapping import Line, joined, lines_of, mark_spaces, paragraphs

#: The most pages: a convention has some tens, and a page takes a tenth of a second.
MOST_PAGES = 200

#: The most objects: a page has some tens.
MOST_OBJECTS = 50_000

#: The longest that a page may take of the processor, in seconds: twenty times what the fullest one takes.
_LONGEST_PAGE = 2

#: The part of a page that a picture covers when the page is a scan, whatever text a machine has laid over it.
_SCANNED = 0.8

#: The part of a letter's height, in its middle, where a line strikes it through.
_STRIKE_FROM, _STRIKE_TO = 0.3, 0.75
_THICKEST_STRIKE = 2.5

#: How far apart the same border may be on two pages, in points.
_NEAR = 3

_TABLE_SETTINGS = {"vertical_strategy": "lines", "horizontal_strategy": "lines"}

_Box = tuple[float, float, float, float]
_Object = dict[str, Any]

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(content: bytes, most_rows: int) -> Reading:
    """The document's paragraphs and ruled tables, from the top of each page to its bottom.

    Raises:
        Unreadable: not a sound document, a scan, one whose form fields are not part of its text, one with a
            password, too many pages or too many rows.
    """
    try:
        with _timed():
            _check(PDFDocument(PDFParser(io.BytesIO(content))))
        with PDF.open(io.BytesIO(content)) as pdf:
            return _reading(pdf, Rows(most_rows))
    except (Unreadable, MemoryError):
        raise
    except _Late:
        raise Unreadable("too-long") from None
    except PDFPasswordIncorrect:
        raise Unreadable("password") from None
    except Exception:  # the library tells a broken document in many ways
        raise Unreadable("damaged") from None


class _Late(BaseException):
    """A page takes too long. No `Exception`, or the library would pass over it."""


@contextmanager
def _timed() -> Iterator[None]:
    """Stops what takes too much of the processor's time: a small file can ask for drawings without end."""

    def stop(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _LONGEST_PAGE, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _check(document: PDFDocument) -> None:
    """Refuses what the library would follow for ever: an object that only leads to itself, pages without number."""
    objects = [number for xref in document.xrefs for number in itertools.islice(xref.get_objids(), MOST_OBJECTS + 1)]
    if len(objects) > MOST_OBJECTS:
        raise Unreadable("too-many-pages")
    for number in objects:
        seen = {number}
        while isinstance(found := _object(document, number), PDFObjRef):
            number = found.objid  # noqa: PLW2901
            if number in seen:
                raise Unreadable("damaged")
            seen.add(number)
    pages = sum(1 for _ in itertools.islice(PDFPage.create_pages(document), MOST_PAGES + 1))
    if pages > MOST_PAGES:
        raise Unreadable("too-many-pages")


def _object(document: PDFDocument, number: int) -> object:
    try:
        return document.getobj(number)
    except RecursionError:
        raise Unreadable("damaged") from None
    except Exception:  # an object that nobody may need
        return None


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
        return joined(self.lines, self.left, self.right)

    def cell(self) -> Cell:
        """The cell as written."""
        return Cell(self.text, struck=self.struck, merged=self.merged)


_Grid = list[list[_Drawn]]


def _reading(pdf: PDF, rows: Rows) -> Reading:
    drawn: list[str | _Grid] = []
    above: _Grid | None = None
    for page in pdf.pages:
        with _timed():
            blocks = _Page(page).blocks() if _has_text(page) else None
        if blocks is not None:
            grids = [block for block in blocks if not isinstance(block, str)]
            if above and grids:
                _put_together(above, grids[0])
            above = grids[-1] if grids else None
            drawn += blocks
        page.close()
    if not drawn:
        raise Unreadable("scan")
    blocks_read: list[Block] = []
    for block in drawn:
        if isinstance(block, str):
            blocks_read.append(block)
        else:
            blocks_read.append([row for one in block for row in rows.kept([cell.cell() for cell in one])])
    return Reading(blocks_read)


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
    whole = [joined([*one.lines, *other.lines], one.left, one.right) for one, other in filled]
    if any(text.count("@") > 1 for text in whole):
        return False
    cut = [text == one.text + other.text for text, (one, other) in zip(whole, filled, strict=True)]
    return all(cut) or (not rest[0].lines and (any(cut) or 2 * len(filled) < len(row)))


def _has_text(page: Any) -> bool:
    """Whether there is something to read; a page that is wholly empty is passed over.

    Raises:
        Unreadable: the page is a scan, or was filled in with what is not part of its text.
    """
    area = page.width * page.height
    pictures = [_overlap(_box(image), (0, 0, page.width, page.height)) for image in page.images]
    has_text = any(char["text"].strip() for char in page.chars)
    if any(covered >= _SCANNED * area for covered in pictures) or (pictures and not has_text):
        raise Unreadable("scan")
    if any(_is_filled_in(note["data"]) for note in page.annots):
        raise Unreadable("pdf-form")
    return has_text


def _is_filled_in(note: _Object) -> bool:
    """Whether an annotation holds words that a reader of the page sees and the page's text does not have."""
    kind = _name(note.get("Subtype"))
    if kind == "Widget":
        field = _name(note.get("FT") or _of(note.get("Parent")).get("FT"))
        value = note.get("V") or _of(note.get("Parent")).get("V")
        return field in ("Tx", "Ch") and bool(value)
    return kind == "FreeText"


def _of(value: object) -> _Object:
    value = value.resolve() if isinstance(value, PDFObjRef) else value
    return value if isinstance(value, dict) else {}


def _name(value: object) -> str:
    name = getattr(value, "name", value)
    return name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)


class _Page:
    """One page: what stands in its tables, and what stands outside."""

    def __init__(self, page: Any) -> None:
        self._struck = list(_strikes(page))
        strikes = {id(line) for line in self._struck}
        # A line through somebody's row would cut it in two.
        self._page = page.filter(lambda one: id(one) not in strikes) if strikes else page
        self._crossed = [_box(line) for line in self._struck] + list(_crossed_out(page))
        self._chars = [char for char in page.chars if char["upright"]]
        mark_spaces(self._chars)

    def blocks(self) -> list[str | _Grid]:
        """The page's lines and tables, from top to bottom."""
        tables = self._page.find_tables(_TABLE_SETTINGS)
        tables = [
            one for one in tables if not any(one is not other and _within(one.bbox, other.bbox) for other in tables)
        ]
        outside = [char for char in self._chars if not any(_is_in(char, table.bbox) for table in tables)]
        right = max((char["x1"] for char in self._chars if char["text"].strip()), default=0)
        placed: list[tuple[float, str | _Grid]] = [(table.bbox[1], self._grid(table)) for table in tables]
        placed += [(top, text) for top, text in paragraphs(lines_of(outside), right)]
        return [block for _, block in sorted(placed, key=lambda one: one[0])]

    def _grid(self, table: Any) -> _Grid:
        grid: _Grid = []
        above: list[_Box | None] = []
        chars = [char for char in self._chars if _is_in(char, table.bbox)]
        for row in table.rows:
            boxes = list(row.cells)
            inside = [char for char in chars if char["bottom"] > row.bbox[1]]
            cells = []
            for x, box in enumerate(boxes):
                over = above[x] if x < len(above) else None
                if box is None and over is not None and over[3] >= row.bbox[3] - 1:
                    boxes[x] = over
                    cells.append(_Drawn(merged=True))
                else:
                    cells.append(self._drawn(box, inside))
            above = boxes
            grid.append(cells)
        return grid

    def _drawn(self, box: _Box | None, chars: list[_Object]) -> _Drawn:
        if box is None:
            return _Drawn()
        inside = [char for char in chars if _is_in(char, box)]
        struck = any(_is_crossed(char, line) for char in inside if char["text"].strip() for line in self._crossed)
        return _Drawn(lines_of(inside), box[0], box[2], struck)


def _strikes(page: Any) -> Iterator[_Object]:
    """The thin level lines that go through letters."""
    letters = [char for char in page.chars if char["text"].strip()]
    for line in (*page.lines, *page.rects):
        if line["height"] <= _THICKEST_STRIKE and line["width"] > 2 * line["height"]:
            box = _box(line)
            crossed = sum(_is_crossed(char, box) for char in letters)
            if crossed >= 2 and crossed * max(char["width"] for char in letters) >= line["width"] / 8:
                yield line


def _crossed_out(page: Any) -> Iterator[_Box]:
    """Where a reader of the file has put its own mark of deletion."""
    for note in page.annots:
        if _name(note["data"].get("Subtype")) == "StrikeOut":
            yield note["x0"], note["top"], note["x1"], note["bottom"]


def _is_crossed(char: _Object, line: _Box) -> bool:
    """Whether a line goes through the middle of a letter."""
    middle = (char["x0"] + char["x1"]) / 2
    level = (line[1] + line[3]) / 2 - char["top"]
    is_along = line[0] <= middle <= line[2]
    return bool(is_along and _STRIKE_FROM <= level / max(char["height"], 0.1) <= _STRIKE_TO)


def _box(one: _Object) -> _Box:
    return one["x0"], one["top"], one["x1"], one["bottom"]


def _is_in(char: _Object, box: _Box) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] <= x < box[2] and box[1] <= y < box[3])


def _within(one: _Box, other: _Box) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


def _overlap(one: _Box, other: _Box) -> float:
    return max(min(one[2], other[2]) - max(one[0], other[0]), 0) * max(
        min(one[3], other[3]) - max(one[1], other[1]), 0
    )
