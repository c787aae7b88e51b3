"""After a person's day nothing that names them is in any file of ours; what others need stays (D1, D2, C4, D8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.connections.incident import Origin
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal_check import Bad, Problem
from provisioner.operations import controls, incidents, persons
from provisioner.operations.contacts import read_contacts, set_partner_contacts
from provisioner.operations.holds import pause, resume
from provisioner.operations.incidents import Declaration
from provisioner.operations.journal import Sought, journal_entries, verify_journal
from provisioner.operations.partners import Given, end_convention, set_partner
from provisioner.operations.receive import request_of
from provisioner.register import annexes, connections
from provisioner.register.tables import annexe as annexe_table
from provisioner.register.tables import journal_detail, metadata
from provisioner.settings import DocumentSettings
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS, annexe, email
from tests.shared.postgres import Postgres

DAY = timedelta(days=1)
START, CLOSED = date(2026, 6, 16), date(2026, 9, 1)
D1, D2_VASSEUR, D2_PETIT = date(2027, 3, 1), date(2028, 8, 31), date(2028, 9, 1)
ALL = dict.fromkeys(("leroy", "vasseur", "petit"), date(2026, 6, 10))
FIRST = b"Leroy, Vasseur vasseur@agglo-lys.example, Petit petit@agglo-lys.example"
#: vasseur is in list 2; petit is in neither and closed by a decision (A5)
SECOND = b"Leroy | Vasseur vasseur@agglo-lys.example"
ANNEXES = {
    FIRST: annexe(ALL, on=START),
    SECOND: annexe({"leroy": ALL["leroy"]}, {"vasseur": date(2026, 8, 31)}, on=CLOSED),
}
ADDRESS = "192.0.2.77"


def _read(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    return ANNEXES[content]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    with closing(_played(MemoryOffice(tmp_path / "office", read=_read))) as office:
        yield office


@pytest.fixture
def office_on_server(tmp_path: Path, postgres: Postgres) -> Iterator[MemoryOffice]:
    """The same, its register on PostgreSQL."""
    url = postgres.new_database()
    with closing(_played(MemoryOffice(tmp_path / "office", read=_read, url=url))) as office:
        yield office


def _played(office: MemoryOffice) -> MemoryOffice:
    """leroy is open, vasseur and petit were closed on 1 September 2026, in ways that leave a trace of them."""
    register, by = office.context.register, "Claire Martin"
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(START)
    declared = Given(addresses=[email("vasseur"), email("leroy")])
    set_partner(register, LYS.code, declared, office.settings.documents, by)
    contacts = dict.fromkeys((Role.HABILITATIONS, Role.SECURITE), "Camille Roux <camille.roux@agglo-lys.example>")
    set_partner_contacts(register, LYS.code, read_contacts(contacts, START, START), by)
    office.apply(Document(name="Leroy Vasseur.csv", content=FIRST), LYS.code)
    persons.suspend(office.context, email("vasseur"), by, "Poste de Vasseur volé")
    persons.reopen(office.context, email("vasseur"), by, "Retrouvé", new_password=False)
    for partner in (None, LYS.code):
        pause(register, partner, "Adresse à revoir : vasseur@agglo-lys.example", None, by)
        resume(register, partner, by)
    office.sync()
    _log_in(office, ("vasseur", "petit", "leroy"), START + DAY)
    office.on(CLOSED)
    decisions = Decisions(close=frozenset({email("petit")}), waive={})
    office.apply(Document(name="Vasseur part.csv", content=SECOND), LYS.code, decisions)
    _log_in(office, ("vasseur",), CLOSED + DAY, "user_disabled")
    office.on(CLOSED + 2 * DAY)
    controls.judge(office.context)
    return office


def _log_in(office: MemoryOffice, names: Iterable[str], day: date, outcome: str | None = None) -> None:
    at = datetime.combine(day, time(10), UTC)
    with office.context.work() as work:
        numbers = connections.accounts_by_email(work.connection)
        records = [
            ConnectionRecord(
                id=f"{name}-{day}",
                at=at,
                kind="login",
                outcome=outcome,
                account=numbers[email(name)],
                address=ADDRESS if name == "vasseur" else "192.0.2.78",
            )
            for name in names
        ]
        connections.store(work, records)


def _pass(office: MemoryOffice, due_on: date) -> None:
    """The passes of that day and the next one: what is due is said first, then done, and the journal is whole."""
    for day in (due_on, due_on + DAY):
        office.on(day)
        assert office.sync().failed == []
        assert verify_journal(office.context.register).bad is None, day


def _left(office: MemoryOffice, *words: str) -> set[tuple[str, str]]:
    """Which of the words stand in the raw bytes of which files, in whatever case."""
    files = {path.name: path.read_bytes().lower() for path in office.settings.data_dir.rglob("*") if path.is_file()}
    return {(name, word) for name, content in files.items() for word in words if word.lower().encode() in content}


def _in_force(office: MemoryOffice) -> KeptAnnexe:
    with office.context.register.read() as connection:
        (kept,) = annexes.kept(connection, LYS.code)
    return kept


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_after_each_day_no_byte_of_the_person_is_left_and_the_others_are_as_they_were(office: MemoryOffice) -> None:
    register = "provisioner.sqlite3"
    assert _left(office, "vasseur", ADDRESS) == {(register, "vasseur"), (register, ADDRESS)}
    _pass(office, D1)
    assert _left(office, ADDRESS, "vasseur-2026") == set()
    assert _left(office, "vasseur") == {(register, "vasseur")}
    _pass(office, D2_VASSEUR)
    assert _left(office, "vasseur") == set()
    _pass(office, D2_PETIT)
    assert _left(office, "petit") == set()
    assert _left(office, "leroy", "claire martin", "camille roux") == {
        (register, "leroy"),
        (register, "claire martin"),
        (register, "camille roux"),
    }
    records = office.context.register.records()
    assert [habilitation.email for habilitation in records.habilitations] == [email("leroy")]
    assert records.partners[LYS.code].addresses == {email("leroy")}


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_no_text_of_a_register_on_postgresql_names_the_person_either(office_on_server: MemoryOffice) -> None:
    assert _told(office_on_server, "vasseur", ADDRESS) == {"vasseur", ADDRESS}
    _pass(office_on_server, D1)
    assert _told(office_on_server, "vasseur", ADDRESS) == {"vasseur"}
    _pass(office_on_server, D2_VASSEUR)
    assert _told(office_on_server, "vasseur", "leroy") == {"leroy"}


def _told(office: MemoryOffice, *words: str) -> set[str]:
    """Which of the words stand in some row of some table, as text or in the bytes of a document."""
    with office.context.register.read() as connection:
        rows = [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table)).all()]
    text = "".join(rows).lower()
    return {word for word in words if word in text}


@pytest.mark.rule("D2")
def test_a_list_made_from_the_register_takes_the_place_of_the_annexe_that_names_the_person(
    office: MemoryOffice,
) -> None:
    document = Document(name="a.csv", content=SECOND)
    _pass(office, D1)
    assert _in_force(office).sha256 == document.sha256
    _pass(office, D2_VASSEUR)
    kept = _in_force(office)
    assert (kept.replaced_on, kept.original_sha256) == (D2_VASSEUR + DAY, document.sha256)
    assert [(row.list, row.email) for row in kept.check.annexe.rows] == [(1, email("leroy"))]
    with office.context.register.read() as connection:
        page = annexes.document(connection, kept.id)
    assert page.sha256 == kept.sha256
    text = page.content.decode()
    assert "État établi par la Caf le 1er septembre 2028 d'après l'annexe 1 du 1er septembre 2026" in text
    assert document.sha256 in text
    assert "ce n'est pas le" in text
    with pytest.raises(Refused) as refused:
        request_of(office.context, kept.id, "Claire Martin", Decisions())
    assert refused.value.code is Refusal.ANNEXE_REPLACED
    _pass(office, D2_PETIT)  # whom only a decision beside it named: the file stays
    assert (_in_force(office).sha256, _in_force(office).decisions) == (kept.sha256, Decisions())


@pytest.mark.rule("C4")
@pytest.mark.rule("D8")
def test_two_years_after_the_convention_nobody_is_named_any_more(office: MemoryOffice) -> None:
    last_day = date(2027, 6, 30)
    office.on(last_day - DAY)
    end_convention(office.context.register, LYS.code, last_day, "Jean Roy", "Départ de Camille Roux")
    for due_on in (last_day, D1 + 366 * DAY, D2_VASSEUR, D2_PETIT, date(2029, 6, 30)):
        _pass(office, due_on)
    people = ("vasseur", "petit", "leroy", "camille", "roux", "jean roy")
    assert _left(office, *people) == set()
    assert office.context.register.records().partners[LYS.code].destroyed_on == date(2029, 7, 1)


@pytest.mark.rule("N3")
def test_a_contact_that_was_replaced_is_named_for_a_year_more(office: MemoryOffice) -> None:
    replaced_on, year_later = date(2026, 10, 1), date(2027, 10, 1)
    office.on(replaced_on)
    faure = dict.fromkeys((Role.HABILITATIONS, Role.SECURITE), "Dominique Faure <d.faure@agglo-lys.example>")
    contacts = read_contacts(faure, replaced_on, replaced_on)
    set_partner_contacts(office.context.register, LYS.code, contacts, "Claire Martin")
    _pass(office, year_later - DAY)
    assert _left(office, "camille", "faure") == {("provisioner.sqlite3", name) for name in ("camille", "faure")}
    _pass(office, year_later)
    assert _left(office, "camille", "faure") == {("provisioner.sqlite3", "faure")}


def test_what_is_missing_without_an_entry_is_still_found(office: MemoryOffice) -> None:
    for due_on in (D1, D2_VASSEUR):
        _pass(office, due_on)
    with office.context.work() as work:
        first = work.connection.execute(select(journal_detail.c.entry).order_by(journal_detail.c.entry)).scalar()
        work.connection.execute(journal_detail.delete().where(journal_detail.c.entry == first))
    assert verify_journal(office.context.register).bad == Bad(first, Problem.DETAIL_MISSING)


def test_a_list_that_another_hand_changed_is_found(office: MemoryOffice) -> None:
    _pass(office, D1)
    _pass(office, D2_VASSEUR)
    with office.context.work() as work:
        work.connection.execute(annexe_table.update().values(content=b"another"))
    bad = verify_journal(office.context.register).bad
    assert bad is not None
    assert (bad.problem, bad.difference and bad.difference.column) == (Problem.REGISTER_DIFFERS, "content")


@pytest.mark.rule("D8")
def test_the_names_of_the_caf_s_own_acts_go_with_the_last_convention_of_their_time(office: MemoryOffice) -> None:
    register, everybody = office.context.register, "Sylvie Bernard"
    office.add_partner("sivom", "sivom.example")
    pause(register, None, "Incident vu par Sylvie Bernard", None, everybody)
    resume(register, None, everybody)
    stolen = Declaration(origin=Origin.CAF, aware_since=office.context.clock.now(), what="Vol d'un poste")
    number = incidents.declare(register, office.settings, stolen, everybody).incident.id
    incidents.close(register, office.settings, number, everybody, "Clos par Sylvie Bernard")
    for code, last_day in ((LYS.code, date(2027, 6, 30)), ("sivom", date(2028, 6, 30))):
        office.on(last_day - DAY)
        end_convention(register, code, last_day, everybody, "Fin")
        _pass(office, last_day)
    for due_on in (D1 + 366 * DAY, D2_VASSEUR, D2_PETIT, date(2029, 6, 30)):
        _pass(office, due_on)
    assert _left(office, "bernard") == {("provisioner.sqlite3", "bernard")}  # sivom's convention may need it
    _pass(office, date(2030, 6, 30))
    assert _left(office, "pause", "Incident vu") == {("provisioner.sqlite3", "pause")}
    _pass(office, date(2031, 9, 3))  # five years after the incident was closed
    assert _left(office, "bernard", "claire") == set()
    entries = len([row for page in journal_entries(register, Sought()) for row in page])
    for day in (date(2031, 9, 6), date(2031, 9, 7)):
        _pass(office, day)
    assert len([row for page in journal_entries(register, Sought()) for row in page]) == entries
