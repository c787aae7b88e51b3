"""What an approved annexe changes in the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.enter import enter, unaccounted_for
from tests.shared.examples import LONG_AGO, LYS, TODAY, annexe, email, end, habilitation, records

JUNE = date(2026, 6, 10)


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


@pytest.mark.rule("A1")
def test_a_new_name_is_asked_for_and_a_known_one_is_brought_up_to_date() -> None:
    known = records(opened("leroy"))
    after = enter(known, LYS.code, annexe({"leroy": date(2026, 6, 11), "nguyen": TODAY}), TODAY)
    old, new = after.habilitations
    assert (old.id, old.requested_on, old.person.first_names) == (1, date(2026, 6, 11), "Alex")
    assert (new.id, new.email, new.state) == (None, email("nguyen"), State.PLANNED)
    assert email("nguyen") in after.accounts


@pytest.mark.rule("A1")
def test_a_request_to_come_does_not_close_what_is_open() -> None:
    after = enter(records(opened("leroy")), LYS.code, annexe({"leroy": TODAY + timedelta(days=9)}), TODAY)
    assert [(habilitation.state, habilitation.requested_on) for habilitation in after.habilitations] == [
        (State.OPEN, JUNE)
    ]


@pytest.mark.rule("A2")
def test_a_planned_request_that_the_new_annexe_leaves_out_is_withdrawn() -> None:
    planned = habilitation("leroy", id=1, requested_on=TODAY + timedelta(days=9))
    assert enter(records(planned), LYS.code, annexe({"nguyen": TODAY}), TODAY).of_partner(LYS.code)[0].id is None


@pytest.mark.rule("A3")
def test_list_2_ends_an_open_access_and_the_next_annexe_may_take_a_planned_end_back() -> None:
    later = TODAY + timedelta(days=30)
    ended = enter(records(opened("leroy")), LYS.code, annexe({}, {"leroy": later}), TODAY)
    assert ended.habilitations[0].end is not None
    assert (ended.habilitations[0].end.on, ended.habilitations[0].end.rule) == (later, "A3")
    again = enter(ended, LYS.code, annexe({"leroy": JUNE}, on=TODAY), TODAY)
    assert again.habilitations[0].end is None


@pytest.mark.rule("A4")
def test_in_both_lists_a_planned_end_keeps_the_access_until_then() -> None:
    later = TODAY + timedelta(days=30)
    after = enter(records(opened("leroy")), LYS.code, annexe({"leroy": JUNE}, {"leroy": later}), TODAY)
    assert [
        (habilitation.state, habilitation.end and habilitation.end.on) for habilitation in after.habilitations
    ] == [(State.OPEN, later)]


@pytest.mark.rule("A4")
def test_in_both_lists_an_end_before_a_newer_request_is_a_return() -> None:
    lists = annexe({"leroy": TODAY}, {"leroy": date(2026, 8, 1)})
    after = enter(records(opened("leroy")), LYS.code, lists, TODAY)
    old, new = after.habilitations
    assert (old.end and old.end.on, old.requested_on) == (date(2026, 8, 1), JUNE)
    assert (new.requested_on, new.end) == (TODAY, None)


@pytest.mark.rule("A5")
def test_a_person_in_neither_list_is_kept_unless_a_person_decides_to_close() -> None:
    known = records(opened("leroy"), opened("vasseur", 2), opened("parti", 3, end=end(TODAY)))
    empty = annexe({"leroy": JUNE})
    assert [habilitation.email for habilitation in unaccounted_for(known, LYS.code, empty)] == [email("vasseur")]
    kept = enter(known, LYS.code, empty, TODAY, Decisions(keep_all=True))
    assert kept.habilitations[1].end is None
    closed = enter(known, LYS.code, empty, TODAY, Decisions(close=frozenset({email("vasseur")}), keep_all=True))
    ended = closed.habilitations[1].end
    assert ended is not None
    assert (ended.on, ended.rule, ended.due_on) == (TODAY, "A5", date(2026, 9, 1))


@pytest.mark.rule("A7")
def test_a_waiver_stays_with_the_habilitation() -> None:
    waived = {email("leroy"): frozenset({"email-domain"})}
    after = enter(records(), LYS.code, annexe({"leroy": TODAY}), TODAY, None, waived)
    again = enter(
        after.with_habilitations(replace(habilitation, id=1) for habilitation in after.habilitations),
        LYS.code,
        annexe({"leroy": TODAY}),
        TODAY,
    )
    assert again.habilitations[0].waived == {"email-domain"}


@pytest.mark.rule("A8")
def test_another_partners_habilitations_are_left_alone() -> None:
    elsewhere = habilitation("martin", id=4, partner="sivom", opened_at=LONG_AGO)
    after = enter(records(opened("leroy"), elsewhere), LYS.code, annexe({"nguyen": TODAY}), TODAY)
    assert elsewhere in after.habilitations


@pytest.mark.rule("A9")
def test_the_same_annexe_again_changes_nothing() -> None:
    lists = annexe({"leroy": JUNE}, {"vasseur": date(2026, 8, 31)})
    once = enter(records(opened("leroy"), opened("vasseur", 2)), LYS.code, lists, TODAY)
    assert enter(once, LYS.code, lists, TODAY) == once


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    ("asked_on", "ended_on"),
    [(date(2026, 10, 15), None), (JUNE, None), (date(2026, 10, 15), date(2026, 10, 20))],
)
def test_a_return_that_the_next_annexe_makes_needless_is_withdrawn(asked_on: date, ended_on: date | None) -> None:
    lists = annexe({"leroy": date(2026, 10, 15)}, {"leroy": date(2026, 9, 30)})
    away, back = enter(records(opened("leroy")), LYS.code, lists, TODAY).habilitations
    known = records(away, replace(back, id=2))
    after = enter(known, LYS.code, annexe({"leroy": asked_on}, {"leroy": ended_on} if ended_on else {}), TODAY)
    assert [(habilitation.id, habilitation.end and habilitation.end.on) for habilitation in after.habilitations] == [
        (1, ended_on)
    ]
