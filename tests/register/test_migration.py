"""A register made by an older version comes to this one with all its data."""

from __future__ import annotations

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
from provisioner.register import Register, annexes, open_register
from provisioner.register.journal import pages
from provisioner.register.tables import metadata
from provisioner.settings import load_settings
from tests.shared.older_registers import FIRST, VERSIONS, restore_file, restore_on_server
from tests.shared.postgres import Postgres

#: Domains as 0.2 took them, and as they are one since: punycode, the same twice, none.
DOMAINS = {"xn--vian-9oa.example": "évian.example", "évian.example": "évian.example", "not a domain": "not a domain"}


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    """The address of a new database on PostgreSQL, or none for a file."""
    if request.param == "sqlite":
        return None
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


def _opened(version: str, server: str | None, folder: Path) -> Register:
    """That version's register as this version opens it."""
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


def test_nothing_is_lost(register: Register) -> None:
    records = register.records()
    assert [one.id for one in records.habilitations] == list(range(1, 12))
    states = [one.state for one in records.habilitations]
    assert (states.count(State.OPEN), states.count(State.PLANNED)) == (10, 1)
    assert all(records.accounts[one.email].keycloak_id for one in records.habilitations if one.opened_at)
    assert len(records.attempts) == 10
    assert sum(one.bounced_at is not None for one in records.attempts) == 1
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
    assert due == {1: 6, 2: 6, 3: 6, 4: None, 5: 5, 6: 7, 7: None, 8: None}
    invitations = open_invitations(records)
    assert [it.habilitation.id for it in invitations if is_owed(it.habilitation, it.attempts)] == [2]


def test_of_0_1_nothing_is_lost(first_register: Register) -> None:
    records = first_register.records()
    assert [h.id for h in records.habilitations] == list(range(1, 9))
    assert records.habilitations[0].waived == {"email-domain"}
    assert {account.keycloak_id for account in records.accounts.values()} == {f"id-{id_}" for id_ in range(1, 6)}
    assert all((account.renamed_from, account.reopening) == (None, None) for account in records.accounts.values())
    assert records.partners["agglo-lys"].domains == {"agglo-lys.example", "évian.example"}
    assert records.partners["sivom"].domains == {"évian.example", "not a domain"}
    assert [(hold.kind, hold.partner) for hold in records.holds] == [(HoldKind.PAUSE, "sivom")]
    with first_register.read() as connection:
        (annexe,) = annexes.kept(connection)
        assert annexes.document(connection, annexe.id).content == b"contenu"
    assert (annexe.status, annexe.approved_by, annexe.is_pending) == (Status.APPLIED, "Claire Martin", False)
    assert annexe.decisions is not None
    assert (annexe.decisions.keep_all, annexe.decisions.waive, annexe.decisions.rename) == (True, {1: "Mission"}, {})


def test_of_0_1_what_still_waits_follows_from_the_approval_that_stands(first_register: Register) -> None:
    records = first_register.records()
    assert records.current["agglo-lys"].transmitted_on == date(2026, 6, 15)
    assert records.current["agglo-lys"].decision == 4  # list 2 was approved alone afterwards
    assert {h.id: h.decision for h in records.habilitations if h.decision} == {7: 4}


def test_of_0_1_what_came_first_by_the_clock_of_then_comes_first_by_number(first_register: Register) -> None:
    asked = {
        "habilitation": ("opened_at", "link_due_at"),
        "invitation": ("intended_at",),
        "annexe": ("submitted_at", "approved_at", "applied_at"),
        "hold": ("since",),
    }
    numbers: dict[str | None, set[int | None]] = {}
    with first_register.read() as connection:
        for table, moments in asked.items():
            for column in moments:
                number = column.removesuffix("_at") + "_number"
                for at, place in connection.execute(text(f"SELECT {column}, {number} FROM {table}")):
                    numbers.setdefault(at and at[:7], set()).add(place)
    assert numbers == {None: {None}, "2026-05": {1}, "2026-06": {2}, "2026-07": {3}}
    with first_register.work("test") as work:
        assert work.number > 3


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
