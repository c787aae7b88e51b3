"""PDF documents that hold text: their pages read within bounds, and rows that two pages share put together again."""

from __future__ import annotations

import io
import itertools
import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef
from pdfplumber.pdf import PDF

from provisioner.documents.blocks import Block, File, Reading, Rows, Unreadable
from provisioner.documents.pdf_page import DrawnCell, Grid, Page, has_text, is_cut, margin_of
from provisioner.documents.unruled import Columns
from provisioner.documents.wrapping import joined

#: The most objects: a page has some tens.
MOST_OBJECTS = 50_000

#: The longest that a page may take of the processor, in seconds, and what all pages may take, with so much for each
#: of them: some times what the fullest ones take.
LONGEST_PAGE, _FOR_ALL, _FOR_EACH = 2.0, 2.0, 0.2

#: How far apart the same border may be on two pages, in points.
_NEAR = 3

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(file: File, most_rows: int, most_pages: int) -> Reading:
    """The document's paragraphs and tables, from the top of each page to its bottom.

    Raises:
        Unreadable: not a sound document, a scan, one whose form fields are not part of its text, one with a
            password, too many pages or too many rows.
    """
    try:
        with _timed(LONGEST_PAGE):
            _check(PDFDocument(PDFParser(io.BytesIO(file.content))), most_pages)
        with PDF.open(io.BytesIO(file.content)) as pdf:
            rows = Rows(most_rows)
            return Reading([_block(drawn, rows) for drawn in _drawn(pdf)])
    except (Unreadable, MemoryError):
        raise
    except PDFPasswordIncorrect:
        raise Unreadable("password") from None
    except Exception:  # the library tells a broken document in many ways
        raise Unreadable("damaged") from None


def _block(drawn: str | Grid, rows: Rows) -> Block:
    if isinstance(drawn, str):
        return drawn
    margin = margin_of(drawn)
    return [kept for row in drawn for kept in rows.kept([cell.cell() for cell in row], in_doubt=is_cut(row, margin))]


def _check(document: PDFDocument, most_pages: int) -> None:
    """Refuses what the library would follow for ever.

    Raises:
        Unreadable: an object only leads to itself, or there are more pages or objects than may be.
    """
    objects = [number for xref in document.xrefs for number in itertools.islice(xref.get_objids(), MOST_OBJECTS + 1)]
    if len(objects) > MOST_OBJECTS:
        raise Unreadable("too-many-pages")
    for number in objects:
        seen = {number}
        while isinstance(reference := _object(document, number), PDFObjRef):
            number = reference.objid  # noqa: PLW2901
            if number in seen:
                raise Unreadable("damaged")
            seen.add(number)
    pages = sum(1 for _ in itertools.islice(PDFPage.create_pages(document), most_pages + 1))
    if pages > most_pages:
        raise Unreadable("too-many-pages")


def _object(document: PDFDocument, number: int) -> object:
    try:
        return document.getobj(number)
    except RecursionError:
        raise Unreadable("damaged") from None
    except Exception:  # an object that nobody may need
        return None


class _Late(BaseException):
    """A page takes too long. No `Exception`, or the library would pass over it."""


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    """Stops what takes too much of the processor's time: a small file can ask for drawings without end.

    Raises:
        Unreadable: it took longer.
    """

    def stop(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    except _Late:
        raise Unreadable("too-long") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _drawn(pdf: PDF) -> list[str | Grid]:
    """The lines and tables of all pages."""
    drawn: list[str | Grid] = []
    last_grid: Grid | None = None
    columns: Columns | None = None
    seconds = _FOR_ALL + _FOR_EACH * len(pdf.pages)
    for page in pdf.pages:
        start = time.process_time()
        with _timed(min(LONGEST_PAGE, max(seconds, 0.01))):
            blocks: list[str | Grid] | None = None
            if has_text(page):
                drawn_page = Page(page, columns)
                blocks, columns = drawn_page.blocks(), drawn_page.columns
        seconds -= time.process_time() - start
        if blocks is not None:
            grids = [block for block in blocks if not isinstance(block, str)]
            if last_grid and grids:
                _put_together(last_grid, grids[0])
            last_grid = grids[-1] if grids else None
            drawn += blocks
        page.close()
    if not drawn:
        raise Unreadable("scan")
    return drawn


def _put_together(above: Grid, below: Grid) -> None:
    """Where the end of a page has cut a row in two, puts the rest of it back where it belongs."""
    titles = [cell.text for cell in above[0]]
    first = int([cell.text for cell in below[0]] == titles and len(below) > 1)
    if len(above) > first and _goes_on(above[-1], below[first]):
        above[-1] = [cell.with_rest(rest) for cell, rest in zip(above[-1], below[first], strict=True)]
        del below[first]


def _goes_on(row: list[DrawnCell], rest: list[DrawnCell]) -> bool:
    """Whether a row is the rest of another: it fills few cells, or such as were cut within a word."""
    if len(row) != len(rest) or any(
        abs(cell.left - below.left) > _NEAR for cell, below in zip(row, rest, strict=True)
    ):
        return False
    filled = [(cell, below) for cell, below in zip(row, rest, strict=True) if below.lines]
    if not filled or len(filled) == len(row) or not all(cell.lines for cell, _ in filled):
        return False
    whole = [joined([*cell.lines, *below.lines], cell.left, cell.right).text for cell, below in filled]
    if any(text.count("@") > 1 for text in whole):
        return False
    cut = [text == cell.text + below.text for text, (cell, below) in zip(whole, filled, strict=True)]
    return all(cut) or (not rest[0].lines and (any(cut) or 2 * len(filled) < len(row)))
