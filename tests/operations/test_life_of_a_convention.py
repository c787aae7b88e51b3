"""The life of a convention by itself: warned before its renewals and its end, the certificate asked for, reminded,
recorded, destroyed (C1, C3, C4, C5). The register is real; nothing is sent, the ledger of notices tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.annexe.document import Document
from provisioner.domain.convention import Role
from provisioner.domain.convention_life import AskedDocument, RequestState
from provisioner.domain.errors import Refusal, Refused, WrongUsage
from provisioner.domain.notice import Side
from provisioner.operations import requests, retention
from provisioner.operations.contacts import read_contacts, set_caf_contacts, set_partner_contacts
from provisioner.operations.convention_life import follow_conventions
from provisioner.operations.journal import verify_journal
from provisioner.operations.partners import Given, end_convention, set_partner
from provisioner.register import RegisterUnavailable, notices
from provisioner.register.tables import asked_document
from tests.fakes.failing import Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS

BY, SIGNED, CTG_END = "Claire Martin", date(2026, 1, 15), date(2030, 12, 31)
DAY = timedelta(days=1)
CAF = {Role.HABILITATIONS: "habilitations@caf.example"}
ANNEXE_2 = {
    Role.HABILITATIONS: "Anne Petit <anne.petit@agglo-lys.example>",
    Role.SECURITE: "Luc Roy <luc.roy@agglo-lys.example>",
}
FILE = Document(name="certificat.pdf", content=b"%PDF-1.7 signed")

#: A notice: its kind, whose contacts it goes to, and how many of them.
Told = tuple[str, Side, int]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """A partner that signed on 15 January 2026, contacts on both sides."""
    office = MemoryOffice(tmp_path)
    office.on(SIGNED)
    office.add_partner(LYS.code, "agglo-lys.example")
    set_caf_contacts(office.context.register, read_contacts(CAF, SIGNED, SIGNED), office.settings, BY)
    set_partner_contacts(office.context.register, LYS.code, read_contacts(ANNEXE_2, SIGNED, SIGNED), BY)
    yield office
    office.close()


def ledger(office: MemoryOffice) -> list[Told]:
    """The notices of a convention's life, those of one kind and side once."""
    with office.context.register.read() as connection:
        lines = [
            notice for notice in notices.told(connection) if notice.kind.startswith(("convention-", "document-"))
        ]
    keys = [(line.kind, line.side, line.occasion) for line in lines]
    return [(kind, side, keys.count((kind, side, occasion))) for kind, side, occasion in dict.fromkeys(keys) if side]


def told_on(office: MemoryOffice, day: date) -> list[Told]:
    """What a pass of that day tells anew; a second one tells nothing."""
    office.on(day)
    before = ledger(office)
    office.sync()
    after = ledger(office)
    follow_conventions(office.context)
    assert ledger(office) == after
    assert verify_journal(office.context.register).bad is None
    return after[len(before) :]


def known(office: MemoryOffice) -> list[AskedDocument]:
    return requests.known_requests(office.context.register)


def change(office: MemoryOffice, given: Given) -> None:
    set_partner(office.context.register, LYS.code, given, office.settings.documents, BY)


@pytest.mark.rule("C1")
def test_the_caf_alone_is_told_of_a_renewal_twice(office: MemoryOffice) -> None:
    change(office, Given(notice_days=90))
    days = [date(2026, 9, 16) + DAY * number for number in range(121)]
    told = {day: new for day in days if (new := _followed(office, day))}
    renewal: list[Told] = [("convention-renewal", Side.CAF, 1)]
    assert told == {date(2026, 9, 17): renewal, date(2026, 10, 17): renewal}


def _followed(office: MemoryOffice, day: date) -> list[Told]:
    office.on(day)
    before = ledger(office)
    follow_conventions(office.context)
    return ledger(office)[len(before) :]


@pytest.mark.rule("C3")
def test_both_parties_are_warned_once_6_3_and_1_months_before_the_end_and_an_amendment_begins_anew(
    office: MemoryOffice,
) -> None:
    both: list[Told] = [("convention-end", Side.PARTNER, 1), ("convention-end", Side.CAF, 1)]
    told = {}
    for day in (date(2030, 6, 29), date(2030, 6, 30), date(2030, 7, 1), date(2030, 10, 8), date(2030, 11, 29)):
        told[day] = told_on(office, day)
    assert told == {day: both if day in (date(2030, 6, 30), date(2030, 10, 8)) else [] for day in told}
    change(office, Given(ctg_end=date(2031, 12, 31)))
    assert told_on(office, date(2030, 11, 30)) == []
    assert told_on(office, date(2031, 6, 30)) == both


