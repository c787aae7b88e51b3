"""Until when what is held of a person's connections is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from provisioner.domain.access.person_file import PersonFile
from provisioner.domain.connections.control import Facts, RaisedControl, Severity
from provisioner.domain.connections.held import HeldConnections
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord
from provisioner.views.answers.persons import PersonAnswer
from tests.shared.examples import email, habilitation, records

#: Late in the evening in UTC: the next day in Paris.
AT = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)
LOGIN = ConnectionRecord(id="login", at=AT, kind="login")
CHANGE = ConsoleRecord(id="change", at=AT, operation="update", resource="user")
CONTROL = RaisedControl(
    id=3,
    code="closed-attempt",
    key="3",
    severity=Severity.GRAVE,
    rule="L1",
    since=AT,
    facts=Facts(records=("login",)),
    raised_at=AT,
)


@pytest.mark.rule("D1")
def test_a_connection_record_is_kept_its_days_and_never_beyond_six_months_after_the_closure() -> None:
    assert HeldConnections(keep_days=365).kept_until(LOGIN) == date(2027, 9, 1)
    assert HeldConnections(keep_days=90).kept_until(LOGIN) == date(2026, 11, 30)
    assert HeldConnections(due_on=date(2027, 3, 1)).kept_until(LOGIN) == date(2027, 3, 1)


@pytest.mark.rule("D5")
def test_what_a_hold_keeps_has_no_day_that_anybody_can_tell_and_a_finding_goes_with_its_records() -> None:
    assert HeldConnections(controls=(CONTROL,)).kept_until(LOGIN) == date(2027, 9, 1)
    assert HeldConnections(is_on_hold=True, due_on=date(2027, 3, 1)).kept_until(LOGIN) is None


@pytest.mark.rule("D1")
def test_a_record_of_the_console_is_kept_365_days_whatever_becomes_of_the_account() -> None:
    held = HeldConnections(keep_days=90, due_on=date(2027, 3, 1))
    assert held.kept_until(CHANGE) == date(2027, 9, 1)


@pytest.mark.rule("D5")
@pytest.mark.rule("D8")
def test_the_page_for_a_person_names_nobody_of_the_caf_and_no_other_person_in_a_reason() -> None:
    address = email("leroy")
    suspension = {
        "since": AT,
        "reason": "Signalé par Claire Martin : partage du code avec Jean PETIT (jean.petit@agglo-lys.example)",
        "effective_at": AT,
        "released_at": AT,
        "released_by": "Paul Henry",
        "release_reason": "Vu avec M. Petit, accord de Mme Martin",
    }
    person = PersonFile(
        asked=address,
        email=address,
        now=AT,
        records=records(habilitation("leroy", id=1, opened_at=AT)),
        suspensions=(suspension,),
    )
    answer = PersonAnswer.of(person, frozenset({"Claire Martin", "Jean Petit", "Paul Henry"}))
    page = answer.page()
    assert "Signalé par […]\N{NO-BREAK SPACE}: partage du code avec […]" in page
    assert "Vu avec M. […], accord de Mme […]" in page
    for name in ("Martin", "Petit", "PETIT", "petit@", "Henry"):
        assert name not in page
    assert "Claire Martin" in answer.model_dump_json()  # the Caf reads all of it


@pytest.mark.rule("D5")
def test_a_person_is_told_what_was_done_to_the_account_and_not_by_whom() -> None:
    path = "users/1/reset-password"
    password = ConsoleRecord(id="p", at=AT, operation="action", resource="user", path=path, actor="root-id")
    seen = replace(
        CONTROL, code="console-password", facts=Facts(actor="master/root-id", actor_name="Racine", path=path)
    )
    address = email("leroy")
    person = PersonFile(
        asked=address,
        email=address,
        now=AT,
        records=records(habilitation("leroy", id=1, opened_at=AT)),
        connections=HeldConnections(console=(password,), controls=(seen,)),
    )
    page = PersonAnswer.of(person, frozenset()).page()
    assert "mot de passe" in page
    assert "Mot de passe défini depuis la console" in page
    assert "Racine" not in page
    assert "root-id" not in page
    assert "votre nom et votre adresse en disparaissent" in page
