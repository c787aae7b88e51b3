"""Each destruction on its day, announced the day before, whatever another clock of a person says (C4, D rules).

The directory is in memory and the register real: years of one office in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from provisioner.domain.access.change import Action, DriftKind
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.errors import Refused
from provisioner.domain.gates import Limit
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import destroying, holds, partners, receive, retention
from provisioner.operations.context import RunResult
from provisioner.operations.journal import verify_journal
from provisioner.operations.run import Pass, plan_due, sync
from provisioner.register import RegisterUnavailable, Work, annexes, connections
from provisioner.register.destruction import destroy_accounts
from provisioner.register.holds import quarantine
from provisioner.register.tables import habilitation
from tests.fakes.failing import FailMode, Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email

START, CLOSED = date(2026, 6, 16), date(2026, 9, 1)
ALL = dict.fromkeys(("leroy", "vasseur", "petit"), date(2026, 6, 10))
STAYING = {"leroy": ALL["leroy"]}
ANNEXES = {
    b"all": annexe(ALL, on=START),
    b"return": annexe({**STAYING, "vasseur": date(2027, 2, 1)}, {"petit": date(2026, 2, 28)}, on=date(2027, 1, 20)),
    b"sivom": annexe({"vasseur": date(2026, 7, 1)}, on=date(2026, 7, 1)),
    b"sivom-departure": annexe({}, {"vasseur": date(2026, 12, 31)}, on=date(2026, 12, 15)),
    b"late": annexe(STAYING, {"vasseur": date(2026, 8, 31), "petit": date(2026, 2, 28)}, on=date(2028, 8, 30)),
    b"lent": annexe({"vasseur": date(2026, 9, 1)}, on=CLOSED),
    b"lent-departure": annexe({}, {"vasseur": CLOSED - timedelta(days=1)}, on=CLOSED + timedelta(days=1)),
    b"morel": annexe({"morel": ALL["leroy"]}, on=START),
    b"morel-departure": annexe({}, {"morel": date(2026, 8, 31)}, on=CLOSED),
    b"waits": annexe(STAYING, {"vasseur": date(2026, 8, 31)}, on=date(2026, 9, 2)),
    b"departures": annexe(STAYING, {"vasseur": date(2026, 8, 31), "petit": date(2026, 2, 28)}, on=CLOSED),
}
DAY = timedelta(days=1)

#: What a run destroyed: its rule and whose data.
Destroyed = list[tuple[str, str | None]]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """leroy is open; vasseur and petit were closed on 1 September 2026, petit by a date of the past."""
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, name in ((START, b"all"), (CLOSED, b"departures")):
        office.on(day)
        office.apply(Document(name="1.csv", content=name), LYS.code)
    yield office
    office.close()


def destroyed(result: RunResult) -> Destroyed:
    """In the order of the rules; those of one rule by name."""
    gone = [change for change in result.done if change.action is Action.DESTROY]
    names = [(change.rule, change.email and change.email.partition("@")[0]) for change in gone]
    return sorted(names, key=lambda name: (["D1", "D2", "C4"].index(name[0]), name[1] or ""))


def sync_on(office: MemoryOffice, day: date) -> Destroyed:
    """What that day's `sync` destroys: what the plan said. Nothing is left to do after it, the journal is whole."""
    office.on(day)
    planned = plan_due(office.context, []).plan
    result = office.sync()
    assert planned is not None
    assert sorted(change.line for change in result.done) == sorted(change.line for change in planned.free), day
    assert result.failed == []
    after = plan_due(office.context, []).plan
    assert after is not None
    assert after.free == (), day
    assert verify_journal(office.context.register).bad is None, day
    return destroyed(result)


def days_of(office: MemoryOffice, first: date, last: date) -> dict[date, Destroyed]:
    """Each day from the first to the last on which something was destroyed."""
    days = [first + DAY * number for number in range((last - first).days + 1)]
    return {day: gone for day in days if (gone := sync_on(office, day))}


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_an_account_goes_the_day_after_6_months_and_the_habilitation_the_day_after_2_years(
    office: MemoryOffice,
) -> None:
    due = date(2027, 3, 1)  # of both accounts, and petit's date of the past shortens nothing
    both = [("D1", "petit"), ("D1", "vasseur")]
    assert days_of(office, due - 2 * DAY, due + 2 * DAY) == {due + DAY: both}
    assert {account.email.partition("@")[0] for account in office.directory.accounts.values()} == {"leroy"}
    assert days_of(office, date(2028, 2, 26), date(2028, 3, 1)) == {date(2028, 2, 29): [("D2", "petit")]}
    assert days_of(office, date(2028, 8, 30), date(2028, 9, 2)) == {date(2028, 9, 1): [("D2", "vasseur")]}
    records = office.context.register.records()
    assert [habilitation.email.partition("@")[0] for habilitation in records.habilitations] == ["leroy"]
    assert [email.partition("@")[0] for email in records.accounts] == ["leroy"]


