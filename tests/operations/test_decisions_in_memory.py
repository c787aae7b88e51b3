"""Decisions about one account, cut off and killed at each write of the directory: the next run ends the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.errors import Refused
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import adoption, holds, persons
from provisioner.operations.context import Ending
from tests.fakes.failing import FailMode, Killed
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.fakes.memory_realm import Account
from tests.shared.examples import LYS, annexe, email

OTHER = "sivom"
FIRST_DAY, ASKED_ON, TODAY = date(2026, 6, 16), date(2026, 6, 10), date(2026, 9, 2)
WHO = ("Claire Martin", "Téléphone volé")
LEROY, JEANNE = email("leroy"), email("jeanne")
MODES: tuple[FailMode, ...] = get_args(FailMode)

_annexes: dict[bytes, Annexe] = {}


class Scene:
    """An office in memory where Leroy is open, with a password and a login."""

    def __init__(self, office: MemoryOffice) -> None:
        self.office, self.realm = office, office.directory

    @classmethod
    def new(cls, home: Path) -> Scene:
        scene = cls(MemoryOffice(home, read=reading(_annexes)))
        scene.begin()
        return scene

    def begin(self) -> None:
        for code in (LYS.code, OTHER):
            self.office.add_partner(code, "agglo-lys.example")
        self.office.on(FIRST_DAY)
        self.receive(annexe({"leroy": ASKED_ON, "vasseur": ASKED_ON}, on=FIRST_DAY))
        assert self.realm.set_password_by_link(LEROY)
        assert self.realm.log_in(LEROY)
        self.office.on(TODAY)

    def receive(self, what: Annexe, partner: str = LYS.code, decisions: Decisions = Decisions()) -> None:  # noqa: B008
        content = f"{len(_annexes)}".encode()
        _annexes[content] = what
        outcome = self.office.apply(Document(name="a.csv", content=content), partner, decisions)
        assert outcome.ending is Ending.APPLIED, outcome

    def suspend(self) -> None:
        partners = persons.suspend(self.office.context, LEROY, *WHO)
        persons.carry_out(self.office.context, partners, LEROY, no_bar)

    def reopen(self, *, new_password: bool = False) -> None:
        partners = persons.reopen(self.office.context, LEROY, *WHO, new_password=new_password)
        persons.carry_out(self.office.context, partners, LEROY, no_bar)

    def share(self) -> None:
        """Leroy is open at both partners, from today on."""
        waived = Decisions(waive={1: "Mission commune"})
        self.receive(annexe({"leroy": TODAY}, on=TODAY), OTHER, waived)

    def delete(self) -> None:
        self.realm.delete_account(self.leroy.id)

    @property
    def leroy(self) -> Account:
        (leroy,) = (account for account in self.realm.accounts.values() if account.email == LEROY)
        return leroy

    def facts(self) -> tuple[bool, bool, bool, int]:
        """Enabled, with a password, logged in; how many links were sent."""
        leroy = self.leroy
        return leroy.enabled, leroy.has_password, leroy.sessions > 0, len(self.realm.mails_to(LEROY))

    def groups(self) -> set[str]:
        return {code for code in (LYS.code, OTHER) if LEROY in self.realm.members(code)}

    def states(self) -> list[State]:
        records = self.office.context.register.records()
        return [
            records.state_of(habilitation)
            for habilitation in records.habilitations
            if habilitation.email in (LEROY, JEANNE)
        ]


def each_fault(home: Path, before: Callable[[Scene], None], act: Callable[[Scene], None]) -> Iterator[Scene]:
    """The scene after `act` met a fault and the next `sync` went on, for each write and each kind of fault; the last
    one meets none.
    """
    prepared = Scene.new(home / "begun")
    before(prepared)
    for mode in MODES:
        for number in range(1, 30):
            scene = Scene(prepared.office.copied_to(home / f"{mode}-{number}"))
            scene.realm.fail(number, mode)
            with suppress(Killed, KeycloakError):
                act(scene)
            was_hit = scene.realm.has_failed
            scene.office.reopen()
            assert scene.office.sync().failed == [], (mode, number)
            yield scene
            scene.realm.read_only = True
            again = scene.office.sync()
            assert again.plan is not None
            assert (again.plan.changes, again.plan.drift) == ((), ()), (mode, number)
            scene.office.close()
            if not was_hit:
                break
        else:
            pytest.fail("it has more writes than were tried")
    prepared.office.close()


def nothing(_scene: Scene) -> None:
    """Nothing comes before."""


def test_a_suspension_is_made_true(tmp_path: Path) -> None:
    for scene in each_fault(tmp_path, nothing, Scene.suspend):
        assert scene.facts() == (False, True, False, 1)
        assert scene.states() == [State.SUSPENDED]


def test_a_lifted_suspension_leaves_the_person_as_they_were(tmp_path: Path) -> None:
    for scene in each_fault(tmp_path, Scene.suspend, Scene.reopen):
        assert scene.facts() == (True, True, False, 1)


def test_a_reopening_with_a_new_password_sends_one_link(tmp_path: Path) -> None:
    for scene in each_fault(tmp_path, nothing, lambda scene: scene.reopen(new_password=True)):
        assert scene.facts() == (True, False, False, 2)


def test_the_same_reopening_asked_for_again_after_a_fault_sends_no_second_link(tmp_path: Path) -> None:
    def twice(scene: Scene) -> None:
        with suppress(KeycloakError):
            scene.reopen(new_password=True)
        if scene.realm.has_failed:
            scene.reopen(new_password=True)

    for scene in each_fault(tmp_path, nothing, twice):
        assert scene.facts() == (True, False, False, 2)


def test_a_missing_account_is_created_again_with_one_link(tmp_path: Path) -> None:
    for scene in each_fault(tmp_path, Scene.delete, Scene.reopen):
        assert scene.facts() == (True, False, False, 2)
        assert scene.groups() == {LYS.code}


@pytest.mark.rule("A8")
def test_adopted_accounts_are_marked_and_grouped_without_a_link(tmp_path: Path) -> None:
    def before(scene: Scene) -> None:
        id_ = scene.realm.add_foreign_account(JEANNE)
        scene.realm.change_names(id_, "Ancien", "Jeanne")

    def act(scene: Scene) -> None:
        adoption.adopt(scene.office.context, LYS.code, [JEANNE], *WHO, no_bar)

    for scene in each_fault(tmp_path, before, act):
        assert JEANNE in scene.realm.members(LYS.code)
        assert scene.states() == [State.OPEN, State.OPEN]
        assert scene.realm.mails_to(JEANNE) == []


@pytest.mark.rule("A8")
def test_suspended_while_one_of_two_partners_closes_the_account_is_cut_and_keeps_the_others_group(
    tmp_path: Path,
) -> None:
    def act(scene: Scene) -> None:
        persons.suspend(scene.office.context, LEROY, *WHO)
        scene.receive(annexe({"vasseur": ASKED_ON}, {"leroy": date(2026, 8, 31)}, on=TODAY))

    for scene in each_fault(tmp_path, Scene.share, act):
        assert scene.facts() == (False, True, False, 1)
        assert scene.groups() == {OTHER}
        assert scene.states() == [State.CLOSED, State.SUSPENDED]


@pytest.mark.rule("A8")
def test_reopened_while_one_of_two_partners_closes_the_reopening_is_not_lost(tmp_path: Path) -> None:
    def before(scene: Scene) -> None:
        scene.share()
        scene.suspend()

    def act(scene: Scene) -> None:
        persons.reopen(scene.office.context, LEROY, *WHO, new_password=True)
        scene.receive(annexe({"vasseur": ASKED_ON}, {"leroy": date(2026, 8, 31)}, on=TODAY))

    for scene in each_fault(tmp_path, before, act):
        assert scene.facts() == (True, False, False, 2)
        assert scene.groups() == {OTHER}
        assert scene.states() == [State.CLOSED, State.OPEN]


@pytest.mark.rule("A8")
def test_closed_at_one_partner_and_asked_for_by_another_it_moves_as_new(tmp_path: Path) -> None:
    def before(scene: Scene) -> None:
        scene.receive(annexe({"vasseur": ASKED_ON}, {"leroy": date(2026, 8, 31)}, on=TODAY))

    def act(scene: Scene) -> None:
        scene.receive(annexe({"leroy": TODAY}, on=TODAY), OTHER)

    for scene in each_fault(tmp_path, before, act):
        assert scene.facts() == (True, False, False, 2)
        assert scene.groups() == {OTHER}
        assert scene.states() == [State.CLOSED, State.OPEN]


@pytest.mark.rule("A8")
@pytest.mark.rule("P2")
def test_openings_at_two_partners_on_one_day_send_one_link(tmp_path: Path) -> None:
    def before(scene: Scene) -> None:
        scene.receive(annexe({"leroy": ASKED_ON, "vasseur": ASKED_ON, "jeanne": date(2026, 9, 10)}, on=TODAY))
        scene.receive(annexe({"jeanne": date(2026, 9, 10)}, on=TODAY), OTHER)
        scene.office.on(date(2026, 9, 10))

    def sync(scene: Scene) -> None:
        scene.office.sync()

    for scene in each_fault(tmp_path, before, sync):
        assert len(scene.realm.mails_to(JEANNE)) == 1
        assert JEANNE in scene.realm.members(LYS.code) & scene.realm.members(OTHER)
        assert scene.states() == [State.OPEN] * 3


@pytest.mark.rule("A8")
@pytest.mark.rule("P1")
def test_what_is_put_right_at_one_partner_opens_nothing_that_waits_at_another(tmp_path: Path) -> None:
    scene = Scene.new(tmp_path)
    scene.receive(annexe({"jeanne": TODAY}, on=TODAY), OTHER)
    scene.realm.password_policy = "length(4)"
    scene.receive(annexe({"leroy": TODAY, "jeanne": TODAY}, on=TODAY), OTHER, Decisions(waive={1: "Mission commune"}))
    scene.realm.change_names(scene.leroy.id, "Ancien", "Alex")
    scene.office.sync()
    assert (scene.leroy.last_name, scene.leroy.attributes["partenaire"]) == ("Leroy", (LYS.code,))
    assert scene.groups() == {LYS.code}


@pytest.mark.rule("A8")
def test_an_account_that_opens_at_two_partners_does_not_open_at_the_one_that_is_paused(tmp_path: Path) -> None:
    scene, soon = Scene.new(tmp_path), date(2026, 9, 10)
    scene.receive(annexe({"vasseur": TODAY}, on=TODAY), OTHER, Decisions(waive={1: "Mission commune"}))
    scene.receive(annexe({"leroy": ASKED_ON, "vasseur": ASKED_ON, "jeanne": soon}, on=TODAY))
    scene.receive(annexe({"vasseur": TODAY, "jeanne": soon}, on=TODAY), OTHER)
    holds.pause(scene.office.context.register, OTHER, "Vérification", None, WHO[0])
    scene.office.on(soon)
    scene.office.sync()
    assert (JEANNE in scene.realm.members(LYS.code), JEANNE in scene.realm.members(OTHER)) == (True, False)
    holds.resume(scene.office.context.register, OTHER, WHO[0])
    scene.office.sync()
    assert JEANNE in scene.realm.members(OTHER)
    assert len(scene.realm.mails_to(JEANNE)) == 1


@pytest.mark.rule("A4")
def test_a_departure_taken_back_after_a_planned_return_leaves_one_access(tmp_path: Path) -> None:
    scene, back = Scene.new(tmp_path), date(2026, 10, 15)
    scene.receive(annexe({"leroy": back, "vasseur": ASKED_ON}, {"leroy": date(2026, 9, 30)}, on=TODAY))
    scene.receive(annexe({"leroy": back, "vasseur": ASKED_ON}, on=TODAY))
    scene.office.on(back)
    assert scene.office.sync().done == []
    assert scene.states() == [State.OPEN]


@pytest.mark.rule("A8")
def test_closed_at_one_partner_and_open_at_another_in_one_run_it_leaves_the_first_ones_group(tmp_path: Path) -> None:
    def before(scene: Scene) -> None:
        scene.receive(annexe({"leroy": date(2026, 9, 4)}, on=TODAY), OTHER, Decisions(waive={1: "Mutation"}))
        scene.receive(annexe({"vasseur": ASKED_ON}, {"leroy": date(2026, 9, 3)}, on=TODAY))
        scene.office.on(date(2026, 9, 4))

    def sync(scene: Scene) -> None:
        scene.office.sync()

    for scene in each_fault(tmp_path, before, sync):
        assert scene.facts() == (True, False, False, 2)
        assert scene.groups() == {OTHER}
        assert scene.states() == [State.CLOSED, State.OPEN]


@pytest.mark.rule("A7")
def test_a_waiver_for_a_row_that_list_1_does_not_have_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    scene = Scene.new(tmp_path)
    asked = annexe({"leroy": ASKED_ON, "vasseur": ASKED_ON, "jeanne": TODAY}, on=TODAY)
    with pytest.raises(Refused, match="no-such-row"):
        scene.receive(asked, decisions=Decisions(waive={9: "Mission"}))
    assert JEANNE not in {h.email for h in scene.office.context.register.records().habilitations}
