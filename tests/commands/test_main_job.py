"""The main job, end to end: an annexe 1 becomes accounts in a real Keycloak."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from provisioner.cli.asking import progress_bar
from provisioner.clock import make_clock
from provisioner.domain.access.account import WantedAccount
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.directory import Directory
from provisioner.operations.check import Request
from provisioner.operations.context import Context
from provisioner.operations.decide import apply_document
from provisioner.operations.run import sync
from provisioner.register import open_register
from provisioner.settings import load_settings
from tests.commands.conftest import weaken_policy
from tests.shared.office import (
    DOMAIN,
    FIRST,
    FIRST_DAY,
    PARTNER,
    SAMPLES,
    SECOND,
    SECOND_DAY,
    Office,
    annexe_csv,
    changes,
    valid,
)

ALICE, ALEXANDRE, ANNE_SOPHIE, BRIGITTE, EMILIE, SEAN = (
    f"{name}@{DOMAIN}"
    for name in (
        "alice.carpentier",
        "alexandre.leroy",
        "annesophie.delattre",
        "brigitte.vasseur",
        "emilie.nguyen",
        "sean.obrien",
    )
)
FOUR = sorted([ALICE, ALEXANDRE, ANNE_SOPHIE, BRIGITTE])


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.rule("P2")
@pytest.mark.rule("P3")
def test_two_annexes_open_update_and_close_what_they_say_and_mail_new_persons_only(office: Office) -> None:
    office.add_partner()

    said = office.plan(FIRST, "--partner", PARTNER, today=FIRST_DAY)
    did = office.apply(FIRST, today=FIRST_DAY)
    assert changes(said) == [
        ("group", None),
        *(("open", email) for email in FOUR),
        *(("invite", email) for email in FOUR),
    ]
    assert sorted(changes(did, "done"), key=str) == sorted(changes(said), key=str)
    assert sorted(mail.to for mail in office.mails()) == FOUR
    assert all("login-actions/action-token" in mail.links[0] for mail in office.mails())

    said = office.plan(SECOND, "--partner", PARTNER, today=SECOND_DAY)
    did = office.apply(SECOND, today=SECOND_DAY)
    assert sorted(changes(did, "done"), key=str) == sorted(changes(said), key=str)
    assert changes(said) == [
        ("close", BRIGITTE),
        ("update", ALEXANDRE),
        ("open", EMILIE),
        ("open", SEAN),
        ("invite", EMILIE),
        ("invite", SEAN),
    ]
    assert sorted(mail.to for mail in office.mails()[4:]) == [EMILIE, SEAN]

    assert office.apply(SECOND, today=SECOND_DAY)["done"] == []
    assert len(office.mails()) == 6
    assert office.plan(today=SECOND_DAY)["changes"] == []
    _keycloak_is_right(office)


def _keycloak_is_right(office: Office) -> None:
    directory = office.directory()
    group = directory.snapshot({PARTNER: None}).groups[PARTNER]
    assert group is not None
    for email in (ALICE, ALEXANDRE, ANNE_SOPHIE, BRIGITTE, EMILIE, SEAN):
        account = directory.find(EmailAddress(email))
        assert account is not None
        assert account.id in group.members
        assert account.enabled == (email != BRIGITTE)
        assert account.is_marked
        assert account.attributes["partenaire"] == (PARTNER,)
        assert not directory.has_password(account.id)
    leroy = directory.find(EmailAddress(ALEXANDRE))
    assert leroy is not None
    assert (leroy.last_name, leroy.attributes["fonction"]) == ("Leroy", ("directeur adjoint",))
    assert leroy.attributes["date_demande_habilitation"] == ("2026-06-10",)
    closed = directory.find(EmailAddress(BRIGITTE))
    assert closed is not None
    assert closed.attributes["date_fin_habilitation"] == ("2026-08-31",)
    directory.close()


@pytest.mark.rule("A8")
def test_an_account_that_is_not_ours_is_refused_and_left_untouched(office: Office) -> None:
    office.add_partner()
    directory = office.directory()
    id_ = directory.open_account(WantedAccount(EmailAddress(ALICE), "Carpentier", "A.", {}, enabled=True), [])
    before = directory.account(id_)

    said = office.apply(FIRST, today=FIRST_DAY, status=1)
    assert [
        (finding["code"], finding["value"]) for finding in said["findings"] if finding["severity"] == "error"
    ] == [("address-not-managed", "Alice.Carpentier@AGGLO-LYS.EXAMPLE")]
    assert (said["done"], said["failed"]) == ([], [])
    assert directory.account(id_) == before
    assert office.mails() == []
    directory.close()


@pytest.mark.rule("A8")
def test_neither_partners_annexe_touches_the_others_persons(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.add_partner("sivom", "sivom.example")
    office.apply(FIRST, today=FIRST_DAY)
    other = annexe_csv(tmp_path / "sivom.csv", {"martin": "2026-06-10"}, {}, "2026-06-15", "sivom.example")
    directory = office.directory()
    before = directory.find(EmailAddress(ALICE))

    did = office.apply(other, today=FIRST_DAY, partner="sivom")
    assert changes(did, "done") == [
        ("group", None),
        ("open", "martin@sivom.example"),
        ("invite", "martin@sivom.example"),
    ]
    assert directory.find(EmailAddress(ALICE)) == before
    taken = annexe_csv(
        tmp_path / "taken.csv", {"alice.carpentier": "2026-06-10", "martin": "2026-06-10"}, {}, "2026-06-15"
    )
    said = office.apply(taken, "--waive", "1=Mission commune", today=FIRST_DAY, partner="sivom", status=1)
    errors = [(finding["code"], finding["row"]) for finding in said["findings"] if finding["severity"] == "error"]
    assert errors == [("email-domain", 2)]
    assert directory.find(EmailAddress(ALICE)) == before
    directory.close()


@pytest.mark.rule("P1")
def test_a_policy_weakened_by_hand_holds_openings_and_links_while_closures_are_done(
    office: Office,
) -> None:
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    weaken_policy(office.settings)

    did = office.apply(SECOND, today=SECOND_DAY, status=1)
    assert changes(did, "done") == [("close", BRIGITTE), ("update", ALEXANDRE)]
    assert [(blocked["limit"], blocked["override"]) for blocked in did["blocked_by"]] == [("password-policy", None)]
    assert len(office.mails()) == 4
    directory = office.directory()
    assert directory.find(EmailAddress(EMILIE)) is None
    directory.close()


def test_bad_input_changes_nothing_and_says_what_to_do(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.add_partner("non-signe", "autre.example", "--ctg-end", "2029-12-31")
    text = tmp_path / "faux.docx"
    text.write_text("ceci n'est pas un document")
    without_list = tmp_path / "sans-liste.csv"
    without_list.write_text("ANNEXE 1\nDate de transmission :;2026-06-15\n", "utf-8")
    approved = ("--approved-by", "Claire Martin")

    cases = [
        ((text, "--partner", PARTNER, *approved, "--yes"), 1, "unreadable-document"),
        ((without_list, "--partner", PARTNER, *approved, "--yes"), 1, "list-missing"),
        ((FIRST, "--partner", "non-signe", *approved, "--yes"), 1, "convention-not-active"),
        ((FIRST, "--partner", "inconnu", *approved, "--yes"), 2, "inconnu"),
        ((FIRST, "--partner", PARTNER, *approved), 2, "--yes"),
        ((tmp_path / "absent.docx", "--partner", PARTNER, *approved, "--yes"), 2, "absent.docx"),
        ((FIRST, "--partner", PARTNER, "--yes"), 2, "--approved-by"),
    ]
    for arguments, status, word in cases:
        answer = office.run("apply", *arguments, "--format", "json", today=FIRST_DAY)
        assert answer.status == status, (word, answer)
        # A long path is cut into several lines, within a box.
        assert word in re.sub(r"[\s│]", "", answer.out + answer.err), (word, answer)
        assert "Traceback" not in answer.err
    directory = office.directory()
    assert directory.snapshot({}).accounts == {}
    directory.close()
    assert office.mails() == []


@pytest.mark.rule("A5")
def test_a_person_in_neither_list_waits_for_a_decision(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    three = annexe_csv(
        tmp_path / "trois.csv",
        {name.partition("@")[0]: "2026-06-10" for name in (ALICE, ALEXANDRE, ANNE_SOPHIE)},
        {},
        "2026-09-01",
    )
    said = office.apply(three, today=SECOND_DAY, status=1)
    assert [finding["value"] for finding in said["findings"] if finding["code"] == "unaccounted-for"] == [BRIGITTE]
    assert said["done"] == []
    kept = office.plan(three, "--partner", PARTNER, "--keep-absent", "all", today=SECOND_DAY)
    assert BRIGITTE not in [change["email"] for change in kept["changes"]]
    did = office.apply(three, "--close-absent", BRIGITTE, today=SECOND_DAY)
    closed = [
        (change["email"], change["rule"], change["due_on"]) for change in did["done"] if change["action"] == "close"
    ]
    assert closed == [(BRIGITTE, "A5", "2026-09-01")]


@pytest.mark.rule("A6")
def test_planned_openings_and_ends_are_made_by_sync_on_their_day(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    planned = annexe_csv(
        tmp_path / "prevu.csv", {"leroy": "2026-06-10", "nguyen": "2026-06-20"}, {"leroy": "2026-06-25"}, "2026-06-15"
    )
    did = office.apply(planned, today=FIRST_DAY)
    leroy, nguyen = f"leroy@{DOMAIN}", f"nguyen@{DOMAIN}"
    assert [(change["action"], change["email"], change["due_on"]) for change in did["later"]] == [
        ("open", nguyen, "2026-06-20"),
        ("close", leroy, "2026-06-26"),
    ]
    assert office.sync(today="2026-06-19")["done"] == []
    assert changes(office.sync(today="2026-06-20"), "done") == [("open", nguyen), ("invite", nguyen)]
    assert office.sync(today="2026-06-25")["done"] == []
    assert changes(office.sync(today="2026-06-26"), "done") == [("close", leroy)]
    assert office.plan(today="2026-06-26")["changes"] == []


def test_an_unchanged_run_makes_few_calls(office: Office) -> None:
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    settings = load_settings(environment={**office.environment, "PROVISIONER_TODAY": FIRST_DAY})
    clock = make_clock(settings)
    register = open_register(settings, clock)

    def context(directory: Directory) -> Context:
        return Context(settings=settings, clock=clock, register=register, directory=directory, by="test")

    first, second = office.directory(), office.directory()
    request = Request(
        document=Document(name=FIRST.name, content=FIRST.read_bytes()),
        partner=PARTNER,
        by="Claire Martin",
        decisions=Decisions(),
        received_on=clock.today(),
    )
    assert apply_document(context(first), request, progress_bar(quiet=True), None).done == []
    assert first.calls <= 8  # three of them prove the place of the groups and the realm
    assert sync(context(second), [], progress_bar(quiet=True)).done == []
    assert second.calls <= 9
    register.close()


def test_check_needs_no_server_and_says_all_in_json(office: Office) -> None:
    answer = office.run(
        "check", FIRST, "--format", "json", today=FIRST_DAY, PROVISIONER_KEYCLOAK__URL="http://localhost:9"
    )
    assert answer.status == 0, answer.err
    said = valid(answer.json, "check")
    assert [row["email"] for row in said["open"]] == [ANNE_SOPHIE, BRIGITTE, ALEXANDRE, ALICE]
    assert said["open"][0]["first_names"] == "Anne-Sophie"
    bad = office.run("check", SAMPLES / "03-a-corriger.docx", "--format", "json", today="2026-10-06")
    assert bad.status == 1
    valid(bad.json, "check")


def test_the_register_holds_no_journal_entry_with_a_name_and_verifies(office: Office) -> None:
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    assert office.run("journal", "verify").status == 0
    database = sqlite3.connect(office.home / "data" / "provisioner.sqlite3")
    bodies = [row[0] for row in database.execute("SELECT body FROM journal_entry ORDER BY entry")]
    assert not any(word in body for body in bodies for word in ("carpentier", "Carpentier", DOMAIN))
    actions = [json.loads(body)["action"] for body in bodies]
    assert actions.count("open") == actions.count("invite") == 4
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_partner_commands_show_what_was_entered(office: Office) -> None:
    office.add_partner()
    assert office.run("partner", "add", PARTNER, "--name", "X", "--domain", DOMAIN).status == 1
    changed = office.run(
        "partner", "set", PARTNER, "--domain", "autre.example", "--by", "Claire Martin", "--ctg-end", "2029-12-31"
    )
    assert changed.status == 0, changed.err
    shown = valid(office.run("partner", "show", PARTNER, "--format", "json").json, "partner")
    assert (shown["domains"], shown["signed_on"], shown["ends_on"]) == (["autre.example"], "2026-01-15", "2029-12-31")
    listed = valid(office.run("partner", "list", "--format", "json").json, "partners")
    assert [partner["code"] for partner in listed] == [PARTNER]
    assert office.run("partner", "show", "inconnu").status == 2
