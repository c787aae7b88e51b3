"""`access list|late`: the lists as they are handed over."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from provisioner.domain.people import Person
from tests.offline.conftest import Office, opened
from tests.shared.examples import LYS, email, end, habilitation
from tests.shared.office import valid

ADDED = ("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15")


@pytest.fixture
def filled(office: Office) -> Office:
    """Leroy is open, Petit was closed three days late."""
    assert office.run(*ADDED).exit_code == 0
    assert office.run("partner", "add", "sivom", "--name", "Sivom", "--domain", "sivom.example").exit_code == 0
    formula = Person("=Leroy & <fils>", "Alex", "+agent _x0041_", email("leroy"))
    closed_at = datetime(2026, 9, 1, 8, tzinfo=UTC)
    late = replace(
        opened(habilitation("petit")), end=end(date(2026, 8, 28), recorded_on=date(2026, 9, 1)), closed_at=closed_at
    )
    office.enter(opened(replace(habilitation("leroy"), person=formula)), late)
    return office


def _cells(file: Path) -> list[list[str | date]]:
    """What the file's one sheet holds: texts, and dates where Excel shows dates."""
    with zipfile.ZipFile(file) as package:
        assert package.testzip() is None
        sheet = etree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    rows: list[list[str | date]] = []
    for row in sheet.iter("{*}row"):
        rows.append([])
        for cell in row:
            number, text = cell.findtext("{*}v"), cell.findtext("{*}is/{*}t") or ""
            text = re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), text)
            rows[-1].append(text if number is None else date(1899, 12, 30) + timedelta(days=int(number)))
    return rows


def _states(office: Office, *more: str) -> dict[str, str]:
    told = office.run("access", "list", "--format", "json", *more)
    assert told.exit_code == 0, told.stderr
    return {row["email"].partition("@")[0]: row["state"] for row in valid(json.loads(told.stdout), "access_list")}


def test_each_access_is_listed_with_its_state_on_the_day_that_is_asked_for(filled: Office) -> None:
    assert _states(filled) == {"leroy": "open", "petit": "closed"}
    assert _states(filled, "--as-of", "2026-08-31") == {"leroy": "open", "petit": "open"}
    assert _states(filled, "--as-of", "2031-01-01") == {"leroy": "closed", "petit": "closed"}
    assert _states(filled, "--partner", "sivom") == {}
    assert filled.run("access", "list").stdout.startswith("Ouverts 1 · clôturés 1\n")
    assert filled.run("access", "list", "--format", "csv").stdout.lstrip("\ufeff").startswith("Partenaire;Nom;")
    assert filled.run("access", "list", "--partner", "nobody").exit_code == 2
    (petit,) = [row for row in json.loads(filled.run("access", "list", "--format", "json").stdout) if row["ended_on"]]
    days = {name: petit[name] for name in ("requested_on", "opened_on", "ended_on", "closed_on")}
    assert list(days.values()) == ["2026-06-10", "2026-07-01", "2026-08-28", "2026-09-01"]


def test_a_spreadsheet_shows_texts_as_texts_and_dates_as_dates(filled: Office, tmp_path: Path) -> None:
    output = tmp_path / "acces.xlsx"
    assert filled.run("access", "list", "--format", "xlsx").exit_code == 2
    assert filled.run("access", "list", "--format", "xlsx", "--output", output).exit_code == 0
    assert output.stat().st_mode & 0o777 == 0o600
    titles, leroy, _ = _cells(output)
    assert titles[:3] == ["Partenaire", "Nom", "Prénoms"]
    assert leroy[1:4] == ["=Leroy & <fils>", "Alex", "+agent _x0041_"]
    assert leroy[7] == date(2026, 7, 1)
    assert filled.run("access", "list", "--format", "xlsx", "--output", output).exit_code == 2
    rows = list(csv.reader(io.StringIO(filled.run("access", "list", "--format", "csv").stdout), delimiter=";"))
    assert rows[1][1] == "'=Leroy & <fils>"


@pytest.mark.rule("V3")
def test_late_closures_are_listed_with_their_days_and_cause(filled: Office) -> None:
    told = filled.run("access", "late", "--format", "json")
    (late,) = valid(json.loads(told.stdout), "access_late")
    assert late == {
        "partner": LYS.code,
        "email": email("petit"),
        "due_on": "2026-08-29",
        "closed_on": "2026-09-01",
        "days": 3,
        "cause": "late-departure",
    }
    assert json.loads(filled.run("access", "late", "--from", "2026-09-02", "--format", "json").stdout) == []
    assert json.loads(filled.run("access", "late", "--to", "2026-08-31", "--format", "json").stdout) == []
    assert filled.run("access", "late", "--from", "2026-09-02", "--to", "2026-09-01").exit_code == 2
    assert "départ signalé tardivement" in filled.run("access", "late").stdout


def test_without_a_register_nothing_is_made(office: Office) -> None:
    for command in ("list", "late"):
        assert office.run("access", command).exit_code == 3
    assert not (office.home / "data").exists()
