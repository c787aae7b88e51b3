"""What may mean two things is asked about; what an attentive officer reads without hesitation is read."""

from __future__ import annotations

from datetime import date

import pytest

from provisioner.documents.blocks import Block, Reading, TableRow
from provisioner.documents.meaning import understand
from provisioner.domain.annexe.document import Annexe, Finding, Severity
from provisioner.views.findings import message
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    BOB,
    HEADING_1,
    HEADING_2,
    TITLES_1,
    TITLES_2,
    cell,
    docx,
    paragraph,
    run,
    word_row,
    word_table,
)
from tests.documents.test_meaning import codes, emails, form, table, whole

BARE = (*TITLES_1[:4], "Date")
LEAVER = ("Petit", "Luc", "agent", "luc@agglo-lys.example", "31/08/2026")


def dated(*lines: Block) -> Annexe:
    """The form with these lines in place of its date of transmission."""
    return understand(Reading(["ANNEXE 1", *lines, HEADING_1, table(TITLES_1, ALICE)]))


def errors(annexe: Annexe) -> list[Finding]:
    return [finding for finding in annexe.findings if finding.severity is Severity.ERROR]


# Headings


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "heading",
    [
        "À clôturer",
        "Comptes à bloquer",
        "Personnes partantes",
        "Personnes sortantes",
        "Personnel parti",
        "Personnels ayant quitté le CCAS",
        "Mouvements : départs",
        "Accès à couper",
        "Agents n'étant plus en poste",
        "Liste 2 - annule et remplace la fiche du 13/04/2026",
    ],
)
def test_a_heading_that_plainly_speaks_of_closing_is_list_2(heading: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), heading, table(TITLES_2, LEAVER))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert not errors(annexe)


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "heading",
    [
        "Départs annulés",
        "Personnes dont la clôture a été annulée",
        "Clôtures reportées",
        "Les personnes suivantes conservent leur accès jusqu'à leur départ",
    ],
)
def test_a_closing_that_was_called_off_closes_nobody(heading: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), heading, table(TITLES_2, LEAVER))
    assert emails(annexe, 2) == []
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.rule("A1")
@pytest.mark.parametrize("words", ["2", "II", "Tableau 2", "Feuil2", "Personnes concernées"])
def test_a_second_table_whose_date_could_be_either_is_joined_to_no_list(words: str) -> None:
    annexe = form(HEADING_1, table(BARE, ALICE), words, table(BARE, LEAVER))
    assert emails(annexe) == [ALICE[3]]
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.rule("A3")
def test_a_table_of_other_titles_below_list_2_closes_nobody() -> None:
    titles = ("Nom", "Prénom", "Fonction", "Mail", "Date")
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER), "", table(titles, BOB))
    assert emails(annexe, 2) == [LEAVER[3]]
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.rule("A1")
def test_a_list_that_goes_on_in_a_second_table_of_its_titles_is_read_whole() -> None:
    annexe = form(HEADING_1, table(BARE, ALICE), "Suite", table(BARE, BOB))
    assert emails(annexe) == [ALICE[3], BOB[3]]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "words",
    [
        "Suite de la liste 1",
        "suite page 2",
        "Accès déjà ouverts",
        "Accès existants",
        "Renouvellements",
        "Élus",
        "A - Petite enfance",
        "B) Jeunesse",
        "Partie famille",
        "Accueil de loisirs",
    ],
)
@pytest.mark.parametrize("in_the_table", [True, False])
def test_a_list_goes_on_under_words_of_its_own(words: str, in_the_table: bool) -> None:
    rows = [table(TITLES_1, ALICE, (words,), BOB)] if in_the_table else [table(TITLES_1, ALICE), words, table(BOB)]
    annexe = form(HEADING_1, *rows, HEADING_2, table(TITLES_2, LEAVER))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3], BOB[3]], [LEAVER[3]])
    assert not errors(annexe)


@pytest.mark.rule("A3")
@pytest.mark.parametrize("words", ["Accès à supprimer", "Départs", "En attente de validation", "Ouvertures annulées"])
def test_a_list_does_not_go_on_under_words_of_something_else(words: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE, (words,), BOB), HEADING_2, table(TITLES_2, LEAVER))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert errors(annexe)


@pytest.mark.parametrize(
    "words",
    ["Annexe 2 - contacts : RAS", "Annexe 2 : à jour", "Annexe 2 : OK", "Annexe 2 : mise à jour envoyée à part"],
)
def test_another_annexe_that_is_only_spoken_of_does_not_end_the_reading(words: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), words, HEADING_2, table(TITLES_2, LEAVER))
    assert emails(annexe, 2) == [LEAVER[3]]
    assert not errors(annexe)


# Persons outside the tables


