"""`review lag`, `review report`: as they are handed over."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.offline.conftest import Office, opened
from tests.shared.examples import LYS, end, habilitation
from tests.shared.office import valid

ADDED = ("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15")


@pytest.mark.rule("V3")
def test_the_lag_of_departures_is_given_by_partner_and_year(office: Office) -> None:
    assert office.run(*ADDED).exit_code == 0
    told = [replace(end(date(2026, 8, 28)), received_on=day) for day in (date(2026, 8, 29), date(2026, 9, 9))]
    office.enter(
        *(opened(replace(habilitation(name), end=e)) for name, e in zip(("petit", "roux"), told, strict=True))
    )
    asked = ("review", "lag", "--year", "2026", "--partner", LYS.code)
    answer = office.run(*asked, "--format", "json")
    assert answer.exit_code == 0, answer.stderr
    assert valid(json.loads(answer.stdout), "review_lag") == [
        {
            "partner": LYS.code,
            "year": 2026,
            "departures": 2,
            "on_time": 1,
            "share": 0.5,
            "median_days": 6.5,
            "longest_days": 12,
        }
    ]
    rows = list(
        csv.reader(
            io.StringIO(office.run(*asked, "--format", "csv").stdout.lstrip("\N{BYTE ORDER MARK}")), delimiter=";"
        )
    )
    assert rows[1] == [LYS.code, "2026", "2", "1", "50 %", "6,5", "12"]
    assert "Signalés en 7 j au plus" in office.run(*asked).stdout
    assert json.loads(office.run("review", "lag", "--year", "2025", "--format", "json").stdout) == []
    assert office.run("review", "lag", "--partner", "inconnu").exit_code == 2


@pytest.mark.rule("V2")
def test_the_control_report_is_given_in_each_format_and_names_no_person(office: Office, tmp_path: Path) -> None:
    assert office.run(*ADDED).exit_code == 0
    told = replace(end(date(2026, 8, 28)), received_on=date(2026, 9, 9))
    office.enter(opened(habilitation("leroy")), opened(replace(habilitation("petit"), end=told)))
    asked = ("review", "report", "--as-of", "2027-03-01")
    answer = office.run(*asked, "--format", "json")
    assert answer.exit_code == 0, answer.stderr
    report = valid(json.loads(answer.stdout), "review_report")
    (partner,) = report["partners"]
    assert (report["as_of"], partner["partner"], partner["in_force"]) == ("2027-03-01", LYS.code, True)
    assert (partner["departures"], partner["on_time"], partner["longest_days"]) == (1, 0, 12)
    assert (partner["review_due_on"], partner["days_late"]) == ("2027-01-15", 45)
    text = office.run(*asked).stdout
    assert "Départs sur 12 mois : 1, dont signalés en 7 j au plus : 0 (0 %)." in text
    table = office.run(*asked, "--format", "csv").stdout.lstrip("\N{BYTE ORDER MARK}")
    (row,) = csv.DictReader(io.StringIO(table), delimiter=";")
    assert (row["partner"], row["days_late"], row["in_force"]) == (LYS.code, "45", "oui")
    page = tmp_path / "controle.html"
    written = office.run(*asked, "--format", "html", "--output", str(page))
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr.endswith(f"Écrit : {page}.\n")
    html = page.read_text("utf-8")
    assert "Contrôle des partenaires au 1er mars 2027" in html
    assert html.count('role="img"') == 1, "a chart where there is something to show"
    for given in (answer.stdout, text, table, html):
        assert not any(word in given.lower() for word in ("leroy", "petit", "@agglo"))
    assert office.run(*asked, "--format", "html", "--output", str(page)).exit_code == 2
