"""`journal verify|head|show`: what was done to the record is found and said."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.journal import GENESIS, canonical, chain
from tests.shared.desk import TODAY, Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import Answer, valid

Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
def made(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with 12 entries, two of them with names beside them."""
    desk = Desk(mailbox, tmp_path_factory.mktemp("made"))
    for number in range(5):
        desk.add_partner(f"ville-{number}", f"ville-{number}.example")
    for number in range(2):
        assert desk.annexe_2(f"ville-{number}", f"Anne Petit <anne.petit@ville-{number}.example>").status == 0
    for number in range(5):
        changed = desk.run("partner", "set", f"ville-{number}", "--name", "Ville", "--by", "Zoé Roy", today=TODAY)
        assert changed.status == 0, changed.err
    return desk.home / "data"


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path, made: Path) -> Desk:
    """A desk with that register."""
    shutil.copytree(made, tmp_path / "data")
    return Desk(mailbox, tmp_path)


@pytest.fixture
def copy(desk: Desk, tmp_path: Path) -> Path:
    """A copy of the register's data directory, to be tampered with."""
    return Path(shutil.copytree(tmp_path / "data", tmp_path / "copy"))


def _tampered(data: Path, *changes: str | Tamper) -> None:
    with closing(sqlite3.connect(data / "provisioner.sqlite3")) as connection, connection:
        for change in changes:
            if callable(change):
                change(connection)
            else:
                connection.executescript(change)


def _verify(desk: Desk, data: Path | None = None, *more: str) -> tuple[int, Any]:
    where = str(data or desk.home / "data")
    answer = desk.run("journal", "verify", "--format", "json", *more, PROVISIONER_DATA_DIR=where)
    return answer.status, valid(answer.json, "journal_verify")


def _head(desk: Desk) -> str:
    answer = desk.run("journal", "head")
    assert answer.status == 0, answer.err
    return answer.out.strip()


def _problem(answer: tuple[int, Any]) -> tuple[int, str]:
    status, said = answer
    assert (status, said["valid"], said["head"]) == (1, False, None), answer
    return said["first_bad"], said["problem"]


