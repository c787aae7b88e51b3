"""Every access of a partner cut at once and given back, on a real register; Keycloak is in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from copy import copy
from datetime import date, timedelta
from pathlib import Path

import pytest

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import NOTHING
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import Limit
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import adoption, containment, persons
from provisioner.operations.containment import Contained, Released
from provisioner.operations.context import Context, RunResult
from provisioner.operations.journal import verify_journal
from tests.fakes.failing import FailMode, Killed
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.operations.test_decided_beside_a_run import beside
from tests.shared.examples import LYS, annexe, email

SIVOM, FIRST_DAY, TODAY = "sivom", date(2026, 6, 16), date(2026, 9, 2)
ASKED_ON = date(2026, 6, 10)
NAMES = ("leroy", "vasseur", "petit")
LEROY, VASSEUR, PETIT, JEANNE = email("leroy"), email("vasseur"), email("petit"), email("jeanne")
WHO = ("Claire Martin", "Poste compromis")

_annexes: dict[bytes, Annexe] = {}


class Scene:
    """Leroy, Vasseur and Petit are open at Lys, with a password and a login; ten others at the SIVOM."""

    def __init__(self, home: Path) -> None:
        self.office = MemoryOffice(home, read=reading(_annexes))
        self.realm = self.office.directory
        for code in (LYS.code, SIVOM, "ccas", "mairie"):
            self.office.add_partner(code, "agglo-lys.example")
        self.office.on(FIRST_DAY)
        self.receive(annexe(dict.fromkeys(NAMES, ASKED_ON), on=FIRST_DAY))
        others = [f"autre{letter}" for letter in "abcdefghijklmnop"]
        self.receive(annexe(dict.fromkeys(others, ASKED_ON), on=FIRST_DAY), SIVOM)
        for name in NAMES:
            assert self.realm.set_password_by_link(email(name))
            assert self.realm.log_in(email(name))
        self.office.on(TODAY)

    @property
    def context(self) -> Context:
        return self.office.context

    def receive(self, what: Annexe, partner: str = LYS.code, decisions: Decisions = Decisions()) -> RunResult:  # noqa: B008
        content = f"{len(_annexes)}".encode()
        _annexes[content] = what
        return self.office.apply(Document(name="a.csv", content=content), partner, decisions)

    def contain(self, *codes: str, second: str | None = None, by: str = WHO[0]) -> Contained:
        return containment.contain(self.context, codes or (LYS.code,), by, WHO[1], second, no_bar)

    def release(self, code: str = LYS.code, *, new_password: bool = False) -> Released:
        reopened = containment.release(self.context, code, WHO[0], "Terminé", new_password=new_password)
        return containment.carry_out(self.context, code, reopened, no_bar)

    def share(self) -> None:
        """Leroy is open at the SIVOM too."""
        on = TODAY - timedelta(days=1)
        listed = {f"autre{letter}": ASKED_ON for letter in "abcdefghijklmnop"} | {"leroy": on}
        self.receive(annexe(listed, on=on), SIVOM, Decisions(waive={17: "Mission commune"}))
        self.office.sync()

    def enabled(self) -> set[str]:
        return {account.email.partition("@")[0] for account in self.realm.accounts.values() if account.enabled}

    def is_told_truly(self) -> bool:
        return verify_journal(self.context.register).bad is None


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.office.close()


@pytest.mark.rule("L2")
def test_all_of_a_partner_are_cut_without_a_link_and_come_back_as_they_were(scene: Scene) -> None:
    mails, before = len(scene.realm.mails), scene.enabled()
    contained = scene.contain()
    assert (contained.cut, contained.not_cut, contained.also_of) == (3, 0, {})
    assert scene.enabled() == before - set(NAMES)
    assert not any(account.sessions for account in scene.realm.accounts.values())
    records = scene.context.register.records()
    assert {records.state_of(h) for h in records.of_partner(LYS.code)} == {State.SUSPENDED}
    assert [hold.kind.value for hold in records.holds_on(TODAY)] == ["containment"]
    assert scene.office.sync().done == []
    assert scene.contain().cut == 0, "said again, it is the same decision"
    assert len(scene.context.register.records().holds) == 4
    assert scene.is_told_truly()

    released = scene.release()
    assert (released.reopened, released.still_suspended) == (3, ())
    assert scene.enabled() == before
    assert len(scene.realm.mails) == mails
    assert all(scene.realm.log_in(email(name)) for name in NAMES), "the passwords are theirs"
    assert scene.context.register.records().holds == ()
    assert scene.is_told_truly()
    with pytest.raises(Refused, match=Refusal.NOT_CONTAINED):
        scene.release()


@pytest.mark.rule("L2")
def test_who_is_logged_in_is_cut_before_the_others(scene: Scene) -> None:
    last = [email("autreo"), email("autrep")]
    scene.office.on(FIRST_DAY)
    for address in last:
        assert scene.realm.set_password_by_link(address)
        assert scene.realm.log_in(address)
    scene.office.on(TODAY)
    contained = scene.contain(SIVOM, second="Jean Blin")
    order = [change.email for change in contained.result.done if change.is_suspension]
    assert (len(order), order[:2]) == (16, last)


@pytest.mark.rule("L2")
def test_only_what_the_containment_cut_and_may_be_open_that_day_comes_back(scene: Scene) -> None:
    """Petit was suspended before, Vasseur is by name meanwhile, and an end falls for Leroy at Lys alone."""
    scene.share()
    persons.suspend(scene.context, PETIT, *WHO)
    contained = scene.contain()
    assert contained.also_of == {LEROY: (SIVOM,)}
    assert scene.enabled().isdisjoint(NAMES)
    persons.suspend(scene.context, VASSEUR, "Jean Roy", "Téléphone volé")
    with pytest.raises(Refused, match=Refusal.PARTNER_CONTAINED):
        persons.reopen(scene.context, VASSEUR, *WHO, new_password=False)
    scene.office.on(TODAY + timedelta(days=3))
    gone = {"leroy": TODAY}
    scene.receive(annexe({"vasseur": ASKED_ON, "petit": ASKED_ON}, gone, on=TODAY + timedelta(days=1)))
    closed = [h for h in scene.context.register.records().of_partner(LYS.code) if h.closed_at is not None]
    assert [h.email for h in closed] == [LEROY], "closures go on"
    released = scene.release()
    assert (released.reopened, released.still_suspended) == (1, (PETIT, VASSEUR))
    assert scene.enabled() & set(NAMES) == {"leroy"}, "of the SIVOM, whose access lasts"
    assert scene.is_told_truly()


@pytest.mark.rule("L2")
def test_while_a_partner_is_contained_new_accesses_wait_and_are_told(scene: Scene) -> None:
    scene.contain()
    asked = dict.fromkeys((*NAMES, "jeanne"), ASKED_ON)
    entered = scene.receive(annexe(asked, on=TODAY))
    assert [blocked.limit for blocked in (entered.plan or NOTHING).blocked] == [Limit.CONTAINMENT]
    assert [(change.action, change.email) for change in entered.held] == [("open", JEANNE), ("invite", JEANNE)]
    assert JEANNE not in {account.email for account in scene.realm.accounts.values()}
    scene.realm.add_foreign_account(email("ancien"))
    with pytest.raises(Refused, match=Refusal.PARTNER_CONTAINED):
        adoption.adopt(scene.context, LYS.code, [email("ancien")], *WHO, no_bar)
    scene.release()
    assert scene.enabled() >= {*NAMES, "jeanne"}
    assert scene.realm.mails_to(JEANNE), "the link that waited"


@pytest.mark.rule("L2")
def test_who_was_disabled_in_the_console_or_gone_before_is_given_back_by_name_alone(scene: Scene) -> None:
    ids = {account.email: account.id for account in scene.realm.accounts.values()}
    scene.realm.set_enabled(ids[LEROY], False)
    scene.realm.delete_account(ids[VASSEUR])
    mails = len(scene.realm.mails)
    scene.contain()
    released = scene.release()
    assert (released.reopened, released.still_suspended) == (1, (LEROY, VASSEUR))
    assert scene.enabled() & set(NAMES) == {"petit"}
    assert len(scene.realm.mails) == mails
    persons.carry_out(scene.context, persons.reopen(scene.context, LEROY, *WHO, new_password=False), LEROY, no_bar)
    assert scene.enabled() & set(NAMES) == {"leroy", "petit"}


@pytest.mark.rule("L2")
def test_an_account_of_two_contained_partners_comes_back_with_the_last_of_them(scene: Scene) -> None:
    scene.share()
    scene.contain()
    scene.contain(SIVOM, second="Jean Roy")
    assert scene.enabled() == set()
    assert scene.release().still_suspended == (LEROY,)
    assert scene.enabled() == {"vasseur", "petit"}
    assert scene.release(SIVOM).reopened == 17
    assert "leroy" in scene.enabled()
    assert scene.is_told_truly()


@pytest.mark.rule("L2")
def test_beyond_the_limit_a_second_person_confirms(scene: Scene) -> None:
    with pytest.raises(Refused, match=Refusal.NEEDS_SECOND) as refused:
        scene.contain(SIVOM)
    assert refused.value.values == {"partners": 1, "accounts": 16, "open": 19}
    with pytest.raises(Refused, match=Refusal.SECOND_IS_FIRST):
        scene.contain(SIVOM, second=" Martin-CLAÌRE ")
    assert scene.context.register.records().holds == ()
    scene.contain()
    scene.contain("ccas")
    for code in ("ccas", LYS.code):
        scene.release(code)
    with pytest.raises(Refused, match=Refusal.NEEDS_SECOND):  # with what was cut and given back of late
        scene.contain()
    scene.office.on(TODAY + timedelta(days=2))
    assert scene.contain().cut == 3
    persons.suspend(scene.context, email("autrea"), *WHO)
    with pytest.raises(Refused, match=Refusal.NEEDS_SECOND) as refused:  # slices add up, named or by partner
        containment.refuse_without_second(scene.context, (), WHO[0], None, [email("autreb"), email("autrec")])
    assert refused.value.values == {"partners": 1, "accounts": 6, "open": 19}
    containment.refuse_without_second(scene.context, (), WHO[0], None, [email("autreb")])
    scene.contain(SIVOM, second="Jean Roy")
    assert scene.context.register.records().contained[SIVOM].second == "Jean Roy"
    assert scene.is_told_truly()
    with closing(sqlite3.connect(scene.office.settings.data_dir / "provisioner.sqlite3")) as connection, connection:
        connection.execute("UPDATE hold SET second = 'Paul Vert' WHERE kind = 'containment' AND partner = 'sivom'")
    assert not scene.is_told_truly(), "another name than the one that was said"


@pytest.mark.rule("L2")
@pytest.mark.parametrize("call", ["snapshot", "open_account", "send_invitation"])
def test_a_run_that_is_under_way_opens_nobody_of_a_partner_that_is_contained_meanwhile(
    scene: Scene, call: str
) -> None:
    contained = beside(scene.context, call, lambda: scene.contain(second="Jean Roy"))
    scene.receive(annexe(dict.fromkeys((*NAMES, "jeanne"), ASKED_ON), on=TODAY))
    scene.office.sync()
    assert len(contained) == 1
    assert scene.enabled().isdisjoint({*NAMES, "jeanne"})
    assert scene.realm.mails_to(JEANNE) == []
    assert scene.is_told_truly()
    scene.release()
    assert scene.enabled() >= {*NAMES, "jeanne"}
    assert len(scene.realm.mails_to(JEANNE)) == 1, "the one link of a new person"


@pytest.mark.rule("L2")
def test_with_keycloak_away_it_is_recorded_and_the_next_run_cuts(scene: Scene) -> None:
    ids = {account.email: account.id for account in scene.realm.accounts.values()}
    scene.realm.set_enabled(ids[PETIT], False)
    scene.realm.fail(1, "before", for_good=True, reads_too=True)
    with pytest.raises(KeycloakError):
        scene.contain()
    scene.office.reopen()
    assert [change.action for change in scene.office.sync().done] == ["close"] * 3
    assert scene.enabled().isdisjoint(NAMES)
    released = scene.release(new_password=True)
    assert (released.reopened, released.still_suspended) == (2, (PETIT,)), "another hand had cut Petit before"
    assert scene.is_told_truly()
    assert len(scene.realm.mails_to(LEROY)) == 2, "a link to make a new password"
    assert not scene.realm.log_in(LEROY)


@pytest.mark.rule("L2")
@pytest.mark.parametrize("mode", ["before", "crash-after"])
def test_cut_off_or_killed_at_any_write_and_run_again_the_rest_is_cut(
    scene: Scene, tmp_path: Path, mode: FailMode
) -> None:
    for number in range(1, 30, 2):  # the steps are those of three persons, one like the other
        tried = copy(scene)
        tried.office = scene.office.copied_to(tmp_path / f"{mode}-{number}")
        tried.realm = tried.office.directory
        tried.realm.fail(number, mode)
        with suppress(Killed, KeycloakError):
            tried.contain()
        was_hit = tried.realm.has_failed
        tried.office.reopen()
        assert (tried.contain().not_cut, tried.enabled() & set(NAMES)) == (0, set()), number
        assert tried.release().reopened == 3, number
        assert tried.enabled() >= set(NAMES)
        assert tried.is_told_truly()
        tried.office.close()
        if not was_hit:
            return
    pytest.fail("it has more writes than were tried")