@pytest.mark.rule("A3")
@pytest.mark.parametrize("line", ["Petit Luc, parti le 31/08/2026", "M. Petit a quitté la mairie", "- Luc Petit"])
def test_a_leaver_named_under_list_2_without_a_table_is_told(line: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, line)
    (told,) = errors(annexe)
    assert told.code == "table-not-understood"
    assert line.lstrip("- ") in (told.value or "")


@pytest.mark.rule("A3")
@pytest.mark.parametrize("line", ["Néant", "Il n'y a pas de clôture à ce jour.", "Aucun départ depuis le 13/04/2026"])
def test_words_that_say_that_nobody_leaves_are_no_leaver(line: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, line, "Arras, le 15/06/2026", "Le Maire")
    assert codes(annexe) == [("list-missing", 2)]


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "line",
    [
        "Merci de clôturer également l'accès de Léo Noir au 30/06/2026.",
        "NB : l'accès de M. Noir est à supprimer",
        "Merci d'ouvrir aussi un accès à Eva Roux (eva.roux@agglo-lys.example).",
        "Mme Noir a quitté la commune.",
        "Merci de supprimer Léo Noir (service enfance).",
        "NOIR Léo est à clôturer",
        "Eva Roux remplace Léo Noir, merci de supprimer son accès",
        "Merci d'ouvrir un accès à eva.roux@agglo-lys.example",
        "Merci de supprimer l'accès suivant : eva.roux@agglo-lys.example",
        "Nouvel accès pour M. Noir",
        "Demande d'accès pour M. Léo Noir",
        "Mme Noir n'est plus en poste.",
        "Suppression de l'accès de Mme Noir",
        "À supprimer également : Léo Noir et Eva Roux",
        "MERCI DE SUPPRIMER L'ACCES DE MME NOIR",
        "Merci de supprimer tous les accès de Mme Noir.",
        "Merci de suspendre l'accès de M. Noir",
        "Mme Noir, merci de supprimer son accès",
        "Courriel à supprimer : lea.noir@agglo-lys.example",
        "À ajouter : Léa Noir, agent, lea.noir@agglo-lys.example",
    ],
)
@pytest.mark.parametrize("in_a_sheet", [False, True])
@pytest.mark.parametrize("at", [0, 2, 3, 5])
def test_what_is_asked_for_somebody_outside_the_lists_is_told_and_the_lists_are_read(
    line: str, in_a_sheet: bool, at: int
) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), "", HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, table((line,)) if in_a_sheet else line)
    annexe = form(*blocks)
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert [(finding.code, finding.value) for finding in errors(annexe)] == [("table-not-understood", line)]


@pytest.mark.parametrize(
    "line",
    [
        "Merci d'ouvrir les accès pour le 10/09/2026.",
        "En cas de départ, prévenir Mme Durand pour clôturer l'accès.",
        "Le référent du partenaire est Mme Zoé Roy.",
        "Établi par Mme Zoé Roy, chargée de créer et de clôturer les accès",
        "MERCI DE FERMER LES ACCES DES AGENTS SUIVANTS",
        "Merci d'habiliter les agents suivants à Mon Compte Partenaire.",
        "La Caf peut suspendre ou supprimer un accès ; Mon Compte Partenaire est alors fermé.",
        "Document à renvoyer à habilitations@caf.example. Ne pas supprimer de colonne.",
        "Merci de créer les accès du Relais Petite Enfance",
        "Le Partenaire s'engage à supprimer les habilitations auprès de la Caisse d'Allocations Familiales.",
        "Merci de supprimer Mon Compte Partenaire",
        "Contact : M. Durand. Merci de supprimer les lignes vides",
        "Pour créer ou supprimer un accès, contactez habilitations@caf.example",
        "Je soussignée Mme Zoé Roy, maire, demande de créer les accès ci-dessous.",
        "Administrateur local : Mme Zoé Roy, habilitée à créer et supprimer les comptes",
        "Monsieur Martin, merci d'ouvrir les accès ci-dessous",
        "Suite à notre échange avec Mme Durand, voici la liste des accès à ouvrir.",
        "Liste des accès à clôturer, établie par Mme Roy",
        "Mme Durand (Caf) nous a demandé de supprimer les anciens accès.",
        "Tous les départs sont à signaler à Mme Durand, qui clôture les accès.",
        "Caf du Pas-de-Calais",
        "Caisse d'Allocations Familiales du Pas-de-Calais",
    ],
)
@pytest.mark.parametrize("at", [0, 2])
def test_words_that_ask_for_nobody_by_name_are_no_person(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    assert not errors(form(*blocks))


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "line",
    [
        "Mme Noir part à la retraite le 31/08/2026.",
        "Mme Roux remplace M. Noir.",
        "Merci de faire le nécessaire pour M. Noir",
        "- Noir Léo",
        "Oubli : Noir Léo, leo.noir@agglo-lys.example",
        "Noir Léo, agent d'accueil, 12/06/2026",
        "Ne pas tenir compte de la ligne 1",
        "L'adresse de Mme Carpentier a changé.",
    ],
)
@pytest.mark.parametrize("at", [0, 2, 3])
def test_who_is_named_outside_the_lists_without_a_role_is_told_with_a_warning(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), "", HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    annexe = form(*blocks)
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    (told,) = annexe.findings
    assert (told.code, told.severity, told.value) == ("table-not-understood", Severity.WARNING, line)


