"""Many partners from one file: all of it or nothing, and every error at once by its key."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.convention import Role
from tests.offline.conftest import TODAY, Office, opened
from tests.shared.examples import habilitation
from tests.shared.office import valid

LYS = """
[[partner]]
code = "agglo-lys"
name = "Agglo de la Lys"
domains = ["agglo-lys.example", "@Lys-Tourisme.example"]
signed_on = 2026-01-15
"""
TWO = f"""{LYS}
[[partner]]
code = "sivom-deule"
name = "Sivom de la Deûle"
domains = ["sivom-deule.example"]
ctg_end = 2031-06-30
"""

CONTACTS = f"""{LYS}
[partner.contacts]
on = 2026-01-20
habilitations = "Anne Petit <Anne.Petit@agglo-lys.example>"
securite = "Luc Roy <luc.roy@agglo-lys.example>"
"""
PAGE = Path(__file__).parents[2] / "docs" / "partners.md"


def test_the_example_of_the_documentation_is_imported_as_it_stands(office: Office) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    done = office.import_(example)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "Ajoutés : 2 (agglo-lys, sivom-deule)")
    assert office.records().partners["agglo-lys"].signed_on == date(2026, 1, 15)
    contacts = office.contacts("agglo-lys")
    assert contacts is not None
    assert [(person.role, person.name) for person in contacts.people] == [
        (Role.HABILITATIONS, "Anne Petit"),
        (Role.SECURITE, "Luc Roy"),
    ]
    assert office.contacts("sivom-deule") is None


def test_contacts_of_the_file_replace_the_annexe_2_as_a_whole_and_an_absent_table_leaves_it(office: Office) -> None:
    office.import_(CONTACTS)
    assert office.import_(LYS).stdout.splitlines()[2] == "Inchangés : 1 (agglo-lys)"
    assert office.import_(CONTACTS).stdout.splitlines()[2] == "Inchangés : 1 (agglo-lys)"
    newer = CONTACTS.replace("2026-01-20", "2026-06-01").replace("Luc Roy", "Paul Roy")
    assert office.import_(newer).stdout.splitlines()[1] == "Modifiés : 1 (agglo-lys)"
    contacts = office.contacts("agglo-lys")
    assert contacts is not None
    assert (contacts.dated, contacts.of(Role.SECURITE).name) == (date(2026, 6, 1), "Paul Roy")
    assert contacts.of(Role.HABILITATIONS).email == "anne.petit@agglo-lys.example"
    older = office.import_(CONTACTS)
    assert older.exit_code == 1
    assert "partner[1].contacts.on : Une annexe datée du 1er juin 2026 est enregistrée" in older.stderr
    assert office.contacts("agglo-lys") == contacts
    assert len(office.journal("partner.contacts")) == 2


def test_every_partner_of_the_file_is_registered(office: Office) -> None:
    done = office.import_(TWO)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == ["Ajoutés : 2 (agglo-lys, sivom-deule)", "Modifiés : 0", "Inchangés : 0"]
    partners = office.records().partners
    assert (partners["agglo-lys"].name, partners["agglo-lys"].signed_on) == ("Agglo de la Lys", date(2026, 1, 15))
    assert partners["agglo-lys"].domains == {"agglo-lys.example", "lys-tourisme.example"}
    assert partners["agglo-lys"].ctg_end == date(2030, 12, 31)
    assert (partners["sivom-deule"].signed_on, partners["sivom-deule"].ctg_end) == (None, date(2031, 6, 30))
    assert [entry["by"] for entry, _ in office.journal("partner.add")] == ["partner import"] * 2
    [(_, details)] = office.journal("partner.import")
    assert (details["added"], details["changed"], len(details["sha256"])) == (2, 0, 64)


def test_the_same_file_again_changes_nothing_and_writes_nothing(office: Office) -> None:
    office.import_(TWO)
    again = office.import_(TWO, "--format", "json", "--by", "Claire Martin")
    assert valid(json.loads(again.stdout), "partner_import") == {
        "added": [],
        "changed": [],
        "unchanged": ["agglo-lys", "sivom-deule"],
    }
    assert len(office.journal("partner.import")) == 1


def test_a_known_partner_is_changed_and_an_absent_key_leaves_the_thing_alone(office: Office) -> None:
    office.import_(TWO)
    changed = office.import_(
        '[[partner]]\ncode = "sivom-deule"\nsigned_on = 2026-09-01\n'
        '[[partner]]\ncode = "agglo-lys"\ndomains = ["agglo-lys.example"]\n',
        "--by",
        "Claire Martin",
    )
    assert changed.stdout.splitlines()[1] == "Modifiés : 2 (sivom-deule, agglo-lys)"
    partners = office.records().partners
    deule, lys = partners["sivom-deule"], partners["agglo-lys"]
    assert (deule.name, deule.ctg_end, deule.signed_on) == (
        "Sivom de la Deûle",
        date(2031, 6, 30),
        date(2026, 9, 1),
    )
    assert (lys.name, set(lys.domains), lys.signed_on) == (
        "Agglo de la Lys",
        {"agglo-lys.example"},
        date(2026, 1, 15),
    )
    assert [entry["by"] for entry, _ in office.journal("partner.set")] == ["Claire Martin"] * 2


def test_every_error_is_told_at_once_by_its_key_and_nothing_is_written(office: Office) -> None:
    done = office.import_(
        f"""{LYS}