@pytest.mark.rule("C3")
@pytest.mark.parametrize("where", ["commit-kills", "commit-then-killed", "commit-fails"])
def test_killed_at_any_moment_both_are_warned_once(office: MemoryOffice, where: str) -> None:
    office.on(date(2030, 6, 30))
    for at in range(1, 5):
        commits = Commits(office.context.register.engine, Fault(at, where))
        with suppress(Killed, RegisterUnavailable):
            follow_conventions(office.context)
        commits.end()
        office.reopen()
        office.on(date(2030, 6, 30))
    follow_conventions(office.context)
    assert ledger(office) == [("convention-end", Side.PARTNER, 1), ("convention-end", Side.CAF, 1)]
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("C5")
@pytest.mark.rule("C4")
def test_the_certificate_is_asked_the_day_after_the_end_reminded_recorded_and_destroyed_with_the_convention(
    office: MemoryOffice,
) -> None:
    last_day = date(2027, 9, 30)
    office.on(date(2027, 9, 1))
    end_convention(office.context.register, LYS.code, last_day, BY, "fusion")
    asked: list[Told] = [("document-asked", Side.PARTNER, 2)]
    reminder: list[Told] = [("document-reminder", Side.PARTNER, 2)]
    assert told_on(office, last_day) == []
    assert told_on(office, last_day + DAY) == asked
    [request] = known(office)
    assert (request.is_certificate, request.convention_end, request.due_on) == (True, last_day, date(2027, 10, 31))
    assert told_on(office, date(2027, 10, 30)) == []
    assert told_on(office, date(2027, 10, 31)) == reminder
    assert told_on(office, date(2027, 11, 29)) == []
    assert told_on(office, date(2027, 11, 30)) == reminder
    assert told_on(office, date(2028, 1, 30)) == reminder
    register, limits = office.context.register, office.settings.documents
    with pytest.raises(WrongUsage) as unsigned:
        requests.answer(register, limits, request.id, date(2028, 1, 29), FILE, BY)
    assert unsigned.value.code is Refusal.SIGNATORY_NEEDED
    requests.answer(register, limits, request.id, date(2028, 1, 29), FILE, BY, "Paul Lens")
    [request] = known(office)
    assert (request.answered_on, request.signatory, request.sha256) == (date(2028, 1, 29), "Paul Lens", FILE.sha256)
    assert requests.document_of(register, request.id) == FILE.content
    assert told_on(office, date(2028, 3, 1)) == []
    for day in (date(2029, 9, 29), date(2029, 9, 30)):
        assert told_on(office, day) == []
        assert known(office) == [request]
    assert told_on(office, date(2029, 10, 1)) == []
    assert told_on(office, date(2029, 11, 1)) == []
    with register.read() as connection:
        assert connection.execute(select(asked_document)).all() == []


@pytest.mark.rule("C5")
def test_an_amendment_that_arrives_after_the_end_withdraws_the_certificate(office: MemoryOffice) -> None:
    assert told_on(office, CTG_END + DAY) == [("document-asked", Side.PARTNER, 2)]
    change(office, Given(ctg_end=date(2031, 12, 31)))
    assert told_on(office, date(2031, 1, 9)) == [("document-withdrawn", Side.PARTNER, 2)]
    assert [request.state_on(date(2031, 1, 9)) for request in known(office)] == [RequestState.WITHDRAWN]


@pytest.mark.rule("C5")
def test_a_partner_whose_contacts_are_recorded_late_is_asked_then(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path)
    office.on(SIGNED)
    office.add_partner(LYS.code, "agglo-lys.example")
    assert told_on(office, CTG_END + DAY) == []
    assert [request.is_certificate for request in known(office)] == [True]
    today = date(2031, 3, 1)
    office.on(today)
    set_partner_contacts(office.context.register, LYS.code, read_contacts(ANNEXE_2, SIGNED, SIGNED), BY)
    assert told_on(office, today) == [("document-reminder", Side.PARTNER, 2)]
    office.close()


def test_the_undertaking_of_a_subcontractor_is_asked_reminded_of_and_recorded(office: MemoryOffice) -> None:
    today, due_on = date(2026, 9, 2), date(2026, 9, 30)
    office.on(today)
    register, limits, what = office.context.register, office.settings.documents, "Engagement du sous-traitant"
    request = requests.ask(register, office.settings, LYS.code, what, due_on, BY).request
    assert not requests.ask(register, office.settings, LYS.code, what, due_on, BY).is_new
    assert ledger(office) == [("document-asked", Side.PARTNER, 2)]
    assert told_on(office, date(2026, 9, 29)) == []
    assert told_on(office, due_on) == [("document-reminder", Side.PARTNER, 2)]
    office.on(date(2026, 10, 2))
    requests.answer(register, limits, request.id, date(2026, 10, 1), FILE, BY)
    with register.read() as connection:
        kinds = {line.kind: line.state.value for line in notices.told(connection) if line.kind == "document-reminder"}
    assert kinds == {"document-reminder": "withdrawn"}
    assert told_on(office, date(2026, 12, 1)) == []


