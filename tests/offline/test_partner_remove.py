"""A partner that was entered by mistake is taken out of the register; one that was of use is not."""

from __future__ import annotations

import pytest

from tests.offline.conftest import Office, opened
from tests.shared.examples import LYS, habilitation

REMOVE = ("partner", "remove", LYS.code, "--by", "Claire Martin", "--reason", "code mal saisi")
CONTACTS = (
    *("partner", "contacts", LYS.code, "--on", "2026-09-01"),
    *("--habilitations", "Lou Petit <lou.petit@agglo-lys.example>", "--securite", "Max Roy <roy@agglo-lys.example>"),
)


@pytest.fixture
def mistaken(office: Office) -> Office:
    added = ("partner", "add", LYS.code, "--name", LYS.name, "--address", "lou.petit@agglo-lys.example")
    assert office.run(*added, "--signed-on", "2026-01-15").exit_code == 0
    assert office.run(*CONTACTS).exit_code == 0
    return office


@pytest.mark.rule("C4")
def test_a_partner_entered_by_mistake_goes_with_its_contacts_and_may_be_entered_again(mistaken: Office) -> None:
    removed = mistaken.run(*REMOVE)
    assert (removed.exit_code, removed.stderr.splitlines()[-1]) == (0, "Partenaire agglo-lys retiré du registre.")
    assert LYS.code not in mistaken.records().partners
    assert mistaken.contacts(LYS.code) is None
    [(entry, details)] = mistaken.journal("partner.remove")
    assert (entry["partner"], entry["by"], details["reason"]) == (LYS.code, "Claire Martin", "code mal saisi")
    assert mistaken.journal("partner.contacts") == [], "neither a name nor an address stays beside the journal"
    verified = mistaken.run("journal", "verify")
    assert verified.exit_code == 0, verified.stdout
    added = mistaken.run("partner", "add", LYS.code, "--name", "Agglo", "--domain", "agglo-lys.example")
    assert added.exit_code == 0
    assert mistaken.run("journal", "verify").exit_code == 0


def test_a_partner_with_an_access_a_pause_or_an_incident_stays(mistaken: Office) -> None:
    mistaken.run("pause", "--partner", LYS.code, "--by", "Claire Martin", "--reason", "travaux")
    refused = mistaken.run(*REMOVE)
    assert refused.exit_code == 1
    assert "le registre conserve pour lui une décision : pause" in refused.stderr
    mistaken.enter(opened(habilitation("leroy")))
    refused = mistaken.run(*REMOVE)
    assert refused.exit_code == 1
    assert "le registre conserve pour lui des habilitations" in refused.stderr
    assert LYS.code in mistaken.records().partners
    assert mistaken.journal("partner.remove") == []


def test_an_unknown_code_names_the_nearest(mistaken: Office) -> None:
    unknown = mistaken.run("partner", "show", "aglo-lys")
    assert unknown.exit_code == 2
    assert "Vouliez-vous écrire « agglo-lys » ?" in unknown.stderr
    far = mistaken.run("partner", "show", "sivom-du-bois")
    assert (far.exit_code, "Vouliez-vous" in far.stderr) == (2, False)
