"""The planner, for decisions about one account: suspended, reopened, renamed, adopted; and one that is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from provisioner.domain.access.account import RemoteAccount, RemoteGroup, Snapshot
from provisioner.domain.access.change import Change, DriftKind, in_turns
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.plan import Plan, make_plan
from provisioner.domain.gates import Limit, Limits, containing
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account, Records, Reopening
from tests.shared.examples import LONG_AGO, LYS, NOW, TODAY, email, end, habilitation, link, records, remote, snapshot

LEROY = email("leroy")
SIVOM = replace(LYS, code="sivom")
SENT = link(1, 1, LONG_AGO, timedelta(hours=24), sent_at=LONG_AGO)


def plan(known: Records, seen: Snapshot, partners: tuple[str, ...] = ()) -> Plan:
    return make_plan(known, seen, NOW, partners or sorted(known.partners), Limits())


def leroy(**facts: object) -> Habilitation:
    return habilitation("leroy", **{"id": 1, "opened_at": LONG_AGO, **facts})


def suspension(*, effective: bool = True) -> Hold:
    return Hold(
        kind=HoldKind.SUSPENSION,
        reason="vol",
        since=LONG_AGO,
        email=LEROY,
        effective_at=LONG_AGO if effective else None,
    )


def register(*known: Habilitation, account: Account | None = None, **more: object) -> Records:
    made = records(*known, partners=(LYS, SIVOM), attempts=(SENT,), **more)
    return replace(made, accounts={**made.accounts, LEROY: account}) if account else made


def reopening(how: Reopening, id_: str = f"id-{LEROY}") -> Account:
    return Account(LEROY, id_, reopening=how)


def in_keycloak(*accounts: RemoteAccount, of: tuple[str, ...] = (LYS.code,)) -> Snapshot:
    """These accounts, in the groups of these partners."""
    seen = snapshot(*accounts)
    group = RemoteGroup("group", frozenset(account.id for account in accounts))
    return replace(seen, groups=dict.fromkeys(of, group))


def lines(made: Plan) -> list[tuple[str, str, str | None, str | None]]:
    """Each change: action, rule, due on, address after."""
    return [
        (change.action, change.rule, change.due_on.isoformat() if change.due_on else None, change.new_email)
        for change in made.changes
    ]


def kinds(made: Plan) -> list[DriftKind]:
    return [drifted.kind for drifted in made.drift]


def only(made: Plan, action: str) -> Change:
    (change,) = (change for change in made.changes if change.action == action)
    return change


def test_a_suspension_cuts_the_access_without_an_end_or_a_count() -> None:
    made = plan(register(leroy(), holds=(suspension(effective=False),)), in_keycloak(remote(leroy())))
    assert (lines(made), kinds(made)) == ([("close", "A4", None, None)], [])
    change = only(made, "close")
    assert change.is_suspension
    assert change.wanted is not None
    assert (change.wanted.enabled, change.groups, change.by_hand) == (False, (LYS.code,), False)


def test_a_suspended_account_is_silent_and_told_when_a_hand_enables_it() -> None:
    known = register(leroy(), holds=(suspension(),))
    silent = plan(known, in_keycloak(remote(leroy(), enabled=False)))
    assert (silent.changes, silent.drift) == ((), ())
    assert known.state_of(leroy()) is State.SUSPENDED
    enabled = plan(known, in_keycloak(remote(leroy())))
    assert (lines(enabled), kinds(enabled)) == ([("close", "A4", None, None)], [DriftKind.ENABLED_BY_HAND])
    assert only(enabled, "close").by_hand


def test_an_account_disabled_by_hand_then_suspended_by_name_gets_the_whole_recipe_once() -> None:
    seen = in_keycloak(remote(leroy(), enabled=False))
    assert lines(plan(register(leroy(), holds=(suspension(effective=False),)), seen)) == [("close", "A4", None, None)]
    assert plan(register(leroy(), holds=(suspension(),)), seen).changes == ()


def test_a_suspension_lets_data_be_updated_and_sends_no_link() -> None:
    changed = leroy(person=replace(leroy().person, function="directeur"), link_due_at=NOW)
    made = plan(register(changed, holds=(suspension(),)), in_keycloak(remote(leroy(), enabled=False)))
    assert lines(made) == [("update", "A1", None, None)]
    assert made.changes[0].wanted is not None
    assert made.changes[0].wanted.enabled is None


def test_an_end_that_is_due_closes_a_suspended_access() -> None:
    ended = leroy(end=end(date(2026, 8, 31)))
    made = plan(register(ended, holds=(suspension(),)), in_keycloak(remote(leroy(), enabled=False)))
    assert lines(made) == [("close", "A3", "2026-09-01", None)]
    assert not made.changes[0].is_suspension


def test_a_planned_person_who_is_suspended_does_not_open() -> None:
    planned = leroy(opened_at=None, requested_on=TODAY)
    assert plan(register(planned, holds=(suspension(effective=False),)), in_keycloak()).changes == ()


@pytest.mark.rule("A8")
def test_a_closure_at_one_partner_leaves_a_suspended_account_disabled_and_its_group() -> None:
    ended, other = leroy(end=end(date(2026, 8, 31))), leroy(id=2, partner=SIVOM.code)
    known = register(ended, other, holds=(suspension(effective=False),))
    made = plan(known, in_keycloak(remote(leroy()), of=(LYS.code, SIVOM.code)))
    closures = [change for change in made.changes if change.action == "close"]
    assert [(closure.partner, closure.is_suspension, closure.groups) for closure in closures] == [
        (LYS.code, False, (SIVOM.code,)),
        (SIVOM.code, True, (SIVOM.code,)),
    ]
    assert [closure.wanted and closure.wanted.enabled for closure in closures] == [False, False]
    assert [len(turn) for turn in in_turns(made.changes)] == [1, 1]


@pytest.mark.parametrize("enabled", [True, False])
def test_reopened_as_it_was_there_is_no_link_and_with_a_new_password_there_is_one(enabled: bool) -> None:
    seen = in_keycloak(remote(leroy(), enabled=enabled))
    as_it_was = plan(register(leroy(), account=reopening(Reopening.AS_IT_WAS)), seen)
    assert (lines(as_it_was), kinds(as_it_was)) == ([("reopen", "A4", None, None)], [])
    assert (as_it_was.changes[0].owes_link, as_it_was.changes[0].settles_reopening) == (False, True)
    anew = plan(register(leroy(), account=reopening(Reopening.NEW_PASSWORD)), seen)
    assert lines(anew) == [("reopen", "A4", None, None), ("invite", "P2", None, None)]
    assert anew.changes[0].owes_link


def test_a_link_that_was_owed_before_the_suspension_leaves_with_the_reopening() -> None:
    owed = leroy(link_due_at=NOW)
    made = plan(register(owed, account=reopening(Reopening.AS_IT_WAS)), in_keycloak(remote(leroy(), enabled=False)))
    assert [change.action for change in made.changes] == ["reopen", "invite"]


def test_a_missing_account_is_told_and_created_again_once_that_is_decided() -> None:
    told = plan(register(leroy()), in_keycloak())
    assert (told.changes, kinds(told)) == ((), [DriftKind.MISSING_ACCOUNT])
    made = plan(register(leroy(), account=reopening(Reopening.AS_IT_WAS)), in_keycloak())
    assert (lines(made), kinds(made)) == ([("open", "A1", None, None), ("invite", "P2", None, None)], [])
    assert (only(made, "open").owes_link, only(made, "open").groups) == (True, (LYS.code,))


def test_an_account_created_again_by_a_run_that_died_still_owes_its_link() -> None:
    known = register(leroy(), account=reopening(Reopening.AS_IT_WAS, "id-of-the-deleted-one"))
    assert [change.action for change in plan(known, in_keycloak(remote(leroy()))).changes] == ["reopen", "invite"]


@pytest.mark.rule("A7")
def test_a_rename_sends_a_link_to_who_has_no_password_only() -> None:
    old = remote(replace(leroy(), person=replace(leroy().person, email=email("le.roy"))))
    known = register(leroy(), account=Account(LEROY, old.id, renamed_from=old.email))
    seen = in_keycloak(old)
    without = plan(known, seen)
    assert lines(without) == [("rename", "A7", None, LEROY), ("invite", "P2", None, None)]
    assert (without.changes[0].email, without.changes[0].owes_link) == (old.email, True)
    with_password = plan(known, replace(seen, with_password=frozenset({old.id})))
    assert lines(with_password) == [("rename", "A7", None, LEROY)]
    assert (with_password.changes[0].owes_link, with_password.drift) == (False, ())
    suspended = plan(replace(known, holds=(suspension(),)), in_keycloak(replace(old, enabled=False)))
    assert lines(suspended) == [("rename", "A7", None, LEROY)]


@pytest.mark.rule("A8")
@pytest.mark.parametrize("enabled", [True, False])
def test_an_adopted_account_is_brought_in_line_without_a_drift_or_a_link(enabled: bool) -> None:
    adopted = leroy(adopted_on=TODAY, transmitted_on=TODAY, link_due_at=None)
    bare = replace(remote(leroy(), enabled=enabled), attributes={"telephone": ("1",)}, last_name="LEROY")
    made = plan(register(adopted), replace(in_keycloak(bare), groups={LYS.code: RemoteGroup("group", frozenset())}))
    assert lines(made) == [("update", "A8", None, None)]
    assert kinds(made) == ([] if enabled else [DriftKind.SUSPENDED_BY_HAND])
    assert made.changes[0].wanted is not None
    assert made.changes[0].wanted.enabled is None


@pytest.mark.rule("A8")
def test_what_one_partners_run_changes_of_a_shared_account_is_told_under_that_partner() -> None:
    other = leroy(id=2, partner=SIVOM.code, person=replace(leroy().person, function="directeur"))
    seen = in_keycloak(remote(leroy()), of=(SIVOM.code,))
    made = plan(register(leroy(), other), seen, (SIVOM.code,))
    assert [(change.action, change.partner) for change in made.changes] == [("update", SIVOM.code)]


@pytest.mark.rule("A8")
@pytest.mark.rule("P2")
def test_openings_at_two_partners_on_one_day_are_one_link_and_one_after_the_other() -> None:
    both = [leroy(id=number, partner=partner.code, opened_at=None) for number, partner in enumerate((LYS, SIVOM), 1)]
    made = plan(records(*both, partners=(LYS, SIVOM)), in_keycloak(of=(LYS.code, SIVOM.code)))
    assert [(change.action, change.partner) for change in made.changes] == [
        ("open", LYS.code),
        ("open", SIVOM.code),
        ("invite", LYS.code),
    ]
    assert [change.owes_link for change in made.changes[:2]] == [True, True]
    assert [len(turn) for turn in in_turns(made.changes[:2])] == [1, 1]


@pytest.mark.rule("L2")
def test_while_a_partner_is_contained_what_opens_waits_and_closures_go_on() -> None:
    """Jeanne's access is at both partners: that of the other one opens, by itself."""
    containment = Hold(kind=HoldKind.CONTAINMENT, reason="incident", since=LONG_AGO, partner=LYS.code, id=1)
    jeanne = [habilitation("jeanne", id=number, partner=code) for number, code in ((2, LYS.code), (3, SIVOM.code))]
    gone = leroy(end=end(date(2026, 8, 31)))
    made = plan(register(gone, *jeanne, holds=(containment,)), in_keycloak(remote(gone), of=(LYS.code, SIVOM.code)))
    assert [(blocked.partner, blocked.limit) for blocked in made.blocked] == [(LYS.code, Limit.CONTAINMENT)]
    assert not made.is_held
    assert {(change.action, change.partner) for change in made.free} == {("close", LYS.code), ("open", SIVOM.code)}
    (opening,) = [change for change in made.free if change.is_opening]
    assert opening.groups == (SIVOM.code,)