@pytest.mark.parametrize(
    "line",
    [
        "Madame Durand,",
        "À l'attention de Mme Durand",
        "Dossier suivi par Mme Roy - 03 21 00 00 00",
        "Contact : zoe.roy@agglo-lys.example",
        "mairie@agglo-lys.example",
        "Mme Zoé Roy, directrice générale des services",
        "Pour toute question : Mme Roy",
        "Représentée par M. Jean Petit, président",
        "Personne responsable des habilitations : Mme Zoé Roy",
        "L'adjointe déléguée, Mme Noir",
        "Hôtel de Ville, place du Général de Gaulle",
        "Rue Jean Jaurès, 62190 Lillers",
        "Mme Zoé Roy, coordinatrice CTG",
        "Mme Roy, responsable des habilitations",
        "Personne en charge des habilitations : Mme Zoé Roy",
        "Nom et prénom du responsable des habilitations : Mme Zoé Roy",
        "RSSI : M. Léo Roy",
        "Pièces jointes : courrier de M. Petit",
        "Madame Durand - Caf du Pas-de-Calais",
        "À Mme Durand",
        "Nous remercions Mme Durand pour son accompagnement.",
    ],
)
def test_who_signs_is_addressed_or_is_to_be_contacted_is_not_told(line: str) -> None:
    annexe = form(line, HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER), "", line)
    assert annexe.findings == ()


