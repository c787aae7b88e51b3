"""What the tests of reading share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.documents import read_annexe
from provisioner.documents.blocks import Unreadable
from provisioner.documents.bounded import unreadable
from provisioner.documents.child import parse
from provisioner.documents.meaning import understand
from provisioner.domain.annexe.document import Annexe
from provisioner.domain.annexe.judge import judged
from provisioner.settings import DocumentSettings
from tests.shared.pace import PATIENCE

Reader = Callable[[bytes, str], Annexe]

_LIMITS = DocumentSettings(seconds=PATIENCE)


@pytest.fixture(scope="session")
def read() -> Reader:
    """The whole way: the gate, the child process, the meaning."""
    return lambda content, name: read_annexe(content, name, _LIMITS)


@pytest.fixture(scope="session")
def read_here() -> Reader:
    """The same without the child process, for quick tests of files that are sound."""

    def reader(content: bytes, name: str) -> Annexe:
        try:
            most = (_LIMITS.max_unpacked_mib * 2**20, _LIMITS.max_rows, _LIMITS.max_pages)
            return judged(understand(parse(content, name, *most)))
        except Unreadable as error:
            return unreadable(error)

    return reader
