"""XML that comes from outside: one way to stream it, with everything dangerous off."""

from __future__ import annotations

import io
from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import Unreadable


def stream(part: bytes, *tags: str, starts: bool = True) -> Iterator[tuple[str, etree._Element]]:
    """The starts (unless not wanted) and ends of these elements, in order. The caller clears what it has done with.

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