@pytest.mark.parametrize(
    "line",
    [
        "Affaire suivie par Mme Close",
        "Le Vice-Président, M. Marc FERMÉ",
        "Coordinateur CTG : Marc Fermé",
        "Vos interlocuteurs : Mme Mars et M. Clos",
        "DPO : depart@agglo-lys.example",
        "Vous disposez d'un droit d'accès, de rectification et de suppression auprès de Mme Roy, DPO.",
        "Pour la suppression de vos données, contactez Mme Roy (dpo@agglo-lys.example).",
    ],
)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_name_that_is_a_word_and_the_notice_on_ones_data_ask_for_nothing(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    assert form(*blocks).findings == ()


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "line",
    [
        "Suite au départ de M. Petit et à l'arrivée de Mme Carpentier, voici l'annexe mise à jour.",
        "Objet : clôture du compte de M. Petit",
        "Luc Petit a quitté la commune le 31/08/2026.",
        "Mme Carpentier est arrivée le 10/06/2026.",
    ],
)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_who_is_asked_for_and_stands_in_that_list_is_told_with_a_warning(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    (told,) = form(*blocks).findings
    assert (told.code, told.severity, told.value) == ("table-not-understood", Severity.WARNING, line)


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "line",
    [
        "Suite au départ de Mme Carpentier, voici l'annexe mise à jour.",
        "Merci de clôturer les accès de M. Petit et de Mme Noir.",
        "Merci de clôturer les accès de Mmes Petit et Noir.",
        "Merci de suspendre l'accès de M. Petit.",
        "Merci de ne pas clôturer l'accès de M. Petit.",
        "M. Petit, dont le départ était prévu, garde son accès.",
    ],
)
def test_who_is_asked_for_and_stands_in_the_other_list_or_in_none_is_an_error(line: str) -> None:
    annexe = form(line, HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER))
    assert [(finding.code, finding.value) for finding in errors(annexe)] == [("table-not-understood", line)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("at", "line"),
    [
        (1, "Rappel : les personnes à clôturer sont retirées de la liste 1."),
        (1, "Le partenaire s'engage à signaler sans délai tout départ d'un agent habilité."),
        (1, "Les codes d'accès sont personnels et ne doivent pas être communiqués."),
        (3, "Rappel : toute modification doit faire l'objet d'une nouvelle annexe 1."),
    ],
)
def test_a_rule_of_the_convention_under_a_heading_changes_nothing(at: int, line: str) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    annexe = form(*blocks)
    assert (emails(annexe), emails(annexe, 2), annexe.findings) == ([ALICE[3]], [LEAVER[3]], ())


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "line",
    [
        "Tous les champs sont obligatoires.",
        "(agents du service petite enfance et élus)",
        "Une ligne par agent",
        "Liste nominative des agents :",
        "Personnel communal",
        "Lille, le 15 juin 2026",
        "Les adresses génériques ne sont pas acceptées.",
    ],
)
@pytest.mark.parametrize("in_a_sheet", [False, True])
@pytest.mark.parametrize("at", [1, 3])
def test_words_that_tell_of_no_list_stand_between_its_heading_and_its_table(
    line: str, in_a_sheet: bool, at: int
) -> None:
    rows = [(HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER]
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    rows.insert({1: 1, 3: 4}[at], (line,))
    annexe = form(table(*rows)) if in_a_sheet else form(*blocks)
    assert (emails(annexe), emails(annexe, 2), annexe.findings) == ([ALICE[3]], [LEAVER[3]], ())


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (["Personnel communal"], BARE),
        (["Personnel communal"], TITLES_1),
        (["Néant", "Personnel communal"], TITLES_2),
        (["Agents en congé"], TITLES_2),
        (["Noir Léo, agent"], TITLES_2),
        (["NOIR LÉO"], TITLES_2),
    ],
)
def test_a_table_that_may_be_another_than_the_headings_closes_nobody(
    words: list[str], titles: tuple[str, ...]
) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, *words, table(titles, LEAVER))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [])
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "line", ["Rappel : les agents ci-dessous ont quitté la collectivité, leurs accès sont à clore."]
)
def test_a_rule_that_is_about_the_rows_under_it_is_none(line: str) -> None:
    annexe = form(HEADING_1, line, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER))
    assert emails(annexe) == []
    assert "table-not-understood" in {finding.code for finding in errors(annexe)}


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "line",
    [
        "Affaire suivie par : Mme Zoé Roy",
        "Votre interlocutrice : Mme Zoé Roy - 03 21 00 00 00",
        "DGS : M. Yves Roy",
        "PJ : 2",
        "Soit 1 agent",
        "Arrêté la présente liste à un nom",
        "(1) temps partiel",
        "Établi le 4 juin 2026 par Zoé Roy",
        "Copie à M. Roy",
        "Mise à jour le 03/06/2026",
        "Le 15/06/2026",
    ],
)
@pytest.mark.parametrize("at", [3, 6])
def test_words_of_the_letter_alone_in_a_row_are_nobody_of_a_list(line: str, at: int) -> None:
    rows = [(HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER]
    rows.insert(at, (line,))
    annexe = form(table(*rows))
    assert (emails(annexe), emails(annexe, 2), annexe.findings) == ([ALICE[3]], [LEAVER[3]], ())


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("line", "code", "severity"),
    [
        ("Lille, le 15 juin 2026", "table-not-understood", Severity.WARNING),
        ("Petit, le 15/06/2026", "table-not-understood", Severity.WARNING),
        ("(1) Noir Léo", "row-not-understood", Severity.ERROR),
        ("Mairesse Julie", "row-not-understood", Severity.ERROR),
        ("Noir Léo (tél. : 03 21 00 00 00)", "row-not-understood", Severity.ERROR),
    ],
)
def test_words_alone_in_a_row_that_may_be_somebody_are_told(line: str, code: str, severity: Severity) -> None:
    annexe = form(table((HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER, (line,)))
    assert [(finding.code, finding.severity) for finding in annexe.findings] == [(code, severity)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "line",
    [
        "Contact : zoe.roy@agglo-lys.example",
        "Document à retourner à habilitations@caf.example",
        "Dossier suivi par Mme Roy (zoe.roy@agglo-lys.example)",
    ],
)
@pytest.mark.parametrize("in_a_sheet", [False, True])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_an_address_to_write_to_is_nobodys_access(line: str, in_a_sheet: bool, at: int) -> None:
    rows = [(HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER]
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    rows.insert([0, 1, 3, 4, 6][at], (line,))
    annexe = form(table(*rows)) if in_a_sheet else form(*blocks)
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert annexe.findings == ()


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("Tous ces agents ont quitté la collectivité.", 2),
        ("Les accès ci-dessus ne sont plus nécessaires.", 2),
        ("Ne pas ouvrir ces accès avant notre confirmation.", 2),
        ("Les agents ci-dessus restent en poste.", 4),
        ("Ne pas clôturer ces accès.", 4),
        ("PROJET - ne pas traiter", 0),
        ("Brouillon", 0),
        ("Document annulé", 4),
    ],
)
def test_words_that_take_the_rows_above_or_the_document_back_are_told(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    assert [(finding.code, finding.value) for finding in errors(form(*blocks))] == [("table-not-understood", line)]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("Les agents ci-dessus sont déjà habilités.", 2),
        ("Ne pas fermer ces accès.", 2),
        ("Ces agents ont quitté la collectivité.", 4),
        ("Dans l'attente de l'ouverture de ces accès, je vous remercie.", 4),
        ("Projet éducatif de territoire", 4),
    ],
)
def test_words_that_say_of_the_rows_above_what_their_list_says_are_nothing(line: str, at: int) -> None:
    blocks: list[str | list[TableRow]] = [HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER)]
    blocks.insert(at, line)
    assert form(*blocks).findings == ()


