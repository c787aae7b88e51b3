"""Whatever Keycloak answers to the one call that disables an account, the steps that protect are made, and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.change import DriftKind
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.hold import HoldKind, StillOpen
from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.errors import (
    Conflict,
    KeycloakError,
    KeycloakRefused,
    KeycloakUnavailable,
    ReadIncomplete,
)
from provisioner.operations import persons
from provisioner.operations.answers import run_answer
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.holds import pause
from provisioner.operations.pool import AccessStillOpen
from provisioner.register import habilitations
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.fakes.memory_realm import Account
from tests.operations.test_decided_beside_a_run import BY, LEROY, LYS, NAMES, annexe

ANSWERS = [
    Conflict("User exists with same username", 409),
    KeycloakRefused("error-user-attribute-required", 400),
    KeycloakRefused("unknown_error", 403),
    KeycloakUnavailable("no reason given", 404),  # a proxy's
    KeycloakUnavailable("unknown_error", 500),
    KeycloakUnavailable("bad gateway", 502),
    KeycloakUnavailable("Keycloak does not answer: ReadTimeout", None),
    ReadIncomplete("the answer cannot be read"),
]
answers = pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{type(answer).__name__}-{answer.status}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path)
    made.add_partner(LYS, "agglo-lys.example")
    made.on(date(2026, 6, 16))
    made.apply(annexe(NAMES), LYS)
    assert made.directory.set_password_by_link(LEROY)
    assert made.directory.log_in(LEROY)
    yield made
    made.close()


def account(office: MemoryOffice, email: EmailAddress = LEROY) -> Account:
    (remote,) = [remote for remote in office.directory.accounts.values() if remote.email == email]
    return remote


def refuse(office: MemoryOffice, *calls: str, answer: KeycloakError, made: bool = False) -> None:
    """These calls about Leroy's account answer so, before they are made or, with `made`, after."""
    id_, directory = account(office).id, office.directory

    def refusing(call: str) -> Any:
        real = getattr(directory, call)

        def answered(about: str, *arguments: Any, **more: Any) -> Any:
            if about == id_ and made:
                real(about, *arguments, **more)
            if about == id_:
                raise answer
            return real(about, *arguments, **more)

        return answered

    for call in calls:
        setattr(directory, call, refusing(call))


def close(office: MemoryOffice, how: str) -> RunResult:
    if how == "annexe":
        return office.apply(annexe(NAMES[1:], NAMES[:1], "2026-06-16"), LYS)
    persons.suspend(office.context, LEROY, BY, "téléphone volé")
    return persons.cut(office.context, [LYS], LEROY, no_bar)


@pytest.mark.rule("A3")
@pytest.mark.parametrize("how", ["annexe", "suspend"])
@answers
def test_an_account_that_is_not_disabled_is_logged_out_without_a_password_and_told(
    office: MemoryOffice, answer: KeycloakError, how: str
) -> None:
    with office.context.register.work("test") as work:
        habilitations.password_seen(work, LEROY)
    refuse(office, "disable", "update_account", answer=answer)
    outcome = close(office, how)
    assert outcome is not None
    assert office.context.register.records().accounts[LEROY].password_seen_number is None, "to be asked about again"
    assert (len(outcome.failed), outcome.quarantined) == (1, outcome.failed)
    leroy = account(office)
    assert (leroy.enabled, leroy.sessions, leroy.has_password) == (True, 0, False)
    (hold,) = [hold for hold in office.context.register.records().holds if hold.kind is HoldKind.QUARANTINE]
    assert hold.still_open is StillOpen.ACCOUNT
    leroy.has_password, leroy.sessions = True, 1  # made anew meanwhile
    office.sync()
    assert (leroy.sessions, leroy.has_password) == (0, False)


@pytest.mark.rule("A3")
@answers
def test_a_disabling_whose_answer_alone_was_lost_is_no_access_still_open(
    office: MemoryOffice, answer: KeycloakError
) -> None:
    refuse(office, "disable", "update_account", answer=answer, made=True)
    close(office, "suspend")
    leroy = account(office)
    assert (leroy.enabled, leroy.sessions, leroy.has_password) == (False, 0, True)
    assert [hold.kind for hold in office.context.register.records().holds] == [HoldKind.SUSPENSION]


