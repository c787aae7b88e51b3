"""What the register keeps of a check and of a plan comes back typed, and says the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.annexe.details import DETAILS, Said
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Severity
from provisioner.register.kept import KeptCheck, KeptPlan
from provisioner.views.findings import CODES
from provisioner.views.reasons import reason
from tests.shared.examples import LONG_AGO, LYS, TODAY, annexe, email, end, habilitation


def _through_json(plain: Any) -> Any:
    return json.loads(json.dumps(plain))


def _kept(*findings: Finding, lists: Annexe | None = None) -> Check:
    check = Check(file="a.csv", sha256="0" * 64, partner=LYS.code, annexe=lists or annexe({}), findings=findings)
    return KeptCheck.check(_through_json(KeptCheck.plain(check)))


@pytest.mark.parametrize("code", sorted(CODES))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_finding_comes_back_with_its_details(code: str, data: st.DataObject) -> None:
    kinds = [st.none(), st.from_type(Said)] + ([st.from_type(DETAILS[code])] if code in DETAILS else [])
    details = data.draw(st.one_of(kinds))
    finding = Finding(
        code, Severity.ERROR, 1, 2, Column.EMAIL, "x", None, details, data.draw(st.booleans()), "Roy", 3
    )
    assert _kept(finding).findings == (finding,)


def test_only_the_rows_without_an_error_are_kept() -> None:
    lists = annexe({"leroy": TODAY, "petit": TODAY}, {"roux": TODAY})
    wrong = Finding("cell-missing", Severity.ERROR, 1, 2, Column.FUNCTION)
    kept = _kept(wrong, lists=lists)
    assert [row.email for row in kept.annexe.rows] == [email("leroy"), email("roux")]
    assert (kept.accepted(1), kept.accepted(2)) == (lists.rows[:1], lists.rows[2:])
    assert (kept.annexe.transmitted_on, kept.is_valid) == (lists.transmitted_on, False)


@pytest.mark.parametrize(
    ("action", "access"),
    [
        (Action.OPEN, habilitation("leroy")),
        (Action.CLOSE, habilitation("leroy", opened_at=LONG_AGO, end=end(date(2026, 8, 31)))),
        (Action.CLOSE, habilitation("leroy", opened_at=LONG_AGO, end=end(date(2026, 8, 31), "C3"))),
        (Action.CLOSE, habilitation("leroy", opened_at=LONG_AGO)),
        (Action.UPDATE, habilitation("leroy", opened_at=LONG_AGO, adopted_on=date(2026, 6, 15))),
        (Action.INVITE, habilitation("leroy", opened_at=LONG_AGO)),
    ],
)
def test_a_change_that_waits_says_the_same_and_names_nobody(action: Action, access: Habilitation) -> None:
    access = replace(access, id=7)
    change = Change(action=action, partner=LYS.code, rule="A1", email=access.email, habilitation=access, due_on=TODAY)
    plain = _through_json(KeptPlan.plain([change]))
    (kept,) = KeptPlan.kept(plain)
    assert reason(kept) == reason(change)
    assert (kept.line, kept.is_suspension, kept.habilitation and kept.habilitation.id) == (
        change.line,
        change.is_suspension,
        7,
    )
    assert access.person.last_name not in json.dumps(plain)
