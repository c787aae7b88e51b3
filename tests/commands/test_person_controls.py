"""Each control about persons on the real Keycloak: made for real, raised once, gone when it is mended.

Keycloak's clock cannot be moved: where months must have passed since the first reading or the last login, the
register is told so.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.calendar import PARIS
from provisioner.settings import Settings
from tests.shared.console import PASSWORD, Console
from tests.shared.login_form import LoginForm
from tests.shared.mailbox import Mailbox
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, valid

YESTERDAY = datetime.now(PARIS).date() - timedelta(days=1)
OPENED = YESTERDAY - timedelta(days=200)
STEADY, CLOSED, SUSPENDED, SHARED, ATTACKED, CLUMSY, ABSENT, IDLE = (
    f"{name}@{DOMAIN}" for name in ("leroy", "vasseur", "petit", "nguyen", "robert", "moreau", "garnier", "lambert")
)
PERSONS = (STEADY, CLOSED, SUSPENDED, SHARED, ATTACKED, CLUMSY, ABSENT, IDLE)
STRANGER = "administrateur@caf.example"
BY = ("--by", "Claire Martin", "--reason", "Essai")

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Scene:
    """What was listed when everything had happened, when it was read again, and when it was mended."""

    office: Office
    stranger: str
    first: Lines
    again: Lines
    mended: Lines

    def of(self, code: str, lines: Lines | None = None) -> Lines:
        return [line for line in (self.first if lines is None else lines) if line["code"] == code]


def listed(office: Office, *more: str) -> Lines:
    answer = office.run("controls", "list", *more, "--format", "json")
    assert answer.status == 0, answer.err
    lines: Lines = valid(answer.json, "controls")
    return lines


def judge(office: Office) -> None:
    """As on the evening of yesterday: the closure is less than an hour old."""
    pulled = office.run("connections", "pull", today=YESTERDAY.isoformat())
    assert pulled.status == 0, (pulled.out, pulled.err)


@pytest.fixture(scope="module")
def scene(shared_realm: Settings, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    home = tmp_path_factory.mktemp("office")
    office = Office(shared_realm, mailbox, home)
    console = open_everybody(office, home)
    stranger = console.add(STRANGER)

    def enters(email: str, address: str, password: str = PASSWORD) -> bool:
        with closing(LoginForm(office.settings, address)) as form:
            return form.log_in(email, password)

    console.set_password(STRANGER)
    assert enters(STEADY, "127.0.1.1")
    assert enters(STRANGER, "127.0.2.1")
    # One by one, the situations.
    assert not enters(CLOSED, "127.0.3.1", "faux")
    assert not enters(CLOSED, "127.0.3.1")
    assert not enters(SUSPENDED, "127.0.3.1", "faux")
    assert enters(SHARED, "127.0.4.1")
    assert enters(SHARED, "127.0.5.1")
    for email, own, other in ((ATTACKED, "127.0.6.1", "127.0.9.1"), (CLUMSY, "127.0.7.1", "127.0.7.1")):
        assert enters(email, own)
        for _ in range(3):  # twice in a second: Keycloak locks the account for a minute
            assert not enters(email, other, "faux")
    console.save(CLOSED, enabled=True)
    assert enters(CLOSED, "127.0.8.1")
    with register(office) as connection:
        begun = datetime.combine(OPENED - timedelta(days=1), datetime.min.time(), UTC)
        connection.execute("INSERT INTO mark VALUES ('connections.begun_at', ?)", (begun.isoformat(),))
        last = YESTERDAY - timedelta(days=190)
        connection.execute("UPDATE account SET last_login_on = ? WHERE email = ?", (last.isoformat(), IDLE))
    judge(office)
    first = listed(office)
    judge(office)
    again = listed(office, "--all")

    closed = console.user(CLOSED)["id"]
    console.connection.request("post", f"{console.realm}/users/{closed}/logout")
    console.set_password(ABSENT)
    for email in (STEADY, SHARED, ABSENT, IDLE, STRANGER):
        assert enters(email, "127.0.50.1")
    judge(office)
    return Scene(office, stranger, first, again, listed(office, "--all"))


def register(office: Office) -> Any:
    """The register's own rows; what is written is kept."""
    connection = sqlite3.connect(office.home / "data" / "provisioner.sqlite3", isolation_level=None)
    return closing(connection)


def open_everybody(office: Office, home: Path) -> Console:
    """All are open for 200 days; yesterday one was closed and one suspended. Somebody ignores three links."""
    office.add_partner(PARTNER, DOMAIN, "--signed-on", (OPENED - timedelta(days=30)).isoformat())
    asked = {email.partition("@")[0]: OPENED.isoformat() for email in PERSONS}
    office.apply(annexe_csv(home / "1.csv", asked, {}, OPENED.isoformat()), today=OPENED.isoformat())
    console = Console(office)
    for email in PERSONS:
        if email != ABSENT:
            console.set_password(email)
    for days in (3, 10):
        day = (OPENED + timedelta(days=days)).isoformat()
        again = office.run("invitation", "repeat", "--by", "Claire Martin", today=day)
        assert again.status == 0, again.err
    day = YESTERDAY.isoformat()
    del asked["vasseur"]
    left = {"vasseur": (YESTERDAY - timedelta(days=1)).isoformat()}
    office.apply(annexe_csv(home / "2.csv", asked, left, day), today=day)
    suspended = office.run("person", "suspend", SUSPENDED, *BY, today=day)
    assert suspended.status == 0, suspended.err
    return console


