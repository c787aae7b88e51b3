"""List 2 alone is offered where it closes something (A4), whatever of its errors is only counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.operations.receive import plan_document, request_for
from tests.fakes.memory_office import MemoryOffice
from tests.operations.test_decided_beside_a_run import annexe

LYS, NAMES = "agglo-lys", ("leroy", "vasseur")


@pytest.mark.rule("A4")
@pytest.mark.parametrize(("sound", "is_offered"), [(("leroy",), True), ((), False)])
def test_list_2_alone_is_offered_only_where_a_row_without_error_closes_an_access(
    tmp_path: Path, sound: tuple[str, ...], is_offered: bool
) -> None:
    office = MemoryOffice(tmp_path)
    office.add_partner(LYS, "agglo-lys.example")
    office.on(date(2026, 6, 16))
    office.apply(annexe(NAMES), LYS)
    office.on(date(2026, 9, 2))

    text = annexe((), NAMES, on="2026-09-01").content.decode()
    for name in set(NAMES) - {*sound}:  # an error in each of their rows
        text = text.replace(f"Camille;agent;{name}", f"Camille;=agent;{name}")
    limits = office.settings.documents.model_copy(update={"max_findings": 1})
    settings = office.settings.model_copy(update={"documents": limits})
    context = replace(office.context, settings=settings)
    document = Document(name="annexe.csv", content=text.encode())
    outcome = plan_document(context, request_for(context, document, LYS, "plan", Decisions()))
    assert outcome.plan is None
    assert outcome.offers_list_2 is is_offered
    office.close()
