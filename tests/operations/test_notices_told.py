"""The ledger of notices: each occasion told once, whatever crashes between, and what is kept of who was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.convention import Role
from provisioner.domain.notice import NoticeState, Side, ToldNotice
from provisioner.operations import notice_delivery
from provisioner.operations.contacts import read_contacts, set_partner_contacts
from provisioner.operations.notice_delivery import deliver
from provisioner.operations.notices import Telling, tell
from provisioner.register import RegisterUnavailable, notices
from provisioner.register.partners import all_partners
from provisioner.register.tables import notice
from provisioner.settings import SmtpSettings
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS
from tests.shared.sink import FaultyMailbox

TODAY = date(2026, 9, 2)
OCCASION = "due 2027-08-16"
CONTACTS = {
    Role.HABILITATIONS: "Camille Martin <camille.martin@agglo-lys.example>",
    Role.SECURITE: "Hugo Petit <hugo.petit@agglo-lys.example>",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    office = MemoryOffice(tmp_path)
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(TODAY)
    yield office
    office.close()


def _name_contacts(office: MemoryOffice, contacts: dict[Role, str], on: date = TODAY) -> None:
    given = read_contacts(contacts, on, office.context.clock.today())
    set_partner_contacts(office.context.register, LYS.code, given, "test")


def _tell(office: MemoryOffice, *roles: Role, occasion: str | None = OCCASION) -> Telling:
    with office.context.work() as work:
        partner = all_partners(work.connection)[LYS.code]
        return tell(
            work, office.context.settings, "silent", LYS.code, partner, {"people": []}, roles=roles, occasion=occasion
        )


def _ledger(office: MemoryOffice) -> list[ToldNotice]:
    with office.context.register.read() as connection:
        return notices.told(connection)


@pytest.mark.rule("N3")
def test_an_occasion_is_told_once_to_a_contact_and_again_only_to_another(office: MemoryOffice) -> None:
    assert _tell(office, Role.HABILITATIONS) is Telling.NOBODY, "without a contact it stays to be told"
    _name_contacts(office, CONTACTS)
    assert _tell(office, Role.HABILITATIONS) is Telling.OWED
    assert _tell(office, Role.HABILITATIONS) is Telling.ALREADY
    replaced = {**CONTACTS, Role.HABILITATIONS: "Ana Roy <ana.roy@agglo-lys.example>"}
    office.on(date(2026, 9, 3))
    _name_contacts(office, replaced, date(2026, 9, 3))
    assert _tell(office, Role.HABILITATIONS, Role.SECURITE) is Telling.ALREADY, "whoever the contact is by now"
    assert _tell(office, Role.SECURITE) is Telling.OWED
    assert _tell(office, Role.HABILITATIONS, occasion="due 2028-08-16") is Telling.OWED
    assert [(told.role, told.occasion, told.recipient) for told in _ledger(office)] == [
        (Role.HABILITATIONS, OCCASION, "camille.martin@agglo-lys.example"),
        (Role.SECURITE, OCCASION, "hugo.petit@agglo-lys.example"),
        (Role.HABILITATIONS, "due 2028-08-16", "ana.roy@agglo-lys.example"),
    ]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_recipient_refused_for_good_is_recorded_once_in_either_database(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    url = request.getfixturevalue("postgres").new_database() if database == "postgresql" else None
    office = MemoryOffice(tmp_path, url=url)
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(TODAY)
    _name_contacts(office, CONTACTS)
    _tell(office, Role.HABILITATIONS)
    first = office.hand_clock.now
    for _ in range(2):
        with office.context.work() as work:
            (owed,) = notices.due(work.connection, None)
            notices.failed(work, owed, "The mail server refuses the recipient (550).", is_for_good=True)
        office.hand_clock.now += timedelta(hours=1)
    assert [told.refused_at for told in _ledger(office)] == [first]
    office.close()


def test_what_can_wait_stands_before_nothing_else_and_a_slow_mail_server_holds_no_pass_up(
    office: MemoryOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _name_contacts(office, CONTACTS)
    mailbox = FaultyMailbox(tmp_path / "mails")
    mailbox.late_by = 0.2
    smtp = {"host": mailbox.host, "port": mailbox.port, "from": "coop@caf.example", "tls": "off"}
    settings = office.settings.model_copy(update={"smtp": SmtpSettings.model_validate(smtp)})
    with office.context.work() as work:
        partner = all_partners(work.connection)[LYS.code]
        for number in range(8):
            occasion = f"{OCCASION} {number}"
            values: dict[str, object] = {"people": []}
            tell(work, settings, "review-reminder", LYS.code, partner, values, template="silent", occasion=occasion)
    _tell(office, Role.HABILITATIONS)
    monkeypatch.setattr(notice_delivery, "PASS_SECONDS", 0.5)
    context = office.context
    try:
        first = deliver(context.register, settings, "test")
        assert [told.sent_at is not None for told in _ledger(office)][-1], "the one that does not wait"
        assert 1 <= first.sent <= 4
        assert first.waiting == 9 - first.sent
        whole = deliver(context.register, settings, "test", at_once=True)
    finally:
        mailbox.stop()
    assert whole.waiting == 0, "whoever runs a command waits for all of them"


@pytest.mark.rule("N3")
def test_a_notice_is_told_once_when_the_process_dies_in_its_unit_of_work_or_after_it(office: MemoryOffice) -> None:
    _name_contacts(office, CONTACTS)

    def die() -> None:
        with office.context.work() as work:
            partner = all_partners(work.connection)[LYS.code]
            tell(work, office.context.settings, "silent", LYS.code, partner, {"people": []}, occasion=OCCASION)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    office.reopen()
    assert _tell(office, Role.HABILITATIONS) is Telling.OWED
    office.reopen()
    assert _tell(office, Role.HABILITATIONS) is Telling.ALREADY
    assert len(_ledger(office)) == 1


@pytest.mark.rule("N3")
@pytest.mark.parametrize("partner", [LYS.code, None])
def test_the_register_takes_no_second_notice_for_an_occasion_from_any_code(
    office: MemoryOffice, partner: str | None
) -> None:
    to = notices.Addressee(Side.CAF, Role.HABILITATIONS)

    def put(message_id: str, occasion: str | None) -> None:
        with office.context.work() as work:
            envelope = notices.Envelope("a@caf.example", b"")
            notices.put(work, "held", partner, message_id, envelope, to, occasion)

    put("<1@caf.example>", OCCASION)
    with pytest.raises(RegisterUnavailable, match="UNIQUE"):
        put("<2@caf.example>", OCCASION)
    put("<3@caf.example>", None)
    put("<4@caf.example>", None)


@pytest.mark.rule("N3")
def test_a_withdrawn_notice_stays_in_the_ledger_without_whom_it_was_for(office: MemoryOffice) -> None:
    _name_contacts(office, CONTACTS)
    _tell(office, Role.HABILITATIONS)
    with office.context.work() as work:
        assert notices.withdraw(work, "silent", LYS.code) == 1
        assert notices.withdraw(work, "silent", LYS.code) == 0
        assert notices.owed_count(work.connection) == 0
        assert notices.due(work.connection, None) == []
    (told,) = _ledger(office)
    assert (told.state, told.role, told.recipient) == (NoticeState.WITHDRAWN, Role.HABILITATIONS, None)
    assert _tell(office, Role.HABILITATIONS) is Telling.ALREADY


def _send(office: MemoryOffice) -> None:
    with office.context.work() as work:
        (owed,) = notices.due(work.connection, None)
        assert notices.begin(work, owed) is not None
    with office.context.work() as work:
        notices.sent(work, owed)


@pytest.mark.rule("N3")
def test_whom_a_notice_was_sent_to_is_known_for_a_year_then_the_role_alone(office: MemoryOffice) -> None:
    _name_contacts(office, CONTACTS)
    _tell(office, Role.HABILITATIONS)
    _send(office)
    with office.context.register.read() as connection:
        assert connection.execute(select(notice.c.content)).scalar_one() is None
    for day, recipient in ((date(2027, 9, 2), "camille.martin@agglo-lys.example"), (date(2027, 9, 3), None)):
        office.on(day)
        office.sync()
        (told,) = _ledger(office)
        assert (told.recipient, told.role, told.state) == (recipient, Role.HABILITATIONS, NoticeState.SENT)
    with office.context.register.read() as connection:
        assert connection.execute(select(notice.c.recipient)).scalars().all() == [None]


@pytest.mark.rule("D2")
def test_a_notice_that_could_not_be_sent_for_6_months_is_owed_no_more_before_the_day_of_whom_it_names(
    office: MemoryOffice,
) -> None:
    _name_contacts(office, CONTACTS)
    _tell(office, Role.HABILITATIONS)
    for day, state in ((date(2027, 3, 2), NoticeState.OWED), (date(2027, 3, 3), NoticeState.WITHDRAWN)):
        office.on(day)
        office.sync()
        (told,) = _ledger(office)
        assert (told.state, told.recipient is None) == (state, state is NoticeState.WITHDRAWN)
