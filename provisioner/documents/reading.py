"""From a file's bytes to an annexe: parsed elsewhere, understood here."""

from __future__ import annotations

from provisioner.documents.blocks import Unreadable
from provisioner.documents.bounded import parse_bounded
from provisioner.documents.meaning import understand
from provisioner.domain.annexe import Annexe, Finding, Severity
from provisioner.settings import DocumentSettings


def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """See `provisioner.documents.read_annexe`."""
    try:
        return understand(parse_bounded(content, name, limits))
    except Unreadable as error:
        return unreadable(error)


def unreadable(error: Unreadable) -> Annexe:
    """The annexe of a document that cannot be read: nothing but the finding that says why."""
    return Annexe(None, (), (Finding("unreadable-document", Severity.ERROR, details={"reason": error.reason}),))
