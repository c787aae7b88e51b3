"""Documents as people write them, each with its right values: none is misread in silence."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.annexe.document import Check
from provisioner.domain.annexe.judge import judge_document
from provisioner.settings import DocumentSettings
from provisioner.views.answers import as_json
from provisioner.views.answers.checks import CheckAnswer
from tests.documents.conftest import Reader
from tests.documents.judging import Verdict, verdicts
from tests.documents.making import DATA

CASES = {case["f"]: case for case in json.loads((DATA / "cases" / "expected.json").read_text("utf-8"))}
TODAY = date(2026, 11, 23)


def answered(read: Reader, name: str) -> dict[str, Any]:
    """What `check --format json` says of a document."""
    annexe = read((DATA / "cases" / name).read_bytes(), name)
    findings = tuple(judge_document(annexe, TODAY, load_mailbox_rules(DocumentSettings()), None))
    check = Check(file=name, sha256="0" * 64, partner=None, annexe=annexe, findings=findings)
    plain: dict[str, Any] = as_json(CheckAnswer.of(check))
    return plain


def test_every_document_has_its_values() -> None:
    assert {path.name for path in (DATA / "cases").iterdir()} == {*CASES, "expected.json"}


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize("name", CASES)
def test_nothing_of_a_document_is_misread_in_silence(read_here: Reader, name: str) -> None:
    judged = verdicts(CASES[name], answered(read_here, name))
    assert [(verdict, about) for verdict, about in judged if verdict is not Verdict.RIGHT] == []
