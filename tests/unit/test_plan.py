"""The planner: what the register wants against what Keycloak has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from provisioner.domain.change import Action, DriftKind, Limit
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation
from provisioner.domain.limits import Limits
from provisioner.domain.plan import Plan, make_plan
from provisioner.domain.records import Account, Invitation, Records
from provisioner.domain.snapshot import RemoteAccount, Snapshot
from tests.unit.examples import LONG_AGO, LYS, NOW, TODAY, email, end, habilitation, link, records, remote, snapshot


def plan(known: Records, seen: Snapshot, **more: object) -> Plan:
    return make_plan(known, seen, NOW, sorted(known.partners), Limits(), **more)  # type: ignore[arg-type]


def actions(made: Plan) -> list[tuple[str, str | None]]:
    return [(one.action.value, one.email) for one in made.changes]


def sent(one: int, at: object = LONG_AGO) -> Invitation:
    return link(one, 1, LONG_AGO, timedelta(hours=24), sent_at=LONG_AGO)


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


@pytest.mark.rule("A1")
@pytest.mark.rule("P2")
def test_a_new_person_gets_a_group_an_account_and_one_link() -> None:
    made = plan(records(habilitation("leroy", id=1)), snapshot(group=False))
    assert actions(made) == [("group", None), ("open", email("leroy")), ("invite", email("leroy"))]
    assert [one.due_on for one in made.changes] == [None, date(2026, 6, 10), date(2026, 6, 10)]


@pytest.mark.rule("A1")
def test_nothing_is_due_when_keycloak_is_what_the_register_wants() -> None:
    one = opened("leroy")
    made = plan(records(one, invitations=(sent(1),)), snapshot(remote(one)))
    assert (made.changes, made.drift, made.later, made.ids) == ((), (), (), {})


@pytest.mark.rule("C2")
@pytest.mark.parametrize("signed_on", [None, TODAY + timedelta(days=1)])
def test_nothing_opens_before_the_signature(signed_on: date | None) -> None:
    made = plan(records(habilitation("leroy", id=1), partners=(replace(LYS, signed_on=signed_on),)), snapshot())
    assert made.changes == ()


@pytest.mark.rule("A6")
def test_a_request_in_the_future_opens_on_its_date() -> None:
    one = habilitation("leroy", id=1, requested_on=TODAY + timedelta(days=1))
    made = plan(records(one), snapshot())
    assert made.changes == ()
    assert [(change.action, change.due_on) for change in made.later] == [(Action.OPEN, one.requested_on)]
    due = make_plan(records(one), snapshot(), NOW + timedelta(days=1), [LYS.code], Limits())
    assert [change.action for change in due.changes] == [Action.OPEN, Action.INVITE]


@pytest.mark.rule("A6")
@pytest.mark.parametrize(("last_day", "closes"), [(TODAY, False), (TODAY - timedelta(days=1), True)])
def test_an_end_closes_at_the_end_of_its_day(last_day: date, closes: bool) -> None:
    one = opened("leroy", end=end(last_day))
    made = plan(records(one, invitations=(sent(1),)), snapshot(remote(one)))
    due = [change for change in made.changes if change.action is Action.CLOSE]
    assert bool(due) == closes
    assert bool(made.later) == (not closes)


@pytest.mark.rule("C3")
def test_every_access_ends_with_the_convention() -> None:
    one = opened("leroy")
    over = replace(LYS, ctg_end=TODAY - timedelta(days=1))
    made = plan(records(one, partners=(over,), invitations=(sent(1),)), snapshot(remote(one)))
    assert [(change.action, change.rule, change.due_on) for change in made.changes] == [(Action.CLOSE, "C3", TODAY)]


@pytest.mark.rule("A1")
def test_a_new_name_or_function_is_one_update() -> None:
    one = opened("leroy")
    renamed = replace(one, person=replace(one.person, last_name="Le Roy", function="directeur"))
    made = plan(records(renamed, invitations=(sent(1),)), snapshot(remote(one)))
    assert actions(made) == [("update", email("leroy"))]
    assert made.changes[0].due_on is None
    assert made.drift == ()


def test_a_change_by_another_hand_is_told_and_put_right() -> None:
    one = opened("leroy")
    known = records(one, invitations=(sent(1),))
    known = replace(known, accounts={one.email: Account(one.email, f"id-{one.email}", "what we wrote")})
    made = plan(known, snapshot(replace(remote(one), last_name="Autre")))
    assert [one.kind for one in made.drift] == [DriftKind.CHANGED_BY_HAND]
    assert actions(made) == [("update", email("leroy"))]


def test_an_account_suspended_by_hand_stays_so() -> None:
    one = opened("leroy")
    made = plan(records(one, invitations=(sent(1),)), snapshot(remote(one, enabled=False)))
    assert [one.kind for one in made.drift] == [DriftKind.SUSPENDED_BY_HAND]
    assert made.changes == ()


def test_an_account_enabled_by_hand_after_its_end_is_closed_again() -> None:
    one = opened("leroy", closed_at=LONG_AGO, end=end(date(2026, 7, 1)))
    made = plan(records(one), snapshot(remote(one)))
    assert [one.kind for one in made.drift] == [DriftKind.ENABLED_BY_HAND]
    assert [(change.action, change.due_on) for change in made.changes] == [(Action.CLOSE, None)]


def test_a_missing_account_and_a_stranger_in_the_group_are_told_only() -> None:
    stranger = RemoteAccount("x", email("inconnu"), True, "I", "N")
    made = plan(records(opened("leroy"), invitations=(sent(1),)), snapshot(stranger))
    assert [(one.kind, one.email) for one in made.drift] == [
        (DriftKind.UNKNOWN_IN_GROUP, email("inconnu")),
        (DriftKind.MISSING_ACCOUNT, email("leroy")),
    ]
    assert made.changes == ()


def test_the_mark_is_put_back() -> None:
    one = opened("leroy")
    seen = remote(one)
    bare = replace(seen, attributes={name: value for name, value in seen.attributes.items() if name != "gere_par"})
    made = plan(records(one, invitations=(sent(1),)), snapshot(bare))
    assert [one.kind for one in made.drift] == [DriftKind.UNMARKED]
    assert actions(made) == [("update", email("leroy"))]


@pytest.mark.rule("P1")
def test_a_weaker_policy_holds_openings_and_links_and_lets_closures_go() -> None:
    leaving = opened("vasseur", end=end(date(2026, 8, 31)))
    known = records(leaving, habilitation("leroy", id=2), invitations=(sent(1),))
    made = plan(known, snapshot(remote(leaving), policy="length(8)"))
    assert [(one.limit, one.figure, one.allowed) for one in made.blocked] == [(Limit.PASSWORD_POLICY, None, None)]
    assert [one.action for one in made.free] == [Action.CLOSE]


def test_many_closures_hold_the_whole_plan_until_that_plan_is_allowed() -> None:
    leaving = [opened(f"p{i}", i, end=end(date(2026, 8, 31))) for i in range(1, 7)]
    known = records(*leaving, invitations=tuple(sent(i) for i in range(1, 7)))
    seen = snapshot(*(remote(one) for one in leaving))
    held = plan(known, seen)
    assert [(one.limit, one.figure, one.allowed) for one in held.blocked] == [(Limit.CLOSURES, 6, 5)]
    assert held.free == ()
    assert plan(known, seen, allowed=["00000000"]).blocked != ()
    assert plan(known, seen, allowed=[held.ids[LYS.code]]).blocked == ()


def test_closures_in_slices_add_up_within_a_day_and_announced_ends_do_not_count() -> None:
    closed = [opened(f"p{i}", i, end=end(TODAY - timedelta(days=1)), closed_at=NOW) for i in range(1, 6)]
    more = opened("p6", 6, end=end(TODAY - timedelta(days=1)))
    announced = replace(more, end=end(TODAY - timedelta(days=1), recorded_on=date(2026, 6, 1)))
    seen = snapshot(remote(more), *(remote(one, enabled=False) for one in closed))
    assert plan(records(*closed, more), seen).blocked != ()
    assert plan(records(*closed, announced), seen).blocked == ()
    assert plan(records(*closed, more, released=frozenset({6})), seen).blocked == ()


def test_another_realm_under_the_same_name_holds_everything() -> None:
    made = plan(records(habilitation("leroy", id=1), realm_id="realm-0"), snapshot())
    assert [one.limit for one in made.blocked] == [Limit.UNKNOWN_REALM]
    assert made.free == ()


@pytest.mark.rule("A4")
def test_a_return_waits_for_the_last_link_to_be_dead_and_is_invited_again() -> None:
    old = opened("leroy", closed_at=LONG_AGO, end=end(date(2026, 7, 1)))
    back = habilitation("leroy", id=2, requested_on=date(2026, 9, 1))
    alive = link(1, 1, NOW - timedelta(hours=2), timedelta(hours=24), keycloak_time=NOW, sent_at=NOW)
    seen = snapshot(remote(old, enabled=False))
    waiting = plan(records(old, back, invitations=(alive,)), seen)
    assert waiting.changes == ()
    assert [(one.action, one.due_on) for one in waiting.later] == [(Action.REOPEN, date(2026, 9, 3))]
    assert actions(plan(records(old, back, invitations=(sent(1),)), seen)) == [
        ("reopen", email("leroy")),
        ("invite", email("leroy")),
    ]


@pytest.mark.rule("A8")
def test_a_second_partner_joins_the_account_without_a_link_and_the_account_outlives_one_of_them() -> None:
    other = Partner(code="sivom", name="Sivom", domains=frozenset(), signed_on=LYS.signed_on)
    first = opened("leroy")
    second = habilitation("leroy", id=2, partner="sivom", requested_on=date(2026, 9, 1))
    seen = replace(snapshot(remote(first)), groups={**snapshot(remote(first)).groups, "sivom": None})
    made = plan(records(first, second, partners=(LYS, other), invitations=(sent(1),)), seen)
    assert [(one.action, one.partner) for one in made.changes] == [(Action.GROUP, "sivom"), (Action.OPEN, "sivom")]
    assert made.changes[1].wanted is not None
    assert made.changes[1].wanted.attributes["partenaire"] == ("agglo-lys", "sivom")
    assert made.changes[1].wanted.enabled is None
    leaving = replace(first, end=end(date(2026, 8, 31)))
    known = records(leaving, replace(second, opened_at=NOW), partners=(LYS, other), invitations=(sent(1),))
    close = plan(known, seen).changes[0]
    assert (close.action, close.partner, close.groups) == (Action.CLOSE, "agglo-lys", ("sivom",))
    assert close.wanted is not None
    assert close.wanted.enabled is None


@pytest.mark.rule("P2")
def test_an_access_whose_link_never_left_is_owed_one() -> None:
    one = opened("leroy")
    assert actions(plan(records(one), snapshot(remote(one)))) == [("invite", email("leroy"))]
    failed = replace(sent(1), sent_at=None, failed_at=LONG_AGO)
    assert actions(plan(records(one, invitations=(failed,)), snapshot(remote(one)))) == [("invite", email("leroy"))]


def test_an_unmanaged_account_with_the_same_address_is_never_taken_for_ours() -> None:
    theirs = RemoteAccount("admin", email("leroy"), True, "Admin", "Alice")
    made = plan(records(habilitation("leroy", id=1)), snapshot(theirs))
    assert all(one.keycloak_id is None for one in made.changes)


def test_a_plan_id_does_not_depend_on_other_partners_nor_on_ids() -> None:
    other = Partner(code="sivom", name="Sivom", domains=frozenset(), signed_on=LYS.signed_on)
    elsewhere = habilitation("martin", id=9, partner="sivom")
    alone = plan(records(habilitation("leroy", id=1)), snapshot())
    both = plan(records(habilitation("leroy", id=5), elsewhere, partners=(LYS, other)), snapshot())
    assert alone.ids[LYS.code] == both.ids[LYS.code]
    assert len(alone.ids[LYS.code]) == 8


def test_a_release_beyond_the_limit_of_partners_stays_when_more_is_due_for_that_partner() -> None:
    others = [replace(LYS, code=f"p{i}") for i in range(1, 6)]
    leaving = [
        opened("vasseur", i, partner=one.code, person=habilitation(f"n{i}").person, end=end(date(2026, 8, 31)))
        for i, one in enumerate((LYS, *others), start=1)
    ]
    seen = snapshot(*(remote(one) for one in leaving))
    known = records(*leaving, partners=(LYS, *others))
    assert LYS.code in {one.partner for one in plan(known, seen).blocked}
    more = records(*leaving, habilitation("leroy", id=9), partners=(LYS, *others), released=frozenset({1}))
    made = plan(more, seen)
    assert {one.partner for one in made.blocked} == {one.code for one in others}
