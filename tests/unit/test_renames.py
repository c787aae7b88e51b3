"""Which changes of address can be made as decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from provisioner.domain.access.change import Action, Change, plan_id
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import make_plan
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.enter import RenameProblem, enter, refused_renames, unaccounted_for
from provisioner.domain.gates import Limits
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from tests.shared.examples import (
    LONG_AGO,
    LYS,
    NOW,
    TODAY,
    annexe,
    email,
    end,
    habilitation,
    records,
    remote,
    snapshot,
)

JUNE, SEPTEMBER = date(2026, 6, 10), date(2026, 9, 1)


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


KNOWN = records(
    opened("leroy"),
    opened("vasseur", 2),
    opened("parti", 3, end=end(JUNE), closed_at=LONG_AGO),
    habilitation("prevu", id=4),
    opened("commun", 5),
    opened("commun", 6, partner="sivom"),
)
ASKED = annexe(dict.fromkeys(("nouveau", "autre", "vasseur", "etranger", "parti"), SEPTEMBER), {"leroy": SEPTEMBER})


def problems(*renames: tuple[str, str], said: object = None) -> list[RenameProblem]:
    decided = Decisions(rename={email(old): email(new) for old, new in renames})
    in_keycloak = {email(name) for name in ("leroy", "vasseur", "parti", "commun", "etranger")}
    lists = annexe(dict.fromkeys(("nouveau", "autre", "vasseur", "etranger", "parti"), SEPTEMBER))
    return [rename.problem for rename in refused_renames(KNOWN, LYS.code, said or lists, decided, in_keycloak)]  # type: ignore[arg-type]


@pytest.mark.rule("A7")
def test_an_open_person_in_neither_list_may_have_an_address_of_list_1() -> None:
    assert problems(("leroy", "nouveau")) == []
    assert problems() == []


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("inconnue", "nouveau", RenameProblem.NOT_OPEN),
        ("prevu", "nouveau", RenameProblem.NOT_OPEN),
        ("parti", "nouveau", RenameProblem.NOT_OPEN),
        ("vasseur", "nouveau", RenameProblem.STILL_LISTED),
        ("leroy", "absente", RenameProblem.NOT_ASKED),
        ("leroy", "parti", RenameProblem.TAKEN),
        ("leroy", "etranger", RenameProblem.TAKEN),
        ("commun", "nouveau", RenameProblem.ELSEWHERE),
    ],
)
def test_anything_else_is_refused_with_its_reason(old: str, new: str, problem: RenameProblem) -> None:
    assert problems((old, new)) == [problem]


@pytest.mark.rule("A7")
def test_nobody_to_be_closed_is_renamed_and_two_persons_never_get_one_address() -> None:
    assert problems(("leroy", "nouveau"), said=ASKED) == [RenameProblem.STILL_LISTED]
    assert problems(("leroy", "nouveau"), ("commun", "nouveau")) == [RenameProblem.TAKEN, RenameProblem.TAKEN]


@pytest.mark.rule("A7")
def test_a_new_address_keeps_the_account_the_dates_and_the_history() -> None:
    before = records(opened("leroy", waived=frozenset({"email-domain"})))
    decided = Decisions(rename={email("leroy"): email("nouveau")})
    said = annexe({"nouveau": SEPTEMBER})
    assert unaccounted_for(before, LYS.code, said, decided) == ()
    (habilitation,) = enter(before, LYS.code, said, TODAY, decided).habilitations
    assert (habilitation.id, habilitation.email, habilitation.requested_on, habilitation.end) == (
        1,
        email("nouveau"),
        JUNE,
        None,
    )
    assert habilitation.waived == {"email-domain"}


@pytest.mark.rule("A9")
def test_the_annexe_that_brought_a_new_address_changes_nothing_again() -> None:
    said = annexe({"nouveau": SEPTEMBER})
    decided = Decisions(rename={email("leroy"): email("nouveau")})
    once = enter(records(opened("leroy")), LYS.code, said, TODAY, decided)
    assert enter(once, LYS.code, said, TODAY, renamed=decided.rename.values()) == once
    (later,) = enter(once, LYS.code, said, TODAY).habilitations
    assert later.requested_on == SEPTEMBER  # the next annexe's date is kept up to date (A1)


@pytest.mark.rule("A7")
@pytest.mark.parametrize("has_password", [True, False])
def test_the_plan_renames_the_account_and_owes_a_link_to_who_has_no_password(has_password: bool) -> None:
    before = records(opened("leroy"))
    account = remote(opened("leroy"))
    decided = Decisions(rename={email("leroy"): email("nouveau")})
    after = enter(before, LYS.code, annexe({"nouveau": SEPTEMBER}), TODAY, decided)
    seen = replace(snapshot(account), with_password=frozenset({account.id} if has_password else ()))
    made = make_plan(after, seen, NOW, [LYS.code], Limits())
    links = [] if has_password else [(Action.INVITE, email("nouveau"), None)]
    assert [(change.action, change.email, change.new_email) for change in made.changes] == [
        (Action.RENAME, email("leroy"), email("nouveau")),
        *links,
    ]
    assert made.drift == ()
    assert {change.due_on for change in made.changes[:1]} == {None}


@pytest.mark.rule("A8")
def test_the_account_of_a_rename_under_way_is_nobody_elses() -> None:
    """Keycloak still has the old address, which another annexe asks for as a new person's."""
    account = remote(opened("leroy"))
    decided = Decisions(rename={email("leroy"): email("nouveau")})
    after = enter(records(opened("leroy")), LYS.code, annexe({"nouveau": SEPTEMBER}), TODAY, decided)
    again: Records = enter(after, LYS.code, annexe({"nouveau": SEPTEMBER, "leroy": SEPTEMBER}), TODAY)
    made = make_plan(again, snapshot(account), NOW, [LYS.code], Limits())
    assert [(change.action, change.keycloak_id) for change in made.changes if change.email == email("leroy")] == [
        (Action.RENAME, account.id),
        (Action.OPEN, None),
        (Action.INVITE, None),
    ]


@pytest.mark.rule("A10")
def test_a_plans_id_tells_the_new_address_and_nothing_internal() -> None:
    def named(new: EmailAddress | None, **more: object) -> str:
        facts = {"action": Action.RENAME, "partner": LYS.code, "rule": "A7", "email": email("leroy"), **more}
        return plan_id(LYS.code, [Change(new_email=new, **facts)])  # type: ignore[arg-type]

    ids = {named(None), named(email("nouveau")), named(email("autre"))}
    assert len(ids) == 3
    assert named(email("nouveau"), keycloak_id="x", habilitation=opened("leroy", 9)) in ids
    assert plan_id(LYS.code, []) != plan_id("sivom", [])
