"""Decisions on paper and back, and what they settle."""

from __future__ import annotations

import json

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from provisioner.cli.decisions import decisions_of
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.people import EmailAddress
from tests.shared.examples import email

addresses = st.builds(
    lambda name: EmailAddress(f"{name}@agglo-lys.example"), st.text("abcdé.-", min_size=1, max_size=9)
)
sets = st.frozensets(addresses, max_size=4)
decided = st.builds(
    Decisions,
    keep=sets,
    close=sets,
    keep_all=st.booleans(),
    close_all=st.booleans(),
    waive=st.dictionaries(st.integers(1, 50_000), st.text(min_size=1)),
    rename=st.dictionaries(addresses, addresses, max_size=4),
    closures_only=st.booleans(),
    allow=st.frozensets(st.from_regex(r"[0-9a-f]{8}", fullmatch=True), max_size=3),
)


@pytest.mark.rule("A10")
@given(decided)
def test_decisions_are_read_back_as_they_were_written(decisions: Decisions) -> None:
    plain = decisions.as_plain()
    assert Decisions.from_plain(json.loads(json.dumps(plain))) == decisions
    assert json.dumps(plain) == json.dumps(Decisions.from_plain(plain).as_plain())


def test_decisions_of_an_earlier_version_that_lack_a_part_are_read() -> None:
    assert Decisions.from_plain({"keep": ["all"]}) == Decisions(keep_all=True)
    assert Decisions.from_plain({}).says_nothing


@pytest.mark.rule("A5")
@given(decided, addresses)
def test_nobody_is_closed_whom_somebody_said_to_keep_unless_named_too(
    decisions: Decisions, who: EmailAddress
) -> None:
    assert decisions.settles(who) or not decisions.closes(who)
    assert decisions.closes(who) == (who in decisions.close or (decisions.close_all and who not in decisions.keep))


@pytest.mark.rule("A5")
def test_a_name_goes_before_all() -> None:
    decisions = decisions_of([email("leroy")], ["all"], None)
    assert (decisions.closes(email("leroy")), decisions.closes(email("vasseur"))) == (False, True)
    other = decisions_of(["ALL"], [email("leroy").upper()], None)
    assert (other.closes(email("leroy")), other.closes(email("vasseur")), other.settles(email("x"))) == (
        True,
        False,
        True,
    )


def test_letting_a_plan_go_is_no_decision_about_the_document() -> None:
    assert Decisions(allow=frozenset({"0" * 8})).says_nothing
    assert not Decisions(closures_only=True).says_nothing


@pytest.mark.parametrize(
    "given",
    [
        {"keep": ["all"], "close": ["all"]},
        {"keep": ["a@x.example"], "close": ["A@x.example"]},
        {"waive": ["3"]},
        {"waive": ["x=Raison"]},
        {"waive": ["3= "]},
        {"rename": ["a@x.example"]},
        {"rename": ["a@x.example=a@x.example"]},
        {"rename": ["a@x.example=b@x.example", "a@x.example=c@x.example"]},
        {"closures_only": True, "waive": ["3=Raison"]},
        {"closures_only": True, "keep": ["all"]},
    ],
    ids=str,
)
def test_options_that_contradict_each_other_or_cannot_be_read_are_wrong_usage(given: dict[str, object]) -> None:
    options: dict[str, object] = {"keep": None, "close": None, "waive": None, **given}
    with pytest.raises(typer.BadParameter):
        decisions_of(**options)  # type: ignore[arg-type]


def test_a_reason_may_hold_an_equals_sign() -> None:
    assert decisions_of(None, None, [" 3 = a=b "]).waive == {3: "a=b"}