def test_the_head_of_an_empty_journal_is_entry_0_with_64_zeros_and_it_verifies(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    desk = Desk(mailbox, tmp_path)
    for command in ("verify", "head", "show"):
        answer = desk.run("journal", command)
        assert (answer.status, answer.out) == (3, "")
        assert answer.err.startswith("Il n'y a pas de registre")
    assert not (desk.home / "data").exists()
    assert desk.run("partner", "list").status == 0
    assert _head(desk) == f"0:{GENESIS}"
    said = valid(desk.run("journal", "head", "--format", "json").json, "journal_head")
    assert said == {"entry": 0, "sha256": GENESIS}
    expected = {"valid": True, "entries": 0, "head": said, "first_bad": None, "problem": None, "where": None}
    assert _verify(desk, None, "--head", _head(desk)) == (0, expected)
    assert valid(desk.run("journal", "show", "--format", "json").json, "journal") == []
    assert desk.run("journal", "show").out == "Journal : aucune entrée.\n"


def test_a_whole_journal_verifies_with_its_count_and_the_head_that_can_be_given_back(desk: Desk) -> None:
    head = _head(desk)
    status, said = _verify(desk, None, "--head", head)
    assert (status, said["entries"], said["first_bad"], said["problem"]) == (0, 12, None, None)
    assert f"{said['head']['entry']}:{said['head']['sha256']}" == head
    told = desk.run("journal", "verify")
    assert (told.status, told.out) == (0, f"Journal conforme : 12 entrées.\nTête : {head}\n")
    desk.add_partner("ville-9")
    assert _verify(desk, None, "--head", head)[1]["entries"] == 13


def test_one_flipped_byte_is_found_wherever_it_is(desk: Desk, tmp_path: Path) -> None:
    for column in ("body", "previous", "sha256"):
        for at in (1, 7, 12):
            data = Path(shutil.copytree(tmp_path / "data", tmp_path / f"{column}-{at}"))
            flip = f"UPDATE journal_entry SET {column} = replace({column}, substr({column}, 30, 1), 'g')"
            _tampered(data, f"{flip} WHERE entry = {at}")
            assert _problem(_verify(desk, data)) == (at, "changed")


def _swap(connection: sqlite3.Connection) -> None:
    for before, after in ((4, -4), (9, 4), (-4, 9)):
        connection.execute("UPDATE journal_entry SET entry = ? WHERE entry = ?", (after, before))


def _shift(connection: sqlite3.Connection) -> None:
    """Makes place for an entry 6."""
    for number in range(12, 5, -1):
        connection.execute("UPDATE journal_entry SET entry = ? WHERE entry = ?", (number + 1, number))
        connection.execute("UPDATE journal_detail SET entry = ? WHERE entry = ?", (number + 1, number))


def _insert(connection: sqlite3.Connection) -> None:
    _shift(connection)
    forged = chain(6, {"action": "close"}, "5" * 64)
    row = (forged.entry, forged.body, forged.previous, forged.sha256)
    connection.execute("INSERT INTO journal_entry VALUES (?, ?, ?, ?)", row)


def _rewrite(connection: sqlite3.Connection) -> None:
    """Every entry anew, with fresh digests that all fit."""
    bodies = connection.execute("SELECT body FROM journal_entry ORDER BY entry").fetchall()
    connection.execute("DELETE FROM journal_entry")
    connection.execute("DELETE FROM journal_detail")
    connection.execute("DELETE FROM journal_actor")
    previous = GENESIS
    for number in range(1, len(bodies) + 1):
        entry = chain(number, {"action": "close", "details": None, "habilitation": None}, previous)
        row = (entry.entry, entry.body, entry.previous, entry.sha256)
        connection.execute("INSERT INTO journal_entry VALUES (?, ?, ?, ?)", row)
        previous = entry.sha256


BESIDE = "UPDATE journal_detail SET data = replace(data, 'Anne', 'Jean') WHERE entry = 6"


@pytest.mark.parametrize(
    ("tamper", "expected", "sentence"),
    [
        ("DELETE FROM journal_entry WHERE entry = 5", (5, "changed"), "la chaîne est rompue à l'entrée 5"),
        ("DELETE FROM journal_entry WHERE entry IN (1, 2)", (1, "changed"), "la chaîne est rompue à l'entrée 1"),
        (_swap, (4, "changed"), "la chaîne est rompue à l'entrée 4"),
        (_insert, (6, "changed"), "la chaîne est rompue à l'entrée 6"),
        (BESIDE, (6, "detail-changed"), "les données conservées à côté de l'entrée 6 ont été modifiées"),
        ("UPDATE journal_detail SET salt = 'x' WHERE entry = 7", (7, "detail-changed"), "l'entrée 7"),
        ("UPDATE journal_detail SET habilitation = 3 WHERE entry = 7", (7, "detail-changed"), "l'entrée 7"),
        ("UPDATE journal_entry SET body = CAST(x'7bff7d' AS TEXT) WHERE entry = 3", (3, "changed"), "l'entrée 3"),
        ("UPDATE journal_entry SET body = x'00' WHERE entry = 3", (3, "changed"), "l'entrée 3"),
        ("DELETE FROM journal_entry WHERE entry > 10", (11, "cut"), "il s'arrête avant l'entrée 11"),
    ],
)
def test_what_was_done_to_the_journal_is_named_with_its_entry(
    desk: Desk, copy: Path, tamper: str | Tamper, expected: tuple[int, str], sentence: str
) -> None:
    _tampered(copy, tamper)
    assert _problem(_verify(desk, copy)) == expected
    told = desk.run("journal", "verify", PROVISIONER_DATA_DIR=str(copy))
    assert told.status == 1
    assert told.out.startswith("Journal non conforme : ")
    assert sentence in told.out
    assert desk.run("journal", "show", PROVISIONER_DATA_DIR=str(copy)).status == 0
    assert desk.run("journal", "show", "--format", "json", PROVISIONER_DATA_DIR=str(copy)).status == 0
    assert _verify(desk)[0] == 0


CUT = (
    "DELETE FROM journal_detail WHERE entry > {0}; DELETE FROM journal_actor WHERE entry > {0}; "
    "DELETE FROM journal_entry WHERE entry > {0}"
)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (CUT.format(11), (12, "cut")),
        (CUT.format(4), (5, "cut")),
        (CUT.format(0), (1, "cut")),
        (_rewrite, (12, "rewritten")),
    ],
    ids=["the last one", "the last 8", "all", "everything rewritten"],
)
def test_what_the_chain_alone_cannot_show_is_found_with_a_head_taken_out(
    desk: Desk, copy: Path, tamper: str | Tamper, expected: tuple[int, str]
) -> None:
    head = _head(desk)
    _tampered(copy, tamper)
    assert _problem(_verify(desk, copy))[1] == "register-differs"
    assert _problem(_verify(desk, copy, "--head", head)) == expected


def test_last_weeks_database_put_back_is_found_even_once_it_went_on(desk: Desk, copy: Path) -> None:
    desk.add_partner("ville-9")
    head = _head(desk)
    assert _problem(_verify(desk, copy, "--head", head)) == (13, "cut")
    added = ("partner", "add", "ville-9", "--name", "Ville", "--domain", "ville-9.example")
    assert desk.run(*added, PROVISIONER_DATA_DIR=str(copy)).status == 0
    assert _verify(desk, copy)[0] == 0
    assert _problem(_verify(desk, copy, "--head", head)) == (13, "rewritten")


