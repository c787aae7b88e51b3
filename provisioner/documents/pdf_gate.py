"""What a PDF must be before it is read: sound, with an end, and all its words in its text."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psparser import literal_name
from pdfplumber.utils.geometry import calculate_area, get_bbox_overlap, obj_to_bbox

from provisioner.documents.blocks import Unreadable

#: The most objects: a page has some tens.
MOST_OBJECTS = 50_000

#: The most letters, and the most lines, rectangles and curves of a page: several times what the fullest has.
MOST_LETTERS, MOST_DRAWN = 20_000, 5_000

#: The longest that a page may take of the processor, in seconds, and what all pages may take, with so much for each
#: of them: some times what the fullest ones take.
LONGEST_PAGE, _FOR_ALL, _FOR_EACH = 2.0, 2.0, 0.2

#: The part of a page that a picture covers when the page is a scan, whatever text a machine has laid over it.
_SCANNED = 0.8


class _Late(BaseException):
    """A page takes too long. No `Exception`, or the library would pass over it."""


class Budget:
    """The processor's time that the pages of a document may take together."""

    def __init__(self, pages: int) -> None:
        self._left = _FOR_ALL + _FOR_EACH * pages

    @contextmanager
    def page(self) -> Iterator[None]:
        """The time of one page.

        Raises:
            Unreadable: it took longer than any page may, or the pages so far more than all may.
        """
        start = time.process_time()
        with timed(min(LONGEST_PAGE, max(self._left, 0.01))):
            yield
        self._left -= time.process_time() - start


@contextmanager
def timed(seconds: float) -> Iterator[None]:
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


def check(document: PDFDocument, most_pages: int) -> None:
    """Refuses what the library would follow for ever.

    Raises:
        Unreadable: an object only leads to itself, or there are more pages or objects than may be.
    """
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
    found = any(char["text"].strip() for char in page.chars)
    if any(part >= _SCANNED for part in pictures) or (page.images and not found):
        raise Unreadable("scan")
    lying = [char["text"] for char in page.chars if not char["upright"]]
    if 2 * len(lying) > len(page.chars) and "@" in lying:
        raise Unreadable("sideways")  # persons in it would be passed over
    if any(_is_filled_in(note["data"]) for note in page.annots):
        raise Unreadable("pdf-form")
    return found


def _is_filled_in(note: dict[str, Any]) -> bool:
    """Whether an annotation holds words that a reader of the page sees and the page's text does not have."""
    kind = literal_name(note.get("Subtype"))
    if kind == "Widget":
        parent = resolve1(note.get("Parent")) or {}
        field = literal_name(note.get("FT") or parent.get("FT"))
        return field in ("Tx", "Ch") and bool(note.get("V") or parent.get("V"))
    return kind == "FreeText"
