"""`connections report` as the Caf and a partner are given it, from a register whose records were read until today."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.people import EmailAddress, Person
from provisioner.operations.partners import Given, add_partner
from provisioner.settings import load_settings
from tests.offline.conftest import Office
from tests.shared.connections import lose, read
from tests.shared.examples import LYS, end
from tests.shared.office import valid

TODAY = date(2027, 3, 1)
BEGUN = datetime(2026, 6, 1, tzinfo=UTC)
OPENED = datetime(2026, 7, 1, 8, tzinfo=UTC)
READ_UNTIL = datetime(2027, 3, 2, tzinfo=UTC)  # whatever the hour at which the tests run
SMALL = replace(LYS, code="ville-lys", name="Ville de la Lys", domains=frozenset({"ville-lys.example"}))
YEAR = ("--from", "2026-07-01", "--to", "2027-03-01")
BY = ("--by", "Claire Martin", "--reason", "contrôle annuel")
USED_LATELY = ("Active", "Bernard", *(f"Colin{number}" for number in range(8)))


def _access(name: str, partner: str = LYS.code, **facts: Any) -> Habilitation:
    address = EmailAddress(f"{name.strip('=').lower()}@{LYS.code}.example")
    person = Person(last_name=name, first_names="Zoé", function="agente", email=address)
    days: dict[str, Any] = {"requested_on": OPENED.date(), "transmitted_on": OPENED.date()}
    return Habilitation(partner=partner, person=person, opened_at=OPENED, opened_number=1, **days, **facts)


def _email(name: str) -> str:
    return f"{name.lower()}@{LYS.code}.example"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Ten persons of one partner who log in, three who do not, one closed; the first is the other partner's too."""
    office = Office(tmp_path_factory.mktemp("office"))
    register = office.register(TODAY)
    documents = load_settings(environment=office.variables).documents
    for partner in (LYS, SMALL):
        given = Given(name=partner.name, domains=partner.domains, signed_on=partner.signed_on)
        add_partner(register, partner.code, given, documents, "test")
    closed_at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    office.enter(
        *(_access(name) for name in USED_LATELY),
        _access("=Jamais"),
        _access("Rare"),
        _access("Parti", closed_at=closed_at, end=end(date(2026, 11, 30))),
    )
    office.enter(_access("Active", SMALL.code, closed_at=closed_at, end=end(date(2026, 11, 30))))
    late = datetime(2027, 2, 1, 9, tzinfo=UTC)
    read(
        register,
        BEGUN,
        READ_UNTIL,
        *((_email(name), late, None, "192.0.2.1") for name in USED_LATELY),
        # One evening in UTC is the next day in Paris.
        (_email("Active"), datetime(2026, 8, 31, 21, 59, tzinfo=UTC), None, "192.0.2.1"),
        (_email("Active"), datetime(2026, 8, 31, 22, 1, tzinfo=UTC), None, "198.51.100.7"),
        (_email("Active"), datetime(2026, 8, 31, 22, 0, tzinfo=UTC), "invalid_user_credentials", "203.0.113.9"),
        (_email("Rare"), datetime(2026, 8, 1, 9, tzinfo=UTC), None, "192.0.2.1"),
        (_email("Parti"), closed_at - timedelta(days=1), None, "192.0.2.1"),
        (_email("Parti"), closed_at + timedelta(days=1), "user_disabled", "192.0.2.1"),
        ("root@elsewhere.example", late, None, "192.0.2.1"),
    )
    register.close()
    return office


def _report(office: Office, *arguments: str) -> Any:
    answer = office.run("connections", "report", *YEAR, *arguments, "--format", "json", today=TODAY)
    assert answer.exit_code == 0, answer.stderr
    return valid(json.loads(answer.stdout), "connections_report")


def _text(answer: Result) -> str:
    assert answer.exit_code == 0, answer.stderr
    return str(answer.stdout)


@pytest.mark.rule("L1")
def test_the_caf_sees_by_person_and_partner_logins_days_failures_and_addresses(office: Office) -> None:
    report = _report(office, "--for", "caf", *BY)
    persons = {(row["partner"], row["last_name"]): row for row in report["persons"]}
    here = persons[LYS.code, "Active"]
    assert (here["logins"], here["days"], here["failures"], here["addresses"]) == (3, 3, 1, 2)
    assert (here["state"], here["last_login_on"]) == ("open", "2027-02-01")
    elsewhere = persons[SMALL.code, "Active"]
    assert (elsewhere["logins"], elsewhere["state"]) == (2, "closed"), "only while it was open there"
    assert (elsewhere["last_login_on"], elsewhere["usage"]) == ("2026-09-01", None)
    gone = persons[LYS.code, "Parti"]
    assert (gone["logins"], gone["failures"]) == (1, 0), "a try after the closure is a control's"
    assert persons[LYS.code, "Rare"]["usage"] == {
        "state": "unused",
        "last_on": "2026-08-01",
        "known_since": "2026-07-01",
    }
    assert report["foreign"] == 1
    assert report["gaps"] == []
    assert {"month": "2026-09", "logins": 1} in report["months"], "31 August 22:01 in UTC is 1 September in Paris"


