"""A decision recorded while a run is under way is never taken for one that the run has carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.account import WantedAccount
from provisioner.domain.annexe.document import Document
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.operations import holds, persons
from provisioner.operations.context import Context, Ending, RunResult
from provisioner.operations.run import sync
from provisioner.register.habilitations import save_habilitations
from tests.fakes.memory_office import MemoryOffice, no_bar

LYS, BY = "agglo-lys", "Claire Martin"
NAMES = ("leroy", "nguyen", "vasseur", "martin", "durand", "petit", "lambert")
LEROY = EmailAddress("leroy@agglo-lys.example")


def annexe(
    names: tuple[str, ...],
    ended: tuple[str, ...] = (),
    on: str = "2026-06-15",
    end: str = "2026-06-15",
    start: str = "2026-06-10",
) -> Document:
    asked, gone = (
        "\n".join(f"{name.capitalize()};Camille;agent;{name}@agglo-lys.example;{day}" for name in people)
        for people, day in ((names, start), (ended, end))
    )
    text = f"""ANNEXE 1 : Suivi des habilitations
Date de transmission :;{on}

1 - Liste des personnes pour lesquelles un nouvel accès est demandé
Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation
{asked}

2 - Liste des personnes à clôturer
Nom;Prénom;Fonction/qualité;Adresse électronique;Date de fin d'habilitation
{gone}
"""
    return Document(name="annexe.csv", content=text.encode())


def opened_office(home: Path) -> MemoryOffice:
    """Everybody is open and has a password."""
    made = MemoryOffice(home)
    made.add_partner(LYS, "agglo-lys.example")
    made.on(date(2026, 6, 16))
    made.apply(annexe(NAMES), LYS)
    for name in NAMES:
        assert made.directory.set_password_by_link(EmailAddress(f"{name}@agglo-lys.example"))
    return made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    with closing(opened_office(tmp_path)) as made:
        yield made


def beside(context: Context, call: str, decide: Callable[[], Any]) -> list[Any]:
    """Has another thread decide once, just before the run's next call of that name; what came of it, once it did."""
    directory, answers = context.directory, []
    asked = getattr(directory, call)

    def deciding(*arguments: Any, **more: Any) -> Any:
        setattr(directory, call, asked)
        with ThreadPoolExecutor(1) as other:
            answers.append(other.submit(decide).result())
        return asked(*arguments, **more)

    setattr(directory, call, deciding)
    return answers


@pytest.mark.rule("P2")
def test_a_new_password_decided_while_a_run_reopens_the_access_is_given_by_the_next_run(office: MemoryOffice) -> None:
    context = office.context
    persons.suspend(context, LEROY, BY, "téléphone perdu")
    sync(context, [LYS], no_bar, LEROY)
    persons.reopen(context, LEROY, BY, "téléphone retrouvé", new_password=False)
    decided = beside(
        context,
        "update_account",
        lambda: persons.reopen(context, LEROY, BY, "le code a été lu", new_password=True),
    )
    sync(context, [LYS], no_bar, LEROY)
    assert decided == [[LYS]]
    (account,) = [account for account in office.directory.accounts.values() if account.email == LEROY]
    assert account.has_password
    office.sync()
    assert not account.has_password
    office.sync()
    assert len(office.directory.mails_to(LEROY)) == 2


def test_a_suspension_decided_while_its_person_is_being_reopened_is_not_lifted(office: MemoryOffice) -> None:
    """Two persons at once: one suspends, the other decides on what stood before."""
    context = office.context
    beside(context, "snapshot", lambda: persons.suspend(context, LEROY, BY, "téléphone perdu"))
    with pytest.raises(Refused, match=Refusal.SUSPENDED_MEANWHILE):
        persons.reopen(context, LEROY, "Paul Girard", "mot de passe perdu", new_password=True)
    assert LEROY in context.register.records().suspended


def test_a_person_suspended_twice_at_once_is_suspended_once(office: MemoryOffice) -> None:
    context = office.context
    read = context.register.records

    def read_then_another_suspends(scope: Scope | None = None, known: Records | None = None) -> Records:
        records = read(scope, known)
        context.register.records = read  # type: ignore[method-assign]
        persons.suspend(context, LEROY, BY, "téléphone perdu")
        return records

    context.register.records = read_then_another_suspends  # type: ignore[method-assign]
    assert persons.suspend(context, LEROY, "Paul Girard", "départ") == [LYS]
    assert [hold.reason for hold in read().holds] == ["téléphone perdu"]


@pytest.mark.rule("A3")
def test_a_plan_let_go_while_a_run_would_hold_it_is_not_held_again(office: MemoryOffice) -> None:
    context = office.context
    office.on(date(2026, 6, 17))
    office.apply(annexe(NAMES[:1], NAMES[1:], "2026-06-16"), LYS)
    (hold,) = context.register.records().holds
    assert hold.plan_id is not None
    plan_id = hold.plan_id
    released = beside(context, "snapshot", lambda: holds.release(context.register, plan_id, BY, "départs confirmés"))
    office.sync()
    assert released == [LYS]
    assert context.register.records().holds == ()
    office.sync()
    assert sum(account.enabled for account in office.directory.accounts.values()) == 1


