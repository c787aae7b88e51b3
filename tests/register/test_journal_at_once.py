"""However many write at once, the journal is one chain."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from sqlalchemy import Connection

from provisioner.operations.holds import pause, resume
from provisioner.operations.journal import verify_journal
from provisioner.operations.partners import Given, add_partner
from provisioner.register import Register, journal
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.register.writers import append, append_in_a_process, is_whole, opened
from tests.shared.pace import PATIENCE

PROCESSES, UNITS, THREADS = 6, 8, 16


def test_six_processes_that_write_at_once_make_one_chain(new_database: NewDatabase) -> None:
    environment = new_database()
    with opened(environment) as register:
        spawn = multiprocessing.get_context("spawn")
        all_ready = spawn.Barrier(PROCESSES)
        running = [
            spawn.Process(target=append_in_a_process, args=(environment, f"process {n}", all_ready, UNITS))
            for n in range(PROCESSES)
        ]
        for process in running:
            process.start()
        for process in running:
            process.join(120)
        assert [process.exitcode for process in running] == [0] * PROCESSES
        is_whole(register, PROCESSES * UNITS)
        rows = list(chain.from_iterable(journal.pages(register)))
    written = Counter(row.who["by"] for row in rows)
    assert written == {f"process {n}": UNITS for n in range(PROCESSES)}


def test_sixteen_threads_that_write_at_once_make_one_chain(new_database: NewDatabase) -> None:
    with opened(new_database()) as register:
        with ThreadPoolExecutor(THREADS) as pool:
            for future in [pool.submit(append, register, n, entries=3) for n in range(1, 5 * THREADS + 1)]:
                future.result()
        is_whole(register, 3 * 5 * THREADS)


def test_two_persons_who_decide_at_once_through_one_open_register_each_bear_their_own_name(
    new_database: NewDatabase,
) -> None:
    environment, rounds = new_database(), 10
    of_partner = {"agglo-lys": "Claire Martin", "sivom": "Zoé Roy"}
    limits = load_settings(environment=environment).documents
    both_ready = threading.Barrier(len(of_partner))

    def decide(register: Register, code: str, by: str) -> None:
        both_ready.wait(PATIENCE)
        add_partner(register, code, Given(name="Lys", domains=[f"{code}.example"]), limits, by)
        for _ in range(rounds):
            pause(register, code, "Travaux", None, by)
            resume(register, code, by)

    with opened(environment) as register:
        with ThreadPoolExecutor() as pool:
            for deciding in [pool.submit(decide, register, code, by) for code, by in of_partner.items()]:
                deciding.result()
        rows = list(chain.from_iterable(journal.pages(register)))
        is_whole(register, len(of_partner) * (1 + 2 * rounds))
    assert {(row.entry.facts["partner"], row.who["by"]) for row in rows} == set(of_partner.items())


def test_a_unit_of_work_that_fails_leaves_no_entry_and_no_gap(new_database: NewDatabase) -> None:
    with opened(new_database()) as register:
        append(register, 1)
        try:
            with register.work("test") as work:
                work.journal("update", partner="agglo-lys", habilitation=2)
                raise RuntimeError
        except RuntimeError:
            append(register, 3)
        is_whole(register, 2)


def test_what_is_decided_while_the_journal_is_verified_is_no_difference(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_stray = journal.stray

    def decide_then_find_stray(connection: Connection) -> int | None:
        """Asked once the entries are read, and before the tables are."""
        monkeypatch.undo()
        add_partner(register, "sivom", Given(name="Sivom", domains=["sivom.example"]), limits, "Zoé Roy")
        return find_stray(connection)

    environment = new_database()
    limits = load_settings(environment=environment).documents
    with opened(environment) as register:
        add_partner(register, "agglo-lys", Given(name="Lys", domains=["agglo-lys.example"]), limits, "Claire Martin")
        monkeypatch.setattr(journal, "stray", decide_then_find_stray)
        check = verify_journal(register)
        assert (check.entries, check.bad) == (1, None)
        assert verify_journal(register).entries == 2


def test_verifying_while_others_write_finds_nothing_wrong(new_database: NewDatabase) -> None:
    with opened(new_database()) as register, ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(append, register, n, entries=5) for n in range(1, 61)]
        while not all(future.done() for future in writing):
            before = sum(future.done() for future in writing)
            verdict = verify_journal(register)
            assert verdict.bad is None, verdict
            assert verdict.entries >= 5 * before
        is_whole(register, 5 * 60)
