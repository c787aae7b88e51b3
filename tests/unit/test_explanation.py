"""What is told of one person: each step from the facts alone, and the word for where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.access.account import RemoteAccount
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.invitations import InvitationState, invitation_of
from provisioner.domain.access.person_file import KeycloakUser, Listed, PersonFile, PersonState
from provisioner.domain.access.plan import Plan, make_plan
from provisioner.domain.annexe.document import Annexe, Check
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.gates import Entering, Limits
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.journal import JournalLine
from provisioner.domain.records import Account, Attempt, Records
from provisioner.views.explanation import INVITATIONS, STATES, Step, explain
from tests.shared.examples import (
    LONG_AGO,
    LYS,
    NOW,
    TODAY,
    email,
    end,
    habilitation,
    link,
    place,
    records,
    remote,
    snapshot,
)

DAY = timedelta(days=1)
LEROY = email("leroy")
OPENED = NOW - 10 * DAY


def _link(sent_at: datetime | None, attempt: int = 1, intended_at: datetime | None = None) -> Attempt:
    at = intended_at or sent_at or NOW
    return link(1, attempt, at, DAY, sent_at=sent_at)


def _annexe(**facts: Any) -> KeptAnnexe:
    given = {
        "id": 7,
        "partner": LYS.code,
        "file_name": "annexe1.docx",
        "sha256": "0" * 64,
        "transmitted_on": date(2026, 6, 15),
        "received_on": date(2026, 6, 15),
        "submitted_at": LONG_AGO,
        "valid": True,
        "check": Check(file="a", sha256="0", partner=None, annexe=Annexe(None, (), ()), findings=()),
    }
    known = {**given, **facts}
    numbers = {f"{fact}_number": place(known.get(f"{fact}_at")) for fact in ("submitted", "approved", "applied")}
    return KeptAnnexe(**{**known, **numbers})


def _user(habilitation: Habilitation, *, enabled: bool = True, password: bool = True) -> KeycloakUser:
    return KeycloakUser(account=remote(habilitation, enabled=enabled), has_password=password, groups=(LYS.code,))


def _file(*accesses: Habilitation, user: KeycloakUser | None = None, **more: Any) -> PersonFile:
    held = {name: more.pop(name) for name in ("attempts", "holds", "partners") if name in more}
    known: Records = more.pop("known", None) or records(*accesses, **held)
    given: Mapping[str, Any] = {"asked": LEROY, "email": LEROY, "now": NOW, "records": known, "user": user}
    given = {**given, "known": known.accounts.keys()}
    return PersonFile(**{**given, **more})


def _steps(person: PersonFile) -> tuple[Step, ...]:
    accounts = [person.user.account] if person.user is not None else []
    plan = make_plan(person.records, snapshot(*accounts), person.now, [LYS.code], Limits())
    return explain(person, plan)


def _told(person: PersonFile, *words: str) -> list[Step]:
    """The steps that say all of this."""
    steps = _steps(person)
    assert all(step.fact and "None" not in step.fact for step in steps)
    return [step for step in steps if all(word in step.fact for word in words)]


def _line(action: str, at: datetime = NOW, **more: Any) -> JournalLine:
    given = {
        "entry": 9,
        "by": "Claire Martin",
        "os_user": "caf",
        "host": "caf",
        "sha256": "0" * 64,
        "habilitation": 1,
    }
    return JournalLine(action=action, at=at, partner=LYS.code, **{**given, **more})


def _open(**facts: Any) -> Habilitation:
    return habilitation("leroy", id=1, **{"opened_at": OPENED, **facts})


def test_every_state_has_its_words() -> None:
    assert set(STATES) == set(PersonState)
    assert set(INVITATIONS) == set(InvitationState)


def test_of_nobody_known_the_nearest_known_address_is_a_hint() -> None:
    person = _file(known=records(habilitation("leroi", id=2, opened_at=OPENED)))
    assert person.state is PersonState.UNKNOWN
    assert [step.fact.split(" ", 3)[:3] for step in _steps(person)] == [
        ["L'adresse", "connue", "la"],
        ["Aucune", "annexe", "1"],
        ["Keycloak", "n'a", "aucun"],
        ["Rien", "n'est", "à"],
    ]
    assert email("leroi") in _steps(person)[0].fact


def test_an_account_with_the_same_address_that_is_not_ours_is_said_so() -> None:
    stranger = RemoteAccount("id-x", LEROY, True, "Leroy", "Alex")
    person = _file(user=KeycloakUser(account=stranger, is_ours=False))
    assert person.state is PersonState.NOT_OURS
    assert _told(person, "n'est pas géré par ce logiciel")


@pytest.mark.parametrize(
    ("facts", "partner", "why"),
    [
        ({"requested_on": TODAY + DAY}, {}, "Ouverture prévue le 3 septembre 2026"),
        ({}, {"signed_on": None}, "Convention non signée"),
        ({}, {"signed_on": TODAY + DAY}, "prendra effet le 3 septembre 2026"),
        ({}, {"ends_on": TODAY - DAY}, "terminée le 1er septembre 2026"),
    ],
)
def test_what_is_planned_says_what_it_waits_for(facts: Any, partner: Any, why: str) -> None:
    person = _file(habilitation("leroy", id=1, **facts), partners=(replace(LYS, **partner),))
    assert person.state is PersonState.PLANNED
    assert _told(person, why)
    assert not _told(person, "ne changerait rien")


def test_a_return_says_until_when_it_waits_for_the_old_link() -> None:
    before = _open(end=end(TODAY - DAY), closed_at=NOW - timedelta(hours=1))
    again = habilitation("leroy", id=2, requested_on=TODAY)
    sent = _link(NOW - timedelta(hours=2))
    journal = (
        _line("close", NOW - timedelta(hours=1)),
        _line("habilitation.asked", habilitation=2, details={"requested_on": TODAY.isoformat()}),
    )
    user = _user(before, enabled=False)
    person = _file(before, again, user=user, attempts=(sent,), journal=journal)
    assert person.state is PersonState.PLANNED
    closed, asked, waits = (_steps(person).index(step) for step in _in_order(person))
    assert closed < asked < waits


def _in_order(person: PersonFile) -> list[Step]:
    words = ("Accès clôturé", "Accès demandé", "La réouverture attend")
    return [step for word in words for step in _told(person, word)]


@pytest.mark.parametrize(
    ("sent", "password", "state", "link", "says"),
    [
        ((), False, PersonState.INVITED, InvitationState.OWED, "pas encore parti"),
        (
            (NOW - DAY / 2,),
            False,
            PersonState.INVITED,
            InvitationState.SENT,
            "lien valable jusqu'au 2 septembre 2026",
        ),
        ((NOW - 2 * DAY,), False, PersonState.SILENT, InvitationState.EXPIRED, "a expiré le 1er septembre 2026"),
        (
            (NOW - 9 * DAY, NOW - 6 * DAY, NOW - 2 * DAY),
            False,
            PersonState.SILENT,
            InvitationState.GIVEN_UP,
            "n° 3 envoyé le 31 août 2026 : pas de mot de passe, le dernier lien a expiré le 1er septembre 2026",
        ),
        ((NOW - 9 * DAY,), True, PersonState.OPEN, InvitationState.USED, "Mot de passe créé"),
    ],
)
def test_what_became_of_the_link_is_told(
    sent: tuple[datetime, ...], password: bool, state: PersonState, link: InvitationState, says: str
) -> None:
    leroy = _open()
    invitations = tuple(_link(at, attempt) for attempt, at in enumerate(sent, start=1))
    person = _file(leroy, user=_user(leroy, password=password), attempts=invitations)
    assert (person.state, person.link_state(leroy)) == (state, link)
    (told,) = (step for step in _steps(person) if step.rule == "P2")
    assert says in told.fact


def test_a_link_that_was_owed_anew_counts_no_older_one() -> None:
    leroy = _open(link_due_at=NOW - DAY)
    assert (
        invitation_of(leroy, [_link(NOW - 5 * DAY)], was_used=False).state(NOW, has_password=False)
        is InvitationState.OWED
    )
    assert (
        invitation_of(replace(leroy, link_due_at=None, link_due_number=None), [], was_used=False).state(
            NOW, has_password=True
        )
        is None
    )


def test_of_an_attempt_that_a_newer_one_replaced_the_link_is_told_expired() -> None:
    leroy = _open()
    first, second = _link(NOW - 5 * DAY), _link(NOW - DAY / 2, 2)
    person = _file(leroy, user=_user(leroy), attempts=(first, second))
    states = [person.attempt_state(leroy, attempt) for attempt in (first, second)]
    assert states == [InvitationState.EXPIRED, InvitationState.USED]


def test_suspended_by_name_by_hand_and_missing_are_told_apart() -> None:
    leroy = _open()
    hold = Hold(kind=HoldKind.SUSPENSION, reason="enquête", since=NOW, email=LEROY, effective_at=NOW)
    by_name = _file(leroy, user=_user(leroy, enabled=False), holds=(hold,))
    by_hand = _file(leroy, user=_user(leroy, enabled=False))
    missing = _file(leroy)
    states = [person.state for person in (by_name, by_hand, missing)]
    assert states == [PersonState.SUSPENDED, PersonState.SUSPENDED_BY_HAND, PersonState.MISSING]
    assert _told(by_name, "Accès suspendu par décision nominative depuis le 2 septembre 2026", "enquête")
    assert _told(by_hand, "Compte désactivé dans la console")
    assert _told(missing, "Compte supprimé dans la console")


def test_what_is_in_quarantine_says_since_when_and_why() -> None:
    hold = Hold(kind=HoldKind.QUARANTINE, reason="HTTP 500", since=NOW - DAY, email=LEROY, partner=LYS.code)
    person = _file(_open(), user=_user(_open()), holds=(hold,))
    assert _told(person, "Mis à l'écart depuis le 1er septembre 2026", "HTTP 500")
    assert not _told(person, "ne changerait rien")


@pytest.mark.parametrize("rule", ["A3", "A5", "C3"])
def test_an_end_tells_its_day_its_rule_and_who_approved_it(rule: str) -> None:
    ending = end(TODAY + DAY, rule)
    leroy = _open(end=replace(ending, transmitted_on=None if rule == "C3" else ending.transmitted_on))
    annexe = _annexe(transmitted_on=ending.transmitted_on, approved_by="Claire Martin")
    person = _file(leroy, user=_user(leroy), current={LYS.code: annexe})
    (told,) = (step for step in _steps(person) if (step.rule, step.on) == (rule, ending.on))
    assert person.state is PersonState.CLOSING
    assert ("Claire Martin" in told.fact) == (rule != "C3")


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_what_is_closed_tells_until_when_it_is_kept() -> None:
    leroy = _open(end=end(date(2026, 8, 31)), closed_at=datetime.fromisoformat("2026-09-01T08:00+00:00"))
    person = _file(leroy, user=_user(leroy, enabled=False))
    kept = [(step.rule, step.on) for step in _told(person, "conservées jusqu'au")]
    assert person.state is PersonState.CLOSED
    assert kept == [("D1", date(2027, 3, 1)), ("D2", date(2028, 8, 31))]
    assert "ne changerait rien" in _steps(person)[-1].fact


def test_the_old_address_leads_to_the_person_and_says_since_when() -> None:
    old = email("leroi")
    line = _line("account.renamed", rule="A7", details={"old": old, "new": LEROY})
    leroy = _open()
    known = replace(records(leroy), accounts={LEROY: Account(LEROY, f"id-{LEROY}", renamed_from=old)})
    person = _file(asked=old, known=known, user=_user(leroy), journal=(line,))
    first = _steps(person)[0]
    assert (first.fact, first.on) == (f"Adresse changée : {old} est devenue {LEROY}.", TODAY)
    assert _told(person, "Changement d'adresse décidé par Claire Martin", old, LEROY)
    waits = explain(person, Plan((), (), (), ()))
    assert [wait for wait in waits if "pas encore fait" in wait.fact]


def test_the_row_of_the_annexe_in_force_is_named_and_others_say_where_they_stand() -> None:
    leroy = _open()
    force = _annexe(applied_at=LONG_AGO)
    waiting = _annexe(id=8, submitted_at=NOW)
    refused = _annexe(id=9, submitted_at=NOW, valid=False)
    listed = (
        Listed(annexe=force, list=1, row=3, on=date(2026, 6, 10)),
        Listed(annexe=waiting, list=1, row=2, on=date(2026, 6, 10)),
        Listed(annexe=refused, list=1, row=4, on=None, errors=("Adresse à corriger.",)),
    )
    person = _file(leroy, user=_user(leroy), current={LYS.code: force}, listed=listed)
    told = [step.fact for step in _steps(person)[:3]]
    assert "Ligne 3 de la liste 1 de l'annexe 1 n° 7 transmise le 15 juin 2026, en vigueur" in told[0]
    assert "attend d'être validée" in told[1]
    assert told[2].endswith("Adresse à corriger.")
    absent = replace(person, listed=())
    assert _steps(absent)[0].fact.startswith("Personne absente des deux listes")


def test_a_limit_that_holds_the_person_s_change_is_told_with_them() -> None:
    ones = [habilitation(name, id=n, opened_at=OPENED, end=end(TODAY - DAY)) for n, name in enumerate("abcdef", 2)]
    known = records(_open(end=end(TODAY - DAY)), *ones)
    before = known.with_habilitations(replace(habilitation, end=None) for habilitation in known.habilitations)
    entering = Entering(partner=LYS.code, before=before, ends=known.habilitations)
    accounts = [remote(habilitation) for habilitation in known.habilitations]
    plan = make_plan(known, snapshot(*accounts), NOW, [LYS.code], Limits(), entering=entering)
    person = _file(known=known, user=_user(known.habilitations[0]))
    assert [step for step in explain(person, plan) if "clôtures en 24 heures" in step.fact]
