"""List 2 judged alone, and what of it enters the register."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.annexe.closures import Closures, judge_closures
from provisioner.domain.annexe.details import Table
from provisioner.domain.annexe.document import Annexe, Check, Finding, Severity
from provisioner.domain.annexe.enter import enter, enter_closures
from provisioner.domain.records import Records
from tests.shared.examples import LONG_AGO, LYS, TODAY, annexe, email, end, habilitation, records

JUNE, AUGUST, SOON = date(2026, 6, 10), date(2026, 8, 31), TODAY + timedelta(days=9)
Dates = dict[str, date]


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


def checked(document: Annexe, *findings: Finding, refused: frozenset[tuple[int, int]] = frozenset()) -> Check:
    return Check(file="", sha256="", partner=LYS.code, annexe=document, findings=findings, refused=refused)


def judged(known: Records, asked: Dates, ended: Dates, *findings: Finding) -> Closures:
    return judge_closures(checked(annexe(asked, ended), *findings), known, LYS.code, TODAY)


def error(code: str, list_: int | None = None, row: int | None = None) -> Finding:
    return Finding(code, Severity.ERROR, list_, row)


@pytest.mark.rule("A4")
def test_what_is_said_of_list_1_or_of_openings_keeps_no_departure_waiting() -> None:
    about = (error("email-domain", 1, 1), error("column-missing", 1), error("convention-not-active"))
    undecided = Finding("unaccounted-for", Severity.WARNING)
    closures = judged(records(opened("leroy")), {"nguyen": TODAY}, {"leroy": AUGUST}, *about, undecided)
    assert ([row.email for row in closures.rows], closures.left_out) == ([email("leroy")], ())
    assert (closures.findings, closures.is_refused) == ((), False)


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    "finding",
    [
        error("unreadable-document"),
        error("transmission-date-missing"),
        error("stale-annexe"),
        error("column-missing", 2),
        Finding("list-missing", Severity.WARNING, 2),
    ],
    ids=lambda finding: finding.code,
)
def test_what_is_said_of_the_whole_or_of_list_2_refuses_it(finding: Finding) -> None:
    closures = judged(records(opened("leroy")), {}, {"leroy": AUGUST}, finding)
    assert (closures.is_refused, closures.rows, closures.findings) == (True, (), (finding,))


@pytest.mark.rule("A4")
def test_a_row_with_an_error_is_left_out() -> None:
    closures = judged(
        records(opened("leroy"), opened("vasseur", 2)), {}, {"leroy": AUGUST, "vasseur": AUGUST}, error("x", 2, 1)
    )
    assert [row.email for row in closures.rows] == [email("vasseur")]
    assert [row.row for row in closures.left_out] == [1]


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    ("asked", "ended", "closes", "is_left_out"),
    [
        (TODAY, AUGUST, True, False),  # a return: the end is before the newer request
        (JUNE, date(2026, 9, 1), True, False),  # planned when transmitted, due today
        (JUNE, SOON, False, True),  # planned
        (JUNE, date(2026, 5, 1), False, False),  # a former access
    ],
    ids=["return", "due", "planned", "former"],
)
def test_someone_in_both_lists(asked: date, ended: date, closes: bool, is_left_out: bool) -> None:
    closures = judged(records(opened("leroy")), {"leroy": asked}, {"leroy": ended})
    assert (bool(closures.rows), bool(closures.left_out)) == (closes, is_left_out)


@pytest.mark.rule("A4")
def test_a_planned_end_that_the_register_has_already_is_not_left_out() -> None:
    known = records(opened("leroy", end=end(SOON)))
    assert judged(known, {"leroy": JUNE}, {"leroy": SOON}).left_out == ()


@pytest.mark.rule("A4")
def test_an_open_access_gets_its_end_a_planned_one_is_withdrawn_and_the_others_stay() -> None:
    planned, closed = habilitation("nguyen", id=2), opened("parti", 3, end=end(AUGUST), closed_at=LONG_AGO)
    elsewhere = opened("leroy", 4, partner="sivom")
    known = records(opened("leroy"), planned, closed, elsewhere)
    lists = annexe({}, dict.fromkeys(("leroy", "nguyen", "parti"), AUGUST))
    first, *others = enter_closures(known, LYS.code, lists, lists.rows, TODAY).habilitations
    assert (first.end and first.end.on, first.end and first.end.rule) == (AUGUST, "A3")
    assert others == [closed, elsewhere]


@pytest.mark.rule("A4")
def test_a_table_below_list_2_that_nobody_understands_refuses_no_closure() -> None:
    for after, is_refused in (((1, 2), False), ((1,), True)):
        table = Finding("table-not-understood", Severity.ERROR, details=Table(after))
        closures = judged(records(opened("leroy")), {}, {"leroy": AUGUST}, table)
        assert (closures.is_refused, closures.findings) == (is_refused, (table,))


NAMES = ("leroy", "vasseur", "nguyen", "martin")
days = st.integers(-120, 30).map(lambda after: TODAY + timedelta(days=after))
some_rows = st.dictionaries(st.sampled_from(NAMES), days)


@pytest.mark.rule("A4")
@given(some_rows, some_rows, st.sets(st.sampled_from(NAMES)))
def test_list_2_alone_never_closes_today_what_the_whole_annexe_would_not(
    asked: Dates, ended: Dates, are_open: set[str]
) -> None:
    known = records(*(opened(name, id_) for id_, name in enumerate(sorted(are_open), start=1)))
    said = annexe(asked, ended)
    closures = judge_closures(checked(said), known, LYS.code, TODAY)
    alone = enter_closures(known, LYS.code, said, closures.rows, TODAY)
    whole = enter(known, LYS.code, said, TODAY)

    def closing(of: Records) -> set[int | None]:
        return {
            habilitation.id
            for habilitation in of.habilitations
            if habilitation.state is State.OPEN and habilitation.is_ending_on(TODAY)
        }

    assert closing(alone) == closing(whole)
    assert {row.row for row in closures.rows} & {row.row for row in closures.left_out} == set()
