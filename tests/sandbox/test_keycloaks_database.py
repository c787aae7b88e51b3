"""After a person's days nothing that names them is in Keycloak's own database, on a Keycloak of its own (D1, D2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from provisioner.keycloak.realm import apply_realm
from provisioner.sandbox.keycloak import start_keycloak
from provisioner.sandbox.process import wait_until
from tests.shared.console import PASSWORD, Console
from tests.shared.login_form import LoginForm
from tests.shared.mailbox import Mailbox
from tests.shared.office import DOMAIN, FIRST_DAY, SECOND_DAY, Office, annexe_csv, changes
from tests.shared.postgres import Postgres, for_keycloak
from tests.shared.realms import settings_of_realm

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
#: closed on 2 September 2026, ended on 31 August
D1, D2 = ("2027-03-02", "2027-03-03"), ("2028-08-31", "2028-09-01")
EVENTS = {"event_entity", "admin_event_entity"}
#: Keycloak looks for expired events each 15 minutes: here each second.
LOOKS_EACH_SECOND = {"KC_SPI_SCHEDULED__INTERVAL": "1"}
EXPIRED_SECONDS = 60

_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""
#: Every column, of whatever type, as text.
_HOLDS = "SELECT EXISTS (SELECT FROM {} AS whole_row WHERE whole_row::text ILIKE ANY (%s))"


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The address of Keycloak's own database."""
    return postgres.new_database()


@pytest.fixture
def office(database: str, mailbox: Mailbox, tmp_path: Path) -> Iterator[Office]:
    """An office with a Keycloak of its own, and a realm as `realm apply` makes it."""
    variables = for_keycloak(database) | LOOKS_EACH_SECOND
    with start_keycloak(log_file=tmp_path / "keycloak.log", database=variables) as keycloak:
        settings = settings_of_realm(keycloak, mailbox, "essai", tmp_path / "data")
        apply_realm(settings)
        yield Office(settings, mailbox, tmp_path)


def _holding(database: str, *words: str) -> set[str]:
    """The tables of which a row holds one of the words, in whatever case, in any of its columns."""
    # A column of bytes is shown in hexadecimal digits.
    spelled = {
        spelling for word in words for spelling in (word, word.encode().hex(), word.capitalize().encode().hex())
    }
    patterns = [f"%{spelling}%" for spelling in spelled]
    with psycopg.connect(database) as connection:
        names = connection.execute(_TABLES).fetchall()
        assert len(names) > 80
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)
        queries = {name: sql.SQL(_HOLDS).format(sql.Identifier(schema, name)) for schema, name in names}
        return {
            name for name, query in queries.items() if connection.execute(query, (patterns,)).fetchone() == (True,)
        }


def _destroyed(office: Office, announced_on: str, today: str) -> list[tuple[str, str | None]]:
    """What the second of the two days destroys."""
    assert office.sync(today=announced_on)["done"] == []
    return changes(office.sync(today=today), "done")


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_no_table_of_keycloak_names_a_person_after_their_days_and_its_events_expire(
    office: Office, database: str, tmp_path: Path
) -> None:
    office.add_partner()
    asked = {"leroy": "2026-06-10", "vasseur": "2026-06-10"}
    office.apply(annexe_csv(tmp_path / "1.csv", asked, {}, "2026-06-15"), today=FIRST_DAY)
    console = Console(office)
    console.allow_offline()
    accounts = {email: str(console.user(email)["id"]) for email in (LEROY, VASSEUR)}
    of_vasseur = ("vasseur", accounts[VASSEUR])
    with closing(LoginForm(office.settings)) as form:
        for email in accounts:
            console.set_password(email)
            assert form.log_in(email, PASSWORD)
            assert console.log_in(email, offline=True)
            assert not form.log_in(email, "faux")
        before = _holding(database, *of_vasseur)
        assert {"user_entity", "credential", "offline_user_session"} | EVENTS <= before
        ended = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01")
        office.apply(ended, today=SECOND_DAY)
        assert not form.log_in(VASSEUR, PASSWORD)
        assert "user_entity" in _holding(database, *of_vasseur)

        assert _destroyed(office, *D1) == [("destroy", VASSEUR)]
        assert not form.log_in(VASSEUR, PASSWORD)
    assert _holding(database, *of_vasseur) == EVENTS
    assert _destroyed(office, *D2) == [("destroy", VASSEUR)]
    assert _holding(database, *of_vasseur) == EVENTS

    realm = console.connection.get(console.realm)
    attributes = {**realm["attributes"], "adminEventsExpiration": "1"}
    console.connection.request("put", console.realm, {**realm, "eventsExpiration": 1, "attributes": attributes})
    console.connection.close()
    wait_until(
        lambda: not _holding(database, *of_vasseur),
        lambda: True,
        "Keycloak",
        tmp_path / "keycloak.log",
        EXPIRED_SECONDS,
    )
    # Whoever is still open is found by the same search.
    assert _holding(database, "leroy", accounts[LEROY]) == before - EVENTS
