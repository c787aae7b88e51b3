"""A register made by an older version comes to this one with all its data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.kept import Status
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.register import Register, RegisterUnavailable, annexes, open_register
from provisioner.register.journal import Actor
from provisioner.register.tables import metadata
from provisioner.settings import load_settings
from tests.shared.older_registers import VERSIONS, restore_file, restore_on_server
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


@pytest.fixture(params=VERSIONS)
def register(request: pytest.FixtureRequest, server: str | None, tmp_path: Path) -> Iterator[Register]:
    """The register as this version opens it."""
    url = server or f"sqlite:///{tmp_path / 'register.sqlite3'}"
    if server is None:
        restore_file(request.param, tmp_path / "register.sqlite3")
    else:
        restore_on_server(request.param, server, tmp_path)
    if request.param == "0_2":
        engine = create_engine(url)
        with engine.begin() as connection:
            for domain in DOMAINS:
                connection.execute(
                    text("INSERT INTO partner_domain (partner, domain) VALUES ('sivom', :domain)"), {"domain": domain}
                )
        engine.dispose()
    environment = {"PROVISIONER_DATABASE__URL": url, "PROVISIONER_DATA_DIR": str(tmp_path)}
    opened = open_register(load_settings(environment=environment), Clock(), Actor.here("test"))
    yield opened
    opened.close()


def test_nothing_is_lost(register: Register) -> None:
    records = register.records()
    assert [one.id for one in records.habilitations] == list(range(1, 12))
    states = [one.state for one in records.habilitations]
    assert (states.count(State.OPEN), states.count(State.PLANNED)) == (10, 1)
    assert all(records.accounts[one.email].keycloak_id for one in records.habilitations if one.opened_at)
    assert len(records.attempts) == 10
    assert sum(one.bounced_at is not None for one in records.attempts) == 1
    assert {hold.kind for hold in records.holds} == set(HoldKind)
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
    with register.work() as work:
        assert work.number > max(annexe.submitted_number for annexe in kept)


def test_the_tables_are_those_that_this_version_expects(register: Register) -> None:
    with register.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_it_can_be_written_at_once(register: Register) -> None:
    with register.work() as work:
        work.journal("test", details={"what": "anything"})
    before = register.records()
    register.close()
    url = str(register.engine.url.render_as_string(hide_password=False))
    settings = load_settings(environment={"PROVISIONER_DATABASE__URL": url})
    again = open_register(settings, Clock(), Actor.here("test"))
    assert again.records() == before
    again.close()


def test_one_that_is_older_than_0_2_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "register.sqlite3"
    restore_file("0_2", file)
    settings = load_settings(environment={"PROVISIONER_DATABASE__URL": f"sqlite:///{file}"})
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    before = file.read_bytes()
    with pytest.raises(RegisterUnavailable, match=r"older than version 0\.2"):
        open_register(settings, Clock(), Actor.here("test"))
    assert file.read_bytes() == before