@pytest.mark.rule("L2")
def test_more_than_two_partners_or_a_fifth_of_the_accounts_in_a_day_need_a_second_name() -> None:
    def opened(code: str, count: int) -> list[Habilitation]:
        names = [f"{code}{number}" for number in range(count)]
        return [habilitation(name, id=1, partner=code, opened_at=LONG_AGO) for name in names]

    def lately(code: str, ago: timedelta) -> Hold:
        return Hold(kind=HoldKind.CONTAINMENT, reason="x", since=NOW - ago, partner=code)

    def suspended(count: int, ago: timedelta) -> list[Hold]:
        return [
            Hold(kind=HoldKind.SUSPENSION, reason="x", since=NOW - ago, email=EmailAddress(f"c{number}@x.example"))
            for number in range(count)
        ]

    known = records(*opened(LYS.code, 4), *opened("sivom", 2), *opened("ccas", 14), partners=(LYS, SIVOM))
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert not containing(known, [LYS.code], NOW, ()).needs_second, "4 of 20"
    assert containing(known, [LYS.code, "sivom"], NOW, ()).needs_second, "6 of 20"
    assert containing(known, [LYS.code], NOW, suspended(1, hour)).needs_second, "5 of 20 in a day"
    assert not containing(known, [LYS.code], NOW, suspended(1, day)).needs_second
    assert not containing(known, ["sivom"], NOW, [lately("un", hour)]).needs_second, "2 partners"
    assert containing(known, ["sivom"], NOW, [lately("un", hour), lately("deux", hour)]).needs_second

    persons = [h.email for h in known.of_partner("ccas")]
    assert not containing(known, (), NOW, (), persons[:4]).needs_second
    assert containing(known, (), NOW, (), persons[:5]).needs_second, "5 of 20, named one by one"
    assert containing(known, (), NOW, suspended(3, hour), persons[:2]).needs_second
    assert not containing(known, (), NOW, suspended(9, hour), persons[:1]).needs_second, "one person never waits"
