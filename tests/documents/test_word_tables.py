"""Ordinary Word tables with random columns, fonts and persons, saved as PDF (`scripts/corpus.py`)."""

from __future__ import annotations

import json

import pytest

from provisioner.domain.annexe.document import has_error
from tests.documents.conftest import Reader
from tests.documents.making import DATA

TABLES = DATA / "word-tables"
EXPECTED = json.loads((TABLES / "expected.json").read_text("utf-8"))


@pytest.mark.rule("A1")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_word_table_of_any_widths_reads_the_same_once_it_is_a_pdf(read_here: Reader, name: str) -> None:
    annexe = read_here((TABLES / name).read_bytes(), name)
    read = [
        [row.last_name, row.first_names, row.function, row.email, row.on and row.on.isoformat()]
        for row in annexe.rows
    ]
    assert read == EXPECTED[name]
    assert not has_error(annexe.findings)


def test_there_are_twenty_tables() -> None:
    assert len(EXPECTED) == len(list(TABLES.glob("*.pdf"))) == 20
