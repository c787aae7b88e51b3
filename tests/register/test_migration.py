"""A register made by an older version comes to this one with all its data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.invitations import is_owed, open_invitations
from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.kept import Status
from provisioner.domain.hold import HoldKind
from provisioner.domain.journal_check import verify
from provisioner.domain.people import EmailAddress
from provisioner.operations.journal import verify_journal
from provisioner.register import Register, annexes, open_register
from provisioner.register.engine import REVISION, revision
from provisioner.register.journal import pages
from provisioner.register.tables import metadata
from provisioner.settings import load_settings
from tests.shared.older_registers import FIRST, VERSIONS, restore_file, restore_on_server
from tests.shared.postgres import Postgres

#: Domains as 0.2 took them, and as they are one since: punycode, the same twice, none.
DOMAINS = {"xn--vian-9oa.example": "évian.example", "évian.example": "évian.example", "not a domain": "not a domain"}


#: An upgrade that is killed when it is about to send a certain statement.
KILLED_UPGRADE = """
import os, signal, sys
from sqlalchemy import Engine, event
from provisioner.clock import Clock
from provisioner.register import open_register
from provisioner.settings import load_settings

@event.listens_for(Engine, "before_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.strip().startswith(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

open_register(load_settings(), Clock())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    """The address of a new database on PostgreSQL, or none for a file."""
    if request.param == "sqlite":
        return None
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


def _restored(version: str, server: str | None, folder: Path) -> str:
    """That version's register where it stood; its address."""
    file = folder / "register.sqlite3"
    url = server or f"sqlite:///{file}"
    if server is None:
        restore_file(version, file)
    else:
        restore_on_server(version, server, folder)
    if version == "0_2":
        engine = create_engine(url)
        with engine.begin() as connection:
            for domain in DOMAINS:
                connection.execute(
                    text("INSERT INTO partner_domain (partner, domain) VALUES ('sivom', :domain)"), {"domain": domain}
                )
        engine.dispose()
    return url


def _opened(version: str, server: str | None, folder: Path) -> Register:
    """That version's register as this version opens it."""
    return _open(_restored(version, server, folder), folder)


def _open(url: str, folder: Path) -> Register:
    environment = {"PROVISIONER_DATABASE__URL": url, "PROVISIONER_DATA_DIR": str(folder)}
    return open_register(load_settings(environment=environment), Clock())


@pytest.fixture(params=VERSIONS)
def register(request: pytest.FixtureRequest, server: str | None, tmp_path: Path) -> Iterator[Register]:
    """One of the two that have the same data."""
    with closing(_opened(request.param, server, tmp_path)) as opened:
        yield opened


@pytest.fixture
def first_register(server: str | None, tmp_path: Path) -> Iterator[Register]:
    """That of version 0.1."""
    with closing(_opened(FIRST, server, tmp_path)) as opened:
        yield opened


@pytest.fixture(params=(FIRST, *VERSIONS))
def any_register(request: pytest.FixtureRequest, server: str | None, tmp_path: Path) -> Iterator[Register]:
    with closing(_opened(request.param, server, tmp_path)) as opened:
        yield opened


def test_the_upgrade_page_names_the_versions_and_the_revisions_that_there_are(tmp_path: Path) -> None:
    page, changelog = (Path(__file__).parents[2] / name for name in ("docs/upgrade.md", "CHANGELOG.md"))
    told = re.findall(r"^\| (\d\.\d) \| (\d\.\d) \| (\d+) → (\d+) \|", page.read_text("utf-8"), re.MULTILINE)
    newest, *older = re.findall(r"^## (\d+\.\d+)\.", changelog.read_text("utf-8"), re.MULTILINE)

    assert [row[0] for row in told] == sorted(set(older) - {newest})
    for version, to, begun_at, brought_to in told:
        file = tmp_path / f"{version}.sqlite3"
        restore_file(version.replace(".", "_"), file)
        engine = create_engine(f"sqlite:///{file}")
        assert (to, begun_at, brought_to) == (newest, revision(engine), REVISION), version
        engine.dispose()
    changed = changelog.read_text("utf-8").split("\n## ")[1]
    assert set(re.findall(r"to revision (\d+)", changed)) <= {REVISION}


def test_nothing_is_lost(register: Register) -> None:
    records = register.records()
    assert [habilitation.id for habilitation in records.habilitations] == list(range(1, 12))
    states = [habilitation.state for habilitation in records.habilitations]
    assert (states.count(State.OPEN), states.count(State.PLANNED)) == (10, 1)
    assert all(
        records.accounts[habilitation.email].keycloak_id
        for habilitation in records.habilitations
        if habilitation.opened_at
    )
    assert len(records.attempts) == 10
    assert sum(attempt.bounced_at is not None for attempt in records.attempts) == 1
    assert {hold.kind for hold in records.holds} == set(HoldKind) - {HoldKind.CONTAINMENT, HoldKind.RETENTION}
    (limit,) = [hold for hold in records.holds if hold.kind is HoldKind.LIMIT]
    assert (limit.reason, limit.figure, limit.allowed, len(limit.changes)) == ("closures", 5, 2, 5)
    assert all(change.said and change.habilitation for change in limit.changes)
    assert records.senders == {"agglo-lys": EmailAddress("camille.martin@agglo-lys.example")}
    domains = records.partners["sivom"].domains - {"agglo-lys.example"}
    assert domains in (set(), {"évian.example", "not a domain"})


def test_the_annexes_stay_as_they_were_with_their_decisions(register: Register) -> None:
    with register.read() as connection:
        by_id = {annexe.id: annexe for annexe in annexes.kept(connection)}
        assert annexes.document(connection, 8).content.startswith(b"ANNEXE 1")
    assert {id_: annexe.status for id_, annexe in by_id.items()} == {
        1: Status.APPLIED,
        3: Status.REFUSED,
        4: Status.REJECTED,
        5: Status.REFUSED,
        6: Status.CHECKED,
        7: Status.APPLIED,
        8: Status.APPROVED,
    }
    waits = by_id[8]
    assert (waits.is_pending, waits.approved_by, waits.transmitted_on) == (True, "Claire Martin", date(2026, 9, 2))
    assert waits.decisions is not None
    assert waits.decisions.close == {"perrin@agglo-lys.example"}
    assert waits.decision is not None
    assert (len(waits.check.accepted(1)), len(waits.check.accepted(2)), waits.check.is_valid) == (3, 4, True)
    assert by_id[3].check.findings
    assert all(isinstance(finding.details, Said) for finding in by_id[3].check.findings)


def test_what_came_first_comes_first_by_number(register: Register) -> None:
    with register.read() as connection:
        kept = annexes.kept(connection)
    assert [annexe.submitted_number for annexe in kept] == sorted(annexe.submitted_number for annexe in kept)
    for annexe in kept:
        assert annexe.approved_number is None or annexe.approved_number >= annexe.submitted_number
    with register.work("test") as work:
        assert work.number > max(annexe.submitted_number for annexe in kept)


def test_of_0_1_only_who_was_new_is_owed_a_link(first_register: Register) -> None:
    records = first_register.records()
    due = {h.id: h.link_due_at.month if h.link_due_at else None for h in records.habilitations}
    assert due == {1: 5, 2: 5, 3: 5, 4: None, 5: 7, 6: 7, 7: 7, 8: 7, 9: 7, 10: None, 11: 8}
    invitations = open_invitations(records)
    assert [it.habilitation.id for it in invitations if is_owed(it.habilitation, it.attempts)] == [11]


def test_of_0_1_nothing_is_lost(first_register: Register) -> None:
    records = first_register.records()
    assert [h.id for h in records.habilitations] == list(range(1, 12))
    assert records.habilitations[3].waived == {"address-of-other-partner", "email-domain"}
    assert all(records.accounts[h.email].keycloak_id for h in records.habilitations if h.opened_at)
    assert all((account.renamed_from, account.reopening) == (None, None) for account in records.accounts.values())
    assert records.partners["agglo-lys"].domains == {"agglo-lys.example", "évian.example"}
    assert [(hold.kind, hold.partner, hold.plan_id) for hold in records.holds] == [
        (HoldKind.LIMIT, "sivom", "985b1749")
    ]
    with first_register.read() as connection:
        kept = {annexe.id: annexe for annexe in annexes.kept(connection)}
        assert annexes.document(connection, 7).content.startswith(b"ANNEXE 1")
    assert {(id_, annexe.partner, annexe.status) for id_, annexe in kept.items()} == {
        (5, "sivom", Status.APPLIED),
        (6, "sivom", Status.APPROVED),
        (7, "agglo-lys", Status.APPLIED),
    }
    assert {annexe.approved_by for annexe in kept.values()} == {"Claire Martin"}
    assert kept[7].decisions is not None
    assert kept[7].decisions.waive == {2: "Mission commune"}


def test_of_0_1_what_still_waits_follows_from_the_approval_that_stands(first_register: Register) -> None:
    records = first_register.records()
    assert records.current["agglo-lys"].transmitted_on == date(2026, 8, 29)
    approval = records.current["agglo-lys"].decision
    assert {h.id: h.decision for h in records.habilitations if h.decision} == {10: approval}
    (row,) = (row for page in pages(first_register) for row in page if row.entry.entry == approval)
    assert (row.entry.facts["action"], row.annexe) == ("annexe.approved", 7)


def test_of_0_1_what_came_first_by_the_clock_of_then_comes_first_by_number(first_register: Register) -> None:
    asked = {
        "habilitation": ("opened_at", "link_due_at"),
        "invitation": ("intended_at",),
        "annexe": ("submitted_at", "approved_at", "applied_at"),
        "hold": ("since",),
    }
    numbered: dict[str, set[int]] = {}
    with first_register.read() as connection:
        for table, moments in asked.items():
            for column in moments:
                number = column.removesuffix("_at") + "_number"
                for at, place in connection.execute(text(f"SELECT {column}, {number} FROM {table}")):
                    assert (at is None) == (place is None)
                    if at is not None:
                        numbered.setdefault(at, set()).add(place)
    in_order = [numbers for _, numbers in sorted(numbered.items())]
    assert all(len(numbers) == 1 for numbers in in_order)
    assert in_order == sorted(in_order, key=min)
    with first_register.work("test") as work:
        assert work.number > max(in_order[-1])


def test_the_tables_are_those_that_this_version_expects(any_register: Register) -> None:
    with any_register.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_it_can_be_written_at_once_and_its_chain_names_nobody(any_register: Register) -> None:
    with any_register.work("test") as work:
        work.journal("test", details={"what": "anything"})
    rows = [row for page in pages(any_register) for row in page]
    assert verify(rows).bad is None
    assert all("by" not in row.entry.facts and row.who["by"] for row in rows)
    before = any_register.records()
    any_register.close()
    url = str(any_register.engine.url.render_as_string(hide_password=False))
    settings = load_settings(environment={"PROVISIONER_DATABASE__URL": url})
    again = open_register(settings, Clock())
    assert again.records() == before
    again.close()


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE contact", "DELETE FROM journal_entry", f"UPDATE alembic_version SET version_num='{REVISION}'"],
    ids=["at its beginning", "while the journal is written again", "at its end"],
)
def test_an_upgrade_that_is_killed_is_done_anew_by_the_next_opening(
    server: str | None, tmp_path: Path, statement: str
) -> None:
    url = _restored(FIRST, server, tmp_path)
    environment = {**os.environ, "PROVISIONER_DATABASE__URL": url, "PROVISIONER_DATA_DIR": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", KILLED_UPGRADE, statement], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL

    with closing(_open(url, tmp_path)) as register:
        assert verify_journal(register).bad is None
        assert [h.id for h in register.records().habilitations] == list(range(1, 12))
        with register.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
