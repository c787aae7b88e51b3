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

    Never raises for what the file holds: one that cannot be read is an annexe without rows whose only finding is
    `unreadable-document`, with the reason's key in its details. Of the name only the extension counts, which must
    agree with the content.

    Raises:
        SystemFailed: the process that reads did not start; the file was not read.
    """
    from provisioner.documents.blocks import Unreadable
    from provisioner.documents.bounded import read_bounded, unreadable

    try:
        return read_bounded(content, name, limits)
    except Unreadable as error:
        return unreadable(error)
