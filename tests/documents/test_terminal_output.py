"""What a person is shown: no escape sequence of a document's, nothing cut out of a pipe, readable in 60 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioner.cli.app import app

ESCAPE = "\x1b"
HEAD = (
    "ANNEXE 1\nDate de transmission :;01/09/2026\n1 - Liste des personnes\n"
    "Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation\n"
)
ADDRESS = "marie-charlotte.de-la-rochefoucauld-montmorency@communaute-agglomeration-exemple.example"


@pytest.fixture
def annexe(tmp_path: Path) -> Path:
    file = tmp_path / "a.csv"
    function = "chargée de mission à la convention territoriale globale"
    file.write_text(f"{HEAD}Durand;Zoé;{function};{ADDRESS};10/06/2026\n", "utf-8")
    return file


def test_neither_a_files_name_nor_its_cells_can_write_escape_sequences(tmp_path: Path) -> None:
    file = tmp_path / f"a{ESCAPE}[31m.csv"
    file.write_text(
        f"{HEAD}Du{ESCAPE}[2Jrand;Zoé;ag{ESCAPE}]0;ent;zoe.durand@agglo-lys.example;10/06/2026\n",
        "utf-8",
    )
    answer = CliRunner().invoke(app, ["check", str(file)])
    assert answer.exit_code == 1
    assert "suspicious" not in answer.stdout
    assert ESCAPE not in answer.stdout + answer.stderr


@pytest.mark.parametrize("environment", [{"COLUMNS": "20"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_piped_answer_has_no_width(annexe: Path, environment: dict[str, str]) -> None:
    answer = CliRunner().invoke(app, ["check", str(annexe)], env=environment)
    row = next(line for line in answer.stdout.splitlines() if "Zoé Durand" in line)
    assert "chargée de mission à la convention territoriale globale  10 juin 2026" in row
    assert ADDRESS in answer.stdout


@pytest.mark.parametrize("columns", [60, 90, 160])
def test_a_terminal_cuts_no_address_and_needs_no_wider_line_than_it_has(annexe: Path, columns: int) -> None:
    lines = _on_terminal("check", annexe, columns=columns).splitlines()
    assert any(ADDRESS in line for line in lines)
    assert any("10 juin 2026" in line for line in lines), "a date is read at a glance: never folded"
    table = lines[lines.index("Liste 1 : accès demandés ou ouverts") + 1 : -2]
    assert all(len(line) <= columns or ADDRESS in line for line in table), table


def _on_terminal(*arguments: object, columns: int) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    command = [sys.executable, "-m", "provisioner", *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, env={**environment, "NO_COLOR": "1", "TERM": "xterm"}):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # its end, on Linux
            pass
    os.close(ours)
    return re.sub(rf"{ESCAPE}\[[\d;]*m", "", shown.decode())
