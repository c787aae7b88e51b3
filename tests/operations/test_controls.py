"""The controls on a real register: raised once, graver facts anew, settled by name, judged again after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.control import ControlState, Observation, Severity
from provisioner.domain.connections.evidence import Evidence
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord
from provisioner.domain.errors import Refusal, Refused
from provisioner.operations import controls
from provisioner.operations.connections import purge
from provisioner.operations.journal import verify_journal
from provisioner.register import connections, open_register
from provisioner.register.tables import account
from provisioner.register.tables import control as table
from provisioner.views.answers.controls import ControlsAnswer
from tests.fakes.memory_office import MemoryOffice, reading
from tests.shared.examples import LYS, annexe, email

FIRST_DAY, TODAY = date(2026, 6, 16), date(2026, 9, 2)
ANNEXES = {
    b"1": annexe({"leroy": date(2026, 6, 10), "vasseur": date(2026, 6, 10)}, on=FIRST_DAY),
    b"2": annexe({"leroy": date(2026, 6, 10)}, {"vasseur": date(2026, 6, 30)}, on=date(2026, 7, 1)),
}
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
WRONG, RIGHT = "invalid_user_credentials", "user_disabled"


@pytest.fixture
def office(tmp_path: Path) -> MemoryOffice:
    """leroy is open; vasseur was closed on 1 July."""
    office = MemoryOffice(tmp_path, read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, content in ((FIRST_DAY, b"1"), (date(2026, 7, 1), b"2")):
        office.on(day)
        office.apply(Document(name="1.csv", content=content), LYS.code)
    office.on(TODAY)
    return office


def number_of(office: MemoryOffice, name: str) -> int:
    with office.context.register.read() as connection:
        return int(connection.execute(select(account.c.id).where(account.c.email == email(name))).scalar_one())


def store(office: MemoryOffice, name: str, *records: tuple[str, str | None], at: datetime | None = None) -> None:
    """What `connections pull` stores: for each (kind, outcome) a record a minute."""
    begin = at or office.context.clock.now()
    number, stored = number_of(office, name), len(_ids)
    events = [
        ConnectionRecord(
            id=f"e{stored + place}",
            at=begin + timedelta(minutes=place),
            kind=kind,
            outcome=outcome,
            account=number,
            address="192.0.2.7",
            session=f"s{stored + place}",
        )
        for place, (kind, outcome) in enumerate(records)
    ]
    _ids.extend(event.id for event in events)
    with office.context.work() as work:
        connections.store(work, events)


_ids: list[str] = []


@pytest.mark.rule("L1")
def test_the_same_facts_are_raised_once_and_graver_or_later_ones_anew(office: MemoryOffice) -> None:
    context = office.context
    store(office, "vasseur", ("login", WRONG))
    with capture_logs() as logs:
        (raised,) = controls.judge(context)
    assert (raised.code, raised.severity, raised.email) == ("closed-attempt", Severity.WARNING, email("vasseur"))
    (said,) = [line for line in logs if line["event"] == "control.raised"]
    assert {name: said[name] for name in said if name not in ("event", "log_level")} == {
        "code": "closed-attempt",
        "severity": "warning",
        "habilitation": raised.habilitation,
    }
    before = context.register.commits
    assert (controls.judge(context), context.register.commits) == ([], before)

    store(office, "vasseur", ("login", WRONG))
    assert controls.judge(context) == []
    (control,) = controls.listed(context.register, LYS.code, all_=False)
    assert ControlsAnswer.of([control]).csv().splitlines()[1].startswith(f"{control.id};")
    assert (control.id, control.facts.count) == (raised.id, 2)
    controls.settle(context.register, control.id, "Claire Martin", "Erreur de compte, vérifié par téléphone")
    assert (controls.judge(context), controls.listed(context.register, None, all_=False)) == ([], [])

    store(office, "vasseur", ("login", WRONG))
    (anew,) = controls.judge(context)
    assert (anew.id, anew.severity, anew.facts.count) == (raised.id, Severity.WARNING, 3), "after it was explained"
    store(office, "vasseur", ("login", RIGHT))
    (graver,) = controls.judge(context)
    assert (graver.id, graver.severity, graver.state) == (raised.id, Severity.GRAVE, ControlState.RAISED)
    assert graver.settled_by is None
    verified = verify_journal(context.register)
    assert verified.bad is None, verified


def change_realm(office: MemoryOffice, id_: str, address: str) -> None:
    """What `connections pull` stores of an act of an administrator, the same one each time."""
    with office.context.work() as work:
        act = ConsoleRecord(id=id_, at=work.now, operation="update", resource="realm", address=address, actor="admin")
        connections.store_console(work, [act])


@pytest.mark.rule("L1")
def test_the_same_act_again_is_kept_beside_the_first_and_raised_anew_once_that_one_was_settled(
    office: MemoryOffice,
) -> None:
    context = office.context
    controls.judge(context)
    change_realm(office, "c1", "192.0.2.7")
    change_realm(office, "c2", "192.0.2.7")
    (raised,) = controls.judge(context)
    assert (raised.code, raised.facts.count, raised.facts.records) == ("console-realm-changed", 2, ("c1", "c2"))

    change_realm(office, "c3", "198.51.100.9")
    assert controls.judge(context) == []
    (control,) = controls.listed(context.register, None, all_=False)
    assert control.facts.addresses == ("192.0.2.7", "198.51.100.9")
    assert control.facts.records == ("c1", "c2", "c3")

    controls.settle(context.register, raised.id, "Claire Martin", "Migration prévue")
    assert controls.judge(context) == []
    change_realm(office, "c4", "192.0.2.7")
    (anew,) = controls.judge(context)
    assert (anew.id, anew.state, anew.facts.count) == (raised.id, ControlState.RAISED, 4)
    assert verify_journal(context.register).bad is None


@pytest.mark.rule("L1")
def test_a_control_that_is_settled_in_the_tables_alone_is_found_by_the_verification(office: MemoryOffice) -> None:
    register = office.context.register
    store(office, "vasseur", ("login", WRONG))
    (raised,) = controls.judge(office.context)
    controls.settle(register, raised.id, "Claire Martin", "Vu avec la personne")
    with register.read() as connection:
        names = ("settled_at", "settled_by", "settle_reason", "settle_decision")
        told = dict(connection.execute(select(*(table.c[name] for name in names))).mappings().one())
    forgeries: list[dict[str, object]] = [
        {"settle_reason": "Rien"},
        {"settled_by": "Zoé Petit"},
        {"settle_decision": None},
    ]
    for forged in forgeries:
        with register.work("test") as work:
            work.connection.execute(update(table).values(told | forged))
        bad = verify_journal(register).bad
        assert bad is not None
        assert bad.difference is not None
        assert (bad.difference.table, bad.difference.key) == ("control", str(raised.id))
    for true in (told, {"settled_at": None}):
        with register.work("test") as work:
            work.connection.execute(update(table).values(true))
        assert verify_journal(register).bad is None


@pytest.mark.rule("L1")
def test_what_cannot_be_settled_is_refused_with_its_reason(office: MemoryOffice) -> None:
    store(office, "vasseur", ("login", WRONG))
    (raised,) = controls.judge(office.context)
    register = office.context.register
    with pytest.raises(Refused) as unknown:
        controls.settle(register, raised.id + 1, "Claire Martin", "Vu")
    controls.settle(register, raised.id, "Claire Martin", "Vu")
    with pytest.raises(Refused) as again:
        controls.settle(register, raised.id, "Claire Martin", "Vu")
    assert (unknown.value.code, again.value.code) == (Refusal.NO_SUCH_CONTROL, Refusal.CONTROL_SETTLED)


@pytest.mark.rule("L1")
def test_a_judging_that_is_killed_is_done_again_and_nothing_is_raised_twice(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(office, "vasseur", ("login", WRONG))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("provisioner.operations.controls.set_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            controls.judge(office.context)
    assert controls.listed(office.context.register, None, all_=True) == []
    assert len(controls.judge(office.context)) == 1
    assert controls.judge(office.context) == []


@pytest.mark.rule("L1")
def test_a_long_judging_keeps_nobody_from_writing(office: MemoryOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite commits nothing while anybody reads."""
    store(office, "vasseur", ("login", WRONG))
    store(office, "leroy", ("login", None))
    written: list[int] = []

    def writes(_evidence: Evidence) -> Iterator[Observation]:
        with office.context.work() as work:
            written.append(work.number)
        yield from ()

    settings = office.context.settings
    database = settings.database.model_copy(update={"busy_seconds": 0})
    impatient = open_register(settings.model_copy(update={"database": database}), office.context.clock)
    monkeypatch.setattr(office.context.register, "engine", impatient.engine)
    monkeypatch.setattr("provisioner.operations.person_controls.OF_RECORDS", (writes,))
    controls.judge(office.context)
    impatient.close()
    assert len(written) == 2


@pytest.mark.rule("D1")
def test_what_a_control_rests_on_goes_at_its_age_and_the_finding_with_it(office: MemoryOffice) -> None:
    context = office.context
    store(office, "vasseur", ("login", WRONG))
    store(office, "leroy", *[("login", WRONG)] * 10)
    settled, kept = sorted(controls.judge(context), key=lambda control: control.code)
    controls.settle(context.register, settled.id, "Claire Martin", "Vu avec la personne")
    for days in (363, 364):
        office.on(TODAY + timedelta(days=days))
        office.sync()
    purge(context)
    assert {c.id for c in controls.listed(context.register, None, all_=True)} == {kept.id}  # D1: closed for 6 months
    office.on(TODAY + timedelta(days=366))
    office.sync()
    purge(context)
    assert controls.listed(context.register, None, all_=True) == []
    with context.register.read() as connection:
        assert connections.records_of(connection, [number_of(office, "leroy")], FIRST_MOMENT) == []
    assert verify_journal(context.register).bad is None
    assert controls.judge(context) == []
