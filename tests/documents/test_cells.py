"""Names, functions and addresses: what is put right and told, what is refused."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents.addresses import read_address
from provisioner.documents.blocks import Cell
from provisioner.documents.encodings import Garbled, garbled
from provisioner.documents.rows import is_ditto, read_row
from provisioner.documents.text import quoted, tidy, tidy_name
from provisioner.domain.annexe.details import ReadAs
from provisioner.domain.annexe.document import Column, Finding, Row, Severity
from provisioner.views.findings import message

ABOVE = Row(1, 1, "Carpentier", "Alice", "Directrice", None, date(2026, 6, 10))


def read(number: int = 1, *, above: Row | None = ABOVE, **cells: Any) -> tuple[Row, list[Finding]]:
    on = "requested_on" if number == 1 else "ended_on"
    texts = {
        "last_name": "Leroy",
        "first_names": "Bob",
        "function": "agent",
        "email": "bob@agglo-lys.example",
        on: "1/7/26",
    }
    texts.update(cells)
    return read_row({Column(name): Cell(text) for name, text in texts.items()}, number, 2, above)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Anne - Sophie", "Anne-Sophie"),
        ("Anne \u2013 Sophie", "Anne-Sophie"),
        ("Jean\u00a0 Paul", "Jean Paul"),
        ("N\u2019Guyen", "N'Guyen"),
        ("E\u0301milie", "Émilie"),
        ("Le\u200broy", "Leroy"),
        ("Jean\nPaul", "Jean Paul"),
        ("- Jean Paul", "Jean Paul"),
        ("'Jean Paul", "Jean Paul"),
        ("\u2022 Jean", "Jean"),
        ("De\ufb01ne", "Define"),
        ("Ste\ufb00en", "Steffen"),
        ("d\u00b4Artagnan", "d'Artagnan"),
        ("Mme Leroy", "Leroy"),
        ("M. LEROY", "LEROY"),
    ],
)
def test_a_name_is_put_right_and_it_is_told_once(written: str, expected: str) -> None:
    row, findings = read(first_names=written)
    assert row.first_names == expected
    assert [(finding.code, finding.column, finding.suggestion) for finding in findings] == [
        ("text-repaired", Column.FIRST_NAMES, expected)
    ]


@pytest.mark.parametrize("name", ["DE LA TOUR", "d'Ornano", "McX", "  Leroy \u00a0", "Łukasz", "Özdemir"])
def test_a_name_without_fault_keeps_its_case_and_says_nothing(name: str) -> None:
    row, findings = read(last_name=name)
    assert (row.last_name, findings) == (name.strip(), [])


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "name",
    [
        "Dup\u043ent",
        "Le\u202eroy",
        "Le\x07roy",
        "=HYPERLINK(1)",
        "Leroy (Bob)",
        "Leroy/Petit",
        "Leroy;",
        "Leroy*",
        "\uff2ceroy",
        "Leroy 100%",
        "Leroy 2",
        "Leroy\u00b2",
        "Leroy\u00bd",
        "\u216feroy",
        "Leroy\u2460",
        "\U0001d40ceroy",
        "L\u0261roy",
        "Leroy\u01c3",
        "M\u1d50\u1d49 Leroy",
        "Jean\u00adPaul",
        "Le\u0301\u0300\u0316roy",
        "Leroy:",
        "Leroy_Petit",
        "+Leroy",
        "@Leroy",
        "\u00ab Leroy \u00bb",
        "Leroy \u2193",
        "Leroy-",
    ],
)
def test_a_name_that_may_deceive_or_that_keycloak_refuses_is_an_error(name: str) -> None:
    row, findings = read(last_name=name)
    assert row.last_name is None
    assert [(finding.code, finding.severity, finding.column) for finding in findings] == [
        ("suspicious-characters", Severity.ERROR, Column.LAST_NAME)
    ]


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "written",
    [
        "Bob@AGGLO-LYS.example",
        "<bob@agglo-lys.example>",
        "Bob Leroy <bob@agglo-lys.example>",
        "mailto:bob@agglo-lys.example",
        "bob@agglo-lys.example ;",
        "bob@agglo-lys.example.",
        "bob\u00a0@agglo-lys.example",
        "bob@agglo\u2011lys.example",
        "bob@agglo-lys\u200b.example",
        "bob@agglo-lys.example<mailto:Bob@agglo-lys.example>",
        "bob@agglo-lys.example (bob@agglo-lys.example)",
    ],
)
def test_an_address_is_put_right_and_it_is_told_once(written: str) -> None:
    row, findings = read(email=written)
    assert row.email == "bob@agglo-lys.example"
    assert [(finding.code, finding.value, finding.suggestion) for finding in findings] == [
        ("text-repaired", quoted(written), row.email)
    ]


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("bob.agglo-lys.example", None),
        ("bob@agglo-lys", None),
        ("bob leroy@agglo-lys.example", "bobleroy@agglo-lys.example"),
        ("bob,leroy@agglo-lys.example", "bob.leroy@agglo-lys.example"),
        ("bob@x.example; ann@x.example", None),
        ("bob@x.example ann@x.example", None),
        ("bob@x.example/ann@x.example", None),
        ("a" * 65 + "@x.example", None),
        ("élodie@x.example", None),
        ('"', None),
        ("néant", None),
        ("M. Leroy@x.example", "m.leroy@x.example"),
        ("www.bob@x.example", "bob@x.example"),
        ("bob@x.example<mailto:ann@x.example>", None),
    ],
)
def test_what_is_no_address_is_refused_with_a_proposal_where_one_can_be_had(
    written: str, suggestion: str | None
) -> None:
    row, findings = read(email=written)
    assert row.email is None
    assert [(finding.code, finding.suggestion) for finding in findings] == [("email-invalid", suggestion)]


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "written",
    [
        "b\u043eb@x.example",
        "bob@\nx.example",
        "bob\u202e@x.example",
        "=A1",
        "b\0b@x.example",
        "bob@x\u00b2.example",
        "bob@\uff58.example",
        "b\u00adob@x.example",
        "bob@x\u3002example",
    ],
)
def test_an_address_that_may_deceive_has_that_one_finding(written: str) -> None:
    assert codes(read(email=written)[1]) == ["suspicious-characters"]


@pytest.mark.rule("A4")
@pytest.mark.parametrize("written", ["bob", "b\u043eb@x.example"])
def test_in_list_2_no_finding_about_an_address_refuses_the_closure(written: str) -> None:
    findings = read(2, email=written)[1]
    assert [finding.severity for finding in findings] == [Severity.WARNING]


@pytest.mark.rule("A1")
def test_an_empty_cell_is_told_and_a_function_may_lack_in_list_2() -> None:
    cells: dict[str, Any] = {"last_name": "", "first_names": " ", "function": "-", "email": ""}
    for number, on in ((1, "requested_on"), (2, "ended_on")):
        row, findings = read(number, **{**cells, on: ""})
        assert (row.last_name, row.first_names, row.function, row.email, row.on) == (None,) * 5
        assert codes(findings) == ["cell-missing"] * 5
        warned = [finding.column for finding in findings if finding.severity is Severity.WARNING]
        assert warned == ([Column.FUNCTION] if number == 2 else [])


@pytest.mark.parametrize(
    "mark",
    [
        '"',
        "''",
        "«",
        "»",
        "« »",
        "〃",
        "″",
        "”",
        "“",
        "＂",
        "idem",
        "Id.",
        "-//-",
        '" "',
        "(idem)",
        "« idem »",
        "idem ci-dessus",
        "Idem ligne précédente",
        "dito",
        "ibid.",
        '—"—',
        "\u301f",
        "\u2036",
        "ci-dessus",
        "idem que ci-dessus",
        "la même",
    ],
)
def test_a_ditto_mark_repeats_the_function_and_the_date_above(mark: str) -> None:
    row, findings = read(function=mark, requested_on=mark)
    assert (row.function, row.on) == ("Directrice", date(2026, 6, 10))
    assert codes(findings) == ["ditto-expanded"] * 2
    assert [finding.details for finding in findings] == [ReadAs(text="Directrice"), ReadAs(day=date(2026, 6, 10))]


def test_words_for_the_same_repeat_what_their_column_holds() -> None:
    for words in ("même fonction", "Même poste que ci-dessus", "mêmes fonctions"):
        assert read(function=words)[0].function == "Directrice"
    row, findings = read(function="même date", requested_on="même fonction")
    assert (row.function, row.on) == (None, None)
    assert codes(findings) == ["cell-missing", "date-invalid"]
    assert read(requested_on="Même date")[0].on == date(2026, 6, 10)


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "written", ["idem + régie", "idem Mme Petit", "idem ligne 3", "voir organigramme", "idem ?", "do"]
)
def test_a_function_that_refers_elsewhere_is_asked_for(written: str) -> None:
    row, findings = read(function=written)
    assert row.function is None
    assert [(finding.code, finding.value) for finding in findings] == [("cell-missing", written)]
    assert "renvoie" in message(findings[0])


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("- agent", "agent"),
        ("\u2013 agent\n- régie", "agent - régie"),
        ("\u2022\tagent", "agent"),
        ("\uf0b7 agent", "agent"),
        ("1\u1d49\u02b3 adjoint", "1er adjoint"),
        ("o\ufb03cier", "officier"),
        ("agent\u00a0: accueil", "agent : accueil"),
    ],
)
def test_a_function_is_put_right_and_it_is_told_once(written: str, expected: str) -> None:
    row, findings = read(function=written)
    assert row.function == expected
    assert [(finding.code, finding.suggestion) for finding in findings] == [("text-repaired", expected)]


@pytest.mark.parametrize(
    "written",
    [
        "DGS & élu",
        "n° 2 du service",
        "C.T.G.",
        "chargé(e) de mission",
        "agent « volant »",
        "50 % DGS",
        "m² et €",
        "1+1",
    ],
)
def test_a_function_without_fault_is_taken_as_it_is(written: str) -> None:
    row, findings = read(function=written)
    assert (row.function, findings) == (written, [])


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "written",
    [
        "Adjointe 1<sup>re</sup>",
        "a > b",
        "=1+1",
        "= idem",
        "+33 agent",
        "@SUM(A1)",
        "- =A1",
        "agent \u2193",
        "\u0430gent",
        "agent \U0001f600",
    ],
)
def test_a_function_that_a_program_may_run_or_that_deceives_is_an_error(written: str) -> None:
    row, findings = read(function=written)
    assert row.function is None
    assert codes(findings) == ["suspicious-characters"]


@pytest.mark.rule("A7")
@pytest.mark.parametrize("column", ["last_name", "function"])
@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("HÃ©lÃ¨ne", "Hélène"),
        ("HÃƒÂ©lÃƒÂ¨ne", "Hélène"),
        ("H√©l√®ne", "Hélène"),
        ("H├®l├¿ne", "Hélène"),
        ("HÈlËne", "Hélène"),
        ("Fran‡ois", None),
        ("CÅ“lia", "Cœlia"),
        ("H&eacute;l&egrave;ne", "Hélène"),
        ("H=E9l=E8ne", "Hélène"),
        ("H´el`ene", "Hélène"),
        ("Lo¨ıc", "Loïc"),
        ("Ana´s", None),
        ("H\ufffdl\ufffdne", None),
        ("H?l?ne", None),
        ("H\x82l\x8ane", None),
    ],
)
def test_letters_spoilt_by_an_encoding_are_told_with_what_they_were(
    column: str, written: str, suggestion: str | None
) -> None:
    cells: dict[str, Any] = {column: written}
    row, findings = read(**cells)
    assert getattr(row, column) is None
    assert [(finding.code, finding.severity, finding.suggestion) for finding in findings] == [
        ("letters-garbled", Severity.ERROR, suggestion)
    ]


@given(st.text("abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûüœæ '’-ABCÉÀÇŒ", max_size=40))
def test_french_words_are_never_taken_for_spoilt_ones(text: str) -> None:
    words = " ".join(word.capitalize() for word in text.split())
    assert garbled(words) is None


@given(
    st.text("abcdéèçàâêîôûëïüÉÈÀ", min_size=3, max_size=20),
    st.sampled_from(["cp1252", "latin-1", "mac_roman", "cp850"]),
)
def test_what_was_taken_for_another_encoding_is_found_again(text: str, encoding: str) -> None:
    word = text.capitalize()
    spoilt = "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in word.encode())
    if spoilt != word:
        assert garbled(spoilt) == Garbled(word)


@pytest.mark.parametrize("text", ["Ã" * 2_000, "´a" * 1_000, "&" * 2_000, "a?" * 1_000, "a%E9" * 500, "idem " * 400])
def test_a_long_cell_costs_nothing(text: str) -> None:
    for _ in range(200):
        read(last_name=text, function=text)


def test_a_ditto_mark_repeats_neither_names_nor_addresses() -> None:
    row, findings = read(last_name='"', first_names="idem", email='"')
    assert (row.last_name, row.first_names, row.email) == (None, None, None)
    assert codes(findings) == ["cell-missing", "cell-missing", "email-invalid"]


def test_a_ditto_mark_over_nothing_readable_is_an_error() -> None:
    unread = Row(1, 1, "Carpentier", "Alice", None, None, None)
    assert codes(read(above=None, function='"', requested_on='"')[1]) == ["cell-missing", "cell-missing"]
    assert codes(read(above=unread, function='"', requested_on='"')[1]) == ["cell-missing", "date-invalid"]


@pytest.mark.parametrize("text", ["'", "-", "—", "id ée", "l'idem", "Idir", ""])
def test_what_only_looks_like_a_ditto_mark_is_none(text: str) -> None:
    assert not is_ditto(text)


@given(st.text(max_size=60))
def test_putting_a_name_right_twice_is_putting_it_right_once(text: str) -> None:
    once = tidy_name(text)
    assert tidy_name(once) == once
    assert tidy(tidy(text)) == tidy(text)
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=500))
def test_a_quoted_cell_is_short_and_can_be_printed(text: str) -> None:
    shown = quoted(text)
    assert len(shown) <= 200
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in shown)


@given(st.one_of(st.text(max_size=60), st.emails()))
def test_no_text_makes_the_reading_of_an_address_raise(text: str) -> None:
    read = read_address(text)
    if read.email is not None:
        assert read_address(read.email).email == read.email
        assert read.email == read.email.lower()
