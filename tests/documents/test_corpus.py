"""Documents as an office suite saves them (`scripts/corpus.py`), each read as its scenario says by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.annexe.document import Annexe, Row
from provisioner.domain.annexe.judge import judge_document
from provisioner.domain.convention import Partner
from provisioner.settings import DocumentSettings
from tests.documents.conftest import Reader
from tests.documents.making import ANNEXES

TODAY = date(2026, 11, 23)
LYS = Partner(code="agglo-lys", name="Agglo de la Lys", domains=frozenset({"agglo-lys.example"}))
DOCUMENTS = sorted(path.name.removesuffix(".expected.json") for path in ANNEXES.glob("*.expected.json"))


def values(row: Row) -> dict[str, Any]:
    texts = {name: getattr(row, name) for name in ("row", "last_name", "first_names", "function", "email")}
    return {**texts, row.date_column.value: row.on and row.on.isoformat()}


def told(annexe: Annexe) -> Iterator[tuple[str, int | None, int | None, str | None]]:
    for finding in judge_document(annexe, TODAY, load_mailbox_rules(DocumentSettings()), LYS):
        yield finding.code, finding.list, finding.row, finding.column and finding.column.value


def test_the_corpus_is_there() -> None:
    assert len(DOCUMENTS) >= 60
    assert {path.name for path in ANNEXES.iterdir()} == {
        name for document in DOCUMENTS for name in (document, f"{document}.expected.json")
    }


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_reads_as_an_attentive_person_reads_it(read_here: Reader, name: str) -> None:
    expected = json.loads((ANNEXES / f"{name}.expected.json").read_text("utf-8"))
    annexe = read_here((ANNEXES / name).read_bytes(), name)
    assert (annexe.transmitted_on and annexe.transmitted_on.isoformat()) == expected["transmitted_on"]
    assert [values(row) for row in annexe.of_list(1)] == expected["open"]
    assert [values(row) for row in annexe.of_list(2)] == expected["closed"]
    assert sorted(told(annexe), key=str) == sorted(
        (tuple(finding.values()) for finding in expected["findings"]), key=str
    )
