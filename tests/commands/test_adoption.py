"""`partner adopt`: accounts that existed before this software come under it by name, all of them or none."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, PARTNER, ROOT, Office, annexe_csv, changes, valid

JEANNE, KARIM = f"jeanne@{DOMAIN}", f"karim@{DOMAIN}"
TODAY = "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Comptes d'avant la convention")

#: What is the person's and Keycloak's own: an adoption leaves it.
KEPT = ("id", "username", "email", "emailVerified", "firstName", "lastName", "enabled", "createdTimestamp")


def adopt(office: Office, *emails: str, more: tuple[str, ...] = (), partner: str = PARTNER, status: int = 0) -> Any:
    asked = [part for email in emails for part in ("--email", email)]
    answer = office.run("partner", "adopt", partner, *asked, *BY, *more, "--format", "json", today=TODAY)
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return [(account["email"], account["match"]) for account in valid(answer.json, "adoption")]


def states(office: Office) -> dict[str, str]:
    shown = office.run("partner", "show", PARTNER, "--format", "json", today=TODAY).json
    return {habilitation["email"]: habilitation["state"] for habilitation in shown["habilitations"]}


@pytest.fixture
def console(office: Office) -> Console:
    """Two persons have an account that nobody knows here."""
    office.add_partner()
    console = Console(office)
    for email in (JEANNE, KARIM):
        console.add(email)
    return console


@pytest.mark.rule("A8")
def test_a_dry_run_lists_what_each_address_matches_and_writes_nothing(office: Office, console: Console) -> None:
    before = console.user(JEANNE)
    nobody = f"personne@{DOMAIN}"
    assert adopt(office, JEANNE, more=("--dry-run",)) == [(JEANNE, "found")]
    matches = adopt(office, JEANNE, nobody, more=("--dry-run",), status=1)
    assert matches == [(JEANNE, "found"), (nobody, "missing")]
    assert console.user(JEANNE) == before
    assert console.groups(JEANNE) == set()
    assert states(office) == {}


@pytest.mark.rule("A8")
@pytest.mark.usefixtures("watched")
def test_adopted_accounts_are_marked_and_in_the_group_and_nothing_else_of_them_changes(
    office: Office, console: Console
) -> None:
    console.set_password(JEANNE)
    login = console.log_in(JEANNE)
    assert login is not None
    before = {email: console.user(email) for email in (JEANNE, KARIM)}

    assert adopt(office, JEANNE.upper(), KARIM, JEANNE) == [(JEANNE, "found"), (KARIM, "found")]
    for email in (JEANNE, KARIM):
        user = console.user(email)
        assert [user[name] for name in KEPT] == [before[email][name] for name in KEPT]
        assert user["attributes"]["gere_par"] == ["provisioner"]
        assert user["attributes"]["partenaire"] == [PARTNER]
        assert user["attributes"]["date_demande_habilitation"] == [TODAY]
        assert console.groups(email) == {f"/partenaires/{PARTNER}"}
    assert console.is_logged_in(login)
    assert console.log_in(JEANNE) is not None
    assert states(office) == {JEANNE: "open", KARIM: "open"}
    after = office.sync(today=TODAY)
    assert (after["done"], after["drift"], office.mails()) == ([], [], [])
    assert adopt(office, JEANNE, status=1) == [(JEANNE, "already-ours")]


@pytest.mark.rule("A8")
@pytest.mark.parametrize("how", ["realm", "client", "group"])
def test_an_account_with_a_role_is_never_adopted_nor_are_the_others_with_it(
    office: Office, console: Console, how: str
) -> None:
    id_ = console.user(KARIM)["id"]
    (client,) = console.connection.get(f"{console.realm}/clients", clientId="realm-management")
    role = console.connection.get(f"{console.realm}/clients/{client['id']}/roles/view-users")
    holder = f"{console.realm}/users/{id_}"
    if how == "realm":
        role = console.connection.get(f"{console.realm}/roles/offline_access")
        console.connection.request("post", f"{holder}/role-mappings/realm", [role])
    if how == "group":
        console.connection.request("post", f"{console.realm}/groups", {"name": "administrateurs"})
        group = console.connection.get(f"{console.realm}/group-by-path/administrateurs")["id"]
        console.connection.request("put", f"{holder}/groups/{group}")
        holder = f"{console.realm}/groups/{group}"
    if how in ("client", "group"):
        console.connection.request("post", f"{holder}/role-mappings/clients/{client['id']}", [role])
    before = [console.user(email) for email in (JEANNE, KARIM)]

    assert adopt(office, JEANNE, KARIM, status=1) == [(JEANNE, "found"), (KARIM, "has-roles")]
    assert [console.user(email) for email in (JEANNE, KARIM)] == before
    assert states(office) == {}
    assert office.plan(today=TODAY)["changes"] == []


@pytest.mark.rule("C2")
def test_what_cannot_be_adopted_is_said_and_nothing_is_recorded(office: Office, console: Console) -> None:
    nameless, nobody = f"sansnom@{DOMAIN}", f"personne@{DOMAIN}"
    console.add(nameless, lastName="")
    before = console.user(JEANNE)
    assert adopt(office, JEANNE, nobody, nameless, status=1) == [
        (JEANNE, "found"),
        (nobody, "missing"),
        (nameless, "unnamed"),
    ]
    office.add_partner("pas-signe", "autre.example", "--ctg-end", "2029-12-31")
    for partner, more, status in (("pas-signe", (), 1), ("pas-signe", ("--dry-run",), 1), ("inconnu", (), 2)):
        answer = office.run("partner", "adopt", partner, "--email", JEANNE, *BY, *more, today=TODAY)
        assert answer.status == status, answer.err
        assert partner in answer.err
    shown = office.run("partner", "adopt", PARTNER, "--email", nobody, *BY, today=TODAY)
    assert (shown.status, "aucun compte" in shown.out) == (1, True)
    assert console.user(JEANNE) == before
    assert states(office) == {}


@pytest.mark.rule("A8")
def test_a_list_of_addresses_is_adopted_whole_and_a_line_that_is_none_is_named(
    office: Office, console: Console, tmp_path: Path
) -> None:
    listed = tmp_path / "comptes.csv"
    listed.write_text(f"# comptes d'avant\n{JEANNE};Jeanne\n\nKarim sans adresse\n", "utf-8-sig")
    command = ("partner", "adopt", PARTNER, "--file", str(listed), *BY)
    refused = office.run(*command, today=TODAY)
    assert (refused.status, "in line 4" in refused.err, states(office)) == (2, True, {})
    listed.write_text(f"# comptes d'avant\n{JEANNE};Jeanne\n\n{KARIM.upper()}\n", "utf-8-sig")
    assert office.run(*command, today=TODAY).status == 0
    assert console.groups(KARIM) == {f"/partenaires/{PARTNER}"}
    assert states(office) == {JEANNE: "open", KARIM: "open"}
    assert office.run("partner", "adopt", PARTNER, *BY, today=TODAY).status == 2


def test_an_officer_reads_what_was_taken_over(office: Office, console: Console) -> None:
    assert console.groups(JEANNE) == set()
    command = ("partner", "adopt", PARTNER, "--email", JEANNE, *BY)
    assert "il peut être repris" in office.run(*command, "--dry-run", today=TODAY, COLUMNS="120").out
    assert "compte repris." in office.run(*command, today=TODAY, COLUMNS="120").out


def test_a_disabled_account_stays_disabled_until_it_is_reopened_by_name(office: Office, console: Console) -> None:
    console.set_password(JEANNE)
    console.save(JEANNE, enabled=False)
    adopt(office, JEANNE)
    assert console.user(JEANNE)["enabled"] is False
    said = office.sync(today=TODAY)
    assert (said["done"], [drifted["kind"] for drifted in said["drift"]]) == ([], ["suspended-by-hand"])
    assert office.run("person", "reopen", JEANNE, *BY, today=TODAY).status == 0
    assert console.log_in(JEANNE) is not None
    assert office.mails() == []


def test_killed_at_any_commit_of_an_adoption_the_next_run_ends_it_and_takes_nothing_for_a_drift(
    office: Office, console: Console
) -> None:
    faulty = str(ROOT / "tests" / "faults" / "faulty_main.py")
    is_recorded = False
    for at in range(1, 12):
        email = f"ancien{at}@{DOMAIN}"
        console.add(email)
        command = ("partner", "adopt", PARTNER, "--email", email, *BY)
        answer = office.run(*command, today=TODAY, program=(faulty,), KILL_AT_COMMIT=str(at))
        assert office.sync(today=TODAY)["drift"] == [], at
        if email not in states(office):
            assert not is_recorded, at
            adopt(office, email)
        else:
            is_recorded = True
        assert console.user(email)["attributes"]["gere_par"] == ["provisioner"]
        assert console.groups(email) == {f"/partenaires/{PARTNER}"}
        assert office.plan(today=TODAY)["changes"] == []
        if answer.status != -signal.SIGKILL:
            assert (answer.status, is_recorded, office.mails()) == (0, True, [])
            return
    pytest.fail("it has more commits than were tried")


@pytest.mark.rule("A5")
def test_the_first_annexe_after_an_adoption_is_an_ordinary_one(
    office: Office, console: Console, tmp_path: Path
) -> None:
    adopt(office, JEANNE, KARIM)
    first = annexe_csv(tmp_path / "a.csv", {"jeanne": "2026-06-10", "petit": "2026-06-10"}, {}, "2026-09-01")
    said = office.apply(first, today=TODAY, status=1)
    assert [finding["value"] for finding in said["findings"] if finding["code"] == "unaccounted-for"] == [KARIM]
    did = office.apply(first, "--close-absent", KARIM, today=TODAY)
    assert sorted(changes(did, "done")) == [
        ("close", KARIM),
        ("invite", f"petit@{DOMAIN}"),
        ("open", f"petit@{DOMAIN}"),
        ("update", JEANNE),
    ]
    assert [mail.to for mail in office.mails()] == [f"petit@{DOMAIN}"]
    assert console.user(JEANNE)["attributes"]["date_demande_habilitation"] == ["2026-06-10"]
    assert console.user(KARIM)["enabled"] is False
    assert office.plan(today=TODAY)["changes"] == []
