"""The register on PostgreSQL does the same job."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

from tests.shared.office import FIRST, FIRST_DAY, SECOND, SECOND_DAY, Office
from tests.shared.postgres import Postgres


def test_two_annexes_are_applied_with_the_register_on_postgresql(
    office: Office, postgres: Postgres, tmp_path: Path
) -> None:
    office.environment["PROVISIONER_DATABASE__URL"] = postgres.new_database()
    office.add_partner()
    assert len(office.apply(FIRST, today=FIRST_DAY)["done"]) == 9
    assert len(office.apply(SECOND, today=SECOND_DAY)["done"]) == 6
    assert office.apply(SECOND, today=SECOND_DAY)["done"] == []
    assert office.sync(today=SECOND_DAY)["done"] == []
    assert len(office.mails()) == 6
    verified = office.run("journal", "verify")
    assert (verified.status, verified.out.startswith("Journal conforme")) == (0, True), verified
    engine = create_engine(
        office.environment["PROVISIONER_DATABASE__URL"].replace("postgresql:", "postgresql+psycopg:")
    )
    with engine.begin() as connection:
        connection.execute(text("UPDATE annexe SET content = 'x'"))
    engine.dispose()
    assert office.run("journal", "verify", "--format", "json").json["where"]["column"] == "content"
    assert not list((tmp_path / "data").glob("*.sqlite3"))
