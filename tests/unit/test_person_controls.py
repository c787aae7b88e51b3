"""What the controls about persons find in an account's records, with examples at the limits (L1, P6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from provisioner.cli.printing import print_answer
from provisioner.domain.access.habilitation import Suspension
from provisioner.domain.access.invitations import Invitation
from provisioner.domain.connections.control import Facts, Observation, RaisedControl, Severity
from provisioner.domain.connections.controls import CONTROLS, OF_RECORDS, proxy_address, unused
from provisioner.domain.connections.controls.shared_code import network_of
from provisioner.domain.connections.evidence import Evidence, OpenAccess, Thresholds
from provisioner.domain.connections.record import ConnectionRecord, Coverage, Hole, Stream
from provisioner.domain.connections.usage import usage
from provisioner.domain.people import EmailAddress
from provisioner.settings import IncidentSettings
from provisioner.views.answers.controls import ControlsAnswer
from provisioner.views.controls import CONTROLS as WORDS
from tests.shared.examples import LYS, habilitation, link

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
    ("kind", "outcome", "session", "severity"),
    [
        ("login", "invalid_user_credentials", "s", None),
        ("login", "user_disabled", "s", Severity.GRAVE),
        ("login", "user_disabled", None, None),
        ("reset_password", "user_disabled", "s", None),
        ("execute_action_token", "expired_code", "s", None),
        ("logout", None, "s", "nothing"),
    ],
)
def test_an_attempt_on_a_closed_account_is_told_and_is_grave_with_the_right_password(
    kind: str, outcome: str | None, session: str | None, severity: object
) -> None:
    observations = judged(record(NOON, kind, outcome, session=session), habilitations=(ENDED,))
    if severity == "nothing":
        assert observations == []
        return
    (attempt,) = observations
    assert (attempt.control.code, attempt.severity, attempt.key) == ("closed-attempt", severity, "3/2026-09-10")
    assert (attempt.partner, attempt.habilitation, attempt.account) == (LYS.code, 7, 3)


@pytest.mark.rule("L1")
def test_attempts_on_a_closed_account_are_one_a_person_and_day_of_paris() -> None:
    late = datetime(2026, 9, 9, 21, 59, tzinfo=UTC)  # 23:59 in Paris
    wrong = "invalid_user_credentials"
    observations = judged(
        record(late, outcome=wrong),
        record(late + timedelta(minutes=1), outcome=wrong),
        record(NOON, outcome="user_disabled", address="192.0.2.9"),
        habilitations=(ENDED,),
    )
    assert [(observation.key, observation.facts.count, observation.severity) for observation in observations] == [
        ("3/2026-09-09", 1, None),
        ("3/2026-09-10", 2, Severity.GRAVE),
    ]
    assert observations[1].facts.addresses == ("192.0.2.7", "192.0.2.9")


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
    suspended = (Suspension(NOON - timedelta(hours=1), NOON + timedelta(hours=1)),)
    hours = {hours: record(NOON + timedelta(hours=hours), outcome="invalid_user_credentials") for hours in (-2, 0, 2)}
    (attempt,) = judged(*hours.values(), suspensions=suspended)
    assert attempt.facts.records == (hours[0].id,)
    assert codes(judged(record(NOON), suspensions=(Suspension(NOON - timedelta(days=1)),))) == ["unnamed-login"]


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
    observations = judged(*logins, account=None, user="u1", habilitations=())
    assert [(observation.key, observation.user, observation.habilitation) for observation in observations] == [
        ("u1/2026", "u1", None),
        ("u1/2027", "u1", None),
    ]
    assert {observation.control.severity for observation in observations} == {Severity.GRAVE}


@pytest.mark.rule("L1")
def test_what_was_judged_before_is_not_judged_again_by_its_remains() -> None:
    yesterday = record(NOON - timedelta(days=1), outcome="user_disabled", number=4)
    today = record(NOON, outcome="user_disabled", number=5)
    assert [seen.key for seen in judged(yesterday, today, habilitations=(ENDED,), after=4)] == ["3/2026-09-10"]
    assert judged(yesterday, today, habilitations=(ENDED,), after=5) == []


@pytest.mark.rule("L1")
@pytest.mark.parametrize(("failures", "lock", "told"), [(9, False, 0), (10, False, 1), (3, True, 1)])
def test_many_failures_or_a_lock_out_are_told_once_a_day(failures: int, lock: bool, told: int) -> None:
    wrong = [record(NOON + timedelta(seconds=n), outcome="invalid_user_credentials") for n in range(failures)]
    locked = [record(NOON + timedelta(minutes=1), "user_disabled_by_temporary_lockout")] if lock else []
    observations = judged(*wrong, *locked)
    assert codes(observations) == ["many-failures"] * told
    assert all(
        (observation.key, observation.facts.count) == ("3/2026-09-10", failures) for observation in observations
    )


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    ("known", "attackers", "code"),
    [
        ({"192.0.2.7"}, ["198.51.100.1", "198.51.100.2"], "locked-from-elsewhere"),
        ({"192.0.2.7"}, ["198.51.100.1", "192.0.2.7"], "many-failures"),
        (set(), ["198.51.100.1"], "many-failures"),
    ],
)
def test_a_lock_out_is_grave_where_no_failure_came_from_an_address_of_the_person(
    known: set[str], attackers: list[str], code: str
) -> None:
    wrong = [record(NOON, outcome="invalid_user_credentials", address=address) for address in attackers]
    locked = record(NOON + timedelta(minutes=1), outcome="user_temporarily_disabled", address=attackers[0])
    (observation,) = judged(*wrong, locked, addresses=frozenset(known))
    assert (observation.control.code, observation.facts.addresses) == (code, tuple(sorted(attackers)))


@pytest.mark.rule("P6")
@pytest.mark.parametrize(
    ("apart", "first", "second", "told"),
    [
        (timedelta(minutes=15), "192.0.2.7", "198.51.100.1", True),
        (timedelta(minutes=15, seconds=1), "192.0.2.7", "198.51.100.1", False),
        (timedelta(minutes=1), "192.0.2.7", "192.0.2.250", False),
        (timedelta(minutes=1), "192.0.2.7", "2001:db8:1::7", False),
        (timedelta(minutes=1), "2001:db8:1::7", "2001:db8:1:ffff::1", False),
        (timedelta(minutes=1), "2001:db8:1::7", "2001:db8:2::7", True),
        (timedelta(minutes=1), "192.0.2.7", "::ffff:192.0.2.9", False),
    ],
)
def test_two_live_sessions_from_two_networks_are_to_be_asked_about(
    apart: timedelta, first: str, second: str, told: bool
) -> None:
    logins = record(NOON, address=first), record(NOON + apart, address=second)
    assert codes(judged(*logins)) == ["shared-code"] * told
    assert judged(*logins, is_masked=True) == []


@pytest.mark.rule("P6")
def test_a_session_that_was_ended_or_joined_by_a_second_application_is_no_second_place() -> None:
    first = record(NOON, session="a")
    ended = record(NOON + timedelta(minutes=2), "logout", session="a")
    assert judged(first, ended, record(NOON + timedelta(minutes=5), address="198.51.100.1")) == []
    assert judged(first, record(NOON + timedelta(minutes=5), session="a", address="198.51.100.1")) == []


@pytest.mark.rule("P6")
@pytest.mark.parametrize(("networks", "days_apart", "told"), [(5, 6, 1), (5, 7, 0), (4, 1, 0)])
def test_many_networks_in_a_day_on_two_days_of_seven_are_to_be_asked_about_once_a_week(
    networks: int, days_apart: int, told: int
) -> None:
    begin = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)  # a Monday
    logins = [
        record(begin + timedelta(days=day, hours=place), address=f"10.0.{place}.1")
        for day in (0, days_apart)
        for place in range(networks)
    ]
    observations = judged(*logins)
    assert codes(observations) == ["shared-code"] * told
    assert all(observation.key == "3/2026-37" for observation in observations)


def test_what_is_no_address_is_no_network() -> None:
    assert (network_of(None), network_of("unknown")) == (None, None)


@pytest.mark.rule("P6")
@pytest.mark.parametrize(("same", "others", "told"), [(3, 2, True), (3, 3, False), (4, 0, False), (5, 0, True)])
def test_one_address_of_most_accounts_is_a_proxys(same: int, others: int, told: bool) -> None:
    observation = proxy_address.find(same + others, "10.0.0.1", same, NOON)
    assert (observation is not None and observation.key == "10.0.0.1") == told


WHOLE = Coverage(begun_at=OPENED - timedelta(days=1), read_until=NOON)


def uses(
    coverage: Coverage = WHOLE,
    last: datetime | None = None,
    now: datetime = NOON,
    links: int = 0,
    password_made_at: datetime | None = None,
    **facts: Any,
) -> list[str]:
    """The codes of what is found of an access opened on 16 June."""
    access = habilitation("leroy", id=7, opened_at=OPENED, **facts)
    coverage = Coverage(begun_at=coverage.begun_at, read_until=now, holes=coverage.holes)
    sent = [OPENED + timedelta(days=days) for days in (0, 3, 10)][:links]
    attempts = tuple(link(7, n + 1, at, timedelta(hours=72), sent_at=at) for n, at in enumerate(sent))
    observations = unused.find(
        OpenAccess(
            account=3,
            habilitation=access,
            usage=usage(coverage, access, last.date() if last else None, now.date()),
            coverage=coverage,
            records_since=OPENED - timedelta(days=100),
            now=now,
            invitation=Invitation(access, attempts, was_used=False) if links else None,
            password_made_at=password_made_at,
            thresholds=Thresholds(),
        )
    )
    return codes(list(observations))


@pytest.mark.rule("D4")
def test_an_access_is_never_used_from_the_30th_day_on_where_everything_was_read() -> None:
    day = timedelta(days=1)
    assert uses(now=OPENED + 29 * day) == []
    assert uses(now=OPENED + 30 * day) == ["never-used"]
    assert uses(now=OPENED + 30 * day, last=OPENED + day) == []
    hole = Hole(stream=Stream.CONNECTIONS, since=OPENED + 5 * day, until=OPENED + 6 * day)
    for read in (Coverage(), Coverage(begun_at=OPENED + day), Coverage(begun_at=OPENED - day, holes=(hole,))):
        assert uses(read, now=OPENED + 40 * day) == []
    assert uses(now=OPENED + 40 * day, adopted_on=OPENED.date()) == []


@pytest.mark.rule("D4")
def test_an_access_is_unused_from_the_180th_day_after_the_last_known_moment() -> None:
    day = timedelta(days=1)
    last = OPENED + 10 * day
    assert uses(now=last + 179 * day, last=last) == []
    assert uses(now=last + 180 * day, last=last) == ["unused"]
    late = Coverage(begun_at=OPENED + 30 * day)
    assert uses(late, now=OPENED + 209 * day, last=last) == []
    assert uses(late, now=OPENED + 210 * day, last=last) == ["unused"]
    assert uses(late, now=OPENED + 210 * day) == ["unused"]


@pytest.mark.rule("P2")
def test_a_link_is_unused_once_three_left_the_last_is_dead_and_no_password_was_made() -> None:
    day = timedelta(days=1)
    dead = OPENED + 13 * day
    assert uses(now=dead, links=3) == ["link-unused"]
    assert uses(now=dead - timedelta(seconds=1), links=3) == []
    assert uses(now=dead, links=2) == []
    assert uses(now=dead, links=3, password_made_at=OPENED + day) == []
    assert uses(now=dead, links=3, last=OPENED + day) == []
    assert uses(Coverage(begun_at=OPENED + day), now=dead, links=3) == []


def test_a_control_is_shown_with_its_facts_what_it_means_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    facts = Facts(on=NOON.date(), count=2, addresses=("192.0.2.7",), outcome="user_disabled", records=("r1", "r2"))
    control = RaisedControl(
        id=3,
        code="closed-attempt",
        key="3/2026-09-10",
        severity=Severity.GRAVE,
        rule="L1",
        since=NOON,
        raised_at=NOON,
        email=EmailAddress("leroy@agglo-lys.example"),
        facts=facts,
    )
    print_answer(
        ControlsAnswer.with_proposals(
            IncidentSettings(proposed_by="unnamed-login, closed-attempt").proposing, [control]
        ),
        "text",
    )
    shown = capsys.readouterr().out
    for words in (
        "leroy@agglo-lys.example",
        "le 10 septembre 2026 ; 2 fois ; bon mot de passe ; adresses : 192.0.2.7",
        "Tentative sur un accès clôturé ou suspendu : Quelqu'un",
        "À faire : Demander à la personne",
        "sans nom dans le texte : provisioner incident declare --origin caf",
        "provisioner controls settle NUMÉRO",
    ):
        assert words in shown
    print_answer(ControlsAnswer.with_proposals(IncidentSettings(proposed_by="closed-attempt").proposing, []), "text")
    assert "Aucun constat." in capsys.readouterr().out
