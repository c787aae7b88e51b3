"""What another hand or a stolen secret does in Keycloak is told by its kind; what our own runs do never is (L1)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.connections.control import Severity
from provisioner.domain.connections.controls import CONTROLS, console, own_account
from provisioner.domain.connections.controls.console import ConsoleEvidence, Holder
from provisioner.domain.connections.controls.own_account import LASTS, Intention, OwnEvidence
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord
from provisioner.domain.realm_check import Risk
from provisioner.domain.realm_model import Difference, RealmConfig, RealmState
from provisioner.domain.realm_plan import differences, risk_of, weaker
from provisioner.keycloak.realm_config import load_visible_config
from provisioner.settings import SettingsError, load_settings
from provisioner.views.controls import words_of
from provisioner.views.realm import RISKS
from tests.shared.office import ROOT

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
OURS, ADMIN = "our-service-account", "an-administrator"
OPEN, CLOSED, GROUP = "id-of-leroy", "id-of-vasseur", "id-of-the-group"
EVIDENCE = ConsoleEvidence(
    own_user=OURS,
    holders={OPEN: Holder(1, 11, "agglo-lys", is_cut=False), CLOSED: Holder(2, 12, "agglo-lys", is_cut=True)},
    groups={GROUP: "agglo-lys"},
)


def act(done: str, resource: str = "user", *, by: str = ADMIN, at: datetime = NOON) -> ConsoleRecord:
    operation, _, path = done.partition(" ")
    id_ = f"{done}-{at}"
    return ConsoleRecord(
        id=id_, at=at, operation=operation, resource=resource, path=path, actor_realm="master", actor=by
    )


def told(*records: ConsoleRecord, **evidence: Any) -> list[tuple[str, Severity]]:
    seen = console.find(replace(EVIDENCE, console=records, **evidence))
    return [(seen.control.code, seen.severity or seen.control.severity) for seen in seen]


GRAVE, WARNING = Severity.GRAVE, Severity.WARNING


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    ("done", "resource", "code", "severity"),
    [
        (f"action users/{OPEN}/reset-password", "user", "console-password", GRAVE),
        (f"update users/{OPEN}", "user", "console-account-changed", WARNING),
        (f"delete users/{OPEN}", "user", "console-account-changed", WARNING),
        (f"action users/{OPEN}/credentials/1", "user", "console-account-changed", WARNING),
        ("create users/new", "user", "console-account-made", WARNING),
        ("create users/new", "realm", "console-account-made", WARNING),
        (f"create users/new/groups/{GROUP}", "group_membership", "console-account-made", GRAVE),
        (f"create users/{OPEN}/groups/other", "group_membership", "console-account-changed", WARNING),
        (f"delete users/{OPEN}/groups/{GROUP}", "group_membership", "console-account-changed", WARNING),
        (f"update groups/{GROUP}", "group", "console-group-changed", WARNING),
        ("create groups/root/children", "group", "console-group-changed", WARNING),
        ("create default-groups/any", "group", "console-role-given", GRAVE),
        ("create users/x/role-mappings/clients/y", "client_role_mapping", "console-role-given", GRAVE),
        ("delete users/x/role-mappings/realm", "realm_role_mapping", "console-role-given", WARNING),
        (f"create groups/{GROUP}/role-mappings/realm", "realm_role_mapping", "console-role-given", GRAVE),
        ("create roles-by-id/default/composites", "realm_role", "console-role-given", GRAVE),
        ("create clients/x", "client", "console-client-changed", GRAVE),
        ("update clients/x", "client", "console-client-changed", GRAVE),
        ("action clients/x/client-secret", "client", "console-client-changed", GRAVE),
        ("create identity-provider/instances/i", "identity_provider", "console-login-changed", GRAVE),
        (f"create users/{OPEN}/federated-identity/i", "user", "console-login-changed", GRAVE),
        ("create authentication/flows/browser/copy", "auth_flow", "console-login-changed", GRAVE),
        ("create components/x", "component", "console-login-changed", GRAVE),
        ("update users/profile", "user_profile", "console-login-changed", GRAVE),
        ("create workflows/x", "workflow", "console-login-changed", GRAVE),
        ("update events/config", "realm", "console-events-changed", GRAVE),
        ("update ", "realm", "console-realm-changed", WARNING),
        ("action logout-all", "realm", "console-realm-changed", WARNING),
        ("create something/new", "of_a_newer_keycloak", "console-realm-changed", WARNING),
    ],
)
def test_each_act_at_the_console_is_told_by_its_kind(done: str, resource: str, code: str, severity: Severity) -> None:
    assert told(act(done, resource)) == [(code, severity)]


@pytest.mark.rule("L1")
def test_an_account_enabled_after_its_end_is_graver_than_one_that_was_changed() -> None:
    changed = act(f"update users/{CLOSED}")
    assert told(changed) == [("console-account-changed", WARNING)]
    assert told(changed, enabled=frozenset({CLOSED})) == [("console-account-enabled", GRAVE)]
    assert console.changed_though_cut(replace(EVIDENCE, console=[changed, act(f"update users/{OPEN}")])) == {CLOSED}


@pytest.mark.rule("L1")
def test_an_account_made_in_a_partners_group_is_graver_than_another() -> None:
    made = act("create users/new")
    assert console.made_by_hand(replace(EVIDENCE, console=[made])) == {"new"}
    assert told(made, groups_of_made={"new": frozenset({GROUP})}) == [("console-account-made", GRAVE)]


@pytest.mark.rule("L1")
def test_what_changes_nothing_of_ours_is_not_told() -> None:
    logout, unlock = act(f"action users/{OPEN}/logout"), act(f"delete attack-detection/brute-force/users/{OPEN}")
    assert told(logout, unlock, act("update users/of-an-administrator")) == []
    assert told(replace(act(f"update users/{OPEN}"), error="failed")) == []


@pytest.mark.rule("L1")
def test_hundreds_of_the_same_act_in_a_day_are_one_and_the_next_day_is_another() -> None:
    many = [act(f"update users/{OPEN}", at=NOON + timedelta(seconds=second)) for second in range(300)]
    keys = {seen.key for seen in console.find(replace(EVIDENCE, console=many))}
    assert len(keys) == 1
    others = [act(f"update users/{OPEN}", at=NOON + timedelta(days=1)), act(f"update users/{OPEN}", by="other")]
    assert len({seen.key for seen in console.find(replace(EVIDENCE, console=others))} | keys) == 3


@pytest.mark.rule("L1")
def test_who_did_it_is_told_by_the_ids_and_by_name_where_it_is_at_hand() -> None:
    (seen,) = console.find(replace(EVIDENCE, console=[act(f"update users/{OPEN}")], names={ADMIN: "claire.martin"}))
    assert (seen.facts.actor, seen.facts.actor_name) == (f"master/{ADMIN}", "claire.martin")
    assert (seen.partner, seen.habilitation, seen.account) == ("agglo-lys", 11, 1)


@pytest.mark.rule("L1")
def test_an_impersonation_is_told_of_the_person() -> None:
    login = ConnectionRecord(id="1", at=NOON, kind="impersonate", account=1, address="192.0.2.7")
    (seen,) = console.find(replace(EVIDENCE, connections=[login]))
    assert (seen.control.code, seen.habilitation) == ("console-impersonation", 11)


def stolen(record: ConsoleRecord, *meant: tuple[str, int | None], at: datetime = NOON, **own: Any) -> bool:
    evidence = replace(EVIDENCE, console=[record])
    intentions = {"intentions": [Intention(at, frozenset(meant))] if meant else []}
    return bool(list(own_account.find(evidence, OwnEvidence(**(intentions | own)))))


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    ("done", "action"),
    [
        (f"update users/{OPEN}", "update"),
        (f"update users/{OPEN}", "rename"),
        (f"update users/{OPEN}", "close"),
        (f"action users/{OPEN}/logout", "close"),
        (f"action users/{OPEN}/logout", "open"),
        (f"delete users/{OPEN}/consents/cooperation", "reopen"),
        (f"action users/{OPEN}/credentials/1", "reopen"),
        (f"action users/{OPEN}/execute-actions-email", "invite"),
        (f"create users/{OPEN}/groups/{GROUP}", "update"),
        (f"delete users/{OPEN}/groups/{GROUP}", "close"),
        (f"create users/{OPEN}", "open"),
        (f"delete users/{OPEN}", "destroy"),
        (f"delete attack-detection/brute-force/users/{OPEN}", "unlock"),
    ],
)
def test_what_a_run_was_about_to_do_to_an_account_is_known_for_that_account_and_time_alone(
    done: str, action: str
) -> None:
    record = act(done, by=OURS, at=NOON + timedelta(minutes=5))
    assert not stolen(record, (action, 1))
    assert stolen(record, (action, 2))
    assert stolen(record)
    assert stolen(record, (action, 1), at=NOON + timedelta(minutes=10))
    assert stolen(record, (action, 1), at=NOON - LASTS)
    ended = [Intention(NOON, frozenset({(action, 1)}), until=NOON + timedelta(minutes=end)) for end in (3, 4)]
    told = [stolen(record, intentions=[intention]) for intention in ended]
    assert told == [True, False], "what is done a minute after the run has ended is no run's"


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    "done",
    [
        f"action users/{OPEN}/reset-password",
        "create users/our-service-account/role-mappings/clients/realm-management",
        f"create users/{OPEN}/federated-identity/i",
        f"create users/{OPEN}/groups/another",
        f"delete users/{OPEN}",
        f"delete groups/{GROUP}",
        "action logout-all",
        "create users/nobody-knows",
    ],
)
def test_what_the_product_never_does_is_never_known(done: str) -> None:
    everything = [(action, account) for action in ("open", "close", "update", "group") for account in (None, 1, 2)]
    assert stolen(act(done, by=OURS), *everything)


@pytest.mark.rule("L1")
def test_an_account_just_made_is_known_by_the_address_that_keycloak_tells_of_it() -> None:
    created = act("create users/new", by=OURS)
    evidence = replace(EVIDENCE, console=[created])
    assert own_account.made_and_unknown(evidence) == {"new"}
    assert not stolen(created, ("open", 3), made={"new": 3})


@pytest.mark.rule("L1")
def test_an_account_that_another_hand_deleted_is_known_by_what_a_run_meant_to_do_then() -> None:
    created, deleted = act("create users/gone", by=OURS), act("delete users/gone")
    own = OwnEvidence(intentions=[Intention(NOON, frozenset({("open", 3)}))])
    assert list(own_account.find(replace(EVIDENCE, console=[created, deleted]), own)) == []
    assert len(list(own_account.find(replace(EVIDENCE, console=[created]), own))) == 1
    by_ours = act("delete users/gone", by=OURS)
    assert len(list(own_account.find(replace(EVIDENCE, console=[created, by_ours]), own))) == 2


@pytest.mark.rule("L1")
def test_groups_and_links_of_ours_are_known() -> None:
    assert not stolen(act("create groups/root/children", "group", by=OURS), ("group", None))
    assert stolen(act("create groups/root/children", "group", by=OURS))
    link = act(f"action users/{OPEN}/execute-actions-email", by=OURS)
    assert not stolen(link, links_sent={1: [NOON - timedelta(seconds=3)]})
    assert stolen(link, links_sent={1: [NOON + timedelta(hours=1)]})


@pytest.mark.rule("L1")
def test_a_login_of_our_own_account_from_elsewhere_is_told_once_a_day_and_address() -> None:
    logins = [
        ConnectionRecord(id=str(n), at=NOON, kind="client_login", user=OURS, address=address, client="provisioner")
        for n, address in enumerate(
            ("192.0.2.7", "2001:db8::7", "198.51.100.9", "198.51.100.9", "a proxy's nonsense")
        )
    ]
    evidence = replace(EVIDENCE, connections=logins)
    named = {"PROVISIONER_CONNECTIONS__OUR_ADDRESSES": "192.0.2.0/28, 2001:db8::/64"}
    ours = load_settings(environment=named).connections.our_networks
    seen = list(own_account.find(evidence, OwnEvidence(ours=ours)))
    assert [observation.facts.addresses for observation in seen] == [
        ("198.51.100.9",),
        ("198.51.100.9",),
        ("a proxy's nonsense",),
    ]
    assert len({observation.key for observation in seen}) == 2
    assert list(own_account.find(evidence, OwnEvidence())) == [], "without the setting no login is judged"


def weakened(present: dict[str, Any], wanted: dict[str, Any]) -> list[Difference]:
    return weaker(differences(RealmState(present), RealmConfig(wanted)))


@pytest.mark.rule("L1")
def test_a_realm_as_its_files_want_it_or_stricter_is_not_weakened_and_each_weaker_setting_is() -> None:
    wanted = load_visible_config(load_settings(environment={})).realm
    present = json.loads(json.dumps(wanted))
    stricter = {"passwordPolicy": f"{wanted['passwordPolicy']} and passwordHistory(3)", "failureFactor": 3}
    assert weakened(present, wanted) == []
    assert weakened(present | stricter | {"sslRequired": "all", "accessTokenLifespan": 60}, wanted) == []
    weak = {
        "passwordPolicy": "length(6)",
        "bruteForceProtected": False,
        "failureFactor": 0,
        "registrationAllowed": True,
        "eventsExpiration": 0,
        "enabledEventTypes": ["LOGIN"],
        "sslRequired": "none",
        "browserFlow": "another",
        "accessTokenLifespan": 3600,
    }
    seen = {difference.setting: difference for difference in weakened(present | weak, wanted)}
    assert seen.keys() == weak.keys()
    assert (seen["eventsExpiration"].rule, seen["eventsExpiration"].present) == ("D1", "0")
    assert {name for name, difference in seen.items() if not difference.is_grave} == {
        "failureFactor",
        "eventsExpiration",
        "accessTokenLifespan",
    }
    assert risk_of("sslRequired", "P3") is Risk.READ_ON_THE_WAY


def test_an_address_of_ours_that_is_none_is_refused_by_its_settings_name_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="PROVISIONER_CONNECTIONS__OUR_ADDRESSES") as refused:
        load_settings(environment={"PROVISIONER_CONNECTIONS__OUR_ADDRESSES": "192.0.2.0/28, ici"})
    assert "ici" not in str(refused.value)


@pytest.mark.rule("L1")
def test_the_page_has_a_line_for_each_control_as_the_code_says_it() -> None:
    page = (ROOT / "docs" / "connections.md").read_text("utf-8")
    lines = {
        f"| `{control.code}` | {control.rule} | {control.severity} | {'state' if control.is_state else 'event'} |"
        for control in CONTROLS.values()
    }
    assert [line for line in sorted(lines) if line not in page] == []
    assert len(re.findall(r"^\| `[a-z-]+` \| [A-Z][0-9]+ \|", page, re.MULTILINE)) == len(lines)


@pytest.mark.rule("L1")
def test_every_control_and_every_risk_has_french_words() -> None:
    assert [code for code in CONTROLS if not words_of(code).to_do] == []
    assert RISKS.keys() == set(Risk)
