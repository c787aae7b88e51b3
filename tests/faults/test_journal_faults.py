"""The journal cannot be written: nothing happens in Keycloak that it does not tell, and a later run goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import STORY, TODAY, Scene
from tests.shared.office import PARTNER, Answer
from tests.shared.oracle import tells

#: How many entries the second annexe makes, from its reception to the review that it settles.
ENTRIES = 13

#: The command where no file may grow beyond so many bytes: a full disk, as SQLite meets it.
FULL = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); from provisioner.cli import main; main()"
)

#: The command on a register that can be read only.
READ_ONLY = """
from sqlalchemy import event
from sqlalchemy.engine import Engine
from provisioner.cli import main
event.listen(Engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON"))
main()
"""


def _database(scene: Scene) -> Path:
    return scene.office.home / "data" / "provisioner.sqlite3"


def _in_database(scene: Scene, statement: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(_database(scene))) as connection, connection:
        return connection.execute(statement).fetchall()


def _written(scene: Scene) -> list[str]:
    """What was asked of Keycloak that changes it."""
    return [path for method, path, _ in scene.proxy.calls if method != "GET" and "/admin/" in path]


def _intended(scene: Scene, entries_before: int) -> list[str]:
    """The actions that a run said it was about to do, in the journal as it now stands."""
    rows = _in_database(
        scene,
        "SELECT data FROM journal_detail JOIN journal_entry USING (entry) "
        f"""WHERE entry > {entries_before} AND body LIKE '%"action":"run.begun"%'""",
    )
    return [action for row in rows for action, _ in json.loads(row[0])["changes"]]


def _no_effect_without_its_entry(scene: Scene, answer: Answer, entries_before: int) -> None:
    assert "Traceback" not in answer.err
    intended = _intended(scene, entries_before)
    if not intended:
        assert _written(scene) == []
    else:
        assert sorted(intended) == ["close", "invite", "open", "update"]
    verified = scene.office.run("journal", "verify")
    assert verified.status == 0, verified.out


@pytest.mark.parametrize("at", range(1, ENTRIES + 2))
def test_the_nth_entry_cannot_be_written(scene: Scene, at: int) -> None:
    scene.apply_first()
    before = len(_in_database(scene, "SELECT entry FROM journal_entry"))
    _in_database(
        scene,
        "CREATE TRIGGER refused BEFORE INSERT ON journal_entry "
        f"WHEN NEW.entry >= {before + at} BEGIN SELECT RAISE(ABORT, 'the journal is full'); END",
    )
    scene.proxy.calls.clear()
    answer = scene.apply_second(**scene.through_proxy())
    assert answer.status == (3 if at <= ENTRIES else 0), "the number of entries has changed: say so here"
    assert answer.status == 0 or "the journal is full" in answer.err
    _no_effect_without_its_entry(scene, answer, before)
    again = scene.office.run("sync", today=TODAY)
    assert again.status in (0, 3), again
    _in_database(scene, "DROP TRIGGER refused")
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.parametrize("pages", [0, 2, 8])
def test_the_disk_is_full(scene: Scene, pages: int) -> None:
    scene.apply_first()
    before = len(_in_database(scene, "SELECT entry FROM journal_entry"))
    scene.proxy.calls.clear()
    limit = _database(scene).stat().st_size + pages * 4096
    answer = scene.apply_second(("-c", FULL.format(limit)), **scene.through_proxy())
    assert answer.status in ((0, 3) if pages else (3,)), answer
    assert answer.status == 0 or "Le registre (" in answer.err
    _no_effect_without_its_entry(scene, answer, before)
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_a_register_that_can_only_be_read_changes_nothing(scene: Scene) -> None:
    scene.apply_first()
    before = len(_in_database(scene, "SELECT entry FROM journal_entry"))
    scene.proxy.calls.clear()
    for command in (
        ("apply", scene.second, "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes"),
        ("sync",),
    ):
        answer = scene.office.run(*command, today=TODAY, program=("-c", READ_ONLY), **scene.through_proxy())
        assert answer.status == 3, answer
        assert "readonly database" in answer.err
    assert _written(scene) == []
    _no_effect_without_its_entry(scene, answer, before)
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)
