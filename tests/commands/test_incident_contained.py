"""`incident declare --contain`: recorded and told first, then cut; said again, what is left is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.test_suspension import LEROY, TODAY, VASSEUR, states
from tests.shared.console import Console
from tests.shared.office import PARTNER, Answer, Office, valid

SECOND = ("--second", "Paul Roy")


def _contain(office: Office, *more: str, status: int = 0, keycloak: str = "") -> Answer:
    told = ("--origin", "caf", "--aware-since", TODAY, "--what", "Poste compromis", "--by", "Claire Martin")
    url = keycloak or office.environment["PROVISIONER_KEYCLOAK__URL"]
    asked = ("incident", "declare", *told, "--contain", *more, "--format", "json")
    answer = office.run(*asked, today=TODAY, PROVISIONER_KEYCLOAK__URL=url)
    assert answer.status == status, (answer.status, answer.err, answer.out)
    return answer


def _enabled(console: Console) -> list[bool]:
    return [console.user(email)["enabled"] for email in (LEROY, VASSEUR)]


@pytest.mark.rule("D5")
@pytest.mark.rule("L2")
def test_a_partner_or_a_person_is_cut_for_an_incident_that_was_recorded_before(office: Office, first: Path) -> None:
    console = Console(office)
    assert first.exists()
    _contain(office, status=2)
    _contain(office, "--partner", PARTNER, status=1)
    assert office.run("incident", "list", "--format", "json").json == [], "a second name lacks: nothing is recorded"

    person = valid(_contain(office, "--email", LEROY).json, "incident_declared")
    assert (person["incident"], person["cut"], person["not_cut"]) == (1, 1, 0)
    assert person["tokens_until"]
    assert _enabled(console) == [False, True]

    away = _contain(office, "--partner", PARTNER, *SECOND, status=3, keycloak="http://127.0.0.1:9")
    assert valid(away.json, "incident_declared") == {"incident": 2, "notify_before": "2026-09-05T00:00:00+02:00"}
    assert _enabled(console) == [False, True]
    again = valid(_contain(office, "--partner", PARTNER, *SECOND).json, "incident_declared")
    assert (again["incident"], again["cut"], again["not_cut"]) == (2, 1, 0)
    assert again["tokens_until"]
    assert _enabled(console) == [False, False]
    shown = valid(office.run("incident", "show", "2", "--format", "json").json, "incident")
    assert shown["contained"] == [PARTNER]
    assert f"Tous les accès du partenaire {PARTNER} sont coupés" in office.run("incident", "show", "2").out

    told = valid(office.run("person", "show", LEROY, "--format", "json", today=TODAY).json, "person_show")
    assert "Incidents de sécurité où figure la personne" in office.run("person", "show", LEROY, today=TODAY).out
    assert told["incidents"] == [{"incident": 1, "declared_on": TODAY, "closed_on": None}]

    back = ("--by", "Claire Martin", "--reason", "Poste changé")
    beside = office.run("person", "suspend", VASSEUR, *back, today=TODAY)
    assert (beside.status, "Cette suspension est enregistrée à part" in beside.err) == (0, True)
    assert office.run("partner", "reopen", PARTNER, *back, today=TODAY).status == 0
    assert {state for state, *_ in states(office).values()} == {"suspended"}
    assert office.run("person", "reopen", VASSEUR, *back, today=TODAY).status == 0
    assert {email: state for email, (state, *_) in states(office).items()} == {LEROY: "suspended", VASSEUR: "open"}
    assert office.run("journal", "verify").status == 0
