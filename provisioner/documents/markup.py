"""XML that comes from outside: one way to stream it, with everything dangerous off."""

from __future__ import annotations

import io
from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import Unreadable


def stream(part: bytes, *tags: str) -> Iterator[tuple[str, etree._Element]]:
    """The starts and ends of these elements, in order. The caller clears what it has done with.

    Raises:
        Unreadable: the part is not well-formed.
    """
    events = etree.iterparse(
        io.BytesIO(part),
        events=("start", "end"),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from events
    except etree.XMLSyntaxError:
        raise Unreadable("damaged") from None


def drop(element: etree._Element) -> None:
    """Frees an element that was read, and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
