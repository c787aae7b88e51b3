"""On a terminal, `apply` shows what it would do and asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared.office import DOMAIN, FIRST, FIRST_DAY, PARTNER, PROVISIONER, SECOND_DAY, Office, annexe_csv


def _on_terminal(office: Office, file: Path, today: str, answers: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, *PROVISIONER, "apply", str(file), "--partner", PARTNER, "--approved-by", "Claire Martin"],
        env={**office.environment, "PROVISIONER_TODAY": today, "COLUMNS": "120"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, answers.encode())
    out, err = running.communicate(timeout=60)
    os.close(ours)
    return running.returncode, out + err


@pytest.mark.rule("A10")
def test_answering_no_changes_nothing_and_yes_applies(office: Office) -> None:
    office.add_partner()
    status, said = _on_terminal(office, FIRST, FIRST_DAY, "n\n")
    assert status == 1
    assert "Appliquer ?" in said
    assert "Rien n'a été modifié" in said
    directory = office.directory()
    assert directory.snapshot({}).accounts == {}
    status, said = _on_terminal(office, FIRST, FIRST_DAY, "y\n")
    assert (status, len(directory.snapshot({}).accounts)) == (0, 4), said
    directory.close()


@pytest.mark.rule("A5")
def test_each_person_in_neither_list_is_asked_about(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    first = annexe_csv(tmp_path / "a.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, "2026-06-15")
    office.apply(first, today=FIRST_DAY)
    second = annexe_csv(tmp_path / "b.csv", {"leroy": "2026-06-10"}, {}, "2026-09-01")
    status, said = _on_terminal(office, second, SECOND_DAY, "n\ny\n")
    assert status == 0, said
    assert f"vasseur@{DOMAIN}" in said
    directory = office.directory()
    accounts = {account.email: account.enabled for account in directory.snapshot({}).accounts.values()}
    assert accounts == {f"leroy@{DOMAIN}": True, f"vasseur@{DOMAIN}": False}
    directory.close()
