"""Dates as partners write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents.dates import DateRead, Order, find_date, order_of, read_date
from provisioner.views.dates import french_date

DAYS = st.dates(date(2000, 1, 1), date(2079, 12, 31))

FIRST, SECOND = date(2026, 8, 30), date(2026, 8, 31)


@pytest.mark.rule("A6")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/06/2026", date(2026, 6, 10)),
        ("02.07.26", date(2026, 7, 2)),
        ("le 3/7/2026", date(2026, 7, 3)),
        ("3-7-26", date(2026, 7, 3)),
        ("03 07 2026", date(2026, 7, 3)),
        ("10 / 06 / 2026", date(2026, 6, 10)),
        ("1er juillet 2026", date(2026, 7, 1)),
        ("1 er juillet 2026", date(2026, 7, 1)),
        ("10 juin 26", date(2026, 6, 10)),
        ("10-juin-26", date(2026, 6, 10)),
        ("5 FÉVR. 2026", date(2026, 2, 5)),
        ("15 aout 2026", date(2026, 8, 15)),
        ("31\u00a0DÉCEMBRE\u00a02026", date(2026, 12, 31)),
        ("lundi 31 août 2026", date(2026, 8, 31)),
        ("lun. 31 août 2026", date(2026, 8, 31)),
        ("le mer 10/06/2026", date(2026, 6, 10)),
        ("à compter du 1er septembre 2026", date(2026, 9, 1)),
        ("[13/04/2026]", date(2026, 4, 13)),
        ("13/04/2026.", date(2026, 4, 13)),
        ("2026-06-10", date(2026, 6, 10)),
        ("2026-06-10T00:00:00", date(2026, 6, 10)),
        ("10/06/2026 00:00:00", date(2026, 6, 10)),
        ("10 juill. 2026", date(2026, 7, 10)),
        ("10/06/2100", date(2100, 6, 10)),
        ("29/02/2028", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_as_it_is_written_in_french(text: str, expected: date) -> None:
    assert read_date(text) == DateRead(expected)


@pytest.mark.rule("A6")
@pytest.mark.parametrize("text", ["1er 10/6/26", "le 1er 10/06/2026", "1er 10 juin 2026", "Date : 10/6/26", "46183"])
def test_a_date_with_something_left_over_is_read_and_to_be_looked_at(text: str) -> None:
    assert read_date(text) == DateRead(date(2026, 6, 10), repaired=True)


@pytest.mark.rule("A6")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "31/02/2026",
        "29/02/2026",
        "6/13/26",
        "06-13-2026",
        "2026-13-01",
        "10 juin",
        "juin 2026",
        "9/2026",
        "10/06-2026",
        "10/06/202",
        "10/06/1926",
        "10/06/2126",
        "10/06/2101",
        "10/06/85",
        "10/06/0026",
        "0026-06-10",
        "10/06/2026 25:00",
        "10/6/26 ou 11/6/26",
        "avant le 10/06/2026",
        "10/06/2026 ?!",
        "99999",
        "dès que possible",
        "1er",
        "2026-02-29",
        "٣/٤/٢٠٢٦",
    ],
)
def test_what_is_no_date_for_certain_is_not_guessed(text: str) -> None:
    assert read_date(text) is None


def test_a_date_is_found_before_other_words() -> None:
    assert find_date("15/06/2026 Signature du responsable :") == DateRead(date(2026, 6, 15))
    assert find_date("15 juin 2026 à Béthune") == DateRead(date(2026, 6, 15))
    assert find_date("de cette annexe") is None


@pytest.mark.rule("A6")
@given(
    DAYS, st.sampled_from(["{0.day}/{0.month}/{0.year}", "{0:%d.%m.%y}", "le {0:%d-%m-%Y}", "{0:%d/%m/%Y}", "{0}"])
)
def test_every_day_is_read_back_day_first(day: date, form: str) -> None:
    assert read_date(form.format(day)) == DateRead(day)


@given(DAYS)
def test_the_dates_that_we_write_are_dates_that_we_read(day: date) -> None:
    assert read_date(french_date(day)) == DateRead(day)
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    assert read_date(str(serial)) == DateRead(day, repaired=True)


@given(st.one_of(st.text(max_size=40), st.text("0123456789/.-er ", max_size=14)))
def test_no_text_makes_the_reading_of_a_date_raise(text: str) -> None:
    read = read_date(text)
    assert read is None or 2000 <= read.day.year <= 2100


@pytest.mark.rule("A6")
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30/08/2026 23:59:39", SECOND),
        ("2026-08-30T23:59:59.999", SECOND),
        ("46264.99976", SECOND),
        ("31/08/2026 00:00:21", SECOND),
        ("30/08/2026 14:30", FIRST),
        ("30 août 2026 à 14h", FIRST),
        ("46264,5", FIRST),
        ("2026-08-30T22:00:00Z", SECOND),
        ("2026-08-30T22:00:00.000Z", SECOND),
        ("2026-08-30T21:59:59Z", SECOND),
        ("2026-08-30T21:00:00+00:00", FIRST),
        ("2026-08-31T00:00:00+02:00", SECOND),
        ("2026-08-31T00:00:00+0200", SECOND),
        ("2026-02-28T23:00:00Z", date(2026, 3, 1)),
        ("2026-08-30T20:30:00-05:00", SECOND),
    ],
)
def test_a_date_with_a_time_or_an_offset_is_its_day_in_paris_and_is_to_be_looked_at(text: str, day: date) -> None:
    assert read_date(text) == DateRead(day, repaired=True)


@pytest.mark.rule("A6")
def test_a_date_under_another_weekday_is_to_be_looked_at() -> None:
    assert read_date("mardi 10 juin 2026") == DateRead(date(2026, 6, 10), repaired=True)


@pytest.mark.rule("A6")
@pytest.mark.parametrize("month", range(1, 13))
def test_every_usual_short_form_of_a_month_is_read(month: int) -> None:
    short = (
        "janv fév mars avr mai juin juil août sept oct nov déc",
        "jan févr mar avr mai juin juill aoû sep oct nov dec",
    )
    for forms in short:
        name = forms.split()[month - 1]
        for text in (f"3 {name} 2026", f"3 {name}. 2026", f"03-{name.upper()}-26", f"le 3 {name.capitalize()}. 2026"):
            assert read_date(text) == DateRead(date(2026, month, 3)), text


@pytest.mark.rule("A6")
def test_a_date_that_could_be_either_is_not_read_beside_one_that_is_month_first() -> None:
    for order in (Order.MONTH_FIRST, Order.EITHER):
        for text in ("06/02/2026", "6-2-26", "1er 6/2/26"):
            assert read_date(text) is not None
            assert read_date(text, order=order) is None
        for text in ("31/08/2026", "06/06/2026", "2026-06-02", "2 juin 2026", "06.02.2026"):
            assert read_date(text, order=order) == read_date(text)
    august = DateRead(date(2026, 8, 31), repaired=True)
    assert [read_date("08/31/2026", order=order) for order in Order] == [None, august, None]


@pytest.mark.rule("A6")
@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["06/02/2026", "31/08/2026", "13.08.2026"], Order.DAY_FIRST),
        (["06/02/2026", "08/31/2026"], Order.MONTH_FIRST),
        (["8-31-26 0:00"], Order.MONTH_FIRST),
        (["Date d'envoi : 08/31/2026"], Order.MONTH_FIRST),
        (["31/08/2026", "08/31/2026"], Order.EITHER),
        (["03-21-00-00-00", "08.31.2026", "08/32/2026", "00/31/2026", "32/08/2026"], Order.DAY_FIRST),
        ([], Order.DAY_FIRST),
    ],
)
def test_the_order_of_a_documents_dates_is_told_by_those_that_can_be_read_in_one_only(
    texts: list[str], order: Order
) -> None:
    assert order_of(texts) is order


@pytest.mark.parametrize("text", ["1" * 100_000, "10/06/2026" + " " * 100_000 + "x", "a" + "\u0300\u0316" * 100_000])
def test_a_long_text_costs_nothing(text: str) -> None:
    assert read_date(text) is None
    assert order_of([text]) is Order.DAY_FIRST