[[partner]]
code = "Ville Lys"
name = 12
domains = []
signed_on = "2026-01-15"
town = "Lys"

[[partner]]
code = "ville-lys"
domains = ["ville-lys.example", "not a domain", 3]

[[partner]]
code = "agglo-lys"
ctg_end = 2025-12-31
signed_on = 2026-01-15T08:00:00

[[partner]]
code = "sivom"
name = " "
domains = ["sivom.example", "sivom"]
signed_on = 2031-01-01

[[partner]]
code = "canton"

[[partner]]
name = "Nobody"
"""
    )
    assert done.exit_code == 1
    assert done.stdout == ""
    known = "Celles qui existent ici : domains, ctg_end, contacts, signed_on, code, name, notice_days, addresses."
    date_expected = "une date est attendue, sans guillemets ni heure : 2026-01-15."
    assert done.stderr.splitlines()[1:] == [
        "partner[2].name : un texte entre guillemets est attendu.",
        f"partner[2].signed_on : {date_expected}",
        f"partner[2].town : clé inconnue. {known}",
        "partner[2].code : « Ville Lys » ne peut pas être un code : de 1 à 64 caractères sont attendus, parmi a-z, "
        "0-9 et le tiret.",
        (
            "partner[2].domains : Un partenaire doit déclarer au moins un domaine de messagerie, ou des adresses "
            "exactes."
        ),
        "partner[3].domains[3] : un texte entre guillemets est attendu.",
        "partner[3].domains : Ceci n'est pas un domaine de messagerie : « not a domain ». Forme attendue : "
        "mairie-exemple.fr.",
        "partner[3].name : à indiquer.",
        f"partner[4].signed_on : {date_expected}",
        "partner[4].name : à indiquer.",
        "partner[4].domains : à indiquer.",
        "partner[4].code : « agglo-lys » figure déjà dans partner[1].",
        "partner[5].domains : Ceci n'est pas un domaine de messagerie : « sivom ». Forme attendue : "
        "mairie-exemple.fr.",
        "partner[5].name : Indiquez le nom du partenaire.",
        "partner[5].signed_on : La convention serait signée après la fin de la CTG : corrigez l'une des deux dates.",
        "partner[6].name : à indiquer.",
        "partner[6].domains : à indiquer.",
        "partner[7].code : à indiquer.",
    ]
    assert office.records().partners == {}
    assert office.journal("partner.add") == []


def test_a_code_of_another_form_is_refused(office: Office) -> None:
    done = office.import_(LYS.replace('"agglo-lys"', '"Agglo Lys"'))
    assert done.exit_code == 1
    assert "partner[1].code : « Agglo Lys » ne peut pas être un code" in done.stderr


def test_a_date_that_disagrees_with_the_register_is_told_on_the_key_that_was_given(office: Office) -> None:
    office.import_(LYS)
    done = office.import_('[[partner]]\ncode = "agglo-lys"\nctg_end = 2025-12-31\n')
    assert done.exit_code == 1
    assert "partner[1].ctg_end : La convention serait signée après la fin de la CTG" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "partner : à indiquer."),
        ("partner = []", "partner : à indiquer."),
        ('[partner]\ncode = "agglo-lys"', "partner : une liste est attendue, entre crochets."),
        ('partner = ["agglo-lys"]', "partner[1] : une table est attendue."),
        (f'{LYS}\n[caf]\nname = "Caf"', "caf : clé inconnue."),
        (LYS.replace('code = "agglo-lys"', "code = agglo-lys"), "(at line 3, column 8)"),
        (b'# partners\n\n[[partner]]\nname = "D\xe9ule"\n', "Le fichier n'est pas un texte en UTF-8 (ligne 4)."),
        (b"\x00\x01", "n'est pas au format TOML"),
        ('"\\u001b[2J" = 1', "�[2J : clé inconnue"),
        ('[[partner]]\ncode = ["a"]', "partner[1].code : un texte entre guillemets est attendu."),
        (
            CONTACTS.replace("<luc.roy@agglo-lys.example>", ""),
            "partner[1].contacts.securite : Responsable de la sécurité : « NOM <ADRESSE> » est attendu",
        ),
        (CONTACTS.replace("luc.roy@", "luc.roy"), "« luc.royagglo-lys.example » n'est pas une adresse"),
        (
            CONTACTS.replace("Luc Roy ", ""),
            "partner[1].contacts.securite : Responsable de la sécurité : l'annexe 2 désigne une personne",
        ),
        (CONTACTS.replace("on = 2026", "on = 2027"), "partner[1].contacts.on : Le 20 janvier 2027 est à venir"),
        (LYS + "contacts = 3", "partner[1].contacts : une table est attendue."),
        (LYS + "contacts = {on = 2026-01-15, chef = 1}", "partner[1].contacts.habilitations : à indiquer."),
        (
            LYS + "contacts = {chef = 1}",
            "partner[1].contacts.chef : clé inconnue.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_writes_nothing(
    office: Office, text: str | bytes, says: str
) -> None:
    done = office.import_(text)
    assert done.exit_code == 1
    assert says in done.stderr
    assert office.records().partners == {}


def test_a_missing_file_is_wrong_usage(office: Office) -> None:
    assert office.run("partner", "import", office.home / "nowhere.toml").exit_code == 2


def test_a_file_saved_by_a_windows_editor_is_read(office: Office) -> None:
    done = office.import_(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())
    assert done.exit_code == 0
    assert office.records().partners["sivom-deule"].name == "Sivom de la Deûle"


def test_a_dry_run_judges_everything_and_writes_nothing(office: Office) -> None:
    office.import_(LYS)
    tried = office.import_(TWO, "--dry-run")
    assert tried.stdout.splitlines() == ["Ajoutés : 1 (sivom-deule)", "Modifiés : 0", "Inchangés : 1 (agglo-lys)"]
    assert "rien n'a été enregistré" in tried.stderr
    assert list(office.records().partners) == ["agglo-lys"]
    assert office.import_(LYS.replace("agglo-lys.example", "lys"), "--dry-run").exit_code == 1


@pytest.mark.rule("C3")
def test_a_file_does_not_take_back_an_announced_end(office: Office) -> None:
    office.import_(LYS)
    office.run("partner", "end", "agglo-lys", "--on", "2026-09-30", "--reason", "fusion", "--by", "Claire Martin")
    office.import_(LYS.replace("Agglo de", "Communauté de"))
    assert office.records().partners["agglo-lys"].ends_on == date(2026, 9, 30)


@pytest.mark.rule("C2")
def test_a_new_signature_in_the_file_waits_for_the_ended_convention_to_be_closed(office: Office) -> None:
    office.import_(LYS)
    office.run(
        "partner", "end", "agglo-lys", "--on", TODAY.isoformat(), "--reason", "fusion", "--by", "Claire Martin"
    )
    office.enter(opened(habilitation("leroy")))
    anew = '[[partner]]\ncode = "agglo-lys"\nsigned_on = 2026-10-01\n'
    too_soon = office.import_(anew)
    assert "partner[1].signed_on : La convention prend fin le 2 septembre 2026" in too_soon.stderr
    still_open = office.import_(anew, today=date(2026, 10, 1))
    assert (
        "partner[1].signed_on : Les accès de la convention terminée ne sont pas encore tous clôturés"
        in still_open.stderr
    )
    assert office.records().partners["agglo-lys"].signed_on == date(2026, 1, 15)
