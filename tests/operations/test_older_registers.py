"""Registers that versions 0.1, 0.2 and 0.3 left, with data, are read and worked with."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.domain.access.change import Action
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.people import EmailAddress
from provisioner.operations.decide import approve
from provisioner.operations.explanation import explain_person
from provisioner.operations.holds import release
from provisioner.operations.journal import verify_journal
from provisioner.operations.person_file import person_file_of
from provisioner.operations.prepare import prepare
from provisioner.operations.receive import request_of
from provisioner.operations.run import plan_due
from tests.fakes.memory_office import MemoryOffice
from tests.fakes.memory_realm import Account, Mail
from tests.shared.office import valid
from tests.shared.older_registers import FIRST, VERSIONS, realm_of, restore_file

TODAY = date(2026, 9, 4)

#: The annexes by their status, as that version left them.
STATUSES = {1: "applied", 3: "refused", 4: "rejected", 5: "refused", 6: "checked", 7: "applied", 8: "approved"}

#: The persons whom the held plan would close: four of list 2, and one in neither list.
CLOSED = {f"{name}@agglo-lys.example" for name in ("petit", "dupuis", "roux", "colin", "perrin")}


@pytest.fixture(params=VERSIONS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryOffice]:
    """That register as this version opens it, and the realm beside it."""
    office = _office_with(request.param, tmp_path / "data")
    _restore(office, realm_of(request.param))
    yield office
    office.close()


@pytest.fixture
def first_office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """The register of 0.1 as this version opens it, and the realm beside it."""
    office = _office_with(FIRST, tmp_path / "data")
    _restore(office, realm_of(FIRST))
    yield office
    office.close()


def _office_with(version: str, home: Path) -> MemoryOffice:
    office = MemoryOffice(home, closures=2)
    office.close()
    file = home / "provisioner.sqlite3"
    file.unlink()
    restore_file(version, file)
    office.on(TODAY)
    office.open()
    return office


def _restore(office: MemoryOffice, state: dict[str, Any]) -> None:
    realm = office.directory
    sets = ("groups", "roles", "required_actions")
    for account in state["accounts"]:
        attributes = {name: tuple(values) for name, values in account["attributes"].items()}
        facts = {**account, "attributes": attributes, **{name: set(account[name]) for name in sets}}
        realm.accounts[account["id"]] = Account(**facts)
    realm.id = state.get("realm", realm.id)
    realm.groups = state["groups"]
    times = ("sent_at", "expires_at")
    realm.mails = [
        Mail(**{**mail, **{name: datetime.fromisoformat(mail[name]) for name in times}}) for mail in state["mails"]
    ]
    realm.events = [(account, datetime.fromisoformat(at)) for account, at in state["events"]]


def _answer(office: MemoryOffice, *command: str) -> Any:
    """What a command that needs no Keycloak answers, held against the contract."""
    environment = {
        "PROVISIONER_DATA_DIR": str(office.settings.data_dir),
        "PROVISIONER_TODAY": TODAY.isoformat(),
    }
    answer = CliRunner().invoke(app, [*command, "--format", "json"], env=environment)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_its_annexes_are_shown_as_they_were(office: MemoryOffice) -> None:
    assert {annexe["annexe"]: annexe["status"] for annexe in _answer(office, "annexe", "list")} == STATUSES
    shown = {id_: valid(_answer(office, "annexe", "show", str(id_)), "annexe") for id_ in STATUSES}
    wrong = shown[3]["check"]
    assert {finding["code"] for finding in wrong["findings"]} >= {"date-invalid", "email-consumer", "cell-missing"}
    assert all(finding["message"].endswith(".") for finding in wrong["findings"])
    assert [row["email"] for row in wrong["open"]] == ["bois@agglo-lys.example"]
    assert [row["ended_on"] for row in shown[8]["check"]["closed"]] == ["2026-09-01"] * 4
    assert shown[8]["decisions"]["close"] == ["perrin@agglo-lys.example"]


def test_what_waits_is_listed_with_its_figures_and_its_changes(office: MemoryOffice) -> None:
    held = valid(_answer(office, "held", "list"), "held")
    by_kind = {hold["kind"]: hold for hold in held}
    assert by_kind.keys() == {"limit", "pause", "quarantine", "suspension"}
    assert by_kind["limit"]["reason"] == "5 clôtures en 24 heures, 2 au plus sans accord."
    assert {change["email"] for change in by_kind["limit"]["changes"]} == CLOSED
    assert {change["reason"] for change in by_kind["limit"]["changes"]} == {
        "Clôture demandée pour le 1er septembre 2026 (annexe 1 transmise le 2 septembre 2026).",
        "Personne absente des deux listes de l'annexe 1 transmise le 2 septembre 2026 : clôture décidée.",
    }
    assert [change["action"] for change in by_kind["quarantine"]["changes"]] == ["open", "invite"]
    assert all(change["habilitation"] for hold in held for change in hold["changes"])


def test_its_journal_is_whole_and_its_notices_still_wait(office: MemoryOffice) -> None:
    assert verify_journal(office.context.register).bad is None
    status = valid(_answer(office, "status"), "status")
    assert (status["held"], status["quarantined"], status["partners"]) == (3, 1, 3)
    with sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3") as database:
        waiting = database.execute("SELECT count(*) FROM notice WHERE sent_at IS NULL").fetchone()
        assert waiting[0] > 0
        assert database.execute("SELECT name FROM sqlite_master WHERE name = 'outbox'").fetchall() == []
    database.close()


def test_a_person_s_file_tells_what_was_kept(office: MemoryOffice) -> None:
    person = person_file_of(office.context, EmailAddress("garcia@agglo-lys.example"))
    assert [hold.kind for hold in person.holds] == ["suspension"]
    person = person_file_of(office.context, EmailAddress("petit@agglo-lys.example"))
    assert [hold.kind for hold in person.holds] == ["limit"]
    assert explain_person(office.context, person.email).steps


def test_a_run_goes_on_where_that_version_stopped(office: MemoryOffice) -> None:
    assert plan_due(office.context, []).plan is not None
    again = office.sync()
    assert {change.email for change in again.done} == {"interdit@agglo-lys.example"}  # Keycloak takes it by now
    if _answer(office, "annexe", "show", "8")["status"] == "checked":  # a plan of 0.2 said less: it is approved anew
        decisions = Decisions(close=frozenset({EmailAddress("perrin@agglo-lys.example")}))
        plan_id = prepare(office.context, request_of(office.context, 8, "Claire Martin", decisions)).plan_id
        assert plan_id is not None
        approve(office.context, 8, plan_id, "Claire Martin", decisions)
        office.sync()
    (held,) = [hold for hold in _answer(office, "held", "list") if hold["kind"] == "limit"]
    release(office.context.register, held["plan_id"], "Claire Martin", "Vu avec le partenaire")
    done = Counter(change.action for change in office.sync().done)
    assert done[Action.CLOSE] == len(CLOSED)
    records = office.context.register.records()
    assert {
        habilitation.email for habilitation in records.habilitations if habilitation.state is State.CLOSED
    } == CLOSED
    assert not [
        account for account in office.directory.accounts.values() if account.email in CLOSED and account.enabled
    ]
    assert verify_journal(office.context.register).bad is None


def test_of_0_1_only_the_link_that_is_owed_is_left_to_be_done(first_office: MemoryOffice) -> None:
    result = first_office.sync()
    assert [(change.action, change.email) for change in result.done] == [(Action.INVITE, "owed@agglo-lys.example")]
    assert [mail.to for mail in first_office.directory.mails] == ["owed@agglo-lys.example"]
    assert [*result.failed, *result.held] == []
    first_office.on(date(2026, 12, 1))
    assert {(change.action, change.email) for change in first_office.sync().done} == {
        (Action.OPEN, "planned@agglo-lys.example"),
        (Action.INVITE, "planned@agglo-lys.example"),
    }


def test_of_0_1_the_journal_is_whole_and_stays_so(first_office: MemoryOffice) -> None:
    assert verify_journal(first_office.context.register).bad is None
    first_office.sync()
    assert verify_journal(first_office.context.register).bad is None


def test_of_0_1_what_a_limit_held_is_approved_anew(first_office: MemoryOffice) -> None:
    assert _answer(first_office, "annexe", "show", "6")["status"] == "approved"
    first_office.sync()
    shown = valid(_answer(first_office, "annexe", "show", "6"), "annexe")
    assert shown["status"] == "checked"
    decisions = Decisions(waive={1: "Mission commune"})
    plan_id = prepare(first_office.context, request_of(first_office.context, 6, "Claire Martin", decisions)).plan_id
    assert plan_id is not None
    approve(first_office.context, 6, plan_id, "Claire Martin", decisions)
    assert {(change.action, change.email) for change in first_office.sync().done} == {
        (Action.CLOSE, "deux@sivom.example"),
        (Action.CLOSE, "trois@sivom.example"),
    }
    assert first_office.context.register.records().holds == ()
    assert verify_journal(first_office.context.register).bad is None


def test_of_0_1_the_annexe_is_shown_with_what_was_decided(first_office: MemoryOffice) -> None:
    shown = valid(_answer(first_office, "annexe", "show", "7"), "annexe")
    assert (shown["status"], shown["approved_by"]) == ("applied", "Claire Martin")
    assert _answer(first_office, "journal", "show", "--from", "4")[0]["by"] == "Claire Martin"
