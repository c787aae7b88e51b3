"""Layouts as people make them: what plainly means one list is read, all else is told."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from provisioner.documents.blocks import Block, Cell, Reading, TableRow
from provisioner.documents.headings import Kind, read_words
from provisioner.documents.meaning import understand
from provisioner.documents.titles import read_titles
from provisioner.domain.annexe.closures import judge_closures
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Severity, placed
from provisioner.domain.records import Records
from provisioner.views.findings import place
from tests.documents.conftest import Reader
from tests.documents.making import ALICE, BOB, HEADING_1, HEADING_2, TITLES_1, TITLES_2

LEAVER = (*BOB[:4], "31/08/2026")
JEAN = ("Durand", "Jean", "DGS", "jean@agglo-lys.example", "04/09/2026")
PLAIN_TITLES = ("Nom", "Prénom", "Fonction", "Courriel", "Date")
NOTE = (
    "*Les personnes pour lesquelles une fin d'habilitation est demandée depuis plus de 2 ans, à compter de la date "
    "de transmission de cette annexe, ne doivent plus y figurer."
)


def table(*rows: tuple[str, ...]) -> list[TableRow]:
    return [TableRow(map(Cell, row)) for row in rows]


def form(*blocks: Block, sent: str = "Date de transmission : 04/09/2026") -> Annexe:
    return understand(Reading(["ANNEXE 1", sent, *blocks]))


LIST_1: tuple[Block, ...] = (HEADING_1, table(TITLES_1, ALICE))
LIST_2: tuple[Block, ...] = (HEADING_2, table(TITLES_2, LEAVER))


def names(annexe: Annexe, number: int) -> list[str | None]:
    return [row.last_name for row in annexe.of_list(number)]


def told(annexe: Annexe) -> list[tuple[str, str, int | None, int | None]]:
    return [(finding.code, finding.severity.value, finding.list, finding.row) for finding in annexe.findings]


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    "heading",
    [
        "Départs",
        "2ème liste",
        "2nde liste :",
        "Liste n° 2",
        "B. Liste des personnes pour lesquelles une clôture de l'accès est demandée",
        "2 - Personnes à désactiver",
        "Agents sortants",
        "Personnes ayant quitté la collectivité",
        "Accès à fermer",
        "II. Clôtures",
        "Personnes n'ayant plus besoin d'un accès",
        "Liste des personnes habilitées dont l'accès est à clôturer",
        "Retraits",
        "À supprimer :",
    ],
)
def test_words_that_plainly_mean_closing_head_list_2(heading: str) -> None:
    annexe = form(*LIST_1, heading, table(TITLES_2, LEAVER))
    assert (names(annexe, 1), names(annexe, 2), told(annexe)) == (["Carpentier"], ["Leroy"], [])


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "heading",
    [
        "Arrivées",
        "1ère liste",
        "Nouveaux accès",
        "Liste 1 (suite)",
        "A - Personnes à habiliter",
        "Accès à ouvrir ou à maintenir",
        "Demandes d'accès",
        "Ajouts",
        "Première liste",
        "Personnes ayant un accès",
        "Déjà habilités",
    ],
)
def test_words_that_plainly_mean_opening_head_list_1(heading: str) -> None:
    annexe = form(heading, table(TITLES_1, ALICE), *LIST_2)
    assert (names(annexe, 1), names(annexe, 2), told(annexe)) == (["Carpentier"], ["Leroy"], [])


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "heading",
    [
        "Agents en congé",
        "3 - Modifications",
        "Arrivées et départs",
        "Contacts",
        "Liste 3",
        "Liste 1 : départs",
        "Personnes à ne pas clôturer",
        "Stagiaires",
        "Pour information",
        "Départs en congé maternité",
    ],
)
@pytest.mark.parametrize("titles", [True, False])
def test_a_table_under_other_words_is_told_and_joins_no_list(heading: str, titles: bool) -> None:
    rows = [TITLES_2, JEAN] if titles else [JEAN]
    for blocks in ((*LIST_1, *LIST_2, NOTE, heading, table(*rows)), (*LIST_1, heading, table(*rows), *LIST_2)):
        annexe = form(*blocks)
        assert (names(annexe, 1), names(annexe, 2)) == (["Carpentier"], ["Leroy"])
        assert told(annexe) == [("table-not-understood", "error", None, None)]
        assert (annexe.findings[0].value or "").startswith(f"{heading} : Durand | Jean")


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "heading", ["Document établi par :", "Visa du responsable", "Signature", "Fait à Lille, le 4/9/26"]
)
def test_a_table_of_signatures_below_the_lists_does_not_refuse_the_annexe(heading: str) -> None:
    annexe = form(*LIST_1, *LIST_2, NOTE, heading, table(PLAIN_TITLES, JEAN))
    assert names(annexe, 2) == ["Leroy"]
    assert told(annexe) == [("table-not-understood", "warning", None, None)]
    signed = form(*LIST_1, *LIST_2, NOTE, table(("Pour la Caf", "Pour le partenaire"), ("Le directeur", "Le maire")))
    assert told(signed) == []


@pytest.mark.rule("A1")
def test_the_same_in_one_sheet() -> None:
    rows = [(HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, LEAVER, (NOTE,)]
    signed = form(table(*rows, ("Document établi par :",), PLAIN_TITLES, JEAN))
    assert (names(signed, 2), told(signed)) == (["Leroy"], [("table-not-understood", "warning", None, None)])
    for words in ("Agents en congé", "Fait à Lille"):  # under the list's own titles
        annexe = form(table(*rows, (words,), JEAN))
        assert (names(annexe, 2), told(annexe)) == (["Leroy"], [("table-not-understood", "error", None, None)])
    section = form(HEADING_1, table(TITLES_1, ALICE, ("À supprimer :", "", "", "", ""), JEAN), *LIST_2)
    assert (names(section, 1), names(section, 2)) == (["Carpentier"], ["Leroy"])
    assert told(section) == [("table-not-understood", "error", None, None)]


@pytest.mark.rule("A1")
def test_somebody_named_like_a_note_is_somebody() -> None:
    rows = [
        ("Le Maire", "Hugo", "agent", "", "02/06/2026"),
        ("Cachet", "Luc", "agent", "", "02/06/2026"),
        ("Total", "Ana", "agent", "ana@agglo-lys.example", "02/06/2026"),
        ("Nota", "Bob", "", "", ""),
        ALICE,
    ]
    annexe = form(HEADING_1, table(TITLES_1, *rows, ("Total", "5", "", "", "")), *LIST_2)
    assert names(annexe, 1) == ["Le Maire", "Cachet", "Total", "Nota", "Carpentier"]
    assert {finding.row for finding in annexe.findings if finding.code == "cell-missing"} == {1, 2, 4}


@pytest.mark.rule("A1")
def test_a_filled_row_that_is_nobody_is_told_with_its_number() -> None:
    several = ("Caron\nRoux", "Paul\nEva", "agent", "p@agglo-lys.example", "02/06/2026")
    rows = [
        ("", "", "", "", "02/06/2026"),
        several,
        ("Petit et Blanc", "Luc et Ève", "agent", "", "02/06/2026"),
        ("Petit", "Luc et Ève", "agent", "luc@agglo-lys.example", "02/06/2026"),
        ALICE,
    ]
    annexe = form(HEADING_1, table(TITLES_1, *rows), *LIST_2)
    assert told(annexe) == [("row-not-understood", "error", 1, row) for row in (1, 2, 3, 4)]
    assert [(row.row, row.last_name) for row in annexe.of_list(1)] == [(5, "Carpentier")]
    wrapped = ("Dupont\nMartin", "Anne", "agent", "a@agglo-lys.example", "02/06/2026")
    assert names(form(HEADING_1, table(TITLES_1, wrapped), *LIST_2), 1) == ["Dupont Martin"]


def test_an_example_row_is_skipped_and_told_numbers_and_places_are_nothing() -> None:
    rows = [("ex. : DUPONT", *JEAN[1:]), ("Service enfance", "", "", "", ""), ALICE, TITLES_1, BOB]
    annexe = form(HEADING_1, table(TITLES_1, *rows), *LIST_2)
    assert names(annexe, 1) == ["Carpentier", "Leroy"]
    assert told(annexe) == [("row-skipped", "info", 1, 1)]
    numbered = form(HEADING_1, table(("N°", *TITLES_1), ("1", *ALICE), ("2", *[""] * 5), ("3", *BOB)), *LIST_2)
    assert (names(numbered, 1), told(numbered)) == (["Carpentier", "Leroy"], [])


@pytest.mark.rule("A3")
def test_people_written_as_text_under_a_list_are_told() -> None:
    annexe = form(*LIST_1, HEADING_2, "Petit Luc, luc.petit@agglo-lys.example, fin le 31/08/2026")
    assert ("table-not-understood", "error", None, None) in told(annexe)
    assert told(form(*LIST_1, *LIST_2, "Pour toute question : aide@caf.example")) == []


def test_an_annexe_that_is_only_spoken_of_ends_nothing() -> None:
    for remark in ("Annexe 2 (contacts) : inchangée.", "Annexe 2 : inchangée", "Annexe 3 jointe"):
        assert told(form(*LIST_1, remark, *LIST_2)) == []
    annexe = form(*LIST_1, "ANNEXE 2 : Contacts", table(PLAIN_TITLES, JEAN), *LIST_2)
    assert ("table-not-understood", "error", None, None) in told(annexe)


@pytest.mark.rule("A3")
def test_a_date_that_could_be_either_lists_under_words_of_ones_own_is_asked_about() -> None:
    annexe = form(*LIST_1, "Départs", table(PLAIN_TITLES, LEAVER))
    assert names(annexe, 2) == ["Leroy"]
    assert told(annexe) == [("column-ambiguous", "error", None, None)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("titles", "email"),
    [
        (("Nom", "Prénom", "Fonction", "Courriel du responsable", "Courriel de l’agent", "Date de demande"), 4),
        (("Nom", "Prénom", "Fonction", "Mail personnel", "Mail professionnel", "Date"), 4),
        (("Nom", "Prénom", "Fonction", "Mail privé", "Adresse électronique", "Date"), 4),
        (("Nom", "Prénom", "Fonction", "Adresse électronique", "Mail (secours)", "Date"), 3),
        (("Nom", "Prénom", "Fonction", "Mail", "Courriel", "Date"), None),
        (("Nom", "Prénom", "Fonction", "Adresse électronique", "Mail de l'agent", "Date"), None),
    ],
)
def test_the_persons_own_address_is_found_or_asked_for(titles: tuple[str, ...], email: int | None) -> None:
    titles_read = read_titles([Cell(title) for title in titles], 1)
    assert titles_read.positions.get(Column.EMAIL) == email
    assert (Column.EMAIL in titles_read.ambiguous) is (email is None)


@pytest.mark.rule("A1")
def test_rows_of_columns_that_cannot_be_told_apart_are_refused() -> None:
    annexe = form(
        HEADING_1, table((*TITLES_1[:3], "Mail", "Courriel", TITLES_1[4]), (*ALICE[:4], BOB[3], ALICE[4])), *LIST_2
    )
    assert told(annexe) == [("column-ambiguous", "error", 1, None), ("column-ambiguous", "error", 1, 1)]
    assert annexe.findings[1].value == "alice@agglo-lys.example / bob@agglo-lys.example"


@pytest.mark.parametrize(
    "titles",
    [
        (
            ("Identité de l'agent", "", "Fonction", "Coordonnées", "Date de demande"),
            ("Nom", "Prénom", "", "Courriel", ""),
        ),
        (("Agent", "", "", "", "Habilitation"), ("Nom", "Prénom", "Fonction", "Courriel", "Date de demande")),
        (("Nom", "Prénom", "Fonction /", "Adresse", "Date de"), ("", "", "qualité", "électronique", "demande")),
    ],
)
def test_titles_over_two_rows_are_read(titles: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    annexe = form(HEADING_1, table(*titles, ALICE), *LIST_2)
    assert (names(annexe, 1), told(annexe)) == (["Carpentier"], [])


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    ("sent", "on"),
    [
        ("Date de transmission de la présente annexe : 04/09/2026", "2026-09-04"),
        ("Date de transmission : Lille, le 4 septembre 2026", "2026-09-04"),
        ("Annexe 1 transmise le 04/09/2026", "2026-09-04"),
        ("Date de transmission : 04/09/2026  Signature : 05/09/2026", "2026-09-04"),
        ("Date de transmission précédente : 13/04/2026\nDate de transmission : 04/09/2026", "2026-09-04"),
        ("Date de transmission : 13/04/2026 modifiée le 04/09/2026", None),
        ("Date de transmission : 13/04/2026 04/09/2026", None),
        ("Date de transmission : 13/04/2026\nDate de transmission : 04/09/2026", None),
        ("Date de transmission : 13/04/2026\n04/09/2026", None),
    ],
)
def test_one_date_of_transmission_stands_or_they_are_asked_about(sent: str, on: str | None) -> None:
    annexe = form(*LIST_1, *LIST_2, sent=sent)
    assert annexe.transmitted_on == (date.fromisoformat(on) if on else None)
    assert [finding.code for finding in annexe.findings] == ([] if on else ["transmission-date-ambiguous"])
    if on is None:
        assert annexe.findings[0].suggestion == "04/09/2026"


def test_a_finding_says_whose_row_it_is_but_no_log_does(caplog: pytest.LogCaptureFixture) -> None:
    annexe = form(HEADING_1, table(TITLES_1, ("Petit", "Jean", "agent", "", "02/06/2026")), *LIST_2)
    (finding,) = placed(annexe.findings, annexe)
    assert place(finding) == "liste 1, ligne 1 (Petit Jean), adresse électronique"
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("provisioner").warning("%s", finding)
    assert "Petit" not in caplog.text
    assert (
        place(Finding("row-skipped", Severity.INFO, 1, 2, sheet_row=14)) == "liste 1, ligne 2, ligne 14 de la feuille"
    )


def test_long_words_cost_nothing() -> None:
    for text in ("annexe " + "1" * 5_000, "a" + "\u0300\u0316" * 300_000, "liste " * 100_000, "ne a a a " * 50_000):
        assert read_words(text).kind in Kind
        assert form(text, *LIST_1, *LIST_2).of_list(1)


@pytest.mark.rule("A4")
def test_what_is_below_list_2_is_known_as_such_when_the_child_has_read_it(read: Reader) -> None:
    lines = [HEADING_1, ";".join(TITLES_1), ";".join(ALICE), HEADING_2, ";".join(TITLES_2), ";".join(LEAVER)]
    away = ["Agents en congé", ";".join(TITLES_2), ";".join(BOB)]
    annexe = read("\n".join(["Date de transmission : 04/09/2026", *lines, *away]).encode(), "a.csv")
    assert told(annexe) == [("table-not-understood", "error", None, None)]
    assert annexe.findings[0].sheet_row == 10
    check = Check(file="", sha256="", partner="agglo-lys", annexe=annexe, findings=annexe.findings)
    closures = judge_closures(check, Records({}), "agglo-lys", date(2026, 9, 4))
    assert (closures.is_refused, len(closures.rows)) == (False, 1)