@pytest.mark.rule("D7")
def test_a_newer_document_takes_the_place_of_the_first_unless_a_hold_keeps_that(office: MemoryOffice) -> None:
    office.on(date(2026, 9, 2))
    register, limits, due_on = office.context.register, office.settings.documents, date(2026, 9, 30)
    request = requests.ask(register, office.settings, LYS.code, "Charte", due_on, BY).request
    requests.answer(register, limits, request.id, due_on - 28 * DAY, FILE, BY)
    hold = retention.keep(register, LYS.code, None, BY, "Litige", date(2026, 9, 20))
    newer = Document(name="charte-2.pdf", content=b"%PDF-1.7 newer")
    with pytest.raises(Refused) as refused:
        requests.answer(register, limits, request.id, due_on - 28 * DAY, newer, BY)
    assert refused.value.code is Refusal.REQUEST_ON_HOLD
    assert requests.document_of(register, request.id) == FILE.content
    retention.release(register, hold, BY, "Clos")
    requests.answer(register, limits, request.id, due_on - 28 * DAY, newer, BY)
    assert requests.document_of(register, request.id) == newer.content
    office.sync()
    assert FILE.content not in b"".join(file.read_bytes() for file in office.settings.data_dir.glob("*.sqlite3"))


def test_what_the_mail_server_did_not_take_for_40_days_goes_as_one_reminder(office: MemoryOffice) -> None:
    office.on(date(2026, 9, 2))
    register, due_on = office.context.register, date(2026, 9, 30)
    requests.ask(register, office.settings, LYS.code, "Charte", due_on, BY)
    change(office, Given(notice_days=60))
    for day in (due_on, date(2026, 10, 30), date(2026, 11, 20)):  # the renewal is told on 17 October and 16 November
        office.on(day)
        office.sync()
        office.sync()
    with register.read() as connection:
        waiting = [(line.kind, line.occasion) for line in notices.told(connection) if line.state.value == "owed"]
    assert waiting == [
        ("document-reminder", "request 1 2026-10-30"),
        ("document-reminder", "request 1 2026-10-30"),
        ("convention-renewal", "renewal 2027-01-15 2026-11-16"),
    ]


def test_what_was_asked_by_mistake_is_withdrawn_and_of_two_requests_only_that_one(office: MemoryOffice) -> None:
    office.on(date(2026, 9, 2))
    register, due_on = office.context.register, date(2026, 9, 30)
    wrong, right = (
        requests.ask(register, office.settings, LYS.code, what, due_on, BY).request for what in ("Charte", "Registre")
    )
    requests.withdraw(register, office.settings, wrong.id, BY, "Reçue en janvier")
    assert ledger(office)[2:] == [("document-withdrawn", Side.PARTNER, 2)]
    assert told_on(office, due_on) == [("document-reminder", Side.PARTNER, 2)]
    limits, empty = office.settings.documents, Document(name="vide.pdf", content=b"")
    refused: list[Callable[[], object]] = [
        lambda: requests.withdraw(register, office.settings, wrong.id, BY, "encore"),
        lambda: requests.answer(register, limits, wrong.id, due_on, FILE, BY),
        lambda: requests.ask(register, office.settings, LYS.code, "Registre", due_on, BY),
        lambda: requests.answer(register, limits, right.id, due_on + DAY, FILE, BY),
        lambda: requests.answer(register, limits, right.id, due_on, empty, BY),
        lambda: requests.document_of(register, right.id),
        lambda: requests.document_of(register, 99),
    ]
    codes = []
    for call in refused:
        with pytest.raises(Refused) as error:
            call()
        codes.append(error.value.code)
    assert codes == [
        Refusal.REQUEST_WITHDRAWN,
        Refusal.REQUEST_WITHDRAWN,
        Refusal.DUE_PAST,
        Refusal.DAY_TO_COME,
        Refusal.DOCUMENT_SIZE,
        Refusal.NOT_ANSWERED,
        Refusal.NO_SUCH_REQUEST,
    ]


def test_what_the_tables_say_of_a_request_without_the_journal_is_found(office: MemoryOffice) -> None:
    office.on(date(2026, 9, 2))
    register = office.context.register
    requests.ask(register, office.settings, LYS.code, "Charte", date(2026, 9, 30), BY)
    with register.engine.begin() as connection:
        connection.execute(asked_document.update().values(withdrawn_on=date(2026, 9, 2)))
    bad = verify_journal(register).bad
    assert bad is not None
    assert bad.difference is not None
    assert (bad.difference.table, bad.difference.column) == ("request", "withdrawn_on")
