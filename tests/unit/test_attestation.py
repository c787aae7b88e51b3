"""Whom a request for a certificate of destruction is about, and how each of them stands (D3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.attestation import Accounts, Requested, Standing
from tests.shared.examples import LONG_AGO, LYS, TODAY, email, end, habilitation, records

SIVOM = replace(LYS, code="sivom", name="Sivom")
CLOSED_AT = datetime(2026, 9, 1, 10, tzinfo=UTC)
CLOSED = habilitation("leroy", id=1, opened_at=LONG_AGO, closed_at=CLOSED_AT, end=end(date(2026, 8, 31)))
LATER = CLOSED_AT + timedelta(days=5)
PLANNED = habilitation("leroy", id=2)
RETURNED = replace(PLANNED, opened_at=LATER)
CLOSED_AGAIN = replace(RETURNED, closed_at=LATER + timedelta(days=1), end=end(date(2026, 9, 7)))
ELSEWHERE = replace(PLANNED, partner=SIVOM.code, opened_at=LONG_AGO)


def _accounts(*others: Habilitation, destroyed: dict[int, date] | None = None) -> Accounts:
    return Accounts(records(CLOSED, *others, partners=(LYS, SIVOM)), destroyed or {})


@pytest.mark.rule("D3")
@pytest.mark.parametrize(
    ("others", "standing", "can_be_requested"),
    [
        ((), Standing.DUE, True),
        ((PLANNED,), Standing.KEPT, True),  # an account that is to be opened again is not destroyed (D1) …
        ((replace(PLANNED, partner=SIVOM.code),), Standing.KEPT, True),
        ((RETURNED,), Standing.RETURNED, False),  # … and only who was let in has returned
        ((CLOSED_AGAIN,), Standing.RETURNED, False),
        ((ELSEWHERE,), Standing.KEPT, True),
        ((replace(ELSEWHERE, closed_at=LATER, end=end(date(2026, 9, 6))),), Standing.DUE, True),
    ],
)
def test_a_person_leaves_the_request_once_let_in_again_and_not_by_a_plan_that_may_be_withdrawn(
    others: tuple[Habilitation, ...], standing: Standing, can_be_requested: bool
) -> None:
    accounts = _accounts(*others)
    assert accounts.standing(1).standing is standing
    assert accounts.can_be_requested(CLOSED, TODAY) is can_be_requested


@pytest.mark.rule("D3")
def test_it_is_due_on_the_day_after_d1_s() -> None:
    assert _accounts().standing(1) == Requested(1, Standing.DUE, date(2027, 3, 2))
    assert not _accounts().can_be_requested(CLOSED, date(2027, 3, 2))


@pytest.mark.rule("D3")
def test_a_habilitation_that_is_gone_is_destroyed_where_the_journal_says_so_of_its_account() -> None:
    on = date(2029, 4, 2)
    known = records(habilitation("petit", id=3), partners=(LYS,))
    assert Accounts(known, {1: on}).standing(1) == Requested(1, Standing.DESTROYED, on)
    assert Accounts(known, {}).standing(1) == Requested(1, Standing.KEPT)
    assert email("petit") in known.accounts
