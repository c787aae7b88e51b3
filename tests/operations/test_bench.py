"""`make bench` still runs: its modules can be imported, and its stopwatch measures what `apply` does."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from bench.place import Work
from bench.stopwatch import COMMITS, ENTERING, LOOK, READING, watch
from provisioner.domain.annexe.document import Document
from provisioner.domain.people import EmailAddress, Person
from tests.fakes.memory_office import MemoryOffice

SCRIPTS = sorted(file.stem for file in (Path(__file__).parents[2] / "bench").glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_of_the_bench_finds_what_it_imports(name: str) -> None:
    assert import_module(f"bench.{name}")


def test_the_stopwatch_sees_the_document_read_and_keycloak_looked_at(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path)
    office.add_partner("run-1", "run-1.example")
    person = Person("Babada", "Camille", "agent", EmailAddress("babada@run-1.example"))
    content = Work("run-1", "run-1.example", (person,)).annexe(office.context.clock.today())
    with watch() as stopwatch:
        stopwatch.watch_commits(office.context.register)
        office.context = replace(office.context, read=stopwatch.read)
        outcome = office.apply(Document(name="run-1.csv", content=content), "run-1")
        whole = stopwatch.stop()
    assert [change.email for change in outcome.done] == [None, person.email, person.email]
    assert {part for part, seconds in stopwatch.seconds.items() if seconds} >= {READING, LOOK, ENTERING, COMMITS}
    assert stopwatch.seconds[READING] < whole
    office.close()
