"""The sheet of processing activities and the information notice: filled in from the settings, or to complete."""

from __future__ import annotations

from datetime import date

import pytest

from provisioner.domain.convention import Contact, Contacts, Role
from provisioner.domain.people import EmailAddress
from provisioner.settings import load_settings
from provisioner.views.hints import CAF_CONTACTS
from provisioner.views.registre import Registre

SET = {
    "PROVISIONER_CAF__NAME": "Caf du Pas-de-Calais",
    "PROVISIONER_CAF__ADDRESS": "Rue de Beauffort, Arras",
    "PROVISIONER_CAF__HOSTING": "Hébergeur <certifié>",
    "PROVISIONER_BACKUP__RECIPIENTS_FILE": "cles.txt",
    "PROVISIONER_BACKUP__KEEP_MONTHS": "4",
    "PROVISIONER_CONNECTIONS__KEEP_DAYS": "180",
    "PROVISIONER_INCIDENT__KEEP_YEARS": "3",
}


def _registre(environment: dict[str, str], *roles: Role) -> Registre:
    people = tuple(Contact(role=role, name="", email=EmailAddress(f"{role}@caf.example")) for role in roles)
    contacts = Contacts(date(2026, 6, 1), people) if people else None
    return Registre(load_settings(environment=environment), contacts, date(2026, 9, 15))


@pytest.mark.rule("D5")
@pytest.mark.rule("D6")
def test_both_pages_say_who_why_how_long_and_what_one_may_ask_for_from_the_settings() -> None:
    registre = _registre(SET, Role.HABILITATIONS, Role.PROTECTION_DONNEES)
    assert registre.lacking == ()
    for page in (registre.sheet(), registre.notice()):
        for said in ("Caf du Pas-de-Calais", "Arras", "Hébergeur &lt;certifié&gt;", "protection-donnees@caf.example"):
            assert said in page
        assert "180 jours, et au plus tard 6 mois après" in page
        assert "2 ans après la date de fin demandée" in page
        assert "2 ans après la fin de la convention" in page
        assert "3 ans après sa clôture" in page
        assert "4 mois\N{NO-BREAK SPACE}: la clé du mois" in page
        assert "[à compléter]" not in page
        assert "15 septembre 2026" in page
        assert "<script" not in page
    assert "www.cnil.fr" in registre.notice()
    assert "article 30" in registre.sheet()


OFFICER = f'{CAF_CONTACTS} --protection-donnees "NOM <ADRESSE>"'


@pytest.mark.rule("D6")
def test_what_nobody_has_set_is_left_to_complete_and_told() -> None:
    registre = _registre({})
    assert registre.lacking == (
        "PROVISIONER_CAF__NAME",
        "PROVISIONER_CAF__ADDRESS",
        "PROVISIONER_CAF__HOSTING",
        OFFICER,
    )
    assert registre.sheet().count("[à compléter]") >= 6
    assert _registre(SET, Role.HABILITATIONS).lacking == (OFFICER,)


@pytest.mark.rule("A10")
def test_neither_page_says_that_a_person_approves_where_the_software_does() -> None:
    by_name, automatic = _registre(SET), _registre(SET | {"PROVISIONER_APPROVAL__AUTOMATIC": "true"})
    assert "vérifiée et validée par une personne nommée" in by_name.sheet()
    assert "Aucune décision qui vous concerne n'est prise par un logiciel" in by_name.notice()
    assert "par le service lui-même" in automatic.sheet()
    assert "sans qu'une personne la relise" in automatic.notice()
    assert "Aucune décision qui vous concerne n'est prise" not in automatic.notice()


@pytest.mark.rule("D2")
def test_the_sheet_says_how_the_register_that_is_set_erases() -> None:
    assert "par réécriture" in _registre(SET).sheet()
    on_postgresql = _registre(SET | {"PROVISIONER_DATABASE__URL": "postgresql://127.0.0.1/registre"}).sheet()
    assert "par réécriture" not in on_postgresql
    assert "dans PostgreSQL" in on_postgresql