def test_what_a_run_writes_of_an_access_leaves_alone_what_it_did_not_change(office: MemoryOffice) -> None:
    """An annexe is entered on the register as it was read; only what it changes is written."""

    register = office.context.register
    before = register.records()
    changed = replace(before.habilitations[0], requested_on=date(2026, 6, 11))
    stale = [replace(habilitation, opened_at=None, opened_number=None) for habilitation in before.habilitations]
    with register.work("test") as work:
        save_habilitations(
            work,
            replace(before, habilitations=tuple(stale)),
            replace(
                before,
                habilitations=(replace(changed, opened_at=None, opened_number=None), *stale[1:]),
            ),
        )
    after = register.records().habilitations
    assert (after[0].requested_on, after[0].opened_at) == (date(2026, 6, 11), before.habilitations[0].opened_at)


def losing(context: Context, call: str, decide: Callable[[], Any]) -> None:
    """A decision is taken just before the run's next call of that name, which is made and whose answer is lost."""
    directory = context.directory
    asked = getattr(directory, call)

    def deciding(*arguments: Any, **more: Any) -> Any:
        setattr(directory, call, asked)
        decide()
        asked(*arguments, **more)
        raise KeycloakUnavailable("Keycloak does not answer: ReadTimeout")

    setattr(directory, call, deciding)


def suspend_and_cut(context: Context, email: EmailAddress = LEROY) -> None:
    persons.suspend(context, email, BY, "téléphone volé")
    persons.cut(context, [LYS], email, no_bar)


@pytest.mark.rule("V3")
@pytest.mark.parametrize("action", ["open", "reopen"])
def test_an_opening_whose_answer_was_lost_does_not_outlive_a_suspension(office: MemoryOffice, action: str) -> None:
    context = office.context
    if action == "reopen":
        email = LEROY
        suspend_and_cut(context)
        persons.reopen(context, LEROY, BY, "téléphone retrouvé", new_password=False)
        losing(context, "update_account", lambda: suspend_and_cut(context))
        sync(context, [LYS], no_bar, LEROY)
    else:
        email = EmailAddress("nouveau@agglo-lys.example")
        losing(context, "open_account", lambda: suspend_and_cut(context, email))
        office.apply(annexe((*NAMES, "nouveau"), on="2026-06-16"), LYS)
    (account,) = [account for account in office.directory.accounts.values() if account.email == email]
    assert not account.enabled


@pytest.mark.rule("V3")
@pytest.mark.parametrize("action", ["open", "reopen"])
def test_a_person_suspended_after_the_run_began_with_them_is_not_enabled_at_all(
    office: MemoryOffice, action: str
) -> None:
    """What comes before the effect that enables may take long: it is looked at once more."""
    context = office.context
    email = LEROY if action == "reopen" else EmailAddress("nouveau@agglo-lys.example")
    if action == "reopen":
        suspend_and_cut(context)
        persons.reopen(context, LEROY, BY, "téléphone retrouvé", new_password=True)
        beside(context, "end_sessions", lambda: persons.suspend(context, LEROY, BY, "encore volé"))
        enabled = watched(office, "update_account")
        sync(context, [LYS], no_bar, LEROY)
    else:
        enabled = watched(office, "open_account")
        beside(context, "open_account", lambda: suspend_and_cut(context, email))
        office.apply(annexe((*NAMES, "avant", "nouveau"), on="2026-06-16"), LYS)
        assert enabled.pop() is True, "the one before"
    assert email in context.register.records().suspended
    assert enabled == []


def watched(office: MemoryOffice, call: str) -> list[bool | None]:
    """The states that the calls of that name write from now on."""
    asked, written = getattr(office.directory, call), []

    def watching(*arguments: Any, **more: Any) -> Any:
        written.append(next(argument.enabled for argument in arguments if isinstance(argument, WantedAccount)))
        return asked(*arguments, **more)

    setattr(office.directory, call, watching)
    return written


@pytest.mark.rule("V3")
@pytest.mark.parametrize("run", ["sync", "apply"])
def test_an_account_cut_while_a_run_reads_is_not_told_as_enabled_by_hand(office: MemoryOffice, run: str) -> None:
    context = office.context
    read, times = context.register.records, iter([False, True])

    def read_once_cut(scope: Scope | None = None, known: Records | None = None) -> Records:
        if next(times, False):
            suspend_and_cut(context)
        return read(scope, known)

    context.register.records = read_once_cut  # type: ignore[method-assign]
    outcome = office.sync() if run == "sync" else office.apply(annexe(NAMES, on="2026-06-16"), LYS)
    assert LEROY in read().suspended
    assert outcome.plan is not None
    assert [drifted for drifted in outcome.plan.drift if drifted.email == LEROY] == []
    assert [change for change in outcome.plan.changes if change.email == LEROY] == []


@pytest.mark.rule("A3")
@pytest.mark.parametrize("then", ["cancelled", "moved"])
def test_ends_that_were_let_go_once_let_no_other_end_of_the_same_persons_go(office: MemoryOffice, then: str) -> None:
    def leaving(on: date, end: date) -> RunResult:
        office.on(on)
        return office.apply(annexe((), NAMES, on.isoformat(), end.isoformat()), LYS)

    assert leaving(date(2026, 7, 1), date(2026, 12, 31)).ending is Ending.HELD
    (hold,) = office.context.register.records().holds
    assert hold.plan_id is not None
    holds.release(office.context.register, hold.plan_id, BY, "fin de mission")
    office.sync()
    ends = {
        habilitation.end.on for habilitation in office.context.register.records().habilitations if habilitation.end
    }
    assert ends == {date(2026, 12, 31)}
    if then == "cancelled":
        office.on(date(2026, 9, 1))
        assert office.apply(annexe(NAMES, on="2026-09-01"), LYS).ending is Ending.APPLIED
    assert leaving(date(2026, 10, 1), date(2026, 9, 30)).ending is Ending.HELD
    assert all(account.enabled for account in office.directory.accounts.values())
