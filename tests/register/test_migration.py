"""A register made by the first version comes to this one with all its data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.invitations import is_owed
from provisioner.domain.annexe.kept import Status
from provisioner.register import Register, annexes, open_register
from provisioner.register.journal import Actor
from provisioner.register.tables import metadata
from provisioner.settings import load_settings
from tests.shared.postgres import Postgres

BEFORE, OPENED, LATER, CLOSED = (
    datetime(2026, month, 16, 8, tzinfo=UTC).isoformat(timespec="microseconds") for month in (5, 6, 7, 8)
)

#: What each account is: open and mailed, open and still owed its link, open at a second partner while open at the
#: first, closed and come back, never opened.
ACCOUNTS = ("mailed", "owed", "both", "returned", "planned")

#: id, partner, account, opened, closed.
HABILITATIONS: list[tuple[int, str, int, str | None, str | None]] = [
    (1, "agglo-lys", 1, OPENED, None),
    (2, "agglo-lys", 2, OPENED, None),
    (3, "agglo-lys", 3, OPENED, None),
    (4, "sivom", 3, LATER, None),
    (5, "agglo-lys", 4, BEFORE, OPENED),
    (6, "agglo-lys", 4, LATER, None),
    (7, "agglo-lys", 5, None, None),
    (8, "sivom", 1, OPENED, CLOSED),
]
LINK_DUE: dict[int, str | None] = {
    1: OPENED,
    2: OPENED,
    3: OPENED,
    4: None,
    5: BEFORE,
    6: LATER,
    7: None,
    8: None,
}


#: What each partner declared, before a domain had one form.
DOMAINS = [
    ("agglo-lys", "agglo-lys.example"),
    ("agglo-lys", "xn--vian-9oa.example"),
    ("sivom", "évian.example"),
    ("sivom", "xn--vian-9oa.example"),
    ("sivom", "not a domain"),
]

#: The journal's entries about annexe 1: number, action, plan. List 2 was approved alone once the whole was in force.
PLAN = "0" * 8
JOURNAL = [
    (1, "annexe.submitted", ""),
    (2, "annexe.approved", "1" * 8),
    (3, "annexe.approved", PLAN),
    (4, "annexe.closures_approved", "2" * 8),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


def _made_by_the_first_version(url: str) -> None:
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", "provisioner.register:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    _fill(engine)
    engine.dispose()


def _fill(engine: Engine) -> None:
    rows: list[tuple[str, list[dict[str, Any]]]] = [
        ("partner", [{"code": code, "name": code, "ctg_end": "2030-12-31"} for code in ("agglo-lys", "sivom")]),
        ("partner_domain", [{"partner": code, "domain": domain} for code, domain in DOMAINS]),
        (
            "account",
            [
                {"id": id_, "email": f"{name}@agglo-lys.example", "keycloak_id": f"id-{id_}", "written": "0" * 64}
                for id_, name in enumerate(ACCOUNTS, start=1)
            ],
        ),
        ("habilitation", [_habilitation(*one) for one in HABILITATIONS]),
        (
            "invitation",
            [
                {
                    "id": id_,
                    "habilitation": habilitation,
                    "attempt": 1,
                    "tries": 1,
                    "intended_at": at,
                    "keycloak_time": at,
                    "lifespan_seconds": 86400,
                    "sent_at": at,
                }
                for id_, (habilitation, at) in enumerate(((1, OPENED), (3, OPENED), (5, BEFORE), (6, LATER)), start=1)
            ],
        ),
        (
            "annexe",
            [
                {
                    "id": 1,
                    "partner": "agglo-lys",
                    "sha256": "1" * 64,
                    "file_name": "annexe.csv",
                    "content": b"contenu",
                    "transmitted_on": "2026-06-15",
                    "received_on": "2026-06-16",
                    "submitted_at": BEFORE,
                    "approved_at": OPENED,
                    "approved_by": "Claire Martin",
                    "plan_id": PLAN,
                    "decisions": '{"close": [], "keep": ["all"], "waive": {"1": "Mission"}}',
                    "applied_at": LATER,
                }
            ],
        ),
        ("journal_entry", [_entry(*entry) for entry in JOURNAL]),
        ("journal_detail", [_detail(*entry) for entry in JOURNAL]),
        ("hold", [_hold(1, BEFORE, released_at=LATER), _hold(2, OPENED)]),
        ("mark", [{"name": "realm_id", "value": "realm-1"}]),
    ]
    with engine.begin() as connection:
        for table, values in rows:
            names = list(values[0])
            into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
            connection.execute(text(into), values)


def _entry(number: int, action: str, _plan: str) -> dict[str, Any]:
    body = json.dumps({"action": action, "entry": number, "partner": "agglo-lys"}, separators=(",", ":"))
    return {"entry": number, "body": body, "previous": f"{number - 1:064}", "sha256": f"{number:064}"}


def _detail(number: int, _action: str, plan: str) -> dict[str, Any]:
    return {"entry": number, "salt": "salt", "data": json.dumps({"annexe": 1, "by": "Claire Martin", "plan": plan})}


def _hold(id_: int, since: str, released_at: str | None = None) -> dict[str, Any]:
    kept = {"kind": "pause", "partner": "sivom", "reason": "essai", "covers": "[]"}
    return {"id": id_, **kept, "since": since, "released_at": released_at}


def _habilitation(id_: int, partner: str, account: int, opened: str | None, closed: str | None) -> dict[str, Any]:
    return {
        "id": id_,
        "partner": partner,
        "account": account,
        "last_name": ACCOUNTS[account - 1].capitalize(),
        "first_names": "Camille",
        "function": "agent",
        "requested_on": "2026-06-10",
        "transmitted_on": "2026-06-15",
        "opened_at": opened,
        "ended_on": "2026-06-15" if closed else None,
        "end_rule": "A3" if closed else None,
        "end_recorded_on": "2026-06-15" if closed else None,
        "closed_at": closed,
        "waived": "email-domain" if id_ == 1 else "",
    }


@pytest.fixture
def register(url: str, tmp_path: Path) -> Iterator[Register]:
    """The register as this version opens it."""
    _made_by_the_first_version(url)
    environment = {"PROVISIONER_DATABASE__URL": url, "PROVISIONER_DATA_DIR": str(tmp_path)}
    opened = open_register(load_settings(environment=environment), Clock(), Actor.here("test"))
    yield opened
    opened.close()


def test_nothing_is_lost_and_only_who_was_new_is_owed_a_link(register: Register) -> None:
    records = register.records()
    assert [one.id for one in records.habilitations] == [one[0] for one in HABILITATIONS]
    moments = {
        one.id: one.link_due_at.isoformat(timespec="microseconds") if one.link_due_at else None
        for one in records.habilitations
    }
    assert moments == LINK_DUE
    owed = [one.id for one in records.habilitations if one.state is State.OPEN and is_owed(one, _sent(records, one))]
    assert owed == [2]
    assert records.habilitations[0].waived == {"email-domain"}
    assert {one.keycloak_id for one in records.accounts.values()} == {f"id-{number}" for number in range(1, 6)}
    assert all((one.renamed_from, one.reopening) == (None, None) for one in records.accounts.values())
    assert (records.realm_id, records.current["agglo-lys"].transmitted_on) == ("realm-1", date(2026, 6, 15))
    assert records.partners["agglo-lys"].domains == {"agglo-lys.example", "évian.example"}
    assert records.partners["sivom"].domains == {"évian.example", "not a domain"}


def test_what_still_waits_follows_from_the_approval_that_stands(register: Register) -> None:
    records = register.records()
    assert records.current["agglo-lys"].decision == 3
    assert [one.id for one in records.habilitations if one.decision == 3] == [7]
    assert {one.decision for one in records.habilitations} == {3, None}


def test_what_came_first_by_the_clock_of_then_comes_first_by_number(register: Register) -> None:
    asked = {
        "habilitation": ("opened", "link_due"),
        "invitation": ("intended",),
        "annexe": ("submitted", "approved", "applied"),
        "hold": ("since",),
    }
    numbers: dict[str, set[int]] = {}
    with register.read() as connection:
        for table, facts in asked.items():
            for fact in facts:
                at = "since" if fact == "since" else f"{fact}_at"
                for moment, number in connection.execute(text(f"SELECT {at}, {fact}_number FROM {table}")):
                    assert (moment is None) is (number is None)
                    if moment is not None:
                        numbers.setdefault(moment, set()).add(number)
    assert numbers == {BEFORE: {1}, OPENED: {2}, LATER: {3}}
    with register.work() as work:
        assert work.number > 3


def _sent(records: Any, one: Any) -> list[Any]:
    mine = [each for each in records.habilitations if each.email == one.email]
    return [each for other in mine for each in records.attempts_of(other)]


def test_the_annexe_in_force_stays_so_with_its_decisions(register: Register) -> None:
    with register.read() as connection:
        (one,) = annexes.kept(connection)
        assert annexes.document(connection, one.id).content == b"contenu"
    assert (one.status, one.approved_by, one.is_pending) == (Status.APPLIED, "Claire Martin", False)
    assert one.decisions is not None
    assert (one.decisions.keep_all, one.decisions.waive, one.decisions.rename) == (True, {1: "Mission"}, {})


def test_the_tables_are_those_that_this_version_expects(register: Register) -> None:
    with register.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_it_can_be_written_at_once(register: Register) -> None:
    with register.work() as work:
        work.journal("test", details={"what": "anything"})
    before = register.records()
    register.close()
    again = open_register(
        load_settings(
            environment={"PROVISIONER_DATABASE__URL": str(register.engine.url.render_as_string(hide_password=False))}
        ),
        Clock(),
        Actor.here("test"),
    )
    assert again.records() == before
    again.close()