@pytest.mark.parametrize(
    "blocks",
    [
        [table(("Date", "Nom et qualité du signataire", "Signature"), ("15/06/2026", "Jean Petit, maire", ""))],
        [table(("Cadre réservé à la Caf", ""), ("Reçu le", "17/06/2026"), ("Traité par", "Mme Durand"))],
        ["Feuil2", table(("Directrice",), ("agent",), ("DGS",))],
        [table(("Légende", ""), ("O", "ouverture"), ("C", "clôture"))],
    ],
)
def test_tables_for_signatures_for_the_caf_or_to_choose_from_refuse_nothing(
    blocks: list[str | list[TableRow]],
) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, LEAVER), *blocks)
    assert (emails(annexe, 2), errors(annexe)) == ([LEAVER[3]], [])


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "rows",
    [
        [("À supprimer aussi :", "Léo Noir")],
        [("À supprimer", "Noir", "Léo")],
        [("Remarque :", "M. Noir est parti")],
        [("Départ", "M. Noir", "31/08/2026")],
        [("Accès à fermer",), ("Noir", "Léo")],
    ],
)
def test_who_is_asked_for_in_several_cells_above_the_lists_is_told(rows: list[tuple[str, ...]]) -> None:
    annexe = form(table(*rows, (HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.parametrize(
    "row",
    [
        ("Fait à Lillers", "le 15/06/2026"),
        ("Date", "Signature"),
        ("Signature du Maire", "Cachet"),
        ("Établi par :", "Zoé Roy, DRH, le 12/06/2026"),
    ],
)
def test_who_signs_in_several_cells_below_a_list_is_nobody_of_it(row: tuple[str, ...]) -> None:
    annexe = form(
        table((HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER, row, ("Le Maire", "Jean Petit"))
    )
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [LEAVER[3]])
    assert not errors(annexe)


@pytest.mark.rule("A1")
def test_somebody_written_in_one_cell_with_a_telephone_is_told() -> None:
    annexe = whole(ALICE, ("Noir Léo, tél. 03 21 00 00 00, leo.noir@agglo-lys.example",))
    assert [(finding.code, finding.row) for finding in errors(annexe)] == [("row-not-understood", 2)]


@pytest.mark.rule("A3")
def test_who_stands_under_a_sentence_after_more_of_list_2_is_not_closed() -> None:
    leaver, stays = table(TITLES_2, LEAVER), (*BOB[:4], LEAVER[4])
    said = "Les agents ci-dessous sont toujours présents dans nos services cette année."
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, leaver, "Suite de la liste 2", said, table(stays))
    assert emails(annexe, 2) == [LEAVER[3]]
    assert errors(annexe)


@pytest.mark.rule("A3")
def test_who_is_named_under_a_second_heading_of_a_list_without_anybody_is_told() -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, "Néant", "Liste 2 - suite", "- Luc Petit")
    assert [finding.code for finding in errors(annexe)] == ["table-not-understood"]


@pytest.mark.rule("A1")
@pytest.mark.parametrize("words", ["Jeunesse : à valider par le maire", "Petite enfance - demandes à revoir"])
def test_who_stands_under_a_place_with_a_reservation_is_not_opened(words: str) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE, (words,), BOB), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [ALICE[3]]
    assert errors(annexe)


@pytest.mark.rule("A3")
def test_a_heading_in_a_table_may_name_who_sent_the_list() -> None:
    heading = "2 - Accès à supprimer (liste transmise par Mme Roy)"
    annexe = form(table((HEADING_1,), TITLES_1, ALICE, (heading,), TITLES_2, LEAVER))
    assert (emails(annexe, 2), errors(annexe)) == ([LEAVER[3]], [])


@pytest.mark.rule("A3")
@pytest.mark.parametrize("words", ["Accès de Mme Durand à conserver :", "NB : ne pas supprimer l'accès de M. Petit"])
def test_who_stands_under_words_about_somebody_in_list_2_is_not_closed(words: str) -> None:
    rows = table(TITLES_2, LEAVER, (words,), (*BOB[:4], LEAVER[4]))
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, rows)
    assert emails(annexe, 2) == [LEAVER[3]]
    assert {finding.code for finding in errors(annexe)} == {"table-not-understood"}


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("words", "is_asked"),
    [
        ("Aucune clôture à ce jour", False),
        ("Pas de départ", False),
        ("Aucun agent concerné", False),
        ("Rien à signaler", False),
        ("Pas de clôture à signaler à ce jour", False),
        ("Aucun départ sauf Léo Noir", True),
    ],
)
def test_a_row_of_list_2_that_says_that_nobody_leaves_is_nobody(words: str, is_asked: bool) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2, (words, "", "", "", "")))
    assert emails(annexe, 2) == []
    assert bool(errors(annexe)) is is_asked


