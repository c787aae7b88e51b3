"""The clock steps back by minutes between two runs: what came first is still first, and each e-mail leaves once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import Status
from provisioner.domain.people import EmailAddress
from provisioner.operations import decide, persons, receive
from provisioner.operations.prepare import prepare
from provisioner.operations.receive import request_of
from provisioner.operations.run import sync
from provisioner.register import annexes
from tests.fakes.memory_office import MemoryOffice, no_bar

LYS = "agglo-lys"
LEROY, NGUYEN = (EmailAddress(f"{name}@agglo-lys.example") for name in ("leroy", "nguyen"))


def annexe(*names: str, function: str = "agent") -> Document:
    people = "\n".join(
        f"{name.capitalize()};Camille;{function};{name}@agglo-lys.example;2026-06-10" for name in names
    )
    text = f"""ANNEXE 1 : Suivi des habilitations
Date de transmission :;2026-06-15

1 - Liste des personnes pour lesquelles un nouvel accès est demandé
Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation
{people}

2 - Liste des personnes à clôturer
Nom;Prénom;Fonction/qualité;Adresse électronique;Date de fin d'habilitation
"""
    return Document(name="annexe.csv", content=text.encode())


def at(office: MemoryOffice, hour: int, minute: int) -> None:
    """Our clock and Keycloak's say so, on 16 June."""
    office.hand_clock.now = datetime(2026, 6, 16, hour, minute, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path)
    made.add_partner(LYS, "agglo-lys.example")
    made.on(date(2026, 6, 16))
    yield made
    made.close()


@contextmanager
def our_clock_only(office: MemoryOffice) -> Iterator[None]:
    """Keycloak's machine keeps its own time."""
    their_time = office.hand_clock.now
    office.directory.clock = lambda: their_time
    yield
    office.directory.clock = office.hand_clock


@pytest.mark.rule("P2")
def test_an_email_that_the_mail_server_refused_leaves_once_when_the_clock_stepped_back(office: MemoryOffice) -> None:
    at(office, 10, 10)
    office.directory.mail_works = False
    office.apply(annexe("leroy"), LYS)
    office.directory.mail_works = True
    with our_clock_only(office):
        for hour, minute in ((10, 0), (10, 5), (10, 30)):
            at(office, hour, minute)
            office.sync()
    assert [mail.to for mail in office.directory.mails] == [LEROY]


@pytest.mark.rule("P2")
def test_a_new_password_decided_after_the_clock_stepped_back_sends_its_link(office: MemoryOffice) -> None:
    at(office, 10, 10)
    office.apply(annexe("leroy"), LYS)
    assert office.directory.set_password_by_link(LEROY)
    with our_clock_only(office):
        at(office, 9, 50)
        office.directory.mail_works = False
        persons.reopen(office.context, LEROY, "Claire Martin", "mot de passe perdu", new_password=True)
        sync(office.context, [LYS], no_bar, LEROY)
        office.directory.mail_works = True
        at(office, 10, 30)
        office.sync()
    assert [mail.to for mail in office.directory.mails] == [LEROY, LEROY]


@pytest.mark.rule("A10")
def test_an_annexe_approved_after_the_clock_stepped_back_waits_for_sync_and_is_applied(office: MemoryOffice) -> None:
    at(office, 10, 10)
    submitted = receive.submit(office.context, annexe("leroy"), LYS, date(2026, 6, 16)).annexe
    at(office, 10, 0)
    plan_id = prepare(office.context, request_of(office.context, submitted.id, "Claire Martin", Decisions())).plan_id
    assert plan_id is not None
    decide.approve(office.context, submitted.id, plan_id, "Claire Martin", Decisions())
    assert receive.find(office.context.register, submitted.id).status is Status.APPROVED
    at(office, 9, 50)
    office.sync()
    assert receive.find(office.context.register, submitted.id).status is Status.APPLIED


@pytest.mark.rule("A10")
def test_an_annexe_rejected_after_the_clock_stepped_back_stays_rejected(office: MemoryOffice) -> None:
    at(office, 10, 10)
    kept = receive.submit(office.context, annexe("leroy"), LYS, date(2026, 6, 16)).annexe
    at(office, 10, 0)
    decide.reject(office.context.register, office.settings, kept.id, "Claire Martin", "pas signée")
    assert receive.find(office.context.register, kept.id).status is Status.REJECTED
    office.sync()
    assert office.directory.mails == []


def test_an_annexe_that_answers_a_suspension_is_seen_though_the_clock_stepped_back(office: MemoryOffice) -> None:
    at(office, 9, 0)
    office.apply(annexe("leroy", "nguyen"), LYS)
    at(office, 10, 10)
    persons.suspend(office.context, LEROY, "Claire Martin", "départ")
    at(office, 10, 0)
    receive.submit(office.context, annexe("nguyen"), LYS, date(2026, 6, 16))
    (hold,) = office.context.register.records().holds
    with office.context.register.read() as connection:
        newest = annexes.kept(connection)[-1]
    assert newest.submitted_number > hold.since_number
