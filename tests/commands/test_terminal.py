"""On a terminal, `apply` shows what it would do and asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared.office import DOMAIN, FIRST, FIRST_DAY, PARTNER, PROVISIONER, SECOND_DAY, Office, annexe_csv
from tests.shared.pace import PATIENCE


def _on_terminal(office: Office, file: Path, today: str, answers: str) -> tuple[int, str]:
    apply = ("apply", str(file), "--partner", PARTNER, "--approved-by", "Claire Martin")
    return _answered(office, apply, today, answers)


def _answered(office: Office, command: tuple[str, ...], today: str, answers: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, *PROVISIONER, *command],
        env={**office.environment, "PROVISIONER_TODAY": today, "COLUMNS": "120"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, answers.encode())
    out, err = running.communicate(timeout=PATIENCE)
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


@pytest.mark.rule("L2")
def test_before_a_whole_partner_is_cut_a_person_is_asked(office: Office, first: Path) -> None:
    command = ("partner", "suspend", PARTNER, "--by", "Claire Martin", "--reason", "Vol", "--second", "Jean Roy")
    status, said = _answered(office, command, SECOND_DAY, "n\n")
    assert (status, "comptes à couper, 2" in said, "Couper tous ces accès" in said) == (1, True, True)
    directory = office.directory()
    assert all(account.enabled for account in directory.snapshot({}).accounts.values())
    status, said = _answered(office, command, SECOND_DAY, "o\n")
    assert (status, "2 comptes coupés" in said) == (0, True), said
    assert not any(account.enabled for account in directory.snapshot({}).accounts.values())
    directory.close()
