"""Whether a realm's policy is as strong as P1."""

from __future__ import annotations

import pytest

from provisioner.domain.password import is_impossible, is_weaker_than_p1
from tests.shared.examples import P1


@pytest.mark.rule("P1")
def test_p1_itself_and_more_are_enough() -> None:
    assert not is_weaker_than_p1(P1)
    assert not is_weaker_than_p1(P1.replace("length(8)", "length(12)") + " and notUsername and passwordHistory(3)")


@pytest.mark.rule("P1")
@pytest.mark.parametrize("name", ["length(8)", "upperCase(1)", "lowerCase(1)", "digits(1)", "specialChars(1)"])
def test_a_policy_that_lacks_one_part_is_weaker(name: str) -> None:
    assert is_weaker_than_p1(" and ".join(part for part in P1.split(" and ") if part != name))
    assert is_weaker_than_p1(P1.replace(name, name.replace("8", "7").replace("(1)", "(0)")))


@pytest.mark.rule("P1")
@pytest.mark.parametrize("policy", ["", "hashIterations(5)", "length and digits", "length(undefined)"])
def test_no_policy_or_one_that_cannot_be_read_is_weaker(policy: str) -> None:
    assert is_weaker_than_p1(policy)


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    ("policy", "is_so"),
    [
        (P1, False),
        (f"{P1} and maxLength(8)", False),
        (f"{P1} and maxLength(7)", True),
        ("length(3) and upperCase(2) and digits(2) and maxLength(3)", True),
        ("maxLength(64)", False),
    ],
)
def test_a_policy_that_no_password_satisfies_is_seen(policy: str, is_so: bool) -> None:
    assert is_impossible(policy) is is_so
