"""A reminder of the yearly review, by the real command on a real Keycloak: the list is held against it (V1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, valid

DUE = "2027-06-15"


@pytest.mark.rule("V1")
def test_the_reminder_goes_to_both_contacts_and_what_keycloak_tells_differently_to_the_caf(
    office: Office, first: Path
) -> None:
    office.sends_notices()
    on = ("--on", "2026-06-15")
    people = ("--habilitations", f"C M <camille@{DOMAIN}>", "--securite", f"H P <hugo@{DOMAIN}>")
    assert office.run("caf", "contacts", *on, "--habilitations", "hab@caf.example", today=FIRST_DAY).status == 0
    assert office.run("partner", "contacts", PARTNER, *on, *people, today=FIRST_DAY).status == 0
    office.sync(today=FIRST_DAY)
    console = Console(office)
    console.save(f"vasseur@{DOMAIN}", enabled=False)
    said = office.run("review", "remind", today=DUE)
    assert said.status == 0, said.err
    told = {mail.to: mail for mail in office.mails() if "revue annuelle" in mail.subject}
    assert set(told) == {f"camille@{DOMAIN}", f"hugo@{DOMAIN}", "hab@caf.example"}
    assert f"vasseur@{DOMAIN} : dans la liste, compte désactivé dans Keycloak." in " ".join(
        told["hab@caf.example"].text.split()
    )
    shown = valid(office.run("review", "show", PARTNER, "--format", "json", today=DUE).json, "review")
    assert (shown["population"], shown["doubtful"]) == (2, [f"vasseur@{DOMAIN}"])
    assert "Aucun rappel" in office.run("review", "remind", today=DUE).err
