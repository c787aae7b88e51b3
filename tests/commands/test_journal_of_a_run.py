"""The journal of a whole run: everybody is beside it, nobody is in it; each person's entries are found."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, valid

TODAY = "2026-09-02"
BY = ("--by", "Claire Martin")


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


@pytest.fixture
def run(office: Office, tmp_path: Path) -> Office:
    """Annexes submitted, approved, refused and applied; persons opened, renamed, suspended, reopened, closed."""
    office.add_partner()
    people = ("--habilitations", f"Solange Quenard <quenard@{DOMAIN}>", "--securite", f"Hugo Petit <petit@{DOMAIN}>")
    assert office.run("partner", "contacts", PARTNER, "--on", "2026-01-15", *people, today=TODAY).status == 0
    asked = dict.fromkeys(("carpentier", "leroy", "vasseur", "nguyen"), "2026-06-10")
    office.apply(annexe_csv(tmp_path / "1.csv", asked, {}, "2026-06-15"), today="2026-06-16")
    reason = ("--reason", f"Téléphone de Leroy volé ({address('leroy')})")
    assert office.run("person", "suspend", address("leroy"), *BY, *reason, today="2026-07-01").status == 0
    assert office.run("person", "reopen", address("leroy"), *BY, *reason, today="2026-07-02").status == 0
    asked = {"carpentier": "2026-06-10", "leroy": "2026-06-11", "nguyen-duc": "2026-06-10", "morel": "2026-09-01"}
    second = annexe_csv(tmp_path / "2.csv", asked, {"vasseur": "2026-08-31"}, "2026-09-01")
    rename = ("--rename", f"{address('nguyen')}={address('nguyen-duc')}")
    office.apply(second, *rename, today=TODAY)
    refused = annexe_csv(tmp_path / "3.csv", {"hotmail": "2026-09-02"}, {}, "2026-09-02", "hotmail.com")
    assert office.run("annexe", "submit", refused, "--partner", PARTNER, today=TODAY).status == 1
    office.sync(today=TODAY)
    return office


def _words(connection: sqlite3.Connection) -> Iterator[str]:
    """Every name, function and address that the register holds."""
    columns = {"habilitation": ("last_name", "first_names", "function"), "account": ("email",)}
    for table, names in {**columns, "contact": ("name", "email")}.items():
        for name in names:
            yield from (row[0] for row in connection.execute(f"SELECT DISTINCT {name} FROM {table}") if row[0])


def test_nobody_is_in_the_chain_and_everybody_is_beside_it(run: Office) -> None:
    with closing(sqlite3.connect(run.home / "data" / "provisioner.sqlite3")) as connection:
        words = set(_words(connection)) | {"nguyen", "hotmail", "Téléphone", "Solange", "Hugo"}
        bodies = [row[0].lower() for row in connection.execute("SELECT body FROM journal_entry")]
        beside = "\n".join(row[0].lower() for row in connection.execute("SELECT data FROM journal_detail"))
    assert len(words) > 15
    assert len(bodies) > 25
    told = [(word, body) for word in words for body in bodies if word.lower() in body]
    assert told == []
    assert not any("@" in body for body in bodies)
    assert all(word.lower() in beside for word in words - {"hotmail"})
    assert run.run("journal", "verify").status == 0


def test_a_persons_entries_are_found_by_their_address(run: Office) -> None:
    everything = valid(run.run("journal", "show", "--format", "json").json, "journal")
    entries = valid(run.run("journal", "show", "--email", address("leroy"), "--format", "json").json, "journal")
    (person,) = {entry["habilitation"] for entry in entries} - {None}
    assert [entry for entry in everything if entry["habilitation"] == person] == [
        entry for entry in entries if entry["habilitation"] is not None
    ]
    actions = [entry["action"] for entry in entries]
    assert [action for action in actions if action in {"open", "invite", "suspend", "reopen", "update"}] == [
        "open",
        "invite",
        "suspend",
        "reopen",
        "update",
    ]
    renamed = run.run("journal", "show", "--email", address("nguyen-duc"), "--format", "json").json
    before = run.run("journal", "show", "--email", address("nguyen"), "--format", "json").json
    assert {"habilitation.asked", "account.renamed", "rename"} <= {entry["action"] for entry in renamed}
    assert {"habilitation.asked", "account.renamed"} <= {entry["action"] for entry in before}
    assert re.search(r"Accès clôturé +agglo-lys", run.run("journal", "show", "--email", address("vasseur")).out)


def test_a_broken_journal_holds_no_change_back_but_is_told_with_exit_status_1(run: Office) -> None:
    with closing(sqlite3.connect(run.home / "data" / "provisioner.sqlite3")) as connection, connection:
        connection.execute("UPDATE journal_entry SET body = replace(body, 'open', 'close') WHERE entry > 2")
        connection.execute("UPDATE habilitation SET ended_on = '2026-08-30' WHERE ended_on IS NOT NULL")
        connection.execute("DELETE FROM mark WHERE name = 'journal.verified'")
    leaving = {"carpentier": "2026-06-10", "leroy": "2026-06-11", "nguyen-duc": "2026-06-10"}
    file = annexe_csv(run.home / "4.csv", leaving, {"morel": "2026-09-02"}, "2026-09-03")
    run.apply(file, today="2026-09-03", status=1)
    answer = run.run("sync", "--format", "json", today="2026-09-03")
    assert answer.status == 1
    assert "Journal non conforme" in answer.err
    closed = run.run("journal", "show", "--action", "close", "--format", "json").json
    assert len(closed) >= 2
    status = valid(run.run("status", "--format", "json").json, "status")
    assert status["journal"].startswith("changed ")
    assert "Journal non conforme" in run.run("status").out
    assert run.run("journal", "verify").status == 1