@pytest.mark.rule("L1")
def test_a_report_by_person_needs_a_name_and_a_reason_and_is_in_the_journal(office: Office) -> None:
    before = len(office.journal("connections.report"))
    for given in ((), BY[:2], BY[2:]):
        answer = office.run("connections", "report", *YEAR, "--for", "caf", *given, today=TODAY)
        assert (answer.exit_code, answer.stdout) == (2, "")
    assert len(office.journal("connections.report")) == before
    text = _text(office.run("connections", "report", *YEAR, "--for", "caf", *BY, today=TODAY))
    assert "présence" in text.splitlines()[-1]
    entry, details = office.journal("connections.report")[-1]
    assert (entry["by"], entry["partner"]) == ("Claire Martin", None)
    assert details == {"by": "Claire Martin", "reason": "contrôle annuel", "from": "2026-07-01", "to": "2027-03-01"}
    assert "Rapport nominatif" in _text(office.run("journal", "show", today=TODAY))


@pytest.mark.rule("L1")
def test_the_journal_is_whole_after_a_report(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.register(TODAY).close()
    text = _text(office.run("connections", "report", *YEAR, "--for", "caf", *BY, today=TODAY))
    assert "pas encore lu" in text
    assert "Journal conforme : 1 entrée." in _text(office.run("journal", "verify", today=TODAY))


@pytest.mark.rule("D4")
@pytest.mark.parametrize("format_", ["text", "json", "csv", "html"])
def test_a_partner_is_never_told_the_name_of_somebody_who_logged_in_lately_nor_any_address(
    office: Office, format_: str
) -> None:
    arguments = ("--for", "partner", "--partner", LYS.code, "--format", format_)
    text = _text(office.run("connections", "report", *YEAR, *arguments, today=TODAY))
    assert not [name for name in (*USED_LATELY, "Parti", "192.0.2.1", "@") if name in text.partition("<main>")[2]]
    assert not [name for name in (*USED_LATELY, "Parti", "192.0.2.1") if name in text]
    assert "=Jamais" in text
    assert "Rare" in text


@pytest.mark.rule("D4")
def test_a_partner_gets_counts_and_the_names_of_who_never_came_or_not_for_six_months(office: Office) -> None:
    report = _report(office, "--for", "partner", "--partner", LYS.code)
    assert (report["open"], report["used"], report["never_used"], report["unused"]) == (12, 11, 1, 1)
    assert [(row["last_name"], row["usage"]["state"]) for row in report["named"]] == [
        ("=Jamais", "never-used"),
        ("Rare", "unused"),
    ]
    assert {"month": "2027-02", "logins": 10} in report["months"]


@pytest.mark.rule("D4")
def test_a_partner_of_fewer_than_ten_open_accesses_gets_no_series(office: Office) -> None:
    report = _report(office, "--for", "partner", "--partner", SMALL.code)
    assert (report["open"], report["months"]) == (0, [])
    text = _text(office.run("connections", "report", *YEAR, "--for", "partner", "--partner", SMALL.code, today=TODAY))
    assert "Connexions par mois" not in text
    assert "Moins de 10 accès ouverts" in text


@pytest.mark.rule("L1")
def test_a_spreadsheet_takes_no_name_for_a_formula(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "rapport.csv"
    arguments = ("--for", "caf", *BY, "--format", "csv", "--output", str(file))
    assert _text(office.run("connections", "report", *YEAR, *arguments, today=TODAY)) == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert text.startswith("\N{BYTE ORDER MARK}")
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))
    assert rows[0][:4] == ["Partenaire", "Nom", "Prénom(s)", "Adresse électronique"]
    assert "'=Jamais" in {row[1] for row in rows if len(row) > 1}
    assert "discipline" in rows[-1][0] or "disciplinaire" in rows[-1][0]
    again = office.run("connections", "report", *YEAR, *arguments, today=TODAY)
    assert again.exit_code == 2, "never in place of another file"


@pytest.mark.rule("L1")
def test_a_report_says_first_what_was_not_read(office: Office) -> None:
    arguments = ("--to", "2027-03-01", "--for", "partner", "--partner", LYS.code)
    text = _text(office.run("connections", "report", "--from", "2026-05-01", *arguments, today=TODAY))
    assert "Du 1er mai 2026 à 0 h 00 au 1er juin 2026 à 2 h 00 : avant la première lecture." in text
    register = office.register(TODAY)
    lose(register, [(datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))])
    register.close()
    text = _text(office.run("connections", "report", "--from", "2026-06-02", *arguments, today=TODAY))
    assert "Du 2 juin 2026 à 2 h 00 au 3 juin 2026 à 2 h 00 : événements disparus" in text
    assert "Période lue sans lacune." in _text(
        office.run("connections", "report", *YEAR[:2], *arguments, today=TODAY)
    )


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2027-02-02", "--to", "2027-02-01", "--for", "caf", *BY),
        ("--from", "2027-02-02", "--to", "2027-03-02", "--for", "caf", *BY),
        (*YEAR, "--for", "partner"),
        (*YEAR, "--for", "partner", "--partner", "inconnu"),
        (*YEAR, "--for", "caf", *BY, "--output", "."),
    ],
    ids=["ends before it begins", "ends tomorrow", "no partner", "unknown partner", "a folder"],
)
def test_a_report_that_cannot_be_made_is_refused_and_recorded_nowhere(
    office: Office, arguments: tuple[str, ...]
) -> None:
    before = len(office.journal("connections.report"))
    assert office.run("connections", "report", *arguments, today=TODAY).exit_code == 2
    assert len(office.journal("connections.report")) == before
