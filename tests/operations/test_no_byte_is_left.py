"""After a person's day nothing that names them is in any file of ours; what others need stays (D1, D2, C4, D8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document, Row
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.backup import Recipient
from provisioner.domain.connections.incident import Origin
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import read
from provisioner.domain.journal_check import Bad, Problem
from provisioner.domain.notice import Side
from provisioner.operations import controls, incidents, persons, retention
from provisioner.operations.backup import key_destroyed
from provisioner.operations.connections import purge
from provisioner.operations.contacts import read_contacts, set_partner_contacts
from provisioner.operations.holds import pause, resume
from provisioner.operations.incidents import Declaration
from provisioner.operations.journal import Sought, journal_entries, verify_journal
from provisioner.operations.partners import Given, add_partner, end_convention, set_partner
from provisioner.operations.receive import request_of
from provisioner.register import Work, annexes, backup_keys, connections, notices
from provisioner.register.destruction import destroy_habilitations
from provisioner.register.marks import REWRITE_DUE, mark, rewrite_due
from provisioner.register.notices import Addressee, Envelope, Notice
from provisioner.register.tables import annexe as annexe_table
from provisioner.register.tables import habilitation, journal_detail, metadata
from provisioner.views.annexe_state import state_document
from tests.fakes.memory_office import MemoryOffice, reading
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


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    with closing(_played(MemoryOffice(tmp_path / "office", read=reading(ANNEXES)))) as office:
        yield office


@pytest.fixture
def office_on_server(tmp_path: Path, postgres: Postgres) -> Iterator[MemoryOffice]:
    """The same, its register on PostgreSQL."""
    url = postgres.new_database()
    with closing(_played(MemoryOffice(tmp_path / "office", read=reading(ANNEXES), url=url))) as office:
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


@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("partner", "person", "is_kept"),
    [(LYS.code, None, True), (None, "leroy", True), ("sivom", None, False)],
    ids=["the-partner", "one-of-its-persons", "another-partner"],
)
def test_what_has_a_term_of_its_own_stays_while_a_hold_touches_its_partner(
    office: MemoryOffice, partner: str | None, person: str | None, is_kept: bool
) -> None:
    register, settings, by = office.context.register, office.settings, "Claire Martin"
    office.add_partner("sivom", "sivom.example")
    office.on(date(2026, 10, 1))
    faure = dict.fromkeys((Role.HABILITATIONS, Role.SECURITE), "Dominique Faure <d.faure@agglo-lys.example>")
    set_partner_contacts(register, LYS.code, read_contacts(faure, *[date(2026, 10, 1)] * 2), by)
    with office.context.work() as work:
        lost = Envelope("perdu@agglo-lys.example", b"Courriel perdu")
        notices.put(work, "hold", LYS.code, "<1@caf.example>", lost, Addressee(Side.PARTNER, Role.HABILITATIONS))
    stolen = Declaration(
        origin=Origin.CAF, aware_since=office.context.clock.now(), what="Poste volé", partners=frozenset({LYS.code})
    )
    incident = incidents.declare(register, settings, stolen, by).incident.id
    incidents.close(register, settings, incident, by, "Clos")
    traces = ("camille", "courriel perdu", "poste volé")
    hold = retention.keep(register, partner, email(person) if person else None, by, "Contentieux", date(2031, 12, 1))
    _pass(office, date(2031, 10, 2))
    assert {word for _, word in _left(office, *traces)} == (set(traces) if is_kept else set())
    retention.release(register, hold, by, "Jugé")
    _pass(office, date(2031, 10, 4))
    assert _left(office, *traces) == set()


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
    with register.work(everybody) as work:
        backup_keys.used(work, [Recipient("2026-06", "age1a"), Recipient("2026-07", "age1b")], START)
    key_destroyed(register, office.settings, "age1a", START, everybody)
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
    assert verify_journal(register).bad is None, "the keys of the backups are told for good"


@pytest.mark.rule("D8")
def test_the_caf_s_own_acts_are_kept_for_a_partner_whose_convention_is_not_signed_yet(office: MemoryOffice) -> None:
    register, everybody, by = office.context.register, "Sylvie Bernard", "Claire Martin"
    prepared = Given(name="Commune du Val", domains=("val.example",))
    add_partner(register, "val", prepared, office.settings.documents, by)
    pause(register, None, "Panne", None, everybody)
    resume(register, None, everybody)
    office.on(date(2027, 6, 29))
    end_convention(register, LYS.code, date(2027, 6, 30), by, "Fin")
    for due_on in (date(2027, 6, 30), D1 + 366 * DAY, D2_VASSEUR, D2_PETIT, date(2029, 6, 30)):
        _pass(office, due_on)
    assert register.records().partners[LYS.code].destroyed_on == date(2029, 7, 1)
    assert _left(office, "bernard") == {("provisioner.sqlite3", "bernard")}


@pytest.mark.rule("D1")
@pytest.mark.rule("D7")
def test_a_register_that_a_restore_replaced_goes_30_days_later_and_stays_while_there_is_a_hold(
    office: MemoryOffice,
) -> None:
    replaced = office.settings.data_dir / "provisioner-remplace-20260910T080000.sqlite3"
    replaced.write_bytes(b"SQLite format 3")
    by, last_day = "Claire Martin", date(2026, 10, 10)
    hold = retention.keep(office.context.register, None, email("petit"), by, "Contentieux", date(2026, 12, 1))
    _pass(office, last_day)
    assert replaced.exists()
    retention.release(office.context.register, hold, by, "Jugé")
    for day, is_there in ((last_day, True), (last_day + DAY, False)):
        office.on(day)
        office.sync()
        assert replaced.exists() is is_there
    entries = [row for page in journal_entries(office.context.register, Sought()) for row in page]
    (told,) = [row for row in entries if row.entry.facts["action"] == "register.replaced_destroyed"]
    assert told.details == {"files": [replaced.name]}
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D1")
def test_the_file_is_written_anew_after_a_purge_and_once_a_notice_is_sent(office: MemoryOffice) -> None:
    register = office.context.register

    def is_due() -> bool:
        with register.read() as connection:
            return bool(mark(connection, REWRITE_DUE))

    _pass(office, date(2027, 8, 1))
    _log_in(office, ("leroy",), date(2026, 6, 20))
    assert not is_due()
    assert purge(office.context)["connections"]
    assert is_due()
    _pass(office, date(2027, 8, 3))
    assert not is_due()
    with office.context.work() as work:
        told, to = Envelope("a@caf.example", b"Courriel"), Addressee(Side.CAF, Role.HABILITATIONS)
        number = notices.put(work, "held", None, "<1@caf.example>", told, to)
        notices.sent(work, Notice(number, "held", None, 1))
    assert is_due()


@pytest.mark.rule("D1")
def test_what_somebody_destroys_while_the_file_is_written_anew_has_it_written_once_more(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = office.context.register

    def is_due() -> bool:
        with register.read() as connection:
            return bool(mark(connection, REWRITE_DUE))

    def somebody_destroys_first(by: str) -> AbstractContextManager[Work]:
        monkeypatch.undo()
        with register.work("page") as work:
            rewrite_due(work)
        return register.work(by)

    with register.work("test") as work:
        rewrite_due(work)
    monkeypatch.setattr(register, "work", somebody_destroys_first)
    register.rewrite()
    assert is_due()
    register.rewrite()
    assert not is_due()


@pytest.mark.rule("D2")
def test_a_reason_that_names_the_person_by_a_former_name_goes_too(office: MemoryOffice) -> None:
    register, by = office.context.register, "Claire Martin"
    married = Annexe(date(2026, 9, 2), (Row(1, 1, "Leroy-Duval", "Alex", "agent", email("leroy"), ALL["leroy"]),), ())
    ANNEXES[b"married"] = married
    pause(register, None, "Vu avec Alex Leroy", None, by)
    resume(register, None, by)
    office.apply(Document(name="3.csv", content=b"married"), LYS.code)
    (person,) = (h.id for h in register.records().habilitations if h.email == email("leroy"))
    assert person is not None
    with register.work(by) as work:
        destroy_habilitations(work, [person], LYS.code, state_document)
    assert _told(office, "vu avec", "leroy") == set()
    assert verify_journal(register).bad is None


@pytest.mark.rule("D2")
@pytest.mark.parametrize("which", ["office", "office_on_server"])
def test_a_reason_that_names_the_person_in_whatever_case_and_accents_goes_and_another_stays(
    which: str, request: pytest.FixtureRequest
) -> None:
    office: MemoryOffice = request.getfixturevalue(which)
    register, by = office.context.register, "Claire Martin"
    reasons = ("Vu avec\nÉLOÏSE ÉTIENNE", "vu avec etienne eloise", "Vu avec VASSEUR@agglo-lys.example")
    for partner, reason in [*((None, reason) for reason in reasons), (LYS.code, "Vu avec Éloïse Étiennette")]:
        pause(register, partner, reason, None, by)
        resume(register, partner, by)
    (person,) = (h.id for h in register.records().habilitations if h.email == email("vasseur"))
    with register.work(by) as work:
        named = {"last_name": "Étienne", "first_names": "Éloïse"}
        work.connection.execute(update(habilitation).where(habilitation.c.id == person).values(**named))
    with register.work(by) as work:
        assert person is not None
        destroy_habilitations(work, [person], LYS.code, state_document)
    with register.read() as connection:
        kept = [read(data).get("reason", "") for data in connection.execute(select(journal_detail.c.data)).scalars()]
        runs = select(journal_detail.c.may_name).where(journal_detail.c.data.contains('"keycloak_at"'))
        assert set(connection.execute(runs).scalars()) == {None}  # no look at each run there ever was
    assert [reason for reason in kept if reason.lower().startswith("vu avec")] == ["Vu avec Éloïse Étiennette"]
    assert verify_journal(register).bad is None
