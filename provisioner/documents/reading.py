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
        unreadable = Finding("unreadable-document", Severity.ERROR, details={"reason": error.reason})
        return Annexe(None, (), (unreadable,))
