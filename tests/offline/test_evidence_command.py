"""`evidence` and `journal verify --extract` as they are typed: the password, the exit statuses, the file alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.offline.conftest import Office, opened
from tests.shared.examples import LYS, habilitation
from tests.shared.office import valid

ADDED = ("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15")
PASSWORD = "une phrase de passe longue"
ASKED = ("--partner", LYS.code, "--year", "2026", "--for", "caf", "--by", "Claire Martin", "--reason", "Contrôle")


@pytest.fixture
def filled(office: Office) -> Office:
    assert office.run(*ADDED).exit_code == 0
    office.enter(opened(habilitation("leroy")))
    (office.home / "secret").write_text(f"{PASSWORD}\n", "utf-8")
    return office


def test_the_file_is_made_and_verified_without_a_register(filled: Office) -> None:
    output, secret = filled.home / "dossier.zip", ("--password-file", filled.home / "secret")
    made = filled.run("evidence", *ASKED, "--output", output, *secret, "--format", "json")
    assert made.exit_code == 0, made.stderr
    answer = valid(json.loads(made.stdout), "evidence")
    assert (answer["file"], answer["for"], answer["destroy_by"]) == ("dossier.zip", "caf", "2026-12-01")
    assert PASSWORD not in made.stdout + made.stderr
    assert output.stat().st_mode & 0o777 == 0o600
    assert b"Leroy" not in output.read_bytes()
    assert [body["by"] for body, _ in filled.journal("evidence.made")] == ["Claire Martin"]
    (filled.home / "data").rename(filled.home / "away")
    verified = filled.run("journal", "verify", "--extract", output, *secret)
    assert verified.exit_code == 0, verified.stderr
    assert "À détruire au plus tard le 1er décembre 2026" in verified.stdout
    assert f"Empreinte SHA-256 du fichier : {answer['sha256']}" in verified.stdout
    assert "celle que le journal de la Caf a enregistrée" in " ".join(verified.stdout.split())
    head = f"{answer['head']['entry']}:{'b' * 64}"
    against = filled.run("journal", "verify", "--extract", output, *secret, "--head", head, "--format", "json")
    assert against.exit_code == 1
    told = valid(json.loads(against.stdout), "journal_verify")
    assert (told["problem"], told["file_sha256"]) == ("rewritten", answer["sha256"])
    assert not (filled.home / "data").exists()


def test_a_year_of_which_nothing_is_known_is_told_beside_the_file(filled: Office) -> None:
    asked = ["2015" if word == "2026" else word for word in ASKED]
    made = filled.run(
        "evidence", *asked, "--output", filled.home / "vide.zip", "--password-file", filled.home / "secret"
    )
    assert made.exit_code == 0, made.stderr
    assert "Le registre ne contient rien sur ce partenaire pour 2015 : tous les tableaux sont vides." in made.stdout


def test_a_wrong_password_is_one_french_sentence(filled: Office) -> None:
    output = filled.home / "dossier.zip"
    secret = ("--password-file", filled.home / "secret")
    assert filled.run("evidence", *ASKED, "--output", output, *secret).exit_code == 0
    (filled.home / "other").write_text("une autre phrase de passe", "utf-8")
    refused = filled.run("journal", "verify", "--extract", output, "--password-file", filled.home / "other")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("Le mot de passe n'est pas celui de ce dossier de preuve.\n")


def test_nothing_is_made_of_what_is_asked_in_a_wrong_way(filled: Office, tmp_path: Path) -> None:
    output, secret = filled.home / "dossier.zip", ("--password-file", filled.home / "secret")
    (filled.home / "short").write_text("trop court", "utf-8")
    for wrong in (
        (*ASKED, "--output", output),  # nobody can be asked for the password
        (*ASKED, "--output", output, "--password-file", filled.home / "short"),
        (*ASKED, "--output", output, *secret, "--partner", "nobody"),
        (*ASKED, "--output", output, *secret, "--year", "2027"),
        (*ASKED, "--output", output, *secret, "--by", " "),
        (*ASKED, "--output", output, *secret, "--reason", " "),
        (*ASKED, "--output", filled.home / "nowhere" / "dossier.zip", *secret),
    ):
        assert filled.run("evidence", *wrong).exit_code == 2, wrong
    assert filled.journal("evidence.made") == []
    assert [path.name for path in filled.home.iterdir() if "dossier" in path.name] == []
    assert filled.run("journal", "verify", *secret).exit_code == 2


def test_a_password_is_asked_twice_on_a_terminal(filled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.cli import asking

    typed = [PASSWORD, PASSWORD]
    monkeypatch.setattr(asking, "getpass", lambda _question: typed.pop(0))
    monkeypatch.setattr(asking, "is_at_a_terminal", lambda: True)
    output = filled.home / "dossier.zip"
    assert filled.run("evidence", *ASKED, "--output", output).exit_code == 0
    assert typed == []
    typed += [PASSWORD, f"{PASSWORD} ?"]
    assert filled.run("evidence", *ASKED, "--output", filled.home / "autre.zip").exit_code == 2