def test_data_that_are_gone_without_a_recorded_destruction_are_found_wanting(desk: Desk, copy: Path) -> None:
    _tampered(copy, "DELETE FROM journal_actor WHERE entry = 9")
    assert _problem(_verify(desk, copy)) == (9, "detail-missing")
    _tampered(copy, "DELETE FROM journal_detail WHERE entry IN (6, 7)")
    assert _problem(_verify(desk, copy)) == (6, "detail-missing")
    told = desk.run("journal", "verify", PROVISIONER_DATA_DIR=str(copy)).out
    assert "les données conservées à côté de l'entrée 6 ont disparu" in told


@pytest.mark.parametrize("head", ["12", "12:abc", f"-1:{'a' * 64}", f"0:{'a' * 64}", "a" * 64])
def test_a_head_that_is_none_is_wrong_usage(desk: Desk, head: str) -> None:
    assert desk.run("journal", "verify", "--head", head).status == 2


def test_a_register_that_cannot_be_read_is_said_with_exit_status_3(desk: Desk, copy: Path) -> None:
    nowhere = "postgresql://nobody:nothing@127.0.0.1:9/register"
    database = copy / "provisioner.sqlite3"
    content = bytearray(database.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    database.write_bytes(content)
    for command in ("verify", "head", "show"):
        _unreachable(desk.run("journal", command, PROVISIONER_DATABASE__URL=nowhere))
        _unreachable(desk.run("journal", command, PROVISIONER_DATA_DIR=str(copy)))


def _unreachable(answer: Answer) -> None:
    assert answer.status == 3, answer
    assert answer.err.startswith("Le registre (")
    assert answer.out == ""


def test_the_entries_are_listed_from_any_of_them_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = valid(desk.run("journal", "show", "--format", "json").json, "journal")
    assert [entry["entry"] for entry in everything] == list(range(1, 13))
    assert everything[-1]["by"] == "Zoé Roy"
    assert (everything[-1]["action"], everything[-1]["partner"]) == ("partner.set", "ville-4")
    assert f"12:{everything[-1]['sha256']}" == _head(desk)
    monkeypatch.setattr("provisioner.register.journal.PAGE", 3)
    assert desk.run("journal", "show", "--format", "json").json == everything
    assert desk.run("journal", "show", "--from", "11", "--format", "json").json == everything[10:]
    assert desk.run("journal", "show", "--from", "13", "--format", "json").json == []
    assert desk.run("journal", "show", "--from", "0").status == 2
    assert _verify(desk)[0] == 0


def test_a_person_at_a_terminal_reads_a_french_table_without_personal_data(desk: Desk) -> None:
    lines = desk.run("journal", "show").out.splitlines()
    titles = ["N°", "Le", "Par", "Quoi", "Partenaire", "Habilitation", "Règle", "Sur décision de", "SHA-256"]
    assert lines[0].split("  ")[0] == "N°"
    assert [cell.strip() for cell in lines[0].split("  ") if cell.strip()] == titles
    assert len(lines) == 13
    assert "02/09/2026" in lines[12]
    assert "Partenaire modifié" in lines[12]
    assert "Contacts du partenaire enregistrés" in lines[6]
    assert not any("Anne" in line or "anne.petit" in line for line in lines)


def test_the_entries_that_name_an_address_beside_the_chain_are_found_with_it(desk: Desk) -> None:
    answer = desk.run("journal", "show", "--email", " Anne.Petit@ville-1.example", "--format", "json")
    assert [(entry["entry"], entry["action"]) for entry in answer.json] == [(7, "partner.contacts")]
    nobody = desk.run("journal", "show", "--email", "petit@ville-1.example", "--format", "json")
    assert (nobody.status, nobody.json) == (0, [])


def test_a_name_with_line_ends_and_escapes_stays_on_its_line(desk: Desk) -> None:
    by = "Zoé\nRoy\x1b[31m [red]x[/red]"
    assert desk.run("partner", "set", "ville-0", "--name", "Autre", "--by", by).status == 0
    told = desk.run("journal", "show", "--from", "13").out
    assert len(told.splitlines()) == 2
    assert "\x1b" not in told
    assert "[red]x[/red]" in told
    assert desk.run("journal", "show", "--from", "13", "--format", "json").json[0]["by"] == "Zoé Roy[31m [red]x[/red]"
    assert _verify(desk)[0] == 0


def _personal(connection: sqlite3.Connection) -> Iterator[str]:
    for table, column in (("contact", "name"), ("contact", "email")):
        yield from (row[0] for row in connection.execute(f"SELECT {column} FROM {table}") if row[0])


def test_the_contacts_stand_beside_the_chain_only(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.database)) as connection:
        bodies = "\n".join(row[0] for row in connection.execute("SELECT body FROM journal_entry"))
        beside = "\n".join(row[0] for row in connection.execute("SELECT data FROM journal_detail"))
        personal = set(_personal(connection))
        actors = "\n".join(row[0] for row in connection.execute("SELECT data FROM journal_actor"))
    assert len(personal) == 6
    assert all(word in beside and word not in bodies for word in personal)
    acted = canonical({"by": "Zoé Roy"})[1:-1]
    assert acted in actors
    assert "Zoé" not in bodies
