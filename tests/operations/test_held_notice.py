"""The notice of a plan that a limit holds, when the annexe behind it is submitted anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.convention import Role
from provisioner.operations.contacts import read_contacts, set_caf_contacts
from provisioner.operations.context import Ending
from provisioner.operations.receive import submit
from provisioner.register import notices
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS, annexe

JUNE, TODAY = date(2026, 6, 10), date(2026, 9, 2)
CAF = dict.fromkeys(Role, "habilitations@caf.example")
OPEN, CLOSES = b"1", b"2"
ANNEXES: dict[bytes, Annexe] = {
    OPEN: annexe(dict.fromkeys(("leroy", "vasseur"), JUNE), on=JUNE),
    CLOSES: annexe({"leroy": JUNE}, {"vasseur": date(2026, 8, 31)}, on=TODAY),
}


def test_a_held_annexe_submitted_anew_withdraws_the_notice_that_was_not_sent(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path, read=lambda content, _name, _limits: ANNEXES[content], closures=0)
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(JUNE)
    office.apply(Document(name="a.csv", content=OPEN), LYS.code)
    office.on(TODAY)
    context = office.context
    set_caf_contacts(context.register, read_contacts(CAF, TODAY, TODAY), context.settings, "test")
    closes = Document(name="b.csv", content=CLOSES)
    assert office.apply(closes, LYS.code).ending is Ending.HELD

    def owed() -> int:
        with context.register.read() as connection:
            return notices.owed_count(connection)

    assert owed() == 1
    submit(context, closes, LYS.code, TODAY)
    assert owed() == 0
    office.close()
