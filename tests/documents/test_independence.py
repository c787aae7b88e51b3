"""What is read does not depend on the order of rows or columns, nor on the format."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.documents import read_annexe
from provisioner.documents.form import Entry, Form, write_form
from provisioner.domain.annexe.document import Row
from provisioner.domain.people import EmailAddress, Person
from provisioner.settings import DocumentSettings

TITLES = ("Nom", "Prénom(s)", "Fonction/qualité", "Adresse électronique", "Date de demande d'habilitation")

_words = st.sampled_from(["Le Goff", "Nguyen", "O'Brien", "Délmas", "d'Ornano", "Anne-Sophie", "Émilie", "Zoë"])
_entries = st.lists(
    st.builds(
        lambda last, first, number, on: Entry(
            Person(last, first, "chargée de mission", EmailAddress(f"p{number}@agglo-lys.example")), on
        ),
        _words,
        _words,
        st.integers(0, 999),
        st.dates(date(2000, 1, 1), date(2079, 12, 31)),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda entry: entry.person.email,
)


def _values(entry: Entry) -> tuple[str, ...]:
    person = entry.person
    return (person.last_name, person.first_names, person.function, person.email, f"{entry.on:%d/%m/%Y}")


def _csv(entries: list[Entry], columns: list[int]) -> bytes:
    rows = [TITLES, *map(_values, entries)]
    lines = [";".join(row[column] for column in columns) for row in rows]
    head = ["ANNEXE 1", "Date de transmission :;01/09/2026", "1 - Liste des personnes"]
    return "\n".join([*head, *lines]).encode()


def _read(content: bytes, name: str) -> set[tuple[object, ...]]:
    annexe = read_annexe(content, name, DocumentSettings())
    return {_content(row) for row in annexe.rows}


def _content(row: Row) -> tuple[object, ...]:
    return (row.list, row.last_name, row.first_names, row.function, row.email, row.on)


@settings(max_examples=15, deadline=None)
@given(_entries, st.permutations(range(5)))
def test_the_order_of_columns_and_rows_does_not_matter(entries: list[Entry], columns: list[int]) -> None:
    expected = _read(_csv(entries, list(range(5))), "a.csv")
    assert len(expected) == len(entries)
    shuffled = sorted(entries, key=lambda entry: entry.person.email[::-1])
    assert _read(_csv(shuffled, columns), "a.csv") == expected


@settings(max_examples=8, deadline=None)
@given(_entries)
def test_the_format_does_not_matter(entries: list[Entry]) -> None:
    expected = _read(_csv(entries, list(range(5))), "a.csv")
    for extension in (".docx", ".odt", ".xlsx", ".ods"):
        assert _read(write_form(Form("Agglo", tuple(entries)), extension), f"a{extension}") == expected
