"""The end of a convention, on a real Keycloak: every access of the partner closes on the day after its last day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.shared.office import DOMAIN, FIRST, FIRST_DAY, PARTNER, Answer, Office, annexe_csv, changes, valid

LAST_DAY, DAY_AFTER = "2026-09-30", "2026-10-01"
FOUR = sorted(
    f"{name}@{DOMAIN}" for name in ("alice.carpentier", "alexandre.leroy", "annesophie.delattre", "brigitte.vasseur")
)
CLOSE = ("partner", "end", PARTNER, "--on", LAST_DAY, "--reason", "fusion", "--by", "Claire Martin")
TAKE_BACK = ("partner", "reinstate", PARTNER, "--by", "Claire Martin", "--reason", "fusion abandonnée")


def done(answer: Answer) -> str:
    assert answer.status == 0, answer.err
    return answer.err


def enabled(office: Office) -> list[str]:
    """Who can log in, as Keycloak says."""
    directory = office.directory()
    emails: list[str] = sorted(
        account.email for account in directory.snapshot({PARTNER: None}).accounts.values() if account.enabled
    )
    directory.close()
    return emails


@pytest.fixture
def running(office: Office) -> Office:
    """Four accesses, open since June."""
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    return office


@pytest.mark.rule("C3")
def test_every_access_closes_on_the_day_after_the_last_day_and_none_on_it_without_any_annexe(running: Office) -> None:
    said = done(running.run(*CLOSE, today="2026-09-02"))
    assert "4 accès seront clôturés le 1er octobre 2026" in said

    later = running.plan(today="2026-09-02")["later"]
    assert sorted((change["action"], change["email"]) for change in later) == [("close", email) for email in FOUR]
    assert {(change["rule"], change["due_on"]) for change in later} == {("C3", DAY_AFTER)}

    last_moment = running.sync(today=f"{LAST_DAY}T23:30")
    assert (last_moment["done"], len(last_moment["later"]), enabled(running)) == ([], 4, FOUR)

    over = running.sync(today=f"{DAY_AFTER}T00:30")
    assert sorted(changes(over, "done"), key=str) == [("close", email) for email in FOUR]
    assert {(change["rule"], change["due_on"]) for change in over["done"]} == {("C3", DAY_AFTER)}
    assert (over["blocked_by"], enabled(running)) == ([], [])
    shown = valid(running.run("partner", "show", PARTNER, "--format", "json").json, "partner")
    assert shown["ends_on"] == LAST_DAY
    assert {(habilitation["state"], habilitation["ended_on"]) for habilitation in shown["habilitations"]} == {
        ("closed", LAST_DAY)
    }
    assert {habilitation["closed_on"] for habilitation in shown["habilitations"]} == {DAY_AFTER}
    assert len(running.mails()) == 4
    assert running.sync(today="2026-10-02")["done"] == []


@pytest.mark.rule("C3")
def test_an_end_taken_back_on_the_very_last_day_closes_nobody(running: Office) -> None:
    done(running.run(*CLOSE, today="2026-09-02"))
    assert "rien ne sera clôturé le 1er octobre 2026" in done(running.run(*TAKE_BACK, today=LAST_DAY))
    assert running.plan(today=LAST_DAY)["later"] == []
    after = running.sync(today=DAY_AFTER)
    assert (after["done"], enabled(running)) == ([], FOUR)


@pytest.mark.rule("C3")
def test_more_accesses_than_the_limit_of_closures_end_with_their_convention(office: Office) -> None:
    office.add_partner()
    names = [f"agent{number}" for number in range(1, 9)]
    file = annexe_csv(office.home / "huit.csv", dict.fromkeys(names, "10/06/2026"), {}, "15/06/2026")
    office.apply(file, today=FIRST_DAY)
    done(office.run(*CLOSE, today="2026-09-02"))
    over = office.sync(today=DAY_AFTER)
    assert (len(over["done"]), over["blocked_by"], enabled(office)) == (8, [], [])


@pytest.mark.rule("C2")
def test_nothing_opens_once_the_convention_has_ended_and_again_once_it_is_signed_anew(running: Office) -> None:
    done(running.run(*CLOSE, today="2026-09-02"))
    running.sync(today=DAY_AFTER)
    file = annexe_csv(running.home / "retour.csv", {"nouveau": "02/10/2026"}, {}, "02/10/2026")
    refused = running.apply(file, today="2026-10-05", status=1)
    assert "convention-not-active" in [finding["code"] for finding in refused["findings"]]
    assert enabled(running) == []

    sign = ("partner", "set", PARTNER, "--signed-on", "2026-10-12", "--by", "Claire Martin")
    done(running.run(*sign, today="2026-10-12"))
    assert changes(running.apply(file, today="2026-10-12"), "done")[0] == ("open", f"nouveau@{DOMAIN}")
    assert enabled(running) == [f"nouveau@{DOMAIN}"]


@pytest.mark.rule("C3")
def test_a_person_who_leaves_before_the_convention_ends_closes_by_their_own_end(running: Office) -> None:
    leaving = annexe_csv(
        running.home / "depart.csv",
        {},
        {"brigitte.vasseur": "15/09/2026"},
        "02/09/2026",
    )
    running.apply(leaving, "--keep-absent", "all", today="2026-09-02")
    assert "3 accès seront clôturés le 1er octobre 2026" in done(running.run(*CLOSE, today="2026-09-02"))
    ended = running.sync(today="2026-09-16")["done"]
    assert [(change["rule"], change["due_on"]) for change in ended] == [("A3", "2026-09-16")]
    over = running.sync(today=DAY_AFTER)["done"]
    assert [(change["rule"], change["due_on"]) for change in over] == [("C3", DAY_AFTER)] * 3
    shown = running.run("partner", "show", PARTNER, "--format", "json").json
    ends = {
        habilitation["email"]: date.fromisoformat(habilitation["ended_on"]) for habilitation in shown["habilitations"]
    }
    assert ends[f"brigitte.vasseur@{DOMAIN}"] == date(2026, 9, 15)
