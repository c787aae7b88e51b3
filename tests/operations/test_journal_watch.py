"""A long journal is verified by a child process, so that the service keeps nothing of the memory which that takes."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from provisioner.domain.annexe.document import Document
from provisioner.domain.journal_check import JournalCheck
from provisioner.operations import journal_watch
from provisioner.operations.journal_watch import watch_journal
from provisioner.register import Register
from provisioner.register.marks import JOURNAL_VERIFIED, JOURNAL_WANTING, mark, set_mark
from tests.fakes.memory_office import MemoryOffice, reading
from tests.serve.serving import until
from tests.shared.examples import LYS, annexe

DAY = date(2026, 6, 16)
ANNEXES = {b"1": annexe({"leroy": date(2026, 6, 10), "vasseur": date(2026, 6, 10)}, on=DAY)}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryOffice:
    """Two persons were opened; every journal counts as a long one."""
    office = MemoryOffice(tmp_path, read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(DAY)
    office.apply(Document(name="1.csv", content=b"1"), LYS.code)
    monkeypatch.setattr(journal_watch, "_LONG_JOURNAL", 0)
    return office


@pytest.fixture
def verifies_in_child_only(office: MemoryOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_register: Register) -> JournalCheck:
        raise AssertionError("verified by the service itself")

    monkeypatch.setattr(journal_watch, "verify_journal", fail)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in the place of the child process."""

    def replace(script: str) -> None:
        fake_child = tmp_path / "fake_child"
        fake_child.write_text(f"#!/bin/sh\n{script}\n")
        fake_child.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(fake_child))

    return replace


def marks(office: MemoryOffice) -> tuple[str | None, str | None]:
    with office.context.register.read() as connection:
        return mark(connection, JOURNAL_VERIFIED), mark(connection, JOURNAL_WANTING)


@pytest.mark.usefixtures("verifies_in_child_only")
@pytest.mark.parametrize("starts_late", [False, True])
def test_what_the_child_finds_is_told_and_noted(
    office: MemoryOffice, child: Callable[[str], None], starts_late: bool
) -> None:
    if starts_late:
        child(f"sleep 1; exec {sys.executable} $*")
    with capture_logs() as logs:
        assert watch_journal(office.context, whole=True) is None
    (head,) = (line for line in logs if line["event"] == "journal.head")
    assert marks(office) == (f"{head['entry']}:{head['sha256']}", "")
    with closing(sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3")) as connection, connection:
        connection.execute("UPDATE habilitation SET requested_on = '2026-06-11' WHERE id = 1")
    wanting = watch_journal(office.context, whole=True)
    assert wanting is not None
    assert wanting.startswith("register-differs")
    assert marks(office)[1] == wanting


@pytest.mark.parametrize(
    "script",
    ["exit 1", "exit 0", "echo no answer", "head -c 10 >/dev/null; kill -9 $$", None],
    ids=["fails", "says-nothing", "says-something-else", "killed", "cannot-start"],
)
def test_where_the_child_fails_the_service_verifies(
    office: MemoryOffice, child: Callable[[str], None], script: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_watch, "_ENDED_TOO_SECONDS", 0.1)
    if script is None:
        monkeypatch.setattr(sys, "executable", "/nowhere")
    else:
        child(script)
    with capture_logs() as logs:
        assert watch_journal(office.context, whole=True) is None
    assert [line["event"] for line in logs] == ["journal.child-failed", "journal.head"]


@pytest.mark.usefixtures("verifies_in_child_only")
def test_no_secret_is_in_the_childs_environment(
    office: MemoryOffice, child: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVISIONER_KEYCLOAK__CLIENT_SECRET", "secret-of-ours")
    monkeypatch.setenv("PGSSLROOTCERT", "/etc/ssl/certs/ca.crt")
    child(f"env > {tmp_path}/environment; exec {sys.executable} $*")
    assert watch_journal(office.context, whole=True) is None
    environment = (tmp_path / "environment").read_text()
    assert "secret-of-ours" not in environment
    assert "PGSSLROOTCERT=/etc/ssl/certs/ca.crt" in environment


@pytest.mark.usefixtures("verifies_in_child_only")
@pytest.mark.parametrize("is_killed_first", [False, True], ids=["goes-on", "was-ended-with-the-service"])
def test_a_service_that_must_stop_waits_for_no_child_and_notes_nothing(
    office: MemoryOffice, child: Callable[[str], None], tmp_path: Path, is_killed_first: bool
) -> None:
    with office.context.work() as work:
        set_mark(work, JOURNAL_WANTING, "changed 1")
    before, pid_file = marks(office), tmp_path / "pid"
    child(f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 3600")

    def stop() -> None:
        until(pid_file.exists, "the child's start")
        if is_killed_first:  # as by systemd, which tells all processes of a unit to end
            os.kill(int(pid_file.read_text()), 15)
        office.context.stop.set()

    stopper = threading.Thread(target=stop, daemon=True)
    stopper.start()
    with capture_logs() as logs:
        assert watch_journal(office.context, whole=True) == "changed 1"
    stopper.join()
    assert logs == []
    assert marks(office) == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_a_short_journal_starts_no_process(office: MemoryOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # it is no long one
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with capture_logs() as logs:
        assert watch_journal(office.context, whole=True) is None
    assert [line["event"] for line in logs] == ["journal.head"]
