"""The planner: what the register wants against what Keycloak has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from provisioner.domain.access.account import RemoteAccount, Snapshot
from provisioner.domain.access.change import Action, Change, DriftKind
from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.access.plan import Plan, make_plan
from provisioner.domain.annexe.enter import ends_brought
from provisioner.domain.convention import Partner
from provisioner.domain.gates import Entering, Limit, Limits
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Account, Attempt, Records
from tests.shared.examples import LONG_AGO, LYS, NOW, TODAY, email, end, habilitation, link, records, remote, snapshot


def plan(known: Records, seen: Snapshot, **more: object) -> Plan:
    return make_plan(known, seen, NOW, sorted(known.partners), Limits(), **more)  # type: ignore[arg-type]


def actions(made: Plan) -> list[tuple[str, str | None]]:
    return [(change.action.value, change.email) for change in made.changes]


def sent(number: int, at: object = LONG_AGO) -> Attempt:
    return link(number, 1, LONG_AGO, timedelta(hours=24), sent_at=LONG_AGO)


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


@pytest.mark.rule("A1")
@pytest.mark.rule("P2")
def test_a_new_person_gets_a_group_an_account_and_one_link() -> None:
    made = plan(records(habilitation("leroy", id=1)), snapshot(group=False))
    assert actions(made) == [("group", None), ("open", email("leroy")), ("invite", email("leroy"))]
    assert [change.due_on for change in made.changes] == [None, date(2026, 6, 10), date(2026, 6, 10)]


@pytest.mark.rule("A1")
def test_nothing_is_due_when_keycloak_is_what_the_register_wants() -> None:
    leroy = opened("leroy")
    made = plan(records(leroy, attempts=(sent(1),)), snapshot(remote(leroy)))
    assert (made.changes, made.drift, made.later, made.ids) == ((), (), (), {})


@pytest.mark.rule("C2")
@pytest.mark.parametrize("signed_on", [None, TODAY + timedelta(days=1)])
def test_nothing_opens_before_the_signature(signed_on: date | None) -> None:
    made = plan(records(habilitation("leroy", id=1), partners=(replace(LYS, signed_on=signed_on),)), snapshot())
    assert made.changes == ()


@pytest.mark.rule("A6")
def test_a_request_in_the_future_opens_on_its_date() -> None:
    leroy = habilitation("leroy", id=1, requested_on=TODAY + timedelta(days=1))
    made = plan(records(leroy), snapshot())
    assert made.changes == ()
    assert [(change.action, change.due_on) for change in made.later] == [(Action.OPEN, leroy.requested_on)]
    due = make_plan(records(leroy), snapshot(), NOW + timedelta(days=1), [LYS.code], Limits())
    assert [change.action for change in due.changes] == [Action.OPEN, Action.INVITE]


@pytest.mark.rule("A6")
@pytest.mark.parametrize(("last_day", "closes"), [(TODAY, False), (TODAY - timedelta(days=1), True)])
def test_an_end_closes_at_the_end_of_its_day(last_day: date, closes: bool) -> None:
    leroy = opened("leroy", end=end(last_day))
    made = plan(records(leroy, attempts=(sent(1),)), snapshot(remote(leroy)))
    due = [change for change in made.changes if change.action is Action.CLOSE]
    assert bool(due) == closes
    assert bool(made.later) == (not closes)


@pytest.mark.rule("C3")
def test_every_access_ends_with_the_convention() -> None:
    leroy = opened("leroy")
    over = replace(LYS, ctg_end=TODAY - timedelta(days=1))
    made = plan(records(leroy, partners=(over,), attempts=(sent(1),)), snapshot(remote(leroy)))
    assert [(change.action, change.rule, change.due_on) for change in made.changes] == [(Action.CLOSE, "C3", TODAY)]


@pytest.mark.rule("A1")
def test_a_new_name_or_function_is_one_update() -> None:
    leroy = opened("leroy")
    renamed = replace(leroy, person=replace(leroy.person, last_name="Le Roy", function="directeur"))
    made = plan(records(renamed, attempts=(sent(1),)), snapshot(remote(leroy)))
    assert actions(made) == [("update", email("leroy"))]
    assert made.changes[0].due_on is None
    assert made.drift == ()


def test_a_change_by_another_hand_is_told_and_put_right() -> None:
    leroy = opened("leroy")
    known = records(leroy, attempts=(sent(1),))
    known = replace(known, accounts={leroy.email: Account(leroy.email, f"id-{leroy.email}", "what we wrote")})
    made = plan(known, snapshot(replace(remote(leroy), last_name="Autre")))
    assert [drifted.kind for drifted in made.drift] == [DriftKind.CHANGED_BY_HAND]
    assert actions(made) == [("update", email("leroy"))]


def test_an_account_suspended_by_hand_stays_so() -> None:
    leroy = opened("leroy")
    made = plan(records(leroy, attempts=(sent(1),)), snapshot(remote(leroy, enabled=False)))
    assert [drifted.kind for drifted in made.drift] == [DriftKind.SUSPENDED_BY_HAND]
    assert made.changes == ()


def test_an_account_enabled_by_hand_after_its_end_is_closed_again() -> None:
    leroy = opened("leroy", closed_at=LONG_AGO, end=end(date(2026, 7, 1)))
    made = plan(records(leroy), snapshot(remote(leroy)))
    assert [drifted.kind for drifted in made.drift] == [DriftKind.ENABLED_BY_HAND]
    assert [(change.action, change.due_on) for change in made.changes] == [(Action.CLOSE, None)]


def test_a_missing_account_and_a_stranger_in_the_group_are_told_only() -> None:
    stranger = RemoteAccount("x", email("inconnu"), True, "I", "N")
    made = plan(records(opened("leroy"), attempts=(sent(1),)), snapshot(stranger))
    assert [(drifted.kind, drifted.email) for drifted in made.drift] == [
        (DriftKind.UNKNOWN_IN_GROUP, email("inconnu")),
        (DriftKind.MISSING_ACCOUNT, email("leroy")),
    ]
    assert made.changes == ()


def test_the_mark_is_put_back() -> None:
    leroy = opened("leroy")
    seen = remote(leroy)
    bare = replace(seen, attributes={name: value for name, value in seen.attributes.items() if name != "gere_par"})
    made = plan(records(leroy, attempts=(sent(1),)), snapshot(bare))
    assert [drifted.kind for drifted in made.drift] == [DriftKind.UNMARKED]
    assert actions(made) == [("update", email("leroy"))]


@pytest.mark.rule("P1")
def test_a_weaker_policy_holds_openings_and_links_and_lets_closures_go() -> None:
    leaving = opened("vasseur", end=end(date(2026, 8, 31)))
    known = records(leaving, habilitation("leroy", id=2), attempts=(sent(1),))
    made = plan(known, snapshot(remote(leaving), policy="length(8)"))
    assert [(blocked.limit, blocked.figure, blocked.allowed) for blocked in made.blocked] == [
        (Limit.PASSWORD_POLICY, None, None)
    ]
    assert [change.action for change in made.free] == [Action.CLOSE]


def ending(count: int, **facts: object) -> tuple[Habilitation, ...]:
    """So many open accesses, to which an annexe gives these ends."""
    return tuple(opened(f"p{i}", i, **facts) for i in range(1, count + 1))


def entered(before: Records, ends: Mapping[int, End], seen: Snapshot, **more: Any) -> Plan:
    """The plan of an annexe that gives these ends, by habilitation."""
    after = before.with_habilitations(
        replace(habilitation, end=ends.get(habilitation.id or 0, habilitation.end))
        for habilitation in before.habilitations
    )
    closing = more.pop("closing", frozenset())
    brought = ends_brought(before, after, LYS.code)
    entering = Entering(partner=LYS.code, before=before, ends=brought, closing=closing)
    return make_plan(after, seen, NOW, [LYS.code], Limits(), **more, entering=entering)


@pytest.mark.rule("A6")
@pytest.mark.parametrize("days", [-1, 0, 60])
def test_many_ends_hold_the_whole_plan_until_that_plan_is_allowed_whatever_their_date(days: int) -> None:
    before = records(*ending(6), attempts=tuple(sent(i) for i in range(1, 7)))
    seen = snapshot(*(remote(habilitation) for habilitation in before.habilitations))
    ends = {i: end(TODAY + timedelta(days=days)) for i in range(1, 7)}
    held = entered(before, ends, seen)
    assert [(blocked.limit, blocked.figure, blocked.allowed) for blocked in held.blocked] == [(Limit.CLOSURES, 6, 5)]
    assert held.free == ()
    assert len(held.of_each_partner()[LYS.code]) >= 6
    assert entered(before, ends, seen, allowed=["00000000"]).blocked != ()
    assert entered(before, ends, seen, allowed=[held.ids[LYS.code]]).blocked == ()
    assert entered(before, {i: ends[i] for i in range(1, 6)}, seen).blocked == ()


def test_ends_in_slices_add_up_within_a_day_and_those_of_an_earlier_annexe_do_not_count() -> None:
    day = TODAY + timedelta(days=1)
    lately = replace(end(day), recorded_at=NOW - timedelta(hours=23))
    before_that = replace(end(day), recorded_at=NOW - timedelta(hours=25))
    more = {6: end(day)}

    def held(earlier: End, **facts: Any) -> bool:
        known = records(*ending(5, end=earlier), opened("p6", 6), **facts)
        return bool(
            entered(known, more, snapshot(*(remote(habilitation) for habilitation in known.habilitations))).blocked
        )

    assert held(lately)
    assert not held(before_that)
    assert not held(lately, released=frozenset({(1, day)}))
    assert held(lately, released=frozenset({(1, day + timedelta(days=1))})), "another end was let go"
    assert held(replace(end(day, rule="A5"), recorded_at=NOW))


def test_an_end_that_is_entered_holds_no_later_run() -> None:
    known = records(*ending(30, end=replace(end(TODAY - timedelta(days=1)), recorded_at=NOW)))
    made = plan(known, snapshot(*(remote(habilitation) for habilitation in known.habilitations)))
    assert (len(made.free), made.blocked) == (30, ())


def test_an_annexe_that_moves_ends_counts_them_and_one_that_repeats_them_does_not() -> None:
    known = records(*ending(6, end=replace(end(TODAY + timedelta(days=60)), recorded_at=LONG_AGO)))
    seen = snapshot(*(remote(habilitation) for habilitation in known.habilitations))
    assert entered(known, {i: end(TODAY) for i in range(1, 7)}, seen).blocked != ()
    assert entered(known, {i: end(TODAY + timedelta(days=60)) for i in range(1, 7)}, seen).blocked == ()


def test_a_plans_id_covers_what_its_document_brings_for_later() -> None:
    known = records(*ending(2))
    seen = snapshot(*(remote(habilitation) for habilitation in known.habilitations))
    ids = {
        entered(known, {i: end(TODAY + timedelta(days=days))}, seen).ids[LYS.code]
        for i, days in ((1, 10), (2, 10), (1, 11))
    }
    assert len(ids) == 3


def test_another_realm_under_the_same_name_holds_everything() -> None:
    made = plan(records(habilitation("leroy", id=1), realm_id="realm-0"), snapshot())
    assert [blocked.limit for blocked in made.blocked] == [Limit.UNKNOWN_REALM]
    assert made.free == ()


@pytest.mark.rule("A4")
def test_a_return_waits_for_the_last_link_to_be_dead_and_is_invited_again() -> None:
    old = opened("leroy", closed_at=LONG_AGO, end=end(date(2026, 7, 1)))
    back = habilitation("leroy", id=2, requested_on=date(2026, 9, 1))
    alive = link(1, 1, NOW - timedelta(hours=2), timedelta(hours=24), keycloak_time=NOW, sent_at=NOW)
    seen = snapshot(remote(old, enabled=False))
    waiting = plan(records(old, back, attempts=(alive,)), seen)
    assert waiting.changes == ()
    assert [(change.action, change.due_on) for change in waiting.later] == [(Action.REOPEN, date(2026, 9, 3))]
    assert actions(plan(records(old, back, attempts=(sent(1),)), seen)) == [
        ("reopen", email("leroy")),
        ("invite", email("leroy")),
    ]


@pytest.mark.rule("A4")
def test_a_return_by_the_old_request_opens_unless_keycloak_knows_that_it_was_ended_since() -> None:
    """An older copy of the register, put back, still plans what was opened and closed after it was made."""
    closed = opened("leroy", closed_at=LONG_AGO, end=end(date(2025, 5, 26)))
    back = habilitation("leroy", id=2, requested_on=closed.requested_on)
    known = records(closed, back, attempts=(sent(1),))
    made = plan(known, snapshot(remote(closed, enabled=False)))
    assert (actions(made)[0], made.drift) == (("reopen", email("leroy")), ())
    ended_since = remote(replace(back, end=end(date(2026, 8, 31))), enabled=False)
    made = plan(known, snapshot(ended_since))
    assert (made.changes, [drift.kind for drift in made.drift]) == ((), [DriftKind.SUSPENDED_BY_HAND])


@pytest.mark.rule("A8")
def test_a_second_partner_joins_the_account_without_a_link_and_the_account_outlives_one_of_them() -> None:
    other = Partner(code="sivom", name="Sivom", domains=frozenset(), signed_on=LYS.signed_on)
    first = opened("leroy")
    second = habilitation("leroy", id=2, partner="sivom", requested_on=date(2026, 9, 1))
    seen = replace(snapshot(remote(first)), groups={**snapshot(remote(first)).groups, "sivom": None})
    made = plan(records(first, second, partners=(LYS, other), attempts=(sent(1),)), seen)
    assert [(change.action, change.partner) for change in made.changes] == [
        (Action.GROUP, "sivom"),
        (Action.OPEN, "sivom"),
    ]
    assert made.changes[1].wanted is not None
    assert made.changes[1].wanted.attributes["partenaire"] == ("agglo-lys", "sivom")
    assert made.changes[1].wanted.enabled is None
    leaving = replace(first, end=end(date(2026, 8, 31)))
    known = records(leaving, replace(second, opened_at=NOW), partners=(LYS, other), attempts=(sent(1),))
    close = plan(known, seen).changes[0]
    assert (close.action, close.partner, close.groups) == (Action.CLOSE, "agglo-lys", ("sivom",))
    assert close.wanted is not None
    assert close.wanted.enabled is None


@pytest.mark.rule("P2")
def test_an_access_whose_link_never_left_is_owed_one() -> None:
    leroy = opened("leroy")
    assert actions(plan(records(leroy), snapshot(remote(leroy)))) == [("invite", email("leroy"))]
    failed = replace(sent(1), sent_at=None, failed_at=LONG_AGO)
    assert actions(plan(records(leroy, attempts=(failed,)), snapshot(remote(leroy)))) == [("invite", email("leroy"))]


def test_an_unmanaged_account_with_the_same_address_is_never_taken_for_ours() -> None:
    theirs = RemoteAccount("admin", email("leroy"), True, "Admin", "Alice")
    made = plan(records(habilitation("leroy", id=1)), snapshot(theirs))
    assert all(change.keycloak_id is None for change in made.changes)


class Counted(tuple[Change, ...]):
    """Changes that know how often they were gone through."""

    times = 0

    def __iter__(self) -> Iterator[Change]:
        Counted.times += 1
        return super().__iter__()


def test_the_ids_of_a_plan_for_many_partners_take_one_look_at_its_changes() -> None:
    many = Counted(Change(action=Action.GROUP, partner=f"p{number}", rule="C1") for number in range(1000))
    assert len(Plan(changes=many, later=(), drift=(), blocked=()).ids) == 1000
    assert 0 < Counted.times < 5


def test_a_plan_id_does_not_depend_on_other_partners_nor_on_ids() -> None:
    other = Partner(code="sivom", name="Sivom", domains=frozenset(), signed_on=LYS.signed_on)
    elsewhere = habilitation("martin", id=9, partner="sivom")
    alone = plan(records(habilitation("leroy", id=1)), snapshot())
    both = plan(records(habilitation("leroy", id=5), elsewhere, partners=(LYS, other)), snapshot())
    assert alone.ids[LYS.code] == both.ids[LYS.code]
    assert len(alone.ids[LYS.code]) == 8


def test_a_document_of_a_run_that_ends_accesses_at_many_partners_is_held_until_it_is_let_go_by_name() -> None:
    known = records(*ending(1), partners=(LYS, *(replace(LYS, code=f"p{i}") for i in range(1, 6))))
    seen = snapshot(*(remote(habilitation) for habilitation in known.habilitations))
    ends, closing = {1: end(TODAY)}, frozenset(known.partners)
    held = entered(known, ends, seen, closing=closing)
    assert [(blocked.limit, blocked.figure, blocked.allowed) for blocked in held.blocked] == [(Limit.PARTNERS, 6, 5)]
    name = held.ids[LYS.code]
    hold = Hold(
        kind=HoldKind.LIMIT, reason="partners", figure=6, allowed=5, since=NOW, partner=LYS.code, plan_id=name
    )
    assert entered(replace(known, holds=(hold,)), ends, seen).blocked == held.blocked
    assert entered(replace(known, let_go=frozenset({(LYS.code, name)})), ends, seen, closing=closing).blocked == ()
    assert entered(known, {}, seen, closing=closing).blocked == ()


def test_closures_that_an_older_version_held_for_many_partners_stay_held_until_they_are_let_go() -> None:
    known = records(*ending(1, end=end(TODAY - timedelta(days=1))))
    hold = Hold(
        kind=HoldKind.LIMIT, reason="partners", figure=6, allowed=5, since=NOW, partner=LYS.code, plan_id="00000000"
    )
    seen = snapshot(*(remote(habilitation) for habilitation in known.habilitations))
    assert [blocked.limit for blocked in plan(replace(known, holds=(hold,)), seen).blocked] == [Limit.PARTNERS]
    assert (
        plan(replace(known, holds=(hold,), released=frozenset({(1, TODAY - timedelta(days=1))})), seen).blocked == ()
    )
    assert plan(known, seen).blocked == ()
