"""Lines of a page put together again as they were before the page was too narrow for them."""

from __future__ import annotations

import pytest

from provisioner.documents.wrapping import joined, lines_of, paragraphs

WIDE = 6.0


def letters(*lines: str, left: float = 0) -> list[dict[str, object]]:
    """Letters of one width, one line below the other."""
    return [
        {
            "text": letter,
            "x0": left + WIDE * x,
            "x1": left + WIDE * (x + 1),
            "top": 14.0 * y,
            "bottom": 14.0 * y + 10,
            "height": 10.0,
            "size": 10.0,
        }
        for y, line in enumerate(lines)
        for x, letter in enumerate(line)
    ]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("alice.carp", "entier@agg", "lo-", "lys.exampl", "e"), "alice.carpentier@agglo-lys.example"),
        (("alice.carp", "entier@lys", "-", "x.example"), "alice.carpentier@lys-x.example"),
        (("Anne-", "Sophie"), "Anne-Sophie"),
        (("Anne -", "Sophie"), "Anne - Sophie"),
        (("chargée de", "mission"), "chargée de mission"),
        (("coordinat ", "adjoint"), "coordinat adjoint"),
        (("coordinatr", "ice"), "coordinatrice"),
        (("Jean", "Paul"), "Jean\nPaul"),  # both would have found room on one line: somebody began another
        (("voir", "a@x.fr"), "voir a@x.fr"),
        (("ann@x.fr", "bob@x.fr"), "ann@x.fr bob@x.fr"),
        (("chargé(e", ") de"), "chargé(e) de"),
        (("Fonction", "/qualité"), "Fonction/qualité"),
        (("Bouchard", "-Delattre"), "Bouchard-Delattre"),
        (("demande", "d'accès"), "demande d'accès"),
        (("abc.martin", "-", "b@x-yabcde", "-z.example"), "abc.martin-b@x-yabcde-z.example"),
        (("respon-", "sable"), "responsable"),
        ((), ""),
    ],
)
def test_a_cell_is_cut_within_a_word_only_where_nothing_else_could_be_done(lines: tuple[str, ...], text: str) -> None:
    assert joined(lines_of(letters(*lines, left=3)), 0, 10 * WIDE + 6).text == text


@pytest.mark.parametrize(
    ("lines", "text", "doubtful"),
    [
        (("responsabl", "e"), "responsable", False),
        (("animatrice", "jeunesse"), "animatrice jeunesse", False),
        (("technicien", "informatiq", "ue"), "technicien informatique", False),
        (("secrétaire", "de mairie"), "secrétaire de mairie", False),
        (("trombinosc", "ope"), "trombinoscope", True),
        (("animatrice", "zygomorphe"), "animatrice zygomorphe", True),
        (("DUPONTTTTT", "MARTIN"), "DUPONTTTTTMARTIN", True),
        (("aide-", "soignante"), "aide-soignante", False),
        (("amphi-", "theatre"), "amphi-theatre", True),
    ],
)
def test_where_no_space_would_have_found_room_the_words_decide(
    lines: tuple[str, ...], text: str, *, doubtful: bool
) -> None:
    wide = max(len(lines[0]), 10 if lines[0][-1] == "-" else 0)
    assert joined(lines_of(letters(*lines, left=3)), 0, wide * WIDE + 6) == (text, doubtful)


def test_a_line_with_room_for_a_space_that_is_not_there_is_cut_within_a_word() -> None:
    """Where spaces are drawn at the ends of lines, one that would find room and is not there never was."""
    lines = [line._replace(spaced=False) for line in lines_of(letters("animatrice", "mer", left=3))]
    assert joined(lines, 0, 10 * WIDE + 6 + 4) == ("animatricemer", False)
    assert joined([line._replace(spaced=None) for line in lines], 0, 10 * WIDE + 6 + 4) == ("animatrice mer", True)


def test_letters_far_apart_are_words_even_without_a_space_between_them() -> None:
    row = letters("JeanPaul")
    for letter in row[4:]:
        letter["x0"], letter["x1"] = float(str(letter["x0"])) + 3, float(str(letter["x1"])) + 3
    assert [line.text for line in lines_of(row)] == ["Jean Paul"]


def test_a_line_goes_on_only_where_the_page_ends() -> None:
    lines = lines_of(letters("ANNEXE 1", "une ligne qui ne tient", "pas", "Date : 1/6/26"))
    assert [text for _, text in paragraphs(lines, 22 * WIDE)] == [
        "ANNEXE 1",
        "une ligne qui ne tient pas",
        "Date : 1/6/26",
    ]


@pytest.mark.rule("A1")
def test_a_line_that_somebody_ended_early_stays_a_line_of_its_own() -> None:
    two = joined(lines_of(letters("Caron", "Dupont")), left=0, right=WIDE * 30)
    wrapped = joined(lines_of(letters("chargée de la", "mission")), left=0, right=WIDE * 15)
    assert (two.text, wrapped.text) == ("Caron\nDupont", "chargée de la mission")
