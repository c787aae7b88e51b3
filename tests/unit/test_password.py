"""Whether a realm's policy is as strong as P1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, count, islice
from typing import Any

import pytest

from provisioner.domain.password import blacklist_of, is_impossible, is_weaker, is_weaker_than_p1
from provisioner.keycloak.realm_config import blacklists_directory, load_agents_config, load_realm_config
from provisioner.settings import load_settings
from scripts.password_blacklist import passwords
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


def _files() -> dict[str, Any]:
    given = {"KEYCLOAK__CLIENT_SECRET": "s", "SMTP__HOST": "127.0.0.1", "SMTP__FROM": "a@caf.example"}
    return load_realm_config(
        load_settings(environment={f"PROVISIONER_{name}": value for name, value in given.items()})
    ).realm


def _waits(realm: dict[str, Any]) -> Iterator[int]:
    """How long Keycloak locks an account after each failure in turn: as it computes it (measured in
    `tests/keycloak/test_hardening.py`).
    """
    for failures in count(1):
        step = 1 + failures - realm["failureFactor"]
        yield min(realm["maxFailureWaitSeconds"], max(0, realm["waitIncrementSeconds"] * step))


@pytest.mark.rule("P1")
def test_nobody_tries_more_than_25_passwords_of_an_account_in_any_24_hours() -> None:
    """CNIL, délibération 2022-100: more than a minute after 5 failures, 25 tries a day at most (docs/realm.md)."""
    realm = _files()
    assert (realm["bruteForceProtected"], realm["bruteForceStrategy"]) == (True, "LINEAR")
    waits = _waits(realm)
    tries = list(accumulate(islice(waits, 60), initial=0))
    in_a_day = max(sum(start <= at < start + 86_400 for at in tries) for start in tries)
    assert in_a_day == 25
    assert list(islice(_waits(realm), 7)) == [0, 0, 0, 0, 375, 750, 1125], "who mistypes waits 6 minutes"
    assert realm["maxDeltaTimeSeconds"] >= 86_400, "the count begins anew only after a day without a try"
    assert max(islice(_waits(realm), 60)) <= 2.25 * 3600 < realm["maxDeltaTimeSeconds"]


@pytest.mark.rule("P1")
def test_the_list_of_refused_passwords_is_what_its_rule_makes_and_holds_what_comes_to_mind_first() -> None:
    lines = (
        (blacklists_directory() / load_settings(environment={}).realm.password_blacklist)
        .read_text("utf-8")
        .splitlines()
    )
    assert lines == sorted(passwords())
    usual = "Azerty1! Bonjour1! Coop2026! Caf2026! Printemps2026! Été2026! Motdepasse123! P@ssw0rd1! Azer1234!"
    assert [password for password in usual.split() if password.lower() not in lines] == []
    assert all(len(line) >= 8 and line == line.lower() for line in lines)


@pytest.mark.rule("P1")
@pytest.mark.parametrize(("setting", "wanted"), [("none", ""), ("autre.txt", "autre.txt")])
def test_the_list_that_is_set_is_that_of_the_agents_too(setting: str, wanted: str) -> None:
    """With `none` neither realm may name one: the file is then taken away, and no server starts without it."""
    settings = load_settings(
        environment={
            "PROVISIONER_KEYCLOAK__CLIENT_SECRET": "secret",
            "PROVISIONER_SMTP__HOST": "mail.example",
            "PROVISIONER_SMTP__FROM": "acces@caf.example",
            "PROVISIONER_WEB__URL": "https://gestion.caf.example",
            "PROVISIONER_WEB__CLIENT_SECRET": "secret",
            "PROVISIONER_REALM__PASSWORD_BLACKLIST": setting,
        }
    )
    agents = load_agents_config(settings)
    assert agents is not None
    assert (load_realm_config(settings).blacklist, agents.blacklist) == (wanted, wanted)


@pytest.mark.rule("P1")
def test_a_list_of_refused_passwords_is_read_from_a_policy_and_one_without_it_is_weaker() -> None:
    listed = f"{P1} and passwordBlacklist(cooperation.txt)"
    assert (blacklist_of(listed), blacklist_of(P1)) == ("passwordBlacklist(cooperation.txt)", None)
    assert not is_weaker_than_p1(listed)
    assert (is_weaker(P1, listed), is_weaker(listed, P1)) == (True, False)