# Rows


@pytest.mark.rule("A1")
def test_a_row_of_list_1_with_a_date_of_end_is_asked_about() -> None:
    titles = (*TITLES_1, "Date de fin d'habilitation")
    annexe = form(HEADING_1, table(titles, (*ALICE, ""), (*BOB, "31/08/2026")), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [ALICE[3]]
    (told,) = errors(annexe)
    assert (told.code, told.list, told.row) == ("row-not-understood", 1, 2)
    assert "date de fin" in message(told)


OBSERVED = "Observations"


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("column", "text"),
    [
        (5, "À supprimer comme prévu"),
        (0, "Leroy - à supprimer"),
        (0, "Leroy, partie"),
        (1, "Bob ANNULÉ"),
        (1, "Bob - départ"),
        (2, "à clôturer"),
        (2, "agent (parti)"),
        (2, "ne fait plus partie du service"),
        (5, "SUPPRIMÉ"),
        (5, "parti le 31/08/2026"),
        (5, "clôture"),
        (5, "voir liste 2"),
        (5, "ne plus ouvrir"),
        (5, "ne plus donner accès"),
        (5, "à passer en liste 2"),
    ],
)
def test_a_row_of_list_1_that_says_that_the_person_leaves_opens_nothing(column: int, text: str) -> None:
    row = [*BOB, ""]
    row[column] = text
    annexe = form(HEADING_1, table((*TITLES_1, OBSERVED), (*ALICE, ""), tuple(row)), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [ALICE[3]]
    (told,) = errors(annexe)
    assert (told.code, told.list, told.row) == ("row-not-understood", 1, 2)
    assert "contredit" in message(told)


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("À clôturer ?", "oui"),
        ("À supprimer", "☒"),
        ("Accès", "☐ ouvert ☒ fermé"),
        ("Accès maintenu", "non"),
        ("Ouverture / clôture", "C"),
        ("Entrée/Sortie", "S"),
        ("Liste", "2"),
        ("Date de départ", "31/08/2026"),
        ("Statut", "inactif"),
        (OBSERVED, "démission"),
        (OBSERVED, "retraite au 01/07/2026"),
        (OBSERVED, "accès à couper"),
        (OBSERVED, "remplacé par M. Durand"),
        ("En activité", "non"),
        ("Avis", "à supprimer"),
        (OBSERVED, "à rayer"),
        (OBSERVED, "cessation de fonctions"),
        (OBSERVED, "contrat non renouvelé"),
        (OBSERVED, "en cours de recrutement"),
        (OBSERVED, "s'est désisté"),
        (OBSERVED, "ne veut pas d'accès"),
        (OBSERVED, "à ignorer"),
        (OBSERVED, "ne pas tenir compte"),
        (OBSERVED, "en attente"),
        (OBSERVED, "à confirmer"),
        (OBSERVED, "suspendu"),
    ],
)
def test_a_column_that_the_partner_has_added_may_say_that_the_person_leaves(title: str, text: str) -> None:
    annexe = form(HEADING_1, table((*TITLES_1, title), (*ALICE, ""), (*BOB, text)), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [ALICE[3]]
    assert [(finding.code, finding.row) for finding in errors(annexe)] == [("row-not-understood", 2)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("À clôturer ?", "non"),
        ("Accès", "☒ ouvert ☐ fermé"),
        ("Accès déjà ouvert", "non"),
        ("Nouvel agent (oui/non)", "non"),
        ("Ouverture / clôture", "O"),
        ("Liste", "1"),
        ("Remplace (agent parti)", "M. Durand"),
        ("Date de départ", ""),
        ("Service", "Sorties scolaires"),
        (OBSERVED, "recrutée par mutation"),
        (OBSERVED, "suite départ Mme Martin"),
        (OBSERVED, "fait partie de l'équipe"),
        ("Motif de clôture", "N/A"),
        ("Renouvellement", "non"),
        ("Garderie", "non"),
        (OBSERVED, "accès clôturé par erreur"),
        (OBSERVED, "reprise après disponibilité"),
        (OBSERVED, "fin de mission le 31/12/2027"),
        ("Statut", "Détachée"),
        ("Type", "Mutation"),
        (OBSERVED, "accès ouvert en 2024"),
        ("Type d'accès", "partie famille"),
        ("Habilitation", "partie famille"),
        ("Création/Modification/Suppression", "Modification"),
        ("Remplace", "M. Durand (parti)"),
        (OBSERVED, "en attente de son mot de passe"),
        (OBSERVED, "contrat renouvelé"),
        (OBSERVED, "prise de poste le 01/07/2026"),
        (OBSERVED, "n'a pas encore d'accès"),
    ],
)
def test_a_column_that_the_partner_has_added_may_say_that_the_person_stays(title: str, text: str) -> None:
    annexe = form(HEADING_1, table((*TITLES_1, title), (*ALICE, text)), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [ALICE[3]]
    assert not errors(annexe)


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("À clôturer", "non"),
        ("Clôture", "non"),
        ("Liste", "1"),
        ("Mouvement", "Arrivée"),
        ("Statut", "En poste"),
        (OBSERVED, "toujours en poste"),
        (OBSERVED, "garder l'accès"),
        (OBSERVED, "départ reporté au 31/12/2026"),
        (OBSERVED, "contrat prolongé"),
        (OBSERVED, "est revenue"),
        (OBSERVED, "suspension temporaire"),
        (OBSERVED, "à confirmer"),
    ],
)
def test_a_column_of_list_2_that_says_that_the_person_stays_closes_nothing(title: str, text: str) -> None:
    rows = table((*TITLES_2, title), (*LEAVER, text))
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, rows)
    assert emails(annexe, 2) == []
    assert [(finding.code, finding.list) for finding in errors(annexe)] == [("row-not-understood", 2)]


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "text", ["à conserver", "maintenu", "ne pas clôturer", "annulé", "à conserver, départ prévu en 2027"]
)
def test_a_row_of_list_2_that_says_that_the_person_stays_closes_nothing(text: str) -> None:
    rows = table((*TITLES_2, OBSERVED), (*LEAVER, text))
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, rows)
    assert emails(annexe, 2) == []
    assert [(finding.code, finding.list) for finding in errors(annexe)] == [("row-not-understood", 2)]


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("title", "text"),
    [
        (OBSERVED, "Retour dans son administration"),
        (OBSERVED, "mutation à la mairie, reste joignable"),
        (OBSERVED, "contrat non renouvelé"),
        (OBSERVED, "ne revient pas"),
        (OBSERVED, "pas de retour prévu"),
        (OBSERVED, "date de retour inconnue"),
        (OBSERVED, "poste vacant"),
        (OBSERVED, "en cours de recrutement"),
        (OBSERVED, "remplacée par Mme Noir (voir liste 1)"),
        (OBSERVED, "habilitée depuis 2024"),
        ("Accès ouvert", "oui"),
    ],
)
def test_a_remark_on_how_somebody_leaves_closes_all_the_same(title: str, text: str) -> None:
    rows = table((*TITLES_2, title), (*LEAVER, text))
    assert emails(form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, rows), 2) == [LEAVER[3]]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("function", "remark"),
    [
        ("agent chargé de la clôture des comptes", ""),
        ("Responsable des entrées et sorties", "temps partiel"),
        ("agent", "remplace M. Durand, parti le 31/08/2026"),
        ("agent", "départ en retraite prévu en 2028"),
        ("agent", "partira en retraite le 01/07/2028"),
        ("agent", "sortie de congé maternité"),
        ("agent", "poste vacant depuis le départ de M. Durand"),
        ("Directrice par intérim", "habilitée depuis 2024"),
    ],
)
def test_words_that_only_sound_like_a_leave_change_nothing(function: str, remark: str) -> None:
    row = (*BOB[:2], function, *BOB[3:], remark)
    annexe = form(HEADING_1, table((*TITLES_1, OBSERVED), row), HEADING_2, table(TITLES_2))
    assert [row.function for row in annexe.rows] == [function]
    assert codes(annexe) == []


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "row", [("p. ex. Dupont", "Jean", *BOB[2:]), ("Dupont", "Jean", "(exemple)", *BOB[3:]), ("Exemple", *BOB[1:])]
)
def test_an_example_is_skipped_and_told_wherever_the_row_says_so(row: tuple[str, ...]) -> None:
    annexe = whole(row, ALICE)
    assert emails(annexe) == [ALICE[3]]
    assert codes(annexe) == [("row-skipped", 1)]