def test_rights_that_lack_for_every_step_are_a_failure_of_the_system_and_nobodys_own(office: MemoryOffice) -> None:
    calls = ("disable", "update_account", "end_sessions", "forget_password")
    refuse(office, *calls, answer=KeycloakRefused("unknown_error", 403))
    outcome = close(office, "annexe")
    assert outcome is not None
    assert ([failure.cause.status for failure in outcome.failed], outcome.quarantined) == ([403], [])
    assert office.context.register.records().holds == ()


def test_what_the_profile_asks_of_accounts_that_are_there_is_one_failure_of_the_realm(office: MemoryOffice) -> None:
    """New functions for everybody; one account has what the profile asks for: it is brought up to date."""
    directory, context = office.directory, office.context
    persons.suspend(context, LEROY, BY, "téléphone volé")
    persons.cut(context, [LYS], LEROY, no_bar)
    persons.reopen(context, LEROY, BY, "téléphone retrouvé", new_password=False)
    nguyen = account(office, EmailAddress("nguyen@agglo-lys.example"))
    directory.set_attribute(nguyen.id, "matricule", ["12"])
    directory.require_attribute("matricule")
    changed = annexe(NAMES, on="2026-06-16")
    document = Document(name=changed.name, content=changed.content.replace(b"agent", b"directeur"))
    outcome = office.apply(document, LYS)
    assert outcome is not None
    assert [change.email for change in outcome.done] == [nguyen.email]
    assert outcome.realm_faults == (RealmFault.PROFILE_ASKS_MORE,)
    assert outcome.quarantined == []
    assert [hold for hold in context.register.records().holds if hold.kind is HoldKind.QUARANTINE] == []
    directory.require_attribute(None)
    office.sync()
    assert all(remote.enabled for remote in directory.accounts.values())


@pytest.mark.rule("A3")
@pytest.mark.parametrize("how", ["annexe", "suspend"])
def test_an_account_made_again_under_the_address_before_a_rename_is_told_and_not_called_closed(
    office: MemoryOffice, how: str
) -> None:
    directory, context, renamed = office.directory, office.context, EmailAddress("leroy-petit@agglo-lys.example")
    directory.delete_account(account(office).id)
    again = directory.add_foreign_account(LEROY)
    rename = Decisions(rename={LEROY: renamed})
    applied = office.apply(annexe(("leroy-petit", *NAMES[1:]), on="2026-06-16"), LYS, rename)
    assert applied.plan is not None
    assert [(drifted.kind, drifted.email) for drifted in applied.plan.drift] == [
        (DriftKind.ACCOUNT_MADE_AGAIN, renamed)
    ]
    if how == "annexe":
        outcome = office.apply(annexe(NAMES[1:], ("leroy-petit",), "2026-06-16", "2026-06-15"), LYS)
    else:
        persons.suspend(context, renamed, BY, "téléphone volé")
        outcome = persons.cut(context, [LYS], renamed, no_bar)
    assert [type(failure.cause) for failure in outcome.failed] == [AccessStillOpen]
    assert account(office).enabled, "it is not ours"
    directory.delete_account(again)
    office.sync()
    live = [
        habilitation
        for habilitation in context.register.records().habilitations
        if habilitation.state is not State.CLOSED
    ]
    assert [habilitation.email for habilitation in live if habilitation.email == renamed] == (
        [] if how == "annexe" else [renamed]
    )
    assert [hold.kind for hold in context.register.records().holds] == (
        [] if how == "annexe" else [HoldKind.SUSPENSION]
    )


def test_a_suspension_that_a_pause_or_another_realm_holds_back_is_not_said_to_be_done(office: MemoryOffice) -> None:
    persons.suspend(office.context, LEROY, BY, "téléphone volé")
    office.directory.id = "00000000-0000-4000-8000-00000000000f"
    outcome = persons.cut(office.context, [LYS], LEROY, no_bar)
    assert outcome.ending is Ending.UNKNOWN_REALM
    office.directory.id = "00000000-0000-4000-8000-000000000000"
    pause(office.context.register, LYS, "contrôle", None, BY)
    paused = persons.cut(office.context, [LYS], LEROY, no_bar)
    for result in (outcome, paused):
        assert run_answer(result).ending.startswith(("Royaume inconnu", "Rien n'a été modifié dans Keycloak"))
