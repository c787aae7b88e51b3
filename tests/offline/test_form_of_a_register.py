"""Forms and reports from a real register: two annexes were applied, then the commands are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from provisioner.cli.app import app
from provisioner.clock import Clock
from provisioner.documents import read_annexe
from provisioner.documents.form import EXTENSIONS
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.annexe.enter import enter
from provisioner.operations.partners import Given, add_partner
from provisioner.register import Register, Work, habilitations, open_register
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import Settings, load_settings
from tests.documents.making import SAMPLES, csv_form
from tests.shared.examples import LYS

FIRST, SECOND = "01-premiere-demande.docx", "02-ajouts-et-cloture.xlsx"
FIRST_DAY, SECOND_DAY = date(2026, 6, 16), date(2026, 9, 2)
OTHER = replace(LYS, code="ville-lys", name="Ville de la Lys")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A register to which both samples were applied, each on its day, and a second partner without anybody."""
    variables = {"PROVISIONER_DATA_DIR": str(tmp_path / "data"), "PROVISIONER_KEYCLOAK__URL": "http://127.0.0.1:9"}
    settings = load_settings(environment=variables)
    for name, today in ((FIRST, FIRST_DAY), (SECOND, SECOND_DAY)):
        register = open_register(settings, Clock().as_of(today))
        if today == FIRST_DAY:
            for partner in (LYS, OTHER):
                given = Given(name=partner.name, domains=partner.domains, signed_on=partner.signed_on)
                add_partner(register, partner.code, given, settings.documents, "test")
        enter_sample(register, settings, name, today)
        register.close()
    return {**variables, "PROVISIONER_TODAY": SECOND_DAY.isoformat()}


def enter_sample(register: Register, settings: Settings, name: str, today: date) -> None:
    """The sample in the register, and what it asks for done."""
    annexe = read_annexe((SAMPLES / name).read_bytes(), name, settings.documents)
    before = register.records()
    with register.work("test") as work:
        save_habilitations(work, before, enter(before, LYS.code, annexe, today))
    for habilitation in register.records().habilitations:
        with register.work("test") as work:
            _do(work, habilitation, today)


def _do(work: Work, habilitation: Habilitation, today: date) -> None:
    if habilitation.is_ending_on(today):
        habilitations.closed(work, habilitation, "A3")
    elif habilitation.state is State.PLANNED:
        habilitations.opened(work, habilitation, "open", "A1")


def run(environment: dict[str, str], *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


@pytest.mark.rule("A1")
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_form_names_the_right_persons_after_two_annexes(
    environment: dict[str, str], extension: str, tmp_path: Path
) -> None:
    file = tmp_path / f"annexe1{extension}"
    answer = run(environment, "annexe", "form", "--partner", LYS.code, "--output", file)
    assert answer.exit_code == 0, answer.stderr
    annexe = read_annexe(file.read_bytes(), file.name, load_settings(environment=environment).documents)
    assert [(row.last_name, row.first_names, row.function, row.on) for row in annexe.of_list(1)] == [
        ("Delattre", "Anne-Sophie", "chargée de coopération CTG", date(2026, 6, 10)),
        ("Leroy", "Alexandre", "directeur adjoint", date(2026, 6, 10)),
        ("Carpentier", "Alice", "Directrice", date(2026, 6, 10)),
        ("Nguyen", "Émilie", "chargée de mission petite enfance", date(2026, 9, 1)),
        ("O'Brien", "Seán", "coordonnateur jeunesse", date(2026, 9, 1)),
    ]
    assert [(row.last_name, row.on) for row in annexe.of_list(2)] == [("Vasseur", date(2026, 8, 31))]
    assert [finding.code for finding in annexe.findings] == ["transmission-date-missing"]


def test_the_report_names_the_partner(environment: dict[str, str]) -> None:
    answer = run(environment, "check", SAMPLES / SECOND, "--partner", LYS.code, "--format", "html")
    assert answer.exit_code == 0
    assert LYS.name in answer.stdout


@pytest.mark.rule("A8")
def test_the_report_does_not_say_that_an_address_is_another_partner_s(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "annexe1.csv"
    row = ("Carpentier", "Alice", "agente", "alice.carpentier@agglo-lys.example", "01/09/2026")
    file.write_bytes(csv_form([row], sent="01/09/2026"))
    answer = run(environment, "check", file, "--partner", OTHER.code, "--format", "html")
    assert answer.exit_code == 1
    text = html.document_fromstring(answer.stdout).text_content().replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera.") == 1
    for word in (LYS.name, "autre partenaire", "address-of-other-partner", "A8", "Directrice"):
        assert word not in text
