"""Whom pages and e-mails send people to: annexe 3's contact, which `realm apply` takes from the register."""

from __future__ import annotations

import pytest

from provisioner.domain.realm_model import PARTNER_NAME
from tests.shared.administrator import Administrator
from tests.shared.office import PARTNER, Office, valid

CONTACT = "text:cooperationContact"


def _contacts(office: Office, on: str, *more: str) -> None:
    assert office.run("caf", "contacts", "--on", on, "--habilitations", "acces@caf.example", *more).status == 0


def _told(office: Office) -> dict[str, str]:
    """What `realm check` tells of that text, seen by our service account: its value and the wanted one."""
    checked = valid(office.run("realm", "check", "--format", "json").json, "realm_check")
    (realm,) = checked["realms"]
    return {
        difference["present"]: difference["wanted"]
        for difference in realm["differences"]
        if difference["setting"] == CONTACT
    }


@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
def test_the_contact_follows_annexe_3_and_a_difference_is_told_until_the_realm_is_put_right(office: Office) -> None:
    office.sends_notices()
    administrator = Administrator(office.settings.keycloak)

    def shown() -> str | None:
        texts = administrator.get(f"admin/realms/{office.settings.keycloak.realm}/localization/fr")
        contact: str | None = texts.get("cooperationContact")
        return contact

    without = office.run("realm", "apply", program=None, **office.administrator)
    assert without.status == 0, without.err
    assert "Aucun registre lisible ici" in without.err
    assert shown() is None

    _contacts(office, "2026-01-15")
    assert _told(office) == {"": "acces@caf.example"}
    assert office.run("realm", "apply", program=None, **office.administrator).status == 0
    assert (shown(), _told(office)) == ("acces@caf.example", {})

    _contacts(office, "2026-02-15", "--technique", "support@caf.example")  # a new annexe 3
    assert _told(office) == {"acces@caf.example": "support@caf.example"}
    assert office.run("realm", "apply", program=None, **office.administrator).status == 0
    assert shown() == "support@caf.example"
    administrator.close()


@pytest.mark.rule("P2")
def test_a_partner_added_since_is_advice_and_one_that_was_renamed_a_difference(office: Office) -> None:
    office.sends_notices()
    office.add_partner()
    assert office.run("realm", "apply", program=None, **office.administrator).status == 0
    text = f"text:cooperationPartner.{PARTNER}"

    def told() -> list[tuple[str, bool]]:
        checked = valid(office.run("realm", "check", "--format", "json").json, "realm_check")
        (realm,) = checked["realms"]
        return [
            (difference["setting"], difference["advice"])
            for difference in realm["differences"]
            if PARTNER_NAME in difference["setting"]
        ]

    assert told() == []
    office.add_partner("voisine", "voisine.example")
    assert told() == [("text:cooperationPartner.voisine", True)]
    assert office.run("partner", "set", PARTNER, "--name", "Lys d'Artois", "--by", "Claire Martin").status == 0
    assert told() == [(text, False), ("text:cooperationPartner.voisine", True)]
    assert office.run("realm", "apply", program=None, **office.administrator).status == 0
    assert told() == []


def test_a_register_without_annexe_3_is_told_and_no_address_is_shown(office: Office) -> None:
    office.sends_notices()
    office.add_partner()
    applied = office.run("realm", "apply", program=None, **office.administrator)
    assert applied.status == 0, applied.err
    assert "provisioner caf contacts" in applied.err


def test_a_register_that_has_no_annexe_3_yet_is_no_difference(office: Office) -> None:
    """The realm was made before there was a register: nobody was to be named then, nobody is now."""
    office.sends_notices()
    assert office.run("realm", "apply", program=None, **office.administrator).status == 0
    office.add_partner()
    assert _told(office) == {}
