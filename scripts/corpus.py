"""Writes tests/data/annexes/: annexes 1 as an office suite saves them, each beside what an attentive person reads.

And tests/data/word-tables/: ordinary Word tables with random columns, fonts and persons, saved as PDF.

Every scenario says what its document holds and, by hand, what must be read of it; LibreOffice then saves it in each
format. Needs `soffice`: on Debian, apt-get install libreoffice-writer libreoffice-calc. The documents are committed,
so that tests do not need it.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

HERE = Path(__file__).parents[1] / "tests" / "data" / "annexes"
WORD_TABLES = HERE.parent / "word-tables"

HEADING_1 = "1 - Liste des personnes pour lesquelles un nouvel accès est demandé ou qui ont un accès ouvert"
HEADING_2 = (
    "2 - Liste des personnes pour lesquelles une clôture de l'accès est demandée ou qui ont un accès clôturé "
    "depuis moins de 2 ans*"
)
NOTE = (
    "*Les personnes pour lesquelles une fin d'habilitation est demandée depuis plus de 2 ans, à compter de la date "
    "de transmission de cette annexe, ne doivent plus y figurer."
)
TITLES_1 = ("Nom", "Prénom", "Fonction/qualité", "Adresse électronique", "Date de demande d'habilitation")
TITLES_2 = (*TITLES_1[:4], "Date de fin d'habilitation")

NAMES = ("last_name", "first_names", "function", "email")


class Cell(NamedTuple):
    """A cell that is more than its text; `tall`: over so many rows (those below give None in its place)."""

    text: str
    struck: bool = False
    date: str = ""
    formula: str = ""
    tall: int = 1
    markup: str = ""


Written = str | Cell | None
Row = Sequence[Written]


class Hidden(tuple[Written, ...]):
    """A row that a sheet does not show."""

    __slots__ = ()


class Table(NamedTuple):
    """A table; `widths` in centimetres; `headed`: its first row is repeated on each page."""

    rows: Sequence[Row]
    widths: Sequence[float] = (3, 3, 3.4, 4.2, 3.4)
    headed: bool = False


class Sheet(NamedTuple):
    """In a workbook, what follows stands on a sheet of this name."""

    name: str
    hidden: bool = False


Block = str | Table | Sheet


@dataclass
class Scenario:
    """A document, and what must be read of it.

    `reads`: list, the four texts of `NAMES`, the date. `finds`: a code, then list/row, then a column, as there are.
    """

    name: str
    formats: str
    blocks: Sequence[Block]
    sent: str | None
    reads: Sequence[tuple[int, str | None, str | None, str | None, str | None, str | None]]
    finds: Sequence[str] = ()
    changes: str = ""
    since_1904: bool = False

    def expected(self) -> dict[str, object]:
        """The content of the file beside the document."""
        lists: dict[int, list[dict[str, object]]] = {1: [], 2: []}
        for number, *texts, on in self.reads:
            rows = lists[number]
            date = "requested_on" if number == 1 else "ended_on"
            rows.append({"row": len(rows) + 1, **dict(zip(NAMES, texts, strict=True)), date: on})
        findings = []
        for text in self.finds:
            code, place, column = (*text.split(), "", "")[:3]
            number, _, row = place.partition("/")
            findings.append(
                {
                    "code": code,
                    "list": int(number) if number else None,
                    "row": int(row) if row else None,
                    "column": column or None,
                }
            )
        return {"transmitted_on": self.sent, "open": lists[1], "closed": lists[2], "findings": findings}


def form(
    rows_1: Sequence[Row] | None,
    rows_2: Sequence[Row] | None = (),
    sent: str | None = "Date de transmission : 15/06/2026",
    titles_1: Sequence[str] = TITLES_1,
    titles_2: Sequence[str] = TITLES_2,
    widths: Sequence[float] = (3, 3, 3.4, 4.2, 3.4),
) -> list[Block]:
    """The form with these rows; a list that is None is not there at all."""
    blocks: list[Block] = [
        "Références : Convention - Plateforme Coopération",
        "Partenaire : Communauté d'agglomération de la Lys (exemple)",
        "ANNEXE 1 : Suivi des habilitations (à compléter par le partenaire)",
        *([sent] if sent is not None else []),
        "Conformément à l'article 3 de la convention d'accès à la plateforme « Coopération » conclue entre la Caf et "
        "le partenaire, les personnes habilitées informatiquement par la Caf pour accéder à la plate-forme "
        "« Coopération » sont nominativement listées ci-après.",
    ]
    if rows_1 is not None:
        blocks += [HEADING_1, Table([titles_1, *rows_1], widths)]
    if rows_2 is not None:
        blocks += [HEADING_2, Table([titles_2, *rows_2, *([[""] * 5] * 2 if not rows_2 else [])], widths), NOTE]
    return blocks


LYS = "@agglo-lys.example"
ALICE = ("Carpentier", "Alice", "Directrice", f"alice.carpentier{LYS}", "10/06/2026")
BOB = ("Leroy", "Bob", "agent d'accueil", f"bob.leroy{LYS}", "11/06/2026")
CLARA = ("Petit", "Clara", "coordinatrice enfance", f"clara.petit{LYS}", "12/06/2026")
DENIS = ("Vasseur", "Denis", "chargé de mission", f"denis.vasseur{LYS}", "31/08/2026")
R_ALICE = (1, *ALICE[:4], "2026-06-10")
R_BOB = (1, *BOB[:4], "2026-06-11")
R_CLARA = (1, *CLARA[:4], "2026-06-12")
R_DENIS = (2, *DENIS[:4], "2026-08-31")
EMPTY = ("", "", "", "", "")

TEXT, SHEET = "docx odt pdf", "xlsx xls ods csv"


def _with(row: Sequence[str], **changes: Written) -> list[Written]:
    """A row with another cell: `last`, `first`, `function`, `email` or `on`."""
    places = ("last", "first", "function", "email", "on")
    return [changes.get(place, value) for place, value in zip(places, row, strict=True)]


def _many(count: int) -> list[tuple[str, ...]]:
    return [
        (
            f"Martin-{'ABCDEFGHIJ'[number % 10]}{'abcde'[number // 10]}elle",
            "Jean",
            "agent",
            f"m{number}{LYS}",
            "01/06/2026",
        )
        for number in range(count)
    ]


_DATES = (
    ("10/06/2026", ""),
    ("10/6/26", ""),
    ("10-06-2026", ""),
    ("10.06.2026", ""),
    ("10 06 2026", ""),
    ("2026-06-10", ""),
    ("10 juin 2026", ""),
    ("le 10 juin 2026", ""),
    ("mercredi 10 juin 2026", ""),
    ("10 JUIN 2026", ""),
    ("à compter du 10/06/2026", ""),
    ("[10/06/2026]", ""),
    ("1er 10/6/26", "date-repaired"),
    ("46183", "date-repaired"),
    ("Le 10/06/26", ""),
)
_LETTERS = "ABCDEFGHIJKLMNOPQ"
_WORDS = (
    *("Arnoult", "Bellanger", "Carlier", "Dubrulle", "Evrard", "Flament", "Guilbert", "Hennion", "Ibanez"),
    *("Joly", "Kowalski", "Lemaire", "Mercier", "Normand", "Ogier"),
)


def _dated(number: int, date: str) -> tuple[str, ...]:
    return (_WORDS[number], "Paul", "agent", f"p{number}{LYS}", date)


_TRACKED = (
    "<text:tracked-changes>"
    '<text:changed-region text:id="ct1"><text:insertion><office:change-info><dc:creator>A</dc:creator>'
    "<dc:date>2026-06-01T10:00:00</dc:date></office:change-info></text:insertion></text:changed-region>"
    '<text:changed-region text:id="ct2"><text:deletion><office:change-info><dc:creator>A</dc:creator>'
    "<dc:date>2026-06-01T10:00:00</dc:date></office:change-info><text:p>Dupont</text:p></text:deletion>"
    "</text:changed-region></text:tracked-changes>"
)
_DURAND = (
    '<text:p><text:change-start text:change-id="ct1"/>Durand<text:change-end text:change-id="ct1"/>'
    '<text:change text:change-id="ct2"/></text:p>'
)

_REPAIRS = (
    ("<{}>", "adele.un"),
    ("mailto:{}", "basile.deux"),
    ("{};", "celeste.trois"),
    ("Octave Hermant <{}>", "octave.quatre"),
    ("\u00a0{}\u00a0", "edmee.cinq"),
    ("{}.", "fabrice.six"),
)
_REPAIRED = [
    (_WORDS[n], "Paul", "agent", how.format(f"{box}{LYS}"), "10/06/2026") for n, (how, box) in enumerate(_REPAIRS)
]

_CONVENTION: list[Block] = [
    "CONVENTION D'ADHÉSION À LA PLATEFORME « COOPÉRATION »",
    "Article 1 : Objet. La Caf ouvre un accès aux personnes que désigne le partenaire.",
    "Article 2 : Obligations. Le partenaire transmet l'annexe 1 et l'annexe 2, datées et signées.",
    "Article 3.1 : Ouverture. La liste 1, « Liste des personnes pour lesquelles un nouvel accès est demandé ou qui "
    "ont un accès ouvert », figure en annexe 1 ; elle est valable à compter de la date de transmission de celle-ci.",
    "Article 3.3 : Clôture. La « Liste des personnes pour lesquelles une clôture de l'accès est demandée » figure en "
    "annexe 1, liste 2.",
    "Fait à Béthune, le 12 janvier 2026",
    Table([("Pour la Caf", "Pour le partenaire"), ("Le directeur", "Le président")], (8, 8)),
]
_CONTACTS: list[Block] = [
    "ANNEXE 2 : Contacts du partenaire",
    "Date de transmission : 02/02/2026",
    Table(
        [
            ("Rôle", "Nom", "Prénom", "Fonction", "Adresse électronique"),
            ("Habilitations", "Marchand", "Rose", "DGS", f"rose.marchand{LYS}"),
        ]
    ),
    "ANNEXE 3 : Contacts de la Caf",
    "Date : 03/03/2026",
    Table(
        [
            ("Rôle", "Nom", "Prénom", "Fonction", "Adresse électronique"),
            ("Sécurité", "Noir", "Luc", "RSSI", "luc@caf.example"),
        ]
    ),
]

SCENARIOS = [
    Scenario(
        "formulaire-signe",
        f"{TEXT} {SHEET} calc.pdf",
        form(
            [
                (
                    "Delattre",
                    "Anne - Sophie",
                    "chargée de coopération CTG",
                    f"annesophie.delattre{LYS}",
                    "1er 10/6/26",
                ),
                ("Vasseur", "Brigitte", '"', f"brigitte.vasseur{LYS}", "1er 10/6/26"),
                EMPTY,
                ("LEROY", "Alexandre", "chef de service", f"alexandre.leroy{LYS}", "10/06/2026"),
                EMPTY,
                EMPTY,
            ],
            sent="Date de transmission : [13/04/2026]",
        ),
        "2026-04-13",
        [
            (1, "Delattre", "Anne-Sophie", "chargée de coopération CTG", f"annesophie.delattre{LYS}", "2026-06-10"),
            (1, "Vasseur", "Brigitte", "chargée de coopération CTG", f"brigitte.vasseur{LYS}", "2026-06-10"),
            (1, "LEROY", "Alexandre", "chef de service", f"alexandre.leroy{LYS}", "2026-06-10"),
        ],
        [
            "text-repaired 1/1 first_names",
            "date-repaired 1/1 requested_on",
            "ditto-expanded 1/2 function",
            "date-repaired 1/2 requested_on",
        ],
    ),
    Scenario(
        "convention-entiere",
        TEXT,
        [*_CONVENTION, *form([ALICE, BOB], [DENIS]), *_CONTACTS],
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
    ),
    Scenario(
        "colonnes-autre-ordre",
        "docx pdf xlsx csv",
        form(
            [[ALICE[n] for n in (3, 4, 1, 0, 2)]],
            [[DENIS[n] for n in (4, 0, 1, 2, 3)]],
            titles_1=[TITLES_1[n] for n in (3, 4, 1, 0, 2)],
            titles_2=[TITLES_2[n] for n in (4, 0, 1, 2, 3)],
            widths=(4, 3.4, 3, 3, 4),
        ),
        "2026-06-15",
        [R_ALICE, R_DENIS],
    ),
    Scenario(
        "colonnes-en-plus",
        "docx odt pdf xlsx xls",
        form(
            [("1", *ALICE[:3], "03 21 00 00 00", *ALICE[3:]), ("2", *BOB[:3], "", *BOB[3:])],
            [("1", *DENIS[:3], "", *DENIS[3:])],
            titles_1=("N°", *TITLES_1[:3], "Téléphone", *TITLES_1[3:]),
            titles_2=("N°", *TITLES_2[:3], "Téléphone", *TITLES_2[3:]),
            widths=(1, 2.5, 2, 2.8, 2.2, 4, 2.5),
        ),
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
    ),
    Scenario(
        "titres-variantes",
        "docx pdf ods xls csv",
        form(
            [ALICE],
            [DENIS],
            sent="DATE DE TRANSMISSION :\u00a015 juin 2026",
            titles_1=(
                "NOM",
                "Prénom(s)",
                "FONCTION / QUALITE",
                "Adresse électronique professionnelle",
                "Date de demande d’habilitation",
            ),
            titles_2=("Nom*", "Prénoms", "Qualité", "Courriel", "DATE DE FIN D’HABILITATION"),
        ),
        "2026-06-15",
        [R_ALICE, R_DENIS],
    ),
    Scenario(
        "suite-deuxieme-tableau",
        TEXT,
        [
            *form([ALICE], None)[:-1],
            Table([TITLES_1, ALICE]),
            "(suite de la liste)",
            Table([TITLES_1, BOB]),
            "(suite)",
            Table([CLARA]),
            HEADING_2,
            Table([TITLES_2, DENIS]),
        ],
        "2026-06-15",
        [R_ALICE, R_BOB, R_CLARA, R_DENIS],
    ),
    Scenario(
        "suite-autre-feuille",
        "xlsx xls ods",
        [
            *form([ALICE], None),
            Sheet("suite"),
            Table([TITLES_1, BOB, CLARA]),
            Sheet("fins"),
            HEADING_2,
            Table([TITLES_2, DENIS]),
        ],
        "2026-06-15",
        [R_ALICE, R_BOB, R_CLARA, R_DENIS],
    ),
    Scenario(
        "tableau-sur-trois-pages",
        TEXT,
        [*form([], None)[:-1], Table([TITLES_1, *_many(50)], headed=True), HEADING_2, Table([TITLES_2, DENIS])],
        "2026-06-15",
        [*((1, *row[:4], "2026-06-01") for row in _many(50)), R_DENIS],
        [f"possible-duplicate 1/{row} email" for row in range(2, 51)],
    ),
    Scenario(
        "cellules-fusionnees",
        "docx odt pdf xlsx xls ods",
        form(
            [_with(ALICE, function=Cell("Directrice", tall=2)), _with(BOB, function=None), CLARA],
            [DENIS],
        ),
        "2026-06-15",
        [R_ALICE, (1, "Leroy", "Bob", "Directrice", f"bob.leroy{LYS}", "2026-06-11"), R_CLARA, R_DENIS],
    ),
    Scenario(
        "dates-depuis-1904",
        "xlsx xls ods",
        form(
            [
                _with(ALICE, on=Cell("10/06/2026", date="2026-06-10")),
                _with(BOB, on=Cell("11/06/2026", date="2026-06-11")),
            ],
            [_with(DENIS, on=Cell("31/08/2026", date="2026-08-31"))],
        ),
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
        since_1904=True,
    ),
    Scenario(
        "dates-typees",
        f"{SHEET} calc.pdf",
        form(
            [_with(ALICE, on=Cell("10/06/2026", date="2026-06-10"))], [_with(DENIS, on=Cell("", date="2026-08-31"))]
        ),
        "2026-06-15",
        [R_ALICE, R_DENIS],
    ),
    Scenario(
        "dates-en-texte",
        "docx pdf xlsx csv",
        form([_dated(n, text) for n, (text, _) in enumerate(_DATES)], []),
        "2026-06-15",
        [(1, *_dated(n, "")[:4], "2026-06-10") for n in range(len(_DATES))],
        [f"{code} 1/{n} requested_on" for n, (_, code) in enumerate(_DATES, 1) if code],
    ),
    Scenario(
        "lignes-barrees",
        "docx odt pdf xlsx xls ods",
        form(
            [[Cell(text, struck=True) for text in ALICE], BOB, _with(CLARA, last=Cell("Petit", struck=True))], [DENIS]
        ),
        "2026-06-15",
        [R_ALICE, R_BOB, R_CLARA, R_DENIS],
        ["struck-or-hidden 1/1", "struck-or-hidden 1/3"],
    ),
    Scenario(
        "lignes-masquees",
        "xlsx xls ods",
        form([ALICE, Hidden(BOB), CLARA], [DENIS]),
        "2026-06-15",
        [R_ALICE, R_BOB, R_CLARA, R_DENIS],
        ["struck-or-hidden 1/2"],
    ),
    Scenario(
        "feuille-masquee",
        "xlsx xls ods",
        [*form([ALICE], [DENIS]), Sheet("archive", hidden=True), HEADING_1, Table([TITLES_1, BOB])],
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
        ["struck-or-hidden 1/2"],
    ),
    Scenario(
        "suivi-des-modifications",
        "docx odt",
        form([_with(ALICE, last=Cell("Durand", markup=_DURAND)), BOB], [DENIS]),
        "2026-06-15",
        [(1, "Durand", *R_ALICE[2:]), R_BOB, R_DENIS],
        ["pending-revisions"],
        changes=_TRACKED,
    ),
    Scenario(
        "adresses-a-reparer",
        "docx odt pdf xlsx xls csv",
        form(
            [
                *_REPAIRED,
                _with(ALICE, email=f"ALICE.Carpentier{LYS.upper()}"),
            ],
            [],
        ),
        "2026-06-15",
        [
            *((1, _WORDS[n], "Paul", "agent", f"{box}{LYS}", "2026-06-10") for n, (_, box) in enumerate(_REPAIRS)),
            R_ALICE,
        ],
        [f"text-repaired 1/{row} email" for row in (1, 2, 3, 4, 6, 7)],
    ),
    Scenario(
        "espaces-invisibles",  # a PDF does not keep them
        "docx odt xlsx xls ods csv",
        form([_with(ALICE, email=f"alice.\u200bcarpentier{LYS}"), _with(BOB, last="Le\u00adroy")], []),
        "2026-06-15",
        [R_ALICE, R_BOB],
        ["text-repaired 1/1 email", "text-repaired 1/2 last_name"],
    ),
    Scenario(
        "deux-adresses",
        "docx odt pdf xlsx csv",
        form(
            [_with(ALICE, email=f"alice{LYS} / a.carpentier{LYS}"), _with(BOB, email=f"bob{LYS}; b.leroy{LYS}")], []
        ),
        "2026-06-15",
        [(1, *ALICE[:3], None, "2026-06-10"), (1, *BOB[:3], None, "2026-06-11")],
        ["email-invalid 1/1 email", "email-invalid 1/2 email"],
    ),
    Scenario(
        "lettres-semblables",
        "docx pdf xlsx csv",
        form([_with(ALICE, email=f"\u0430lice.carpentier{LYS}"), _with(BOB, last="L\u0435roy")], []),
        "2026-06-15",
        [(1, *ALICE[:3], None, "2026-06-10"), (1, None, *BOB[1:4], "2026-06-11")],
        ["suspicious-characters 1/1 email", "suspicious-characters 1/2 last_name"],
    ),
    Scenario(
        "31-fevrier",
        "docx pdf xls csv",
        form([_with(ALICE, on="31/02/2026"), _with(BOB, on="6/13/26")], []),
        "2026-06-15",
        [(1, *ALICE[:4], None), (1, *BOB[:4], None)],
        ["date-invalid 1/1 requested_on", "date-invalid 1/2 requested_on"],
    ),
    Scenario("sans-liste-2", "docx pdf xlsx", form([ALICE], None), "2026-06-15", [R_ALICE], ["list-missing 2"]),
    Scenario("sans-liste-1", "docx pdf ods", form(None, [DENIS]), "2026-06-15", [R_DENIS], ["list-missing 1"]),
    Scenario(
        "sans-date",
        "docx pdf csv",
        form([ALICE], [DENIS], sent=None),
        None,
        [R_ALICE, R_DENIS],
        ["transmission-date-missing"],
    ),
    Scenario(
        "date-a-remplir",
        "odt pdf xls",
        form([ALICE], [DENIS], sent="Date de transmission : … / … / ……"),
        None,
        [R_ALICE, R_DENIS],
        ["transmission-date-missing"],
    ),
    Scenario(
        "colonnes-etroites",
        "docx odt pdf",
        form(
            [
                (
                    "Vanderbruggen",
                    "Marie-Charlotte",
                    "coordonnatrice",
                    f"marie-charlotte.vanderbruggen{LYS}",
                    "10 juin 2026",
                ),
                ("Le Goff", "Jean Paul", "chargé de mission petite enfance", f"jean-paul_le.goff{LYS}", "11/06/2026"),
                ("De la Tour", "Anne-Sophie", '"', f"anne.delatour{LYS}", '"'),
            ],
            [DENIS],
            widths=(2.0, 1.9, 2.2, 2.3, 2.2),
        ),
        "2026-06-15",
        [
            (
                1,
                "Vanderbruggen",
                "Marie-Charlotte",
                "coordonnatrice",
                f"marie-charlotte.vanderbruggen{LYS}",
                "2026-06-10",
            ),
            (1, "Le Goff", "Jean Paul", "chargé de mission petite enfance", f"jean-paul_le.goff{LYS}", "2026-06-11"),
            (1, "De la Tour", "Anne-Sophie", "chargé de mission petite enfance", f"anne.delatour{LYS}", "2026-06-11"),
            R_DENIS,
        ],
        ["ditto-expanded 1/3 function", "ditto-expanded 1/3 requested_on"],
    ),
    Scenario(
        "liste-1-neant",
        "docx pdf xls",
        form([("Néant", "", "", "", "")], [DENIS]),
        "2026-06-15",
        [R_DENIS],
    ),
    Scenario(
        "un-seul-tableau",
        "docx odt pdf ods",
        [
            "ANNEXE 1 : Suivi des habilitations",
            Table(
                [
                    ("Date de transmission :", "15/06/2026", "", "", ""),
                    ("Liste 1", "", "", "", ""),
                    TITLES_1,
                    ALICE,
                    BOB,
                    ("Liste 2", "", "", "", ""),
                    TITLES_2,
                    DENIS,
                ]
            ),
        ],
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
    ),
    Scenario(
        "doublons",
        "docx pdf csv",
        form(
            [ALICE, BOB, _with(ALICE, on="12/06/2026"), _with(CLARA, on="15/06/2026")],
            [
                ("Petit", "Clara", "coordinatrice enfance", f"clara.petit{LYS}", "15/06/2026"),
                ("Leroy", "Bob", "agent", f"bob.leroy{LYS}", "14/06/2026"),
            ],
        ),
        "2026-06-15",
        [
            R_ALICE,
            R_BOB,
            (1, *ALICE[:4], "2026-06-12"),
            (1, *CLARA[:4], "2026-06-15"),
            (2, *CLARA[:4], "2026-06-15"),
            (2, "Leroy", "Bob", "agent", f"bob.leroy{LYS}", "2026-06-14"),
        ],
        ["duplicate-person 1/3 email", "in-both-lists 2/2 ended_on"],
    ),
    Scenario(
        "formules",
        "xlsx xls ods",
        form([_with(ALICE, email=Cell(f"alice{LYS}", formula=f'of:=CONCATENATE("alice";"{LYS}")')), BOB], [DENIS]),
        "2026-06-15",
        [(1, *ALICE[:3], None, "2026-06-10"), R_BOB, R_DENIS],
        ["suspicious-characters 1/1 email"],
    ),
    Scenario(
        "notes-et-signatures",
        "docx pdf ods csv",
        [
            *form([ALICE, BOB, ("Total : 2 personnes", "", "", "", "")], [DENIS]),
            "Fait à Béthune, le 15 juin 2026",
            Table([("Le Président", "Cachet et signature"), ("", "")], (8, 8)),
        ],
        "2026-06-15",
        [R_ALICE, R_BOB, R_DENIS],
    ),
    Scenario(
        "repetitions",
        "docx odt pdf xlsx csv",
        form(
            [
                ALICE,
                _with(BOB, function="''", on="''"),
                _with(CLARA, function="idem", on="Id."),
                ("Roussel", "Yann", "»", f"yann.roussel{LYS}", "«"),
                ("Thomas", "Zoé", "\u3003", f"zoe.thomas{LYS}", "-//-"),
            ],
            [],
        ),
        "2026-06-15",
        [
            R_ALICE,
            (1, "Leroy", "Bob", "Directrice", f"bob.leroy{LYS}", "2026-06-10"),
            (1, "Petit", "Clara", "Directrice", f"clara.petit{LYS}", "2026-06-10"),
            (1, "Roussel", "Yann", "Directrice", f"yann.roussel{LYS}", "2026-06-10"),
            (1, "Thomas", "Zoé", "Directrice", f"zoe.thomas{LYS}", "2026-06-10"),
        ],
        [f"ditto-expanded 1/{row} {column}" for row in (2, 3, 4, 5) for column in ("function", "requested_on")],
    ),
    Scenario(
        "noms-difficiles",
        f"{TEXT} {SHEET} csv-virgule csv-tabulation csv-cp1252 csv-utf16 csv-mac csv-cr csv-bom csv-guillemets",
        form(
            [
                ("DE LA TOUR D'AUVERGNE", "Zoé", "élue, vice-présidente", f"zoe.delatour{LYS}", "10/06/2026"),
                ("N’Guyen", "Jean – Luc", '"', f"jl.nguyen{LYS}", "11/06/2026"),
                ("Œuvrard", "Éloïse", "agent « volant »", f"eloise.oeuvrard{LYS}", "12/06/2026"),
            ],
            [DENIS],
        ),
        "2026-06-15",
        [
            (1, "DE LA TOUR D'AUVERGNE", "Zoé", "élue, vice-présidente", f"zoe.delatour{LYS}", "2026-06-10"),
            (1, "N'Guyen", "Jean-Luc", "élue, vice-présidente", f"jl.nguyen{LYS}", "2026-06-11"),
            (1, "Œuvrard", "Éloïse", "agent « volant »", f"eloise.oeuvrard{LYS}", "2026-06-12"),
            R_DENIS,
        ],
        ["text-repaired 1/2 last_name", "text-repaired 1/2 first_names", "ditto-expanded 1/2 function"],
    ),
    Scenario("pdf-non-modifiable", "pdf-permissions", form([ALICE], [DENIS]), "2026-06-15", [R_ALICE, R_DENIS]),
    Scenario("pdf-protege", "pdf-password", form([ALICE], [DENIS]), None, [], ["unreadable-document"]),
    Scenario("ancien-word", "doc", form([ALICE], [DENIS]), None, [], ["unreadable-document"]),
]


# LibreOffice's own formats in one XML file, which it then saves as any other

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in (
        *((name, name) for name in ("office", "text", "table", "style")),
        *(("fo", "xsl-fo-compatible"), ("number", "datastyle")),
    )
)
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.3" office:mimetype='
)
_STYLES = (
    '<office:styles><style:default-style style:family="paragraph"><style:text-properties fo:font-size="10pt" '
    'style:font-name="Liberation Sans" fo:language="fr" fo:country="FR"/></style:default-style></office:styles>'
    "<office:automatic-styles>"
    '<style:page-layout style:name="wide"><style:page-layout-properties style:print-orientation="landscape" '
    'fo:page-width="29.7cm" fo:page-height="21cm" style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout>'
    '<number:date-style style:name="D" number:language="fr" number:country="FR">'
    '<number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    "</number:date-style>"
    '<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid '
    '#000000" fo:padding="0.1cm" fo:wrap-option="wrap"/></style:style>'
    '<style:style style:name="cell-date" style:family="table-cell" style:data-style-name="D">'
    '<style:table-cell-properties fo:border="0.5pt solid #000000"/></style:style>'
    '<style:style style:name="cell-struck" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt '
    'solid #000000"/><style:text-properties style:text-line-through-style="solid" '
    'style:text-line-through-type="single"/></style:style>'
    '<style:style style:name="struck" style:family="text"><style:text-properties '
    'style:text-line-through-style="solid" style:text-line-through-type="single"/></style:style>'
    '<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/>'
    "</style:style>"
    '<style:style style:name="shown" style:family="table" style:master-page-name="Default">'
    '<style:table-properties table:display="true"/></style:style>'
)


def _column_styles(widths: Sequence[float], prefix: str) -> str:
    return "".join(
        f'<style:style style:name="{prefix}{n}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{width}cm"/></style:style>'
        for n, width in enumerate(widths)
    )


def _columns(widths: Sequence[float], prefix: str) -> str:
    return "".join(f'<table:table-column table:style-name="{prefix}{n}"/>' for n in range(len(widths)))


def _paragraph(text: str, style: str = "") -> str:
    inside = escape(text)
    if style:
        inside = f"<text:span text:style-name={quoteattr(style)}>{inside}</text:span>"
    return f"<text:p>{inside}</text:p>"


def _cell(written: Written, *, sheet: bool) -> str:
    if written is None:
        return "<table:covered-table-cell/>"
    one = Cell(written) if isinstance(written, str) else written
    style = "cell-struck" if one.struck and sheet else "cell-date" if one.date else "cell"
    more = f' table:number-rows-spanned="{one.tall}" table:number-columns-spanned="1"' if one.tall > 1 else ""
    if one.formula:
        more += f" table:formula={quoteattr(one.formula)}"
    if one.date:
        more += f' office:value-type="date" office:date-value="{one.date}"'
    elif sheet:
        more += ' office:value-type="string"'
    inside = one.markup or _paragraph(one.text, "struck" if one.struck and not sheet else "")
    return f'<table:table-cell table:style-name="{style}"{more}>{inside if one.text else ""}</table:table-cell>'


def _rows(table: Table, *, sheet: bool) -> str:
    rows = []
    for row in table.rows:
        hidden = ' table:visibility="collapse"' if isinstance(row, Hidden) else ""
        rows.append(f"<table:table-row{hidden}>{''.join(_cell(one, sheet=sheet) for one in row)}</table:table-row>")
    if table.headed:
        rows[0] = f"<table:table-header-rows>{rows[0]}</table:table-header-rows>"
    return "".join(rows)


def _text_document(scenario: Scenario) -> str:
    styles, body = "", scenario.changes
    for number, block in enumerate(scenario.blocks):
        if isinstance(block, Table):
            styles += _column_styles(block.widths, f"t{number}-")
            styles += (
                f'<style:style style:name="t{number}" style:family="table"><style:table-properties '
                f'table:align="left" style:width="{sum(block.widths)}cm"/></style:style>'
            )
            rows = _columns(block.widths, f"t{number}-") + _rows(block, sheet=False)
            body += f'<table:table table:name="T{number}" table:style-name="t{number}">{rows}</table:table>'
        elif isinstance(block, str):
            body += _paragraph(block)
    return (
        f'{_HEAD}"application/vnd.oasis.opendocument.text">{_STYLES}{styles}</office:automatic-styles><office:body>'
        f"<office:text>{body}</office:text></office:body></office:document>"
    )


def _workbook(scenario: Scenario) -> str:
    widths = (4, 4, 4.5, 7, 4, 4, 4)
    body = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    body = body if scenario.since_1904 else ""
    start = f'<table:table table:name="{{}}" table:style-name="{{}}">{_columns(widths, "c")}'
    body += start.format("Annexe 1", "shown")
    for block in scenario.blocks:
        if isinstance(block, Sheet):
            body += "</table:table>" + start.format(block.name, "hidden" if block.hidden else "shown")
        elif isinstance(block, Table):
            body += _rows(block, sheet=True)
        else:
            words, colon, date = block.partition(" :")
            cells = [words + colon, date.strip()] if words.lower() == "date de transmission" else [block]
            inside = "".join(_cell(cell, sheet=True).replace(' table:style-name="cell"', "") for cell in cells)
            body += f"<table:table-row>{inside}</table:table-row><table:table-row/>"
    return (
        f'{_HEAD}"application/vnd.oasis.opendocument.spreadsheet">{_STYLES}{_column_styles(widths, "c")}'
        '</office:automatic-styles><office:master-styles><style:master-page style:name="Default" '
        'style:page-layout-name="wide"/></office:master-styles><office:body><office:spreadsheet>'
        f"{body}</table:table></office:spreadsheet>"
        "</office:body></office:document>"
    )


# How each kind of document is saved

_CSV = "csv:Text - txt - csv (StarCalc):{},34,{},1,,0,{},true,false"
_UTF_8, _WINDOWS = 76, 1


class Saved(NamedTuple):
    """A way to save: the suite's filter, the file's suffix, and what is done to the bytes afterwards."""

    filter: str
    suffix: str
    sheet: bool
    then: Callable[[bytes], bytes] = bytes


def _locked_pdf(**options: str) -> Saved:
    """A PDF with passwords: to open it, or only to change it."""
    data = {
        name: {"type": "boolean" if value == "true" else "string", "value": value} for name, value in options.items()
    }
    return Saved(f"pdf:writer_pdf_Export:{json.dumps(data)}", "pdf", sheet=False)


WAYS = {
    "pdf-permissions": _locked_pdf(RestrictPermissions="true", PermissionPassword="secret"),
    "pdf-password": _locked_pdf(EncryptFile="true", DocumentOpenPassword="secret"),
    **{name: Saved(name, name, sheet=False) for name in ("docx", "odt", "pdf", "doc")},
    **{name: Saved(name, name, sheet=True) for name in ("xlsx", "xls", "ods")},
    "calc.pdf": Saved("pdf", "calc.pdf", sheet=True),
    "csv": Saved(_CSV.format(59, _UTF_8, "false"), "csv", sheet=True),
    "csv-guillemets": Saved(_CSV.format(59, _UTF_8, "true"), "guillemets.csv", sheet=True),
    "csv-virgule": Saved(_CSV.format(44, _UTF_8, "false"), "virgule.csv", sheet=True),
    "csv-tabulation": Saved(_CSV.format(9, _UTF_8, "false"), "tabulation.csv", sheet=True),
    "csv-cp1252": Saved(_CSV.format(59, _WINDOWS, "false"), "cp1252.csv", sheet=True),
    "csv-bom": Saved(_CSV.format(59, _UTF_8, "false"), "bom.csv", sheet=True, then=lambda it: b"\xef\xbb\xbf" + it),
    "csv-utf16": Saved(
        _CSV.format(59, _UTF_8, "false"), "utf16.csv", sheet=True, then=lambda it: it.decode().encode("utf-16")
    ),
    "csv-mac": Saved(
        _CSV.format(59, _UTF_8, "false"), "mac.csv", sheet=True, then=lambda it: it.decode().encode("mac_roman")
    ),
    "csv-cr": Saved(_CSV.format(59, _UTF_8, "false"), "cr.csv", sheet=True, then=lambda it: it.replace(b"\n", b"\r")),
}


def save(soffice: str, work: Path, way: Saved, scenarios: Sequence[Scenario]) -> None:
    """Saves these scenarios' documents in one way."""
    suffix = "fods" if way.sheet else "fodt"
    sources = [work / f"{scenario.name}.{suffix}" for scenario in scenarios]
    out = work / "out"
    command = [
        soffice,
        "--headless",
        f"-env:UserInstallation={(work / 'profile').as_uri()}",
        "--convert-to",
        way.filter,
    ]
    subprocess.run([*command, "--outdir", out, *sources], check=True, capture_output=True)
    for scenario in scenarios:
        (found,) = out.glob(f"{scenario.name}.*")
        document = HERE / f"{scenario.name}.{way.suffix}"
        document.write_bytes(way.then(found.read_bytes()))
        found.unlink()
        expected = json.dumps(scenario.expected(), ensure_ascii=False, indent=1)
        document.with_name(f"{document.name}.expected.json").write_text(f"{expected}\n", "utf-8")


