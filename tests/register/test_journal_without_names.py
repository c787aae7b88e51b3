"""A journal that named who acted in its chain is written again without names when its register is opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from provisioner.clock import Clock
from provisioner.domain import journal
from provisioner.domain.journal import Entry, Head, chain
from provisioner.domain.journal_check import Problem
from provisioner.operations.journal import Sought, journal_entries, journal_head, verify_journal
from provisioner.register import Register, RegisterUnavailable, open_register
from provisioner.settings import load_settings
from provisioner.views.journal import problem_sentence
from tests.shared.older_registers import restore_file


def _file(tmp_path: Path, version: str) -> Path:
    file = tmp_path / "register.sqlite3"
    restore_file(version, file)
    return file


def _opened(file: Path) -> Register:
    settings = load_settings(environment={"PROVISIONER_DATABASE__URL": f"sqlite:///{file}"})
    return open_register(settings, Clock())


def _old_heads(file: Path) -> list[Head]:
    with closing(sqlite3.connect(file)) as database:
        return [Head(*row) for row in database.execute("SELECT entry, sha256 FROM journal_entry ORDER BY entry")]


def _read(register: Register, statement: str) -> list[Any]:
    with register.read() as connection:
        return list(connection.execute(text(statement)).all())


@pytest.mark.rule("D8")
def test_its_chain_names_nobody_and_a_head_of_before_is_told_as_that_of_the_old_one(tmp_path: Path) -> None:
    file = _file(tmp_path, "0_2")
    heads = _old_heads(file)
    with closing(_opened(file)) as register:
        first, *rest = [row for page in journal_entries(register, Sought()) for row in page]
        facts = first.entry.facts
        assert (facts["action"], facts["left"], facts["count"]) == ("journal.changed", str(heads[-1]), len(heads))
        assert [row.entry.entry for row in rest] == [head.entry + 1 for head in heads]
        assert all("by" not in row.entry.facts and row.who["by"] for row in rest)
        assert verify_journal(register).bad is None
        for head in (heads[0], heads[-1]):
            bad = verify_journal(register, head).bad
            assert bad is not None
            assert (bad.entry, bad.problem) == (1, Problem.LEFT_BEHIND)
            assert "réécrit sans les noms" in problem_sentence(bad)
        forged = verify_journal(register, Head(heads[-1].entry - 1, "5" * 64)).bad
        assert forged is not None
        assert (forged.entry, forged.problem) == (heads[-1].entry - 1, Problem.REWRITTEN)
        assert verify_journal(register, journal_head(register)).bad is None
    with closing(_opened(file)) as again:
        assert len(_old_heads(file)) == len(heads) + 1
        assert verify_journal(again).bad is None


@pytest.mark.rule("D8")
def test_a_chain_that_does_not_verify_is_left_as_it_is(tmp_path: Path) -> None:
    file = _file(tmp_path, "0_2")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            """UPDATE journal_entry SET body = replace(body, '"by":"test"', '"by":"Jean"') WHERE entry = 3"""
        )
    before = _old_heads(file)
    with closing(_opened(file)) as register:
        assert _old_heads(file) == before
        bad = verify_journal(register).bad
        assert bad is not None
        assert (bad.entry, bad.problem) == (3, Problem.CHANGED)
        assert _read(register, "SELECT entry FROM old_journal") == []


@pytest.mark.rule("D8")
def test_what_fails_while_it_is_written_again_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path, "0_2")
    before = _old_heads(file)
    made: list[Entry] = []

    def failing(*arguments: Any) -> Entry:
        made.append(chain(*arguments))
        if len(made) == 7:
            raise OSError("the disk is full")
        return made[-1]

    with monkeypatch.context() as broken:
        broken.setattr(journal, "chain", failing)
        with pytest.raises(RegisterUnavailable, match="the disk is full"):
            _opened(file)
    assert _old_heads(file) == before
    with closing(_opened(file)) as register:
        assert verify_journal(register).bad is None
