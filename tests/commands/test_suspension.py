"""`person suspend` and `person reopen`: one person's access cut and given back at once, by name."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import weaken_policy
from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, ROOT, Answer, Office, annexe_csv, changes, valid

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
ASKED = {"leroy": "2026-06-10", "vasseur": "2026-06-10"}
TODAY = "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Téléphone volé")


def decide(office: Office, verb: str, email: str, *more: str, today: str = TODAY, status: int = 0) -> Any:
    """`person suspend` or `person reopen`, as a script runs it."""
    answer = office.run("person", verb, email, *BY, *more, "--format", "json", today=today)
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return valid(answer.json, "outcome") if answer.out else answer


def states(office: Office, partner: str = PARTNER) -> dict[str, tuple[str, str | None, str | None]]:
    """State, ended on, closed on."""
    shown = valid(office.run("partner", "show", partner, "--format", "json", today=TODAY).json, "partner")
    return {
        habilitation["email"]: (habilitation["state"], habilitation["ended_on"], habilitation["closed_on"])
        for habilitation in shown["habilitations"]
    }


def held(office: Office) -> list[tuple[str, str]]:
    """What is held, and why."""
    holds = valid(office.run("held", "list", "--format", "json", today=TODAY).json, "held")
    return [(hold["kind"], hold["reason"]) for hold in holds]


def links_to(office: Office, email: str) -> int:
    return sum(1 for mail in office.mails() if mail.to == email)


@pytest.fixture
def console(office: Office, tmp_path: Path) -> Console:
    """Two persons are open."""
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "a.csv", ASKED, {}, "2026-06-15"), today=FIRST_DAY)
    return Console(office)


def test_a_suspended_person_is_cut_at_once_without_an_end_and_comes_back_as_they_were(
    office: Office, console: Console
) -> None:
    console.set_password(LEROY)
    console.allow_offline()
    login = console.log_in(LEROY, offline=True)
    assert login is not None
    before = console.user(LEROY)

    did = decide(office, "suspend", LEROY)
    assert [(change["action"], change["email"], change["rule"], change["due_on"]) for change in did["done"]] == [
        ("close", LEROY, "A4", None)
    ]
    assert console.user(LEROY)["enabled"] is False
    assert states(office) == {LEROY: ("suspended", None, None), VASSEUR: ("open", None, None)}
    assert held(office) == [("suspension", "Téléphone volé")]

    assert decide(office, "suspend", LEROY)["done"] == []
    assert held(office) == [("suspension", "Téléphone volé")]
    after = office.sync(today=TODAY)
    assert (after["done"], after["drift"]) == ([], [])

    did = decide(office, "reopen", LEROY)
    assert changes(did, "done") == [("reopen", LEROY)]
    assert {**console.user(LEROY), "notBefore": 0} == {**before, "notBefore": 0}
    assert not console.is_logged_in(login)
    assert console.log_in(LEROY) is not None
    assert states(office)[LEROY] == ("open", None, None)
    assert (held(office), decide(office, "reopen", LEROY)["done"]) == ([], [])
    assert links_to(office, LEROY) == 1
    assert office.plan(today=TODAY)["changes"] == []


def test_nothing_but_a_named_person_reopens_what_was_suspended(
    office: Office, console: Console, tmp_path: Path
) -> None:
    decide(office, "suspend", LEROY)
    again = annexe_csv(tmp_path / "b.csv", {**ASKED, "leroy": "2026-08-01"}, {}, "2026-09-01")
    assert changes(office.apply(again, today=TODAY), "done") == [("update", LEROY)]
    assert console.user(LEROY)["enabled"] is False
    assert console.user(LEROY)["attributes"]["date_demande_habilitation"] == ["2026-08-01"]

    console.save(LEROY, enabled=True)
    said = office.sync(today=TODAY)
    assert [(drifted["kind"], drifted["email"]) for drifted in said["drift"]] == [("enabled-by-hand", LEROY)]
    assert [(change["action"], change["rule"], change["due_on"]) for change in said["done"]] == [
        ("close", "A4", None)
    ]
    assert console.user(LEROY)["enabled"] is False
    said = office.sync(today=TODAY)
    assert (said["done"], said["drift"]) == ([], [])


def test_reopened_with_a_new_password_the_old_one_and_its_logins_are_gone_and_one_link_is_sent(
    office: Office, console: Console
) -> None:
    console.set_password(LEROY)
    login = console.log_in(LEROY)
    assert login is not None
    did = decide(office, "reopen", LEROY, "--new-password")
    assert changes(did, "done") == [("reopen", LEROY), ("invite", LEROY)]
    assert console.log_in(LEROY) is None
    assert not console.is_logged_in(login)
    assert console.user(LEROY)["enabled"] is True
    assert office.sync(today=TODAY)["done"] == []
    assert links_to(office, LEROY) == 2


def test_an_account_suspended_in_the_console_is_reopened_by_name(office: Office, console: Console) -> None:
    console.set_password(LEROY)
    console.save(LEROY, enabled=False)
    assert changes(decide(office, "reopen", LEROY), "done") == [("reopen", LEROY)]
    assert console.log_in(LEROY) is not None
    assert links_to(office, LEROY) == 1
    assert office.sync(today=TODAY)["drift"] == []


def test_an_officer_reads_that_the_access_is_suspended_and_not_ended(office: Office, console: Console) -> None:
    assert console.user(LEROY)["enabled"] is True
    said = office.run("person", "suspend", f" {LEROY.upper()} ", *BY, today=TODAY)
    assert (said.status, "accès suspendu" in said.out, "clôturé" in said.out) == (0, True, False)


def test_suspended_in_the_console_then_by_name_the_logins_end_too(office: Office, console: Console) -> None:
    console.set_password(LEROY)
    login = console.log_in(LEROY)
    assert login is not None
    console.save(LEROY, enabled=False)
    assert changes(decide(office, "suspend", LEROY), "done") == [("close", LEROY)]
    decide(office, "reopen", LEROY)
    assert not console.is_logged_in(login)


def test_an_account_deleted_in_the_console_is_created_again_with_one_link(office: Office, console: Console) -> None:
    before = console.user(LEROY)
    console.delete(f"users/{before['id']}")
    did = decide(office, "reopen", LEROY)
    assert changes(did, "done") == [("open", LEROY), ("invite", LEROY)]
    made = console.user(LEROY)
    assert made["id"] != before["id"]
    names = ("username", "email", "firstName", "lastName", "enabled", "attributes")
    assert [made[name] for name in names] == [before[name] for name in names]
    assert console.groups(LEROY) == {f"/partenaires/{PARTNER}"}
    said = office.sync(today=TODAY)
    assert (said["done"], said["drift"]) == ([], [])
    assert links_to(office, LEROY) == 2


def test_an_address_taken_by_an_account_that_is_not_ours_is_not_reopened(office: Office, console: Console) -> None:
    console.delete(f"users/{console.user(LEROY)['id']}")
    console.add(LEROY)
    before = console.user(LEROY)
    answer = decide(office, "reopen", LEROY, status=1)
    assert "A8" in answer.err
    assert office.sync(today=TODAY)["failed"] == []
    assert console.user(LEROY) == before


def _journal_length(office: Office) -> int:
    database = sqlite3.connect(office.home / "data" / "provisioner.sqlite3")
    (count,) = database.execute("SELECT count(*) FROM journal_entry").fetchone()
    database.close()
    return int(count)


@pytest.mark.rule("C2")
@pytest.mark.rule("P1")
def test_what_cannot_be_suspended_or_reopened_is_refused_and_nothing_is_recorded(
    office: Office, console: Console, tmp_path: Path
) -> None:
    office.apply(
        annexe_csv(tmp_path / "b.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01"), today=TODAY
    )
    decide(office, "suspend", LEROY)
    before = _journal_length(office)
    nobody = f"personne@{DOMAIN}"
    cases = [("suspend", nobody), ("reopen", nobody), ("suspend", VASSEUR), ("reopen", VASSEUR)]
    for verb, email in cases:
        assert email in decide(office, verb, email, status=1).err
    assert "C2" in decide(office, "reopen", LEROY, today="2031-01-01", status=1).err
    weaken_policy(office.settings)
    assert "P1" in decide(office, "reopen", LEROY, status=1).err
    assert _journal_length(office) == before
    assert console.user(LEROY)["enabled"] is False
    assert held(office) == [("suspension", "Téléphone volé")]


def test_suspensions_count_in_no_limit_and_none_holds_them(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    names = ["aubert", "boyer", "chevalier", "dumont", "etienne", "fournier", "girard"]
    everybody = dict.fromkeys(names, "2026-06-10")
    office.apply(annexe_csv(tmp_path / "a.csv", everybody, {}, "2026-06-15"), today=FIRST_DAY)
    for name in names[:6]:
        decide(office, "suspend", f"{name}@{DOMAIN}")
    closing = annexe_csv(tmp_path / "b.csv", {}, dict.fromkeys(names, "2026-08-31"), "2026-09-01")
    assert office.apply(closing, today=TODAY, status=1)["blocked_by"][0]["figure"] == 7
    did = decide(office, "suspend", f"girard@{DOMAIN}")
    assert (changes(did, "done"), did["blocked_by"]) == ([("close", f"girard@{DOMAIN}")], [])


def test_suspended_while_keycloak_is_away_it_is_recorded_and_the_next_sync_makes_it_true(
    office: Office, console: Console
) -> None:
    nowhere = "http://127.0.0.1:9"
    answer = office.run("person", "suspend", LEROY, *BY, today=TODAY, PROVISIONER_KEYCLOAK__URL=nowhere)
    assert answer.status == 3
    assert "La décision est enregistrée" in answer.err
    assert states(office)[LEROY] == ("suspended", None, None)
    assert console.user(LEROY)["enabled"] is True
    said = office.sync(today=TODAY)
    assert (changes(said, "done"), said["drift"]) == ([("close", LEROY)], [])
    assert console.user(LEROY)["enabled"] is False


@pytest.mark.rule("A6")
def test_a_planned_person_who_is_suspended_does_not_open_on_their_day_but_once_reopened(
    office: Office, console: Console, tmp_path: Path
) -> None:
    petit = f"petit@{DOMAIN}"
    office.apply(annexe_csv(tmp_path / "b.csv", {**ASKED, "petit": "2026-09-10"}, {}, "2026-09-01"), today=TODAY)
    assert "à la date demandée" in decide(office, "reopen", petit, status=1).err
    assert decide(office, "suspend", petit)["done"] == []
    assert office.sync(today="2026-09-10")["done"] == []
    did = decide(office, "reopen", petit, today="2026-09-11")
    assert changes(did, "done") == [("open", petit), ("invite", petit)]
    assert console.user(petit)["enabled"] is True
    assert links_to(office, petit) == 1
    assert office.plan(today="2026-09-11")["changes"] == []


@pytest.mark.rule("D2")
def test_an_end_that_comes_due_during_a_suspension_closes_the_access_that_day(
    office: Office, console: Console, tmp_path: Path
) -> None:
    leaving = annexe_csv(tmp_path / "b.csv", {"vasseur": "2026-06-10"}, {"leroy": "2026-09-30"}, "2026-09-01")
    office.apply(leaving, today=TODAY)
    decide(office, "suspend", LEROY)
    assert "n'a pas d'accès à rouvrir" in decide(office, "reopen", VASSEUR.replace("vasseur", "absent"), status=1).err
    assert office.sync(today="2026-09-30")["done"] == []
    assert changes(office.sync(today="2026-10-01"), "done") == [("close", LEROY)]
    assert states(office)[LEROY] == ("closed", "2026-09-30", "2026-10-01")
    assert decide(office, "reopen", LEROY, today="2026-10-01")["done"] == []
    assert held(office) == []
    assert console.user(LEROY)["enabled"] is False
    decide(office, "reopen", LEROY, today="2026-10-01", status=1)


@pytest.mark.rule("A8")
def test_a_person_of_two_partners_is_suspended_and_reopened_at_both(
    office: Office, console: Console, tmp_path: Path
) -> None:
    office.add_partner("sivom", "sivom.example")
    also = annexe_csv(tmp_path / "s.csv", {"leroy": "2026-09-01"}, {}, "2026-09-01")
    office.apply(also, "--waive", "1=Mission commune", today=TODAY, partner="sivom")
    decide(office, "suspend", LEROY)
    assert console.user(LEROY)["enabled"] is False
    assert [states(office, code)[LEROY][0] for code in (PARTNER, "sivom")] == ["suspended", "suspended"]
    leaving = annexe_csv(tmp_path / "b.csv", {"vasseur": "2026-06-10"}, {"leroy": "2026-08-31"}, "2026-09-01")
    office.apply(leaving, today=TODAY)
    assert console.groups(LEROY) == {"/partenaires/sivom"}
    assert (states(office)[LEROY][0], states(office, "sivom")[LEROY][0]) == ("closed", "suspended")
    assert changes(decide(office, "reopen", LEROY), "done") == [("reopen", LEROY)]
    assert console.user(LEROY)["enabled"] is True
    assert console.user(LEROY)["attributes"]["partenaire"] == ["sivom"]
    assert office.plan(today=TODAY)["changes"] == []


def _killed(office: Office, at: int, *command: str) -> Answer:
    faulty = ROOT / "tests" / "faults" / "faulty_main.py"
    return office.run(*command, *BY, today=TODAY, program=(str(faulty),), KILL_AT_COMMIT=str(at))


@pytest.mark.parametrize("is_missing", [False, True], ids=["new-password", "missing"])
def test_killed_at_any_commit_of_a_reopening_the_next_run_ends_it_with_one_link(
    office: Office, console: Console, is_missing: bool
) -> None:
    sent, is_recorded = links_to(office, LEROY), False
    for at in range(1, 12):
        console.set_password(LEROY)
        if is_missing:
            console.delete(f"users/{console.user(LEROY)['id']}")
        command = ("person", "reopen", LEROY, *([] if is_missing else ["--new-password"]))
        was_killed = _killed(office, at, *command).status == -signal.SIGKILL
        office.sync(today=TODAY)
        if links_to(office, LEROY) == sent:
            assert not is_recorded, at
            decide(office, *command[1:])
        else:
            is_recorded = True
        assert console.user(LEROY)["enabled"] is True, at
        assert not office.directory().has_password(console.user(LEROY)["id"]), at
        assert links_to(office, LEROY) == sent + 1, at
        sent += 1
        if not was_killed:
            return
    pytest.fail("it has more commits than were tried")
