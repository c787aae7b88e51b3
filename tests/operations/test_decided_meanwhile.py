"""Somebody decides upon an annexe while a run is about to apply it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from provisioner.cli.asking import progress_bar
from provisioner.documents import read_annexe
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.annexe.kept import Status
from provisioner.domain.people import EmailAddress
from provisioner.operations import decide, persons, receive
from provisioner.operations.run import sync
from provisioner.settings import DocumentSettings
from tests.fakes.memory_office import MemoryOffice
from tests.shared.office import DOMAIN, PARTNER, annexe_csv

TODAY = date(2026, 9, 2)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path / "data")
    made.on(TODAY)
    for code, domain in ((PARTNER, DOMAIN), ("sivom", "sivom.example")):
        made.add_partner(code, domain)
    yield made
    made.close()


def _approved(office: MemoryOffice, file: Path, partner: str) -> int:
    document = Document(name=file.name, content=file.read_bytes())
    submitted = receive.submit(office.context, document, partner, TODAY)
    assert submitted.prepared.plan_id is not None
    decide.approve(office.context, submitted.annexe.id, submitted.prepared.plan_id, "Claire Martin", Decisions())
    return submitted.annexe.id


@pytest.mark.rule("A10")
def test_an_annexe_rejected_at_the_last_moment_is_not_applied_and_stops_nobody_elses(
    office: MemoryOffice, tmp_path: Path
) -> None:
    mine = _approved(office, annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-09-01"), PARTNER)
    other = annexe_csv(tmp_path / "2.csv", {"martin": "2026-06-10"}, {}, "2026-09-01", "sivom.example")
    theirs = _approved(office, other, "sivom")

    def read(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
        if name == "1.csv":
            decide.reject(office.context.register, office.context.settings, mine, "Claire Martin", "Erreur")
        return read_annexe(content, name, limits)

    outcome = sync(replace(office.context, read=read), [], progress_bar(quiet=True))
    assert {change.partner for change in outcome.done} == {"sivom"}
    assert outcome.sent_back == ()
    register = office.context.register
    assert receive.find(register, mine).status is Status.REJECTED
    assert receive.find(register, theirs).status is Status.APPLIED
    assert {habilitation.partner for habilitation in register.records().habilitations} == {"sivom"}


@pytest.mark.rule("A4")
@pytest.mark.rule("A10")
def test_an_approved_departure_does_not_wait_for_a_suspension_that_was_decided_since(
    office: MemoryOffice, tmp_path: Path
) -> None:
    """`person suspend` takes no lock: a run may find it recorded, and the account not disabled yet."""
    first = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, "2026-09-01")
    _approved(office, first, PARTNER)
    office.sync()
    second = annexe_csv(tmp_path / "2.csv", {"vasseur": "2026-06-10"}, {"leroy": "2026-08-31"}, "2026-09-02")
    departure = _approved(office, second, PARTNER)
    persons.suspend(office.context, EmailAddress(f"vasseur@{DOMAIN}"), "Luc Petit", "Poste volé")
    outcome = office.sync()
    assert outcome.sent_back == ()
    assert [(change.action, change.email) for change in outcome.done] == [
        (Action.CLOSE, f"leroy@{DOMAIN}"),
        (Action.CLOSE, f"vasseur@{DOMAIN}"),
    ]
    assert receive.find(office.context.register, departure).status is Status.APPLIED
