"""Office files in: the reading of an annexe 1.

Nothing is imported here when the package is: the child process that parses a file starts with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.domain.annexe.document import Annexe
    from provisioner.settings import DocumentSettings


def read_annexe(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """What an annexe 1 says, and what its reader finds wrong with it.

    Never raises for what the file holds: one that cannot be read is an annexe without rows whose only finding
    is `unreadable-document`, with the reason's key in its details.

    Args:
        content: the file's bytes.
        name: the file's name; only its extension counts, and must agree with the content.
        limits: how big the file may be and how long and with how much memory it is read.
    """
    from provisioner.documents.blocks import Unreadable
    from provisioner.documents.bounded import read_bounded, unreadable

    try:
        return read_bounded(content, name, limits)
    except Unreadable as error:
        return unreadable(error)
