"""XML that comes from outside: one way to stream it, with everything dangerous off, and one to walk down a page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from provisioner.documents.blocks import Unreadable


def stream(part: bytes, *tags: str, starts: bool = False) -> Iterator[tuple[str, etree._Element]]:
    """The ends of these elements, and if wanted their starts, in order. The caller clears what it has done with.

    Raises:
        Unreadable: the part is not well-formed, or declares what may not be declared.
    """
    events = etree.iterparse(
        io.BytesIO(part),
        events=("start", "end") if starts else ("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for first in events:
            # The gate looks for it in the usual encodings; here it is seen in all of them.
            if first[1].getroottree().docinfo.internalDTD is not None:
                raise Unreadable("dtd")
            yield first
            break
        yield from events
    except etree.XMLSyntaxError:
        raise Unreadable("damaged") from None


def drop(element: etree._Element) -> None:
    """Frees an element that was read, and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class Tags(NamedTuple):
    """What a text document calls its parts; `apart` is what stands in the file but not on the page."""

    table: str
    row: str
    paragraphs: frozenset[str]
    apart: frozenset[str]


def page(part: bytes, tags: Tags, *others: str) -> Iterator[etree._Element]:
    """What stands on the page in its order, each when it is complete: paragraphs, the rows of a table, the table.

    A table within a table is left in the row that holds it. The other elements are given wherever they are.

    Raises:
        Unreadable: the part is not well-formed, or declares what may not be declared.
    """
    depth = apart = 0
    for event, element in stream(part, tags.table, tags.row, *tags.paragraphs, *tags.apart, *others, starts=True):
        step = 1 if event == "start" else -1
        depth += step * (element.tag == tags.table)
        apart += step * (element.tag in tags.apart)
        if event == "start":
            continue
        is_on_page = element.tag not in tags.apart and not apart and depth == (element.tag == tags.row)
        if is_on_page or element.tag in others:
            yield element