# Word tables with random columns

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'wordprocessingml.{kind}+xml"/>'
        for part, kind in (("document", "document.main"), ("styles", "styles"))
    )
    + "</Types>"
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = (
    '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
)
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_TABLES, _WITHOUT_BORDERS = 20, (18, 19)
_LAST_NAMES = (
    *("Delcroix", "MARTIN-DUBOIS", "Lefebvre", "de la Fontaine", "Vandenberghe", "N'Diaye", "Carpentier", "Petit"),
    *("Saint-Omer", "Wojciechowski", "LEROY", "Van den Broucke", "Hennion", "Bouchard-Delattre", "Ricquebourg"),
)
_FIRST_NAMES = (
    *("Manon", "Anne-Sophie", "Jean Pierre", "Zoé", "Alexandre", "Marie-Christine", "Paul", "Inès", "Jean-Baptiste"),
    *("Frédérique", "Maximilienne", "Luc"),
)
_FUNCTIONS = (
    *(
        "Directrice",
        "agent d'accueil",
        "Responsable enfance",
        "chargée de coopération CTG",
        "adjointe au maire",
        "élu",
    ),
    *("coordinatrice petite enfance", "Directeur général des services", "secrétaire de mairie", "chef de service"),
    *("responsable administrative et financière", "animatrice jeunesse", "Responsable du pôle éducation"),
    *(
        "assistante sociale",
        "technicien informatique",
        "Coordonnateur parentalité",
        "gestionnaire",
        "vice-présidente",
    ),
    *(
        "chargé(e) de mission",
        "éducatrice de jeunes enfants",
        "Administratrice",
        "puéricultrice",
        "médiateur numérique",
    ),
)
_DOMAINS = ("ville-test.example", "agglo-lys.example", "cc-hauts-de-flandre.example", "mairie-x.example")


