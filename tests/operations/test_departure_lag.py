"""When the Caf received what ended an access: kept with the access, whatever becomes of the annexe (V3)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.operations.check import Request
from provisioner.operations.decide import apply_document
from provisioner.operations.journal import verify_journal
from provisioner.operations.review_report import lags
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.shared.examples import LYS, annexe

JUNE, AUGUST, TODAY = date(2026, 6, 10), date(2026, 8, 31), date(2026, 9, 2)
OPENS, CLOSES, NEXT = b"1", b"2", b"3"
ANNEXES: dict[bytes, Annexe] = {
    OPENS: annexe(dict.fromkeys(("leroy", "vasseur"), JUNE), on=JUNE),
    CLOSES: annexe({"leroy": JUNE}, {"vasseur": AUGUST}, on=TODAY),
    NEXT: annexe({"leroy": JUNE}, {"vasseur": AUGUST}, on=date(2026, 10, 1)),
}


def _apply(office: MemoryOffice, content: bytes, received_on: date) -> None:
    document = Document(name="a.csv", content=content)
    asked = Request(
        document=document, partner=LYS.code, by="Claire Martin", decisions=Decisions(), received_on=received_on
    )
    apply_document(office.context, asked, no_bar, None)


@pytest.mark.rule("V3")
def test_the_reception_of_an_end_stays_when_the_annexe_is_replaced_and_follows_its_correction(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path, read=lambda content, _name, _limits: ANNEXES[content])
    office.add_partner(LYS.code, "agglo-lys.example")

    def longest() -> list[int]:
        return [lag.longest_days for lag in lags(office.context.register, office.settings, (), 2026)]

    office.on(JUNE)
    _apply(office, OPENS, JUNE)
    assert longest() == []
    office.on(date(2026, 9, 12))
    _apply(office, CLOSES, TODAY)
    assert longest() == [2]
    _apply(office, CLOSES, date(2026, 9, 10))
    assert longest() == [10], "the day of the reception was put right"
    office.on(date(2026, 10, 5))
    _apply(office, NEXT, date(2026, 10, 5))
    assert longest() == [10], "a later annexe names the closure again"
    assert verify_journal(office.context.register).bad is None
    office.close()