@pytest.mark.rule("A1")
def test_a_text_box_that_hangs_on_a_row_is_no_part_of_a_name(read_here: Reader) -> None:
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('Note')}</w:txbxContent></w:pict></w:r>"
    row = word_row([cell(f"<w:p>{run(BOB[0])}{box}</w:p>"), *BOB[1:]])
    annexe = read_here(docx(paragraph(HEADING_1), word_table(TITLES_1, ALICE, row)), "a.docx")
    assert emails(annexe) == [ALICE[3]]
    assert ("row-not-understood", 1) in codes(annexe)


@pytest.mark.parametrize("mark", ["'' ''", '_"_', '…"…', '..."...'])
def test_ditto_marks_between_dots_and_dashes_repeat_the_function(mark: str) -> None:
    annexe = whole(ALICE, (BOB[0], BOB[1], mark, BOB[3], BOB[4]))
    assert [row.function for row in annexe.rows] == [ALICE[2], ALICE[2]]


@pytest.mark.rule("A7")
@pytest.mark.parametrize("name", ["Dupontº", "Dupontª"])
def test_a_raised_mark_is_no_letter_of_a_name(name: str) -> None:
    annexe = whole((name, *ALICE[1:]))
    assert codes(annexe) == [("suspicious-characters", 1)]


