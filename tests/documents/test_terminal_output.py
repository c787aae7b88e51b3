"""What is printed on a terminal carries no escape sequence of a document's."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from provisioner.cli.app import app

ESCAPE = "\x1b"


def test_neither_a_files_name_nor_its_cells_can_write_escape_sequences(tmp_path: Path) -> None:
    file = tmp_path / f"a{ESCAPE}[31m.csv"
    file.write_text(
        "ANNEXE 1\nDate de transmission :;01/09/2026\n1 - Liste des personnes\n"
        "Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation\n"
        f"Du{ESCAPE}[2Jrand;Zoé;ag{ESCAPE}]0;ent;zoe.durand@agglo-lys.example;10/06/2026\n",
        "utf-8",
    )
    answer = CliRunner().invoke(app, ["check", str(file)])
    assert answer.exit_code == 1
    assert "suspicious" not in answer.stdout
    assert ESCAPE not in answer.stdout + answer.stderr
