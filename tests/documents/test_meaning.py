"""What the tables of a document mean, whoever laid it out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents.blocks import Cell, Reading, Rows, TableRow
from provisioner.documents.meaning import understand
from provisioner.domain.annexe.document import Annexe, Column
from provisioner.views.findings import message
from tests.documents.making import ALICE, BOB, HEADING_1, HEADING_2, TITLES_1, TITLES_2


def table(*rows: tuple[str, ...]) -> list[TableRow]:
    return [TableRow(map(Cell, row)) for row in rows]


def form(*blocks: str | list[TableRow]) -> Annexe:
    return understand(Reading(["ANNEXE 1", "Date de transmission : 15/06/2026", *blocks]))


def whole(*rows: tuple[str, ...]) -> Annexe:
    return form(HEADING_1, table(TITLES_1, *rows), HEADING_2, table(TITLES_2))


def codes(annexe: Annexe) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.list) for finding in annexe.findings]


def emails(annexe: Annexe, number: int = 1) -> list[str | None]:
    return [row.email for row in annexe.of_list(number)]


def test_columns_are_found_by_their_titles_in_any_order_and_spelling() -> None:
    titles = (
        "N°",
        "ADRESSE ÉLECTRONIQUE\nPROFESSIONNELLE",
        "Date de demande d’habilitation",
        "Prénom(s)",
        "Téléphone",
        "NOM*",
        "fonction / qualite",
    )
    annexe = form(HEADING_1, table(titles, ("1", ALICE[3], ALICE[4], ALICE[1], "03", ALICE[0], ALICE[2])))
    (row,) = annexe.rows
    assert (row.last_name, row.first_names, row.function, row.email) == ALICE[:4]
    assert codes(annexe) == [("list-missing", 2)]


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Courriel", 3),
        ("E-mail", 3),
        ("Adresse mail", 3),
        ("Mél", 3),
        ("Qualité", 2),
        ("Poste occupé", 2),
        ("Date", 4),
    ],
)
def test_a_column_is_known_by_its_usual_synonyms(title: str, column: int) -> None:
    titles = (*TITLES_1[:column], title, *TITLES_1[column + 1 :])
    annexe = form(HEADING_1, table(titles, ALICE), HEADING_2, table(TITLES_2))
    assert annexe.findings == ()


def test_a_list_goes_on_in_a_second_table_with_or_without_titles() -> None:
    annexe = form(
        HEADING_1, table(TITLES_1, ALICE), "(suite)", table(TITLES_1, BOB), table(ALICE), HEADING_2, table(TITLES_2)
    )
    assert emails(annexe) == [ALICE[3], BOB[3], ALICE[3]]
    assert [row.row for row in annexe.rows] == [1, 2, 3]


def test_empty_rows_repeated_titles_notes_and_signatures_are_not_persons() -> None:
    annexe = whole(
        ("", "", "", "", ""),
        ALICE,
        TITLES_1,
        ("Néant", "", "", "", ""),
        ("-", "-", "-", "-", "-"),
        BOB,
        ("Total : 2", "", "", "", ""),
        ("Fait à Béthune, le 3 juin 2026", "", "", "", ""),
        ("Le Président", "Jean Petit", "", "", ""),
    )
    assert emails(annexe) == [ALICE[3], BOB[3]]
    assert annexe.findings == ()


def test_somebody_below_a_note_is_not_passed_over_in_silence() -> None:
    assert emails(whole(ALICE, ("* à compléter", "", "", "", ""), BOB)) == [ALICE[3], BOB[3]]


def test_a_table_of_signatures_after_the_list_is_not_part_of_it() -> None:
    annexe = form(HEADING_1, table(TITLES_1, ALICE), HEADING_2, table(TITLES_2), table(("Pour la Caf", "Le maire")))
    assert len(annexe.rows) == 1


def test_both_lists_may_stand_in_one_sheet() -> None:
    annexe = form(table((HEADING_1,), TITLES_1, ALICE, (HEADING_2,), TITLES_2, (*BOB[:4], "31/08/2026")))
    assert (emails(annexe), emails(annexe, 2)) == ([ALICE[3]], [BOB[3]])
    assert annexe.findings == ()


@pytest.mark.rule("A2")
def test_a_whole_convention_reads_as_its_annexe_1_alone() -> None:
    contacts = table(("Nom", "Prénom", "Fonction", "Adresse électronique"), ("Petit", "Jean", "DGS", "j@x.fr"))
    annexe = understand(
        Reading(
            [
                "Article 3 : l'annexe 1 est datée ; date de transmission : sans objet",
                "Annexe 1 : Suivi des habilitations",
                "Annexe 2 : Contacts",
                "1 - Liste des pièces",
                contacts,
                "ANNEXE 1 : Suivi des habilitations",
                "Date de transmission : 15/06/2026",
                HEADING_1,
                table(TITLES_1, ALICE),
                HEADING_2,
                table(TITLES_2),
                "ANNEXE 2 : Contacts du partenaire",
                contacts,
            ]
        )
    )
    assert annexe.transmitted_on == date(2026, 6, 15)
    assert emails(annexe) == [ALICE[3]]
    assert annexe.findings == ()


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    ("blocks", "codes_"),
    [
        (["Date de transmission : 15/06/2026"], []),
        (["Partenaire : Lys\nDATE DE TRANSMISSION :\u00a015 juin 2026   Signature :"], []),
        (["Date de transmission", "15/06/2026"], []),
        ([table(("Date de transmission :", "", "2026-06-15"))], []),
        ([table(("Partenaire", "Date de transmission"), ("Lys", "x"))], ["transmission-date-missing"]),
        ([table(("Partenaire", "Date de transmission"), ("Lys", "15/06/26"))], []),
        (["Date de transmission : 1er 15/6/26"], ["date-repaired"]),
        (["Date de transmission : ../../...."], ["transmission-date-missing"]),
        (["à compter de la date de transmission de cette annexe"], ["transmission-date-missing"]),
        ([], ["transmission-date-missing"]),
    ],
)
def test_the_date_of_transmission_is_found_beside_its_words(blocks: list[str], codes_: list[str]) -> None:
    annexe = understand(Reading([*blocks, HEADING_1, table(TITLES_1), HEADING_2, table(TITLES_2)]))
    assert [finding.code for finding in annexe.findings] == codes_
    assert (annexe.transmitted_on == date(2026, 6, 15)) is (codes_ != ["transmission-date-missing"])


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
def test_a_list_that_is_not_there_is_told() -> None:
    assert codes(form()) == [("list-missing", 1), ("list-missing", 2)]
    assert codes(form(HEADING_1, "", HEADING_2, table(TITLES_2))) == [("list-missing", 1)]


@pytest.mark.rule("A1")
def test_a_column_that_is_not_there_is_told_and_its_rows_are_refused() -> None:
    annexe = form(HEADING_1, table(TITLES_1[:4], ALICE[:4]), HEADING_2, table(TITLES_1))
    told = [(finding.code, finding.list, finding.row, finding.column) for finding in annexe.findings]
    assert told == [
        ("column-missing", 1, None, Column.REQUESTED_ON),
        ("column-missing", 2, None, Column.ENDED_ON),
        ("cell-missing", 1, 1, Column.REQUESTED_ON),
    ]


def test_a_row_keeps_the_number_that_its_sheet_shows() -> None:
    rows = Rows(10)
    kept = [
        *rows.kept([Cell(HEADING_1)], number=2),
        *rows.kept([Cell(text) for text in TITLES_1], number=3),
        *rows.kept([Cell(text) for text in ALICE], times=2, number=7),
    ]
    annexe = understand(Reading([kept]))
    assert [row.sheet_row for row in annexe.rows] == [7, 8]


_TEXTS = st.one_of(
    st.text(max_size=400),
    st.sampled_from(
        [
            "",
            '"',
            "idem",
            HEADING_1,
            HEADING_2,
            "ANNEXE 1",
            "Date de transmission :",
            *TITLES_1,
            *TITLES_2,
            *ALICE,
            "=1",
        ]
    ),
)
_CELLS = st.builds(
    Cell,
    _TEXTS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
_ROWS = st.one_of(st.just([Cell(title) for title in TITLES_1]), st.lists(_CELLS, max_size=7))
_TABLES = st.lists(_ROWS.map(TableRow), max_size=6)
_FORMS = st.lists(_TABLES, max_size=3).map(
    lambda tables: ["ANNEXE 1", *[block for rows in tables for block in (HEADING_1, rows, HEADING_2, rows)]]
)


@given(st.one_of(_FORMS, st.lists(st.one_of(_TEXTS, _TABLES), max_size=8)))
def test_no_sequence_of_cells_makes_the_meaning_raise(blocks: list[str | list[TableRow]]) -> None:
    annexe = understand(Reading(blocks, pending_revisions=True))
    for finding in annexe.findings:
        assert message(finding)
        if finding.value is not None:
            assert finding.value
            assert len(finding.value) <= 200
            assert finding.value.isprintable() or not any(ord(letter) < 32 for letter in finding.value)


@given(_FORMS)
def test_a_row_of_list_1_without_error_has_every_value(blocks: list[str | list[TableRow]]) -> None:
    annexe = understand(Reading(blocks))
    refused = {(finding.list, finding.row) for finding in annexe.findings if finding.severity == "error"}
    for row in annexe.of_list(1):
        values = (row.last_name, row.first_names, row.function, row.email, row.on)
        assert (row.list, row.row) in refused or None not in values


@pytest.mark.rule("A6")
def test_where_one_date_is_month_first_every_date_that_could_be_either_is_asked_about() -> None:
    august = (*BOB[:4], "08/31/2026")
    sure = ("Petit", "Clara", "agent", "clara@agglo-lys.example", "06/06/2026")
    doubtful = (*ALICE[:4], "06/02/2026")
    annexe = whole(doubtful, sure)
    assert [row.on for row in annexe.rows] == [date(2026, 2, 6), date(2026, 6, 6)]
    annexe = form(HEADING_1, table(TITLES_1, doubtful, sure), HEADING_2, table(TITLES_2, august))
    assert [row.on for row in annexe.rows] == [None, date(2026, 6, 6), None]
    assert [(finding.code, finding.list, finding.row) for finding in annexe.findings] == [
        ("date-invalid", 1, 1),
        ("date-invalid", 2, 1),
    ]
    assert "deux façons" in message(annexe.findings[0])
    alone = understand(Reading(["Date de transmission : 08/31/2026", HEADING_1, table(TITLES_1, doubtful, august)]))
    assert (alone.transmitted_on, [row.on for row in alone.rows]) == (date(2026, 8, 31), [None, date(2026, 8, 31)])


@pytest.mark.rule("A2")
def test_a_month_first_date_of_transmission_makes_the_rows_doubtful_and_the_other_way_round() -> None:
    def sent(on: str, row_on: str) -> Annexe:
        return understand(
            Reading(["ANNEXE 1", f"Date de transmission : {on}", HEADING_1, table(TITLES_1, (*ALICE[:4], row_on))])
        )

    assert [row.on for row in sent("08/31/2026", "06/02/2026").rows] == [None]
    assert sent("08/31/2026", "06/02/2026").transmitted_on == date(2026, 8, 31)
    assert sent("09/04/2026", "08/31/2026").transmitted_on is None