# Titles


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "title",
    [
        "Courriel du N+1",
        "Courriel de la mairie",
        "Email DGS",
        "Courriel valideur",
        "Mail élu référent",
        "Mail collectif",
    ],
)
def test_an_address_that_is_not_the_persons_own_is_never_taken_for_it(title: str) -> None:
    titles = (*TITLES_1[:3], title, TITLES_1[4])
    annexe = form(HEADING_1, table(titles, ALICE), HEADING_2, table(TITLES_2))
    assert emails(annexe) == [None]
    assert ("column-missing", 1) in codes(annexe)


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("position", "title"),
    [
        (2, "Intitulé du poste"),
        (3, "Adresse e-mail professionnelle (pas d'adresse générique)"),
        (3, "Identifiant (adresse électronique)"),
        (4, "Dates de demande"),
        (4, "Date de demande d'habilitation1"),
    ],
)
def test_a_title_with_its_remark_or_its_footnote_is_the_column(position: int, title: str) -> None:
    titles = (*TITLES_1[:position], title, *TITLES_1[position + 1 :])
    assert codes(form(HEADING_1, table(titles, ALICE), HEADING_2, table(TITLES_2))) == []


@pytest.mark.rule("A3")
def test_two_dates_of_end_are_asked_about() -> None:
    titles = (*TITLES_2[:4], "Date de fin souhaitée", "Date de fin réelle")
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(titles, (*LEAVER[:4], "15/05/2025", LEAVER[4])))
    assert {finding.code for finding in errors(annexe)} == {"column-ambiguous"}


# The date of transmission


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    "lines",
    [
        ["Date de transmission : 13/04/2026", "Mise à jour le 15/06/2026"],
        ["Date de transmission : 13/04/2026", "Modifiée le : 15/06/2026"],
        [table(("Date de transmission", "13/04/2026", "15/06/2026"))],
        [table(("Partenaire", "Date de transmission"), ("Ville", "13/04/2026"), ("", "15/06/2026"))],
        [table(("Date de transmission", "13/04/2026"), ("Date de mise à jour", "15/06/2026"))],
    ],
)
def test_a_later_date_beside_that_of_the_transmission_is_asked_about(lines: list[Block]) -> None:
    annexe = dated(*lines)
    assert annexe.transmitted_on is None
    assert [finding.code for finding in errors(annexe)] == ["transmission-date-ambiguous"]


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    "lines",
    [
        ["Date de transmission : 15/06/2026 - annule et remplace celle du 13/04/2026"],
        ["Date de transmission : 15/06/2026 (annule et remplace l'annexe du 13/04/2026)"],
        ["Date de transmission : 15/06/2026 cachet du 16/06/2026"],
        ["Ancienne date de transmission : 13/04/2026", "Nouvelle date de transmission : 15/06/2026"],
        ["Date de transmission : 15/06/2026", "Mise à jour le 02/01/2026"],
        ["Date de l'envoi : 15/06/2026"],
        ["Transmise par le partenaire le 15/06/2026"],
        ["Annexe transmise à la Caf du Pas-de-Calais le 15/06/2026"],
        ["Date limite de transmission : 30/06/2026", "Date de transmission : 15/06/2026"],
        ["Date de la dernière transmission : 13/04/2026", "Date de transmission : 15/06/2026"],
        ["1ère transmission : 13/04/2026", "Date de transmission : 15/06/2026"],
    ],
)
def test_a_date_that_is_another_events_does_not_contend(lines: list[Block]) -> None:
    assert dated(*lines).transmitted_on == date(2026, 6, 15)


@pytest.mark.rule("A2")
def test_a_column_of_a_list_is_no_date_of_the_document() -> None:
    titles = (*TITLES_1, "Date de transmission")
    annexe = form(HEADING_1, table(titles, (*ALICE, "13/04/2026")), HEADING_2, table(TITLES_2))
    assert annexe.transmitted_on == date(2026, 6, 15)
