"""Where a kept annexe stands, and how long it may be there: from what happened to it, in which order and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Check
from provisioner.domain.annexe.kept import KEPT_FOR, KeptAnnexe, Status
from tests.shared.examples import place

AT = datetime(2026, 9, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST_2 = Decisions(closures_only=True)


def kept(**facts: Any) -> KeptAnnexe:
    given: dict[str, Any] = {
        "id": 1,
        "partner": "agglo-lys",
        "file_name": "annexe.csv",
        "sha256": "0" * 64,
        "transmitted_on": date(2026, 9, 1),
        "received_on": AT.date(),
        "submitted_at": AT,
        "valid": True,
        "check": Check(file="a", sha256="0", partner=None, annexe=Annexe(None, (), ()), findings=()),
    }
    return KeptAnnexe(**placed({**given, **facts}))


def placed(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with their numbers, where no clock stepped back."""
    moments = {name: at for name, at in facts.items() if name.endswith("_at")}
    return {**{name.replace("_at", "_number"): place(at) for name, at in moments.items()}, **facts}


def then(annexe: KeptAnnexe, **facts: Any) -> KeptAnnexe:
    """The same annexe, after this happened to it too."""
    return replace(annexe, **placed(facts))


def approved(annexe: KeptAnnexe, at: datetime, decisions: Decisions | None = None, **more: Any) -> KeptAnnexe:
    return then(
        annexe,
        approved_at=at,
        approved_by="Claire Martin",
        plan_id="0" * 8,
        decisions=decisions or Decisions(),
        **more,
    )


@pytest.mark.rule("A10")
@pytest.mark.parametrize("valid", [True, False])
def test_what_happened_last_says_where_it_stands(valid: bool) -> None:
    annexe = kept(valid=valid)
    checked = Status.CHECKED if valid else Status.REFUSED
    assert (annexe.status, annexe.is_pending, annexe.approved_decisions) == (checked, False, None)
    annexe = approved(annexe, AT + HOUR)
    assert (annexe.status, annexe.is_pending, annexe.approved_decisions) == (Status.APPROVED, True, Decisions())
    applied = then(annexe, applied_at=AT + 2 * HOUR)
    assert (applied.status, applied.is_pending, applied.approved_decisions) == (Status.APPLIED, False, Decisions())
    again = then(applied, submitted_at=AT + 3 * HOUR)
    assert (again.status, again.is_pending, again.approved_decisions) == (checked, False, None)
    rejected = then(kept(valid=valid), rejected_at=AT + HOUR)
    assert (rejected.status, rejected.is_pending) == (Status.REJECTED, False)
    assert then(rejected, submitted_at=AT + 2 * HOUR).status is checked


@pytest.mark.rule("A4")
@pytest.mark.parametrize("happened", [{}, {"valid": False}, {"rejected_at": AT + HOUR}])
def test_the_approval_of_list_2_alone_leaves_it_where_it_stood(happened: dict[str, Any]) -> None:
    annexe = kept(**happened)
    alone = approved(annexe, AT + 2 * HOUR, LIST_2)
    assert (alone.status, alone.is_pending, alone.is_approved_whole) == (annexe.status, True, False)


@pytest.mark.rule("A2")
@pytest.mark.parametrize(
    ("annexe", "last"),
    [
        (kept(valid=False, received_on=date(2026, 1, 1)), date(2026, 10, 2)),
        (kept(rejected_at=AT + 5 * DAY), date(2026, 10, 7)),
        (kept(received_on=date(2026, 8, 20)), date(2026, 9, 19)),
        (kept(received_on=date(2026, 8, 20), sent_back_at=AT + 50 * DAY), date(2026, 11, 21)),
    ],
    ids=["refused", "rejected", "undecided", "sent back"],
)
def test_one_that_was_never_applied_is_there_on_day_30_and_gone_on_day_31(annexe: KeptAnnexe, last: date) -> None:
    assert annexe.is_kept_on(last)
    assert not annexe.is_kept_on(last + DAY)


@pytest.mark.rule("A2")
def test_one_that_waits_approved_or_is_in_force_stays() -> None:
    much_later = date(2036, 1, 1)
    assert approved(kept(), AT + HOUR).is_kept_on(much_later)
    assert approved(kept(valid=False), AT + HOUR, LIST_2).is_kept_on(much_later)
    assert kept(applied_at=AT + HOUR).is_kept_on(much_later)


@pytest.mark.rule("A2")
def test_the_next_one_applied_destroys_those_before_it_and_no_newer_one_under_way() -> None:
    applied = kept(id=2, submitted_at=AT + DAY)
    assert not applied.is_superseded_by(applied)
    assert kept().is_superseded_by(applied)
    assert kept(transmitted_on=None, valid=False).is_superseded_by(applied)
    assert kept(id=3, submitted_at=AT + 2 * DAY, applied_at=AT + 2 * DAY).is_superseded_by(applied)
    assert kept(sent_back_at=AT + 2 * DAY).is_superseded_by(applied)
    assert not kept(id=3, submitted_at=AT + 2 * DAY).is_superseded_by(applied)
    assert not kept(transmitted_on=date(2026, 9, 2)).is_superseded_by(applied)


moments = st.none() | st.integers(0, 40).map(lambda days: AT + days * DAY)


@pytest.mark.rule("A2")
@given(moments, moments, st.sampled_from([None, Decisions(), LIST_2]), st.booleans(), st.integers(0, 90))
def test_once_its_time_is_over_it_stays_over(
    approved_at: datetime | None, rejected_at: datetime | None, decisions: Decisions | None, valid: bool, days: int
) -> None:
    facts = {"approved_at": approved_at, "decisions": decisions} if approved_at and decisions else {}
    annexe = kept(valid=valid, rejected_at=rejected_at, **facts)
    day = AT.date() + days * DAY
    assert annexe.is_kept_on(day) or not annexe.is_kept_on(day + DAY)
    assert annexe.is_kept_on(AT.date() + KEPT_FOR)