def _anybody(draw: random.Random, number: int) -> tuple[str, ...]:
    box = f"personne.numero{number}@{draw.choice(_DOMAINS)}"
    on = draw.choice(("02/06/2026", "2 juin 2026", "02/06/26"))
    return draw.choice(_LAST_NAMES), draw.choice(_FIRST_NAMES), draw.choice(_FUNCTIONS), box, on


def _word_paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _word_table(rows: Sequence[Sequence[str]], widths: Sequence[int], borders: str) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders>'
    head += '<w:tblLayout w:type="fixed"/></w:tblPr>'
    cells = [
        "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{_word_paragraph(text)}</w:tc>'
            for text, width in zip(row, widths, strict=True)
        )
        for row in rows
    ]
    return f"<w:tbl>{head}<w:tblGrid>{grid}</w:tblGrid>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def word_tables(soffice: str, work: Path) -> None:
    """Writes the tables as PDF, and one file with what must be read of them."""
    shutil.rmtree(WORD_TABLES, ignore_errors=True)
    WORD_TABLES.mkdir()
    expected, sources = {}, []
    for number in range(_TABLES):
        draw = random.Random(number)  # noqa: S311 - the same documents each time
        size, font = draw.choice((18, 20, 22, 24)), draw.choice(("Liberation Serif", "Liberation Sans", "Carlito"))
        parts = [draw.uniform(1, 3) for _ in TITLES_1]
        widths = [int(9800 * part / sum(parts)) for part in parts]
        lists = [
            [_anybody(draw, first + n) for n in range(draw.randint(*counts))]
            for first, counts in ((0, (3, 7)), (100, (1, 3)))
        ]
        borders = "" if number in _WITHOUT_BORDERS else _BORDERS
        body = "".join(
            [
                *map(_word_paragraph, ("ANNEXE 1 : Suivi des habilitations", "Date de transmission : 04/09/2026")),
                *(_word_paragraph(HEADING_1), _word_table([TITLES_1, *lists[0]], widths, borders)),
                *(_word_paragraph(HEADING_2), _word_table([TITLES_2, *lists[1]], widths, borders)),
                _word_paragraph(NOTE),
            ]
        )
        page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="900" w:bottom="1134" '
        page += 'w:left="900" w:header="0" w:footer="0" w:gutter="0"/></w:sectPr>'
        letters = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}"/><w:sz w:val="{size}"/>'
        source = work / f"tableau-{number:02}.docx"
        with zipfile.ZipFile(source, "w") as package:
            package.writestr("[Content_Types].xml", _TYPES)
            package.writestr(
                "_rels/.rels", _RELATIONS.format(_RELATION.format("officeDocument", "word/document.xml"))
            )
            package.writestr(
                "word/_rels/document.xml.rels", _RELATIONS.format(_RELATION.format("styles", "styles.xml"))
            )
            package.writestr(
                "word/styles.xml",
                f"<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr>{letters}</w:rPr></w:rPrDefault></w:docDefaults>"
                "</w:styles>",
            )
            package.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}{page}</w:body></w:document>")
        sources.append(source)
        expected[f"{source.stem}.pdf"] = [[*row[:4], "2026-06-02"] for rows in lists for row in rows]
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    command = [
        soffice,
        "--headless",
        profile,
        "--convert-to",
        "pdf",
        "--outdir",
        str(WORD_TABLES),
        *map(str, sources),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (WORD_TABLES / "expected.json").write_text(f"{json.dumps(expected, ensure_ascii=False, indent=0)}\n", "utf-8")


def main() -> None:
    """Writes the corpus anew."""
    soffice = shutil.which("soffice")
    if soffice is None:
        sys.exit("soffice is needed: install libreoffice-writer and libreoffice-calc, and run again.")
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        word_tables(soffice, work)
        for scenario in SCENARIOS:
            (work / f"{scenario.name}.fodt").write_text(_text_document(scenario), "utf-8")
            (work / f"{scenario.name}.fods").write_text(_workbook(scenario), "utf-8")
        for name, way in WAYS.items():
            save(soffice, work, way, [one for one in SCENARIOS if name in one.formats.split()])


if __name__ == "__main__":
    main()