def blocked_on(office: MemoryOffice, day: date) -> set[Limit]:
    """What holds that day's destructions; nothing is destroyed."""
    office.on(day)
    result = office.sync()
    assert result.plan is not None
    assert destroyed(result) == []
    assert verify_journal(office.context.register).bad is None
    return {blocked.limit for blocked in result.plan.blocked}


@pytest.mark.rule("D1")
def test_a_clock_that_jumps_a_year_ahead_destroys_nothing_that_day(office: MemoryOffice) -> None:
    sync_on(office, date(2027, 2, 28))
    for _ in range(2):  # however often it runs on that day
        assert blocked_on(office, date(2028, 3, 1)) == {Limit.DESTRUCTIONS}
    (hold,) = office.context.register.records().holds
    assert (hold.partner, hold.limit, hold.figure) == (None, Limit.DESTRUCTIONS, 3)
    office.on(date(2027, 3, 1))  # the clock is put right
    assert destroyed(office.sync()) == []
    assert office.context.register.records().holds == ()
    assert sync_on(office, date(2027, 3, 2)) == [("D1", "petit"), ("D1", "vasseur")]


@pytest.mark.rule("D1")
def test_a_service_that_was_off_for_a_week_announces_first_and_destroys_the_next_day(office: MemoryOffice) -> None:
    sync_on(office, date(2027, 2, 25))
    assert blocked_on(office, date(2027, 3, 4)) == {Limit.DESTRUCTIONS}
    assert sync_on(office, date(2027, 3, 5)) == [("D1", "petit"), ("D1", "vasseur")]


@pytest.mark.rule("D1")
def test_a_day_without_a_run_delays_nothing(office: MemoryOffice) -> None:
    sync_on(office, date(2027, 2, 27))
    assert sync_on(office, date(2027, 3, 3)) == [("D1", "petit"), ("D1", "vasseur")]


@pytest.mark.rule("D1")
def test_more_destructions_than_a_day_may_have_wait_for_a_named_person(office: MemoryOffice) -> None:
    office.settings.limits.__dict__["destructions"] = 1
    sync_on(office, date(2027, 3, 1))
    assert blocked_on(office, date(2027, 3, 2)) == {Limit.DESTRUCTIONS}
    (hold,) = office.context.register.records().holds
    assert (hold.figure, hold.allowed, len(hold.changes)) == (2, 1, 2)
    assert hold.plan_id is not None
    assert holds.release(office.context.register, hold.plan_id, "Claire Martin", "vérifié") is None
    assert sync_on(office, date(2027, 3, 2)) == [("D1", "petit"), ("D1", "vasseur")]
    assert office.context.register.records().holds == ()


@pytest.mark.rule("D1")
@pytest.mark.parametrize("mode", ["before", "crash-after"])
def test_what_a_run_leaves_of_destructions_that_were_let_go_the_next_run_does(
    office: MemoryOffice, mode: FailMode
) -> None:
    office.settings.limits.__dict__["destructions"] = 1
    sync_on(office, date(2027, 3, 1))
    blocked_on(office, date(2027, 3, 2))
    (hold,) = office.context.register.records().holds
    assert hold.plan_id is not None
    holds.release(office.context.register, hold.plan_id, "Claire Martin", "vérifié")
    office.directory.fail(1, mode)
    with suppress(Killed):
        assert destroyed(office.sync()) == [("D1", "petit")]
    office.reopen()
    assert ("D1", "vasseur") in sync_on(office, date(2027, 3, 2)), "one of them alone is another plan"
    days_of(office, date(2028, 2, 26), date(2028, 2, 29))
    days_of(office, date(2028, 8, 30), date(2028, 9, 1))
    register = (office.settings.data_dir / "provisioner.sqlite3").read_bytes()
    assert b"petit" not in register, "the plan names nobody for longer than the register does"
    assert b"vasseur" not in register


