"""What the controls about persons find in an account's records, with examples at the limits (L1, P6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from provisioner.domain.connections.control import Observation, Severity
from provisioner.domain.connections.controls import CONTROLS, OF_RECORDS
from provisioner.domain.connections.evidence import Evidence, Suspended
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.views.controls import CONTROLS as WORDS
from tests.shared.examples import LYS, habilitation

_ids = count(1)
OPENED = datetime(2026, 6, 16, 8, 0, tzinfo=UTC)
CLOSED = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NOON = datetime(2026, 9, 10, 10, 0, tzinfo=UTC)
OPEN = habilitation("leroy", id=7, opened_at=OPENED)
ENDED = habilitation("leroy", id=7, opened_at=OPENED, closed_at=CLOSED)


def record(at: datetime, kind: str = "login", outcome: str | None = None, **more: Any) -> ConnectionRecord:
    given = {"account": 3, "address": "192.0.2.7", "session": f"s{next(_ids)}"}
    return ConnectionRecord(id=f"r{next(_ids)}", at=at, kind=kind, outcome=outcome, **{**given, **more})


def judged(*records: ConnectionRecord, **facts: Any) -> list[Observation]:
    given: dict[str, Any] = {"account": 3, "habilitations": (OPEN,)}
    evidence = Evidence(records=tuple(sorted(records, key=lambda r: r.at)), **{**given, **facts})
    return [observation for find in OF_RECORDS for observation in find(evidence)]


def codes(observations: list[Observation]) -> list[str]:
    return [observation.control.code for observation in observations]


def test_every_control_has_its_french_words() -> None:
    assert set(CONTROLS) <= set(WORDS)
    assert all(words.name and words.meaning and words.to_do for words in WORDS.values())


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    ("kind", "outcome", "severity"),
    [
        ("login", "invalid_user_credentials", None),
        ("login", "user_disabled", Severity.GRAVE),
        ("reset_password", "user_disabled", None),
        ("execute_action_token", "expired_code", None),
        ("logout", None, "nothing"),
    ],
)
def test_an_attempt_on_a_closed_account_is_told_and_is_grave_with_the_right_password(
    kind: str, outcome: str | None, severity: object
) -> None:
    found = judged(record(NOON, kind, outcome), habilitations=(ENDED,))
    if severity == "nothing":
        assert found == []
        return
    (attempt,) = found
    assert (attempt.control.code, attempt.severity, attempt.key) == ("closed-attempt", severity, "3/2026-09-10")
    assert (attempt.partner, attempt.habilitation, attempt.account) == (LYS.code, 7, 3)


@pytest.mark.rule("L1")
def test_attempts_on_a_closed_account_are_one_a_person_and_day_of_paris() -> None:
    late = datetime(2026, 9, 9, 21, 59, tzinfo=UTC)  # 23:59 in Paris
    wrong = "invalid_user_credentials"
    found = judged(
        record(late, outcome=wrong),
        record(late + timedelta(minutes=1), outcome=wrong),
        record(NOON, outcome="user_disabled", address="192.0.2.9"),
        habilitations=(ENDED,),
    )
    assert [(seen.key, seen.facts.count, seen.severity) for seen in found] == [
        ("3/2026-09-09", 1, None),
        ("3/2026-09-10", 2, Severity.GRAVE),
    ]
    assert found[1].facts.addresses == ("192.0.2.7", "192.0.2.9")


@pytest.mark.rule("L1")
@pytest.mark.parametrize("minutes", [-5, 0, 1, 2])
def test_what_is_as_near_to_a_closure_as_clocks_may_differ_is_not_told(minutes: int) -> None:
    at = CLOSED + timedelta(minutes=minutes)
    assert codes(judged(record(at, outcome="invalid_user_credentials"), habilitations=(ENDED,))) == (
        ["closed-attempt"] if minutes > 1 else []
    )
    assert codes(judged(record(at), habilitations=(ENDED,))) == (["unnamed-login"] if minutes > 1 else [])


@pytest.mark.rule("L1")
def test_an_attempt_while_suspended_is_told_and_none_before_or_after() -> None:
    suspended = (Suspended(NOON - timedelta(hours=1), NOON + timedelta(hours=1)),)
    hours = {hours: record(NOON + timedelta(hours=hours), outcome="invalid_user_credentials") for hours in (-2, 0, 2)}
    (attempt,) = judged(*hours.values(), suspensions=suspended)
    assert attempt.facts.records == (hours[0].id,)
    assert codes(judged(record(NOON), suspensions=(Suspended(NOON - timedelta(days=1)),))) == ["unnamed-login"]


@pytest.mark.rule("L1")
def test_who_has_an_open_access_is_never_told_of_nor_who_was_adopted_before_it() -> None:
    assert judged(record(NOON), record(NOON, outcome="invalid_user_credentials")) == []
    adopted = habilitation("leroy", id=7, opened_at=NOON, adopted_on=NOON.date())
    assert judged(record(NOON - timedelta(days=20)), habilitations=(adopted,)) == []
    returned = habilitation("leroy", id=9, opened_at=CLOSED + timedelta(days=3))
    assert judged(record(NOON), habilitations=(ENDED, returned)) == []
    assert codes(judged(record(CLOSED + timedelta(days=1)), habilitations=(ENDED, returned))) == ["unnamed-login"]


@pytest.mark.rule("L1")
def test_a_login_that_no_annexe_names_is_told_once_a_year_where_the_account_is_none_of_ours() -> None:
    logins = [
        record(at, account=None, user="u1")
        for at in (NOON, NOON + timedelta(days=1), datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    ]
    found = judged(*logins, account=None, user="u1", habilitations=())
    assert [(seen.key, seen.user, seen.habilitation) for seen in found] == [
        ("u1/2026", "u1", None),
        ("u1/2027", "u1", None),
    ]
    assert {seen.control.severity for seen in found} == {Severity.GRAVE}