def day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


@pytest.mark.rule("L1")
def test_an_attempt_on_a_closed_or_suspended_account_is_told_graver_with_the_right_password(scene: Scene) -> None:
    attempts = {line["email"]: line for line in scene.of("closed-attempt")}
    assert {email: line["severity"] for email, line in attempts.items()} == {CLOSED: "grave", SUSPENDED: "warning"}
    assert attempts[CLOSED]["facts"] | {"records": None} == {
        "on": day_of(attempts[CLOSED]["since"]).isoformat(),
        "count": 2,
        "addresses": ["127.0.3.1"],
        "outcome": "user_disabled",
        "records": None,
    }


@pytest.mark.rule("L1")
def test_a_login_that_no_annexe_names_is_told(scene: Scene) -> None:
    logins = scene.of("unnamed-login")
    assert {(line["email"], line["severity"], line["habilitation"] is None) for line in logins} == {
        (CLOSED, "grave", False),
        (None, "grave", True),
    }
    text = scene.office.run("controls", "list").out
    assert scene.stranger in text
    assert STRANGER not in text


@pytest.mark.rule("A3")
def test_a_session_after_a_closure_is_told_and_over_once_it_is_ended(scene: Scene) -> None:
    (session,) = scene.of("session-after-closure")
    assert (session["email"], session["severity"], session["rule"]) == (CLOSED, "grave", "A3")
    assert [line["state"] for line in scene.of("session-after-closure", scene.mended)] == ["mended"]


@pytest.mark.rule("D4")
@pytest.mark.parametrize(
    ("code", "email", "rule"), [("never-used", ABSENT, "D4"), ("unused", IDLE, "D4"), ("link-unused", ABSENT, "P2")]
)
def test_an_unused_access_or_link_is_told_and_over_once_it_is_used(
    scene: Scene, code: str, email: str, rule: str
) -> None:
    assert [(line["email"], line["rule"]) for line in scene.of(code)] == [(email, rule)]
    assert [line["state"] for line in scene.of(code, scene.mended)] == ["mended"]


@pytest.mark.rule("L1")
def test_a_lock_out_is_grave_where_the_person_never_used_the_address(scene: Scene) -> None:
    (attacked,), (clumsy,) = scene.of("locked-from-elsewhere"), scene.of("many-failures")
    assert (attacked["email"], attacked["severity"], attacked["facts"]["addresses"]) == (
        ATTACKED,
        "grave",
        ["127.0.9.1"],
    )
    assert (clumsy["email"], clumsy["severity"]) == (CLUMSY, "warning")


@pytest.mark.rule("P6")
def test_two_places_at_once_are_to_be_asked_about_and_one_address_of_most_is_a_proxys(scene: Scene) -> None:
    (shared,) = scene.of("shared-code")
    assert (shared["email"], shared["facts"]["addresses"]) == (SHARED, ["127.0.4.1", "127.0.5.1"])
    assert "À demander à la personne" in scene.office.run("controls", "list", "--partner", PARTNER).out
    assert scene.of("proxy-address") == []
    assert [line["facts"]["addresses"] for line in scene.of("proxy-address", scene.mended)] == [["127.0.50.1"]]


@pytest.mark.rule("L1")
def test_nothing_is_raised_twice_for_the_same_facts(scene: Scene) -> None:
    assert sorted(scene.again, key=lambda line: line["control"]) == sorted(
        scene.first, key=lambda line: line["control"]
    )
    kinds = [(line["code"], line["email"]) for line in scene.mended]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.rule("L1")
def test_a_named_person_settles_a_control_and_the_journal_stays_true(scene: Scene) -> None:
    office, number = scene.office, str(scene.of("many-failures")[0]["control"])
    assert office.run("controls", "settle", "9999", *BY).status == 1
    settled = office.run("controls", "settle", number, *BY)
    assert (settled.status, "seuls des faits nouveaux" in settled.err) == (0, True)
    (line,) = [line for line in listed(office, "--all") if str(line["control"]) == number]
    assert (line["state"], line["settled_by"]) == ("settled", "Claire Martin")
    assert number not in {str(line["control"]) for line in listed(office)}
    assert office.run("journal", "verify").status == 0
    told = office.run("journal", "show", "--action", "control.settled", "--format", "json").json
    assert [entry["by"] for entry in told] == ["Claire Martin"]