@pytest.mark.rule("D1")
def test_a_return_before_the_6_months_are_over_stops_the_clock(office: MemoryOffice) -> None:
    office.on(date(2027, 1, 20))
    office.apply(Document(name="3.csv", content=b"return"), LYS.code)
    assert sync_on(office, date(2027, 3, 1)) == []
    assert sync_on(office, date(2027, 3, 2)) == [("D1", "petit")]
    enabled = {account.email.partition("@")[0] for account in office.directory.accounts.values() if account.enabled}
    assert enabled == {"leroy", "vasseur"}
    days_of(office, date(2028, 2, 28), date(2028, 2, 29))
    days = days_of(office, date(2028, 8, 30), date(2028, 9, 2))
    assert days == {date(2028, 9, 1): [("D2", "vasseur")]}  # the first habilitation has its own clock
    assert len(office.context.register.records().by_account()) == 2


@pytest.mark.rule("D1")
@pytest.mark.rule("A8")
def test_an_account_of_two_partners_goes_6_months_after_its_last_access(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    for code in (LYS.code, "sivom"):
        office.add_partner(code, "agglo-lys.example")
    steps = (
        (START, b"all", LYS.code, Decisions()),
        (date(2026, 7, 1), b"sivom", "sivom", Decisions(waive={1: "mise à disposition"})),
        (CLOSED, b"departures", LYS.code, Decisions()),
        (date(2026, 12, 15), b"sivom-departure", "sivom", Decisions()),
    )
    for day, content, code, decisions in steps:
        office.on(day)
        result = office.apply(Document(name="1.csv", content=content), code, decisions)
        assert not result.is_refused
    sync_on(office, date(2027, 1, 1))
    assert days_of(office, date(2027, 3, 1), date(2027, 3, 3)) == {date(2027, 3, 2): [("D1", "petit")]}
    assert days_of(office, date(2027, 6, 30), date(2027, 7, 3)) == {date(2027, 7, 2): [("D1", "vasseur")]}
    days_of(office, date(2028, 2, 28), date(2028, 2, 29))
    assert days_of(office, date(2028, 8, 30), date(2028, 9, 2)) == {date(2028, 9, 1): [("D2", "vasseur")]}
    assert days_of(office, date(2028, 12, 30), date(2029, 1, 2)) == {date(2029, 1, 1): [("D2", "vasseur")]}
    office.close()


@pytest.mark.rule("C4")
def test_what_a_convention_gathered_goes_2_years_after_its_end_with_its_last_habilitation(
    office: MemoryOffice,
) -> None:
    office.on(date(2027, 3, 15))
    by = {"by": "Claire Martin", "reason": "dénonciation"}
    partners.end_convention(office.context.register, LYS.code, date(2027, 4, 30), **by)
    days_of(office, date(2027, 3, 15), date(2027, 3, 16))
    assert sync_on(office, date(2027, 5, 1)) == []
    assert days_of(office, date(2027, 10, 30), date(2027, 11, 3)) == {date(2027, 11, 2): [("D1", "leroy")]}
    for day in (date(2028, 2, 28), date(2028, 8, 31)):
        days_of(office, day, day + DAY)
    assert days_of(office, date(2029, 4, 29), date(2029, 5, 3)) == {date(2029, 5, 1): [("D2", "leroy"), ("C4", None)]}
    records = office.context.register.records()
    assert (records.habilitations, records.accounts, records.current) == ((), {}, {})


@pytest.mark.rule("D7")
def test_a_hold_recorded_while_a_run_is_under_way_keeps_the_person_though_the_convention_is_due_too(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.on(date(2027, 3, 15))
    why = {"by": "Claire Martin", "reason": "contentieux"}
    partners.end_convention(office.context.register, LYS.code, date(2027, 4, 30), **why)
    for day in (date(2027, 4, 30), date(2027, 11, 1), date(2028, 2, 28), date(2028, 8, 31), date(2029, 4, 29)):
        days_of(office, day, day + DAY)
    keep_holds = Pass.keep_holds

    def somebody_holds_meanwhile(run: Pass) -> None:
        keep_holds(run)
        retention.keep(office.context.register, None, email("leroy"), **why, review_on=date(2029, 6, 1))

    monkeypatch.setattr(Pass, "keep_holds", somebody_holds_meanwhile)
    office.on(date(2029, 5, 1))
    assert destroyed(office.sync()) == []
    records = office.context.register.records()
    assert [habilitation.email for habilitation in records.habilitations] == [email("leroy")]
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D7")
def test_a_hold_keeps_a_person_a_partner_or_all_until_somebody_releases_it(office: MemoryOffice) -> None:
    register, why = office.context.register, {"by": "Claire Martin", "reason": "contentieux"}
    sync_on(office, date(2027, 2, 28))
    person = retention.keep(register, None, email("vasseur"), **why, review_on=date(2027, 6, 1))
    partner = retention.keep(register, LYS.code, None, **why, review_on=date(2027, 6, 1))
    assert days_of(office, date(2027, 3, 1), date(2027, 3, 3)) == {}
    retention.release(register, partner, **why)
    assert sync_on(office, date(2027, 3, 4)) == [("D1", "petit")]  # announced while it was on hold
    assert sync_on(office, date(2027, 6, 2)) == []  # past its date it stays
    retention.release(register, person, **why)
    with pytest.raises(Refused):
        retention.release(register, person, **why)
    assert sync_on(office, date(2027, 6, 3)) == [("D1", "vasseur")]
    assert verify_journal(register).bad is None


@pytest.mark.rule("D7")
def test_a_hold_of_one_person_keeps_the_annexe_that_names_the_others_too(office: MemoryOffice) -> None:
    why = {"by": "Claire Martin", "reason": "contentieux"}
    retention.keep(office.context.register, None, email("leroy"), **why, review_on=date(2027, 6, 1))
    assert days_of(office, date(2027, 3, 1), date(2027, 3, 2)) == {
        date(2027, 3, 2): [("D1", "petit"), ("D1", "vasseur")]
    }
    assert days_of(office, date(2028, 2, 28), date(2028, 3, 1)) == {}


@pytest.mark.rule("D1")
def test_a_pause_writes_nothing_and_destroys_nothing(office: MemoryOffice) -> None:
    sync_on(office, date(2027, 2, 28))
    holds.pause(office.context.register, LYS.code, "audit", None, "Claire Martin")
    sync_on(office, date(2027, 3, 1))
    assert blocked_on(office, date(2027, 3, 2)) == {Limit.PAUSE}
    holds.resume(office.context.register, LYS.code, "Claire Martin")
    assert sync_on(office, date(2027, 3, 3)) == [("D1", "petit"), ("D1", "vasseur")]


@pytest.mark.rule("D1")
@pytest.mark.parametrize("by", ["sync", "retention run"])
def test_an_account_that_another_hand_enabled_is_closed_before_it_is_destroyed_and_told(
    office: MemoryOffice, by: str
) -> None:
    sync_on(office, date(2027, 3, 1))
    for account in office.directory.accounts.values():
        account.enabled = True
    office.on(date(2027, 3, 2))
    result = office.sync() if by == "sync" else retention.destroy_due(office.context, no_bar)
    order = [change.action for change in result.done if change.action in (Action.CLOSE, Action.DESTROY)]
    assert order == [Action.CLOSE] * 2 + [Action.DESTROY] * 2
    assert result.plan is not None
    assert {drift.kind for drift in result.plan.drift} == {DriftKind.ENABLED_BY_HAND}
    assert [account.email for account in office.directory.accounts.values()] == [email("leroy")]
    assert sync_on(office, date(2027, 3, 2)) == []


@pytest.mark.rule("D1")
def test_a_defect_in_one_partners_records_sets_that_partner_aside_and_the_others_go_on(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add_partner("sivom", "agglo-lys.example")
    for content in (b"morel", b"morel-departure"):
        office.apply(Document(name="1.csv", content=content), "sivom")
    sync_on(office, date(2027, 3, 1))

    def has_a_defect(work: Work, accounts: Collection[int]) -> None:
        through = select(habilitation.c.partner).where(habilitation.c.account.in_(accounts))
        if LYS.code in work.connection.execute(through).scalars():
            raise ValueError
        destroy_accounts(work, accounts)

    office.on(date(2027, 3, 2))
    with monkeypatch.context() as broken:
        broken.setattr(destroying, "destroy_accounts", has_a_defect)
        result = office.sync()
    assert destroyed(result) == [("D1", "morel")]
    assert list(result.broken) == [LYS.code]
    assert [hold.partner for hold in office.context.register.records().holds] == [LYS.code], "told, and tried again"
    assert verify_journal(office.context.register).bad is None
    assert sync_on(office, date(2027, 3, 2)) == [("D1", "petit"), ("D1", "vasseur")]
    assert office.context.register.records().holds == ()


@pytest.mark.rule("D2")
@pytest.mark.rule("A8")
def test_a_habilitation_waits_for_its_account_though_another_closed_one_shares_it(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add_partner("sivom", "agglo-lys.example")
    shared = Decisions(waive={1: "mise à disposition"})
    office.apply(Document(name="1.csv", content=b"lent"), "sivom", shared)
    office.on(CLOSED + DAY)
    office.apply(Document(name="1.csv", content=b"lent-departure"), "sivom")
    with office.context.work() as work:
        ended = update(habilitation).where(habilitation.c.partner == LYS.code, habilitation.c.ended_on.is_not(None))
        work.connection.execute(ended.values(ended_on=date(2025, 1, 1)))
    for day in (date(2027, 3, 1), date(2027, 3, 2)):
        office.on(day)
        office.sync()

    def has_a_defect(_work: Work, _accounts: Collection[int]) -> None:
        raise ValueError

    office.on(date(2027, 3, 3))
    with monkeypatch.context() as broken:
        broken.setattr(destroying, "destroy_accounts", has_a_defect)
        office.sync()
    records = office.context.register.records()
    assert records.accounts[email("vasseur")].destroyed_on is None
    assert [h.partner for h in records.habilitations if h.email == email("vasseur")] == [LYS.code, "sivom"]
    result = office.sync()
    assert {("D1", "vasseur"), ("D2", "vasseur")} <= set(destroyed(result))


@pytest.mark.rule("D2")
@pytest.mark.rule("A3")
def test_whose_day_came_while_an_annexe_waited_leaves_it_once_it_is_applied(office: MemoryOffice) -> None:
    """The partner had to name vasseur, closed less than 2 years before; the Caf approves it after the 2 years."""
    for day in (date(2027, 3, 1), date(2028, 2, 28), date(2028, 8, 30)):
        days_of(office, day, day + DAY)
    receive.submit(office.context, Document(name="5.csv", content=b"late"), LYS.code, date(2028, 8, 31))
    assert sync_on(office, date(2028, 9, 1)) == [("D2", "vasseur")]

    def kept() -> tuple[list[str | None], date | None]:
        with office.context.register.read() as connection:
            (annexe_,) = annexes.kept(connection, LYS.code)
        return [row.email for row in annexe_.check.annexe.rows], annexe_.replaced_on

    why = {"by": "Claire Martin", "reason": "contentieux"}
    number = retention.keep(office.context.register, LYS.code, None, **why, review_on=date(2028, 10, 1))
    office.on(date(2028, 9, 4))
    office.apply(Document(name="5.csv", content=b"late"), LYS.code)
    assert kept() == ([email("leroy"), email("vasseur"), email("petit")], None)
    retention.release(office.context.register, number, **why)
    for _ in range(2):
        sync_on(office, date(2028, 9, 5))
        rows = [email("leroy")]  # petit, whose closure was too old already, goes with it
        assert kept() == (rows, date(2028, 9, 5))


@pytest.mark.rule("C4")
@pytest.mark.rule("D1")
def test_a_convention_waits_for_the_person_of_it_who_is_in_quarantine(office: MemoryOffice) -> None:
    why = {"by": "Claire Martin", "reason": "dénonciation"}
    partners.end_convention(office.context.register, LYS.code, date(2027, 4, 30), **why)
    days_of(office, date(2027, 4, 30), date(2027, 5, 1))
    last = date(2029, 5, 1)
    sync_on(office, last - DAY)
    office.on(last)
    (leroy,) = (h for h in office.context.register.records().habilitations if h.email == email("leroy"))
    with office.context.work() as work:
        quarantine(work, LYS.code, leroy, "Keycloak refuse.", [], tried=True)
    result = sync(office.context, [], no_bar, at_once=False)
    assert destroyed(result) == [("D2", "petit"), ("D2", "vasseur")]
    assert [change.rule for change in result.held] == ["D1", "D2"], "nothing holds the convention itself"
    records = office.context.register.records()
    assert (records.partners[LYS.code].destroyed_on, list(records.current)) == (None, [LYS.code])
    assert sync_on(office, last) == [("D1", "leroy"), ("D2", "leroy"), ("C4", None)]


@pytest.mark.rule("D1")
def test_what_is_destroyed_is_done_alone_by_retention_run(office: MemoryOffice) -> None:
    sync_on(office, date(2027, 3, 1))
    office.on(date(2027, 3, 2))
    assert destroyed(retention.destroy_due(office.context, no_bar)) == [("D1", "petit"), ("D1", "vasseur")]
    assert sync_on(office, date(2027, 3, 2)) == []


#: More than any run has: a loop that comes here has not ended by itself.
TOO_MANY = 60


def until_untouched(
    office: MemoryOffice,
    home: Path,
    breaks: Callable[[MemoryOffice, int], AbstractContextManager[Callable[[], bool]]],
) -> int:
    """How many operations the run of a destruction has: each was broken once, and the next run ended the work."""
    for number in range(1, TOO_MANY):
        twin = office.copied_to(home / str(number))
        with breaks(twin, number) as was_broken:
            with suppress(Killed, KeycloakError, RegisterUnavailable):
                twin.sync()
            is_broken = was_broken()
        twin.reopen()
        sync_on(twin, twin.context.clock.today())
        names = [account.email.partition("@")[0] for account in twin.directory.accounts.values()]
        records = twin.context.register.records()
        assert (names, len(records.habilitations), len(records.accounts)) == (["leroy"], 2, 2), number
        assert sum(account.destroyed_on is not None for account in records.accounts.values()) == 1, number
        with twin.context.register.read() as connection:
            assert len(connections.destroyed(connection)) == 2, number
        twin.close()
        if not is_broken:
            return number - 1
    raise AssertionError("the run has more operations than were tried")


@pytest.fixture
def eve(office: MemoryOffice) -> MemoryOffice:
    """The morning of a day on which vasseur's account and petit's account and habilitation are due."""
    with office.context.work() as work:
        day = date(2025, 1, 1)
        petit = [h.id for h in office.context.register.records().habilitations if h.email == email("petit")]
        work.connection.execute(update(habilitation).where(habilitation.c.id.in_(petit)).values(ended_on=day))
        work.journal(
            "habilitation.ended",
            partner=LYS.code,
            habilitation=petit[0],
            rule="A3",
            details={"ended_on": "2025-01-01"},
        )
    office.on(date(2027, 3, 1))
    office.sync()
    office.on(date(2027, 3, 2))
    return office


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("mode", "for_good"),
    [("before", False), ("after", False), ("after", True), ("crash-before", False), ("crash-after", False)],
)
def test_each_call_to_keycloak_of_a_destruction_fails_once_for_good_or_by_our_death(
    eve: MemoryOffice, tmp_path: Path, mode: FailMode, for_good: bool
) -> None:
    @contextmanager
    def breaks(twin: MemoryOffice, number: int) -> Iterator[Callable[[], bool]]:
        twin.directory.fail(number, mode, for_good=for_good, reads_too=True)
        yield lambda: twin.directory.has_failed

    assert until_untouched(eve, tmp_path, breaks) >= 5


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("how", "for_good"),
    [("commit-fails", False), ("commit-fails", True), ("commit-kills", False), ("commit-then-killed", False)],
)
def test_each_commit_of_a_destruction_fails_once_for_good_or_by_our_death(
    eve: MemoryOffice, tmp_path: Path, how: str, for_good: bool
) -> None:
    @contextmanager
    def breaks(twin: MemoryOffice, number: int) -> Iterator[Callable[[], bool]]:
        commits = Commits(twin.context.register.engine, Fault(number, how, for_good))
        yield lambda: commits.has_failed
        commits.end()

    assert until_untouched(eve, tmp_path, breaks) >= 4


@pytest.mark.rule("A2")
@pytest.mark.rule("D7")
def test_an_annexe_that_waits_is_destroyed_by_no_clock_that_jumps_and_while_no_hold_touches_the_partner(
    office: MemoryOffice,
) -> None:
    def waits() -> bool:
        with office.context.register.read() as connection:
            return any(kept.applied_at is None for kept in annexes.kept(connection, LYS.code))

    office.on(date(2026, 9, 2))
    receive.submit(office.context, Document(name="4.csv", content=b"waits"), LYS.code, date(2026, 9, 2))
    office.sync()
    office.on(date(2027, 9, 2))
    office.sync()
    assert waits()
    office.on(date(2026, 9, 3))  # the clock is put right
    office.sync()
    why = {"by": "Claire Martin", "reason": "contentieux"}
    number = retention.keep(office.context.register, None, email("petit"), **why, review_on=date(2026, 12, 1))
    days_of(office, date(2026, 10, 2), date(2026, 10, 4))
    assert waits()
    retention.release(office.context.register, number, **why)
    office.sync()
    assert not waits()
