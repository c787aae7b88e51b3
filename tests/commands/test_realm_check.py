"""`realm check`, `realm apply --dry-run`: how the realm differs from its files, as a person and a script read it."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.domain.realm_check import THEME_TYPES
from tests.commands.conftest import weaken_policy
from tests.shared.administrator import Administrator
from tests.shared.office import FIRST, FIRST_DAY, Answer, Office, valid

#: The run's Keycloak may have our theme and list of refused passwords or not: that is told apart from all else.
ON_THE_SERVER = (*THEME_TYPES, "theme:", "blacklist:")


def check(office: Office, *, as_administrator: bool = True) -> dict[str, Any]:
    answer = run(office, "check", "--format", "json", as_administrator=as_administrator)
    checked = valid(answer.json, "realm_check")
    assert answer.status == (1 if checked["wanting"] else 0), answer.err
    (realm,) = checked["realms"]
    assert isinstance(realm, dict)
    return realm


def settings_told(realm: dict[str, Any]) -> list[str]:
    return [told["setting"] for told in realm["differences"] if not told["setting"].startswith(ON_THE_SERVER)]


def run(office: Office, *arguments: str, as_administrator: bool = True, **more: str) -> Answer:
    office.sends_notices()
    platform = {"PROVISIONER_PLATFORM__URL": office.settings.platform.url}
    environment: dict[str, Any] = {**(office.administrator if as_administrator else {}), **platform, **more}
    return office.run("realm", *arguments, **environment)


@pytest.mark.rule("P1")
def test_each_difference_is_told_with_its_rule_and_risk_and_apply_puts_it_right(office: Office) -> None:
    weaken_policy(office.settings)
    realm = check(office)
    (policy,) = (told for told in realm["differences"] if told["setting"] == "passwordPolicy")
    assert (policy["present"], policy["rule"], policy["grave"]) == ("length(8)", "P1", True)
    assert policy["risk"] == "des mots de passe plus faibles que ce qui est demandé sont acceptés"
    text = run(office, "check")
    assert text.status == 1
    assert "Royaume, réglage passwordPolicy : « length(8) » au lieu de « length(8) and " in text.out
    assert "Contrôle du " in text.out, "it says when it looked"

    assert "Royaume, réglage passwordPolicy : mis en ordre." in run(office, "apply").out

    assert settings_told(check(office)) == []


def test_our_service_account_alone_says_what_it_did_not_look_at_and_how_to(office: Office) -> None:
    weaken_policy(office.settings)
    realm = check(office, as_administrator=False)
    assert "passwordPolicy" in settings_told(realm)
    assert {"client", "identity-provider"} <= set(realm["not_seen"])
    text = run(office, "check", as_administrator=False).out
    assert "Non contrôlé, faute de droits : les clients," in text
    assert "PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE" in text


def test_a_dry_run_shows_what_can_stop_logins_first_and_changes_nothing(office: Office, admin: Administrator) -> None:
    weaken_policy(office.settings)
    path = f"admin/realms/{office.settings.keycloak.realm}"
    (platform,) = admin.get(f"{path}/clients", clientId="cooperation")
    admin.request("put", f"{path}/clients/{platform['id']}", {**platform, "redirectUris": ["*"]})
    before = (admin.get(path), admin.get(f"{path}/clients"))

    shown = run(office, "apply", "--dry-run")

    assert shown.status == 0
    assert "rien n'a été changé" in shown.err
    stopping, _, rest = shown.out.partition("Le reste :")
    assert "peut fermer des sessions ou empêcher des connexions" in stopping
    assert "Client cooperation, réglage redirectUris : « * »" in stopping
    assert "passwordPolicy" in rest
    assert (admin.get(path), admin.get(f"{path}/clients")) == before

    applied = run(office, "apply")
    announced = "Peut fermer des sessions ou empêcher des connexions : Client cooperation, réglage redirectUris"
    assert announced in applied.err
    assert settings_told(check(office)) == []


@pytest.mark.rule("A3")
def test_what_starts_by_itself_mends_a_realm_without_accounts_and_leaves_one_in_use(office: Office) -> None:
    """So that no upgrade of containers ends a session that nobody was told of."""
    weaken_policy(office.settings)
    assert run(office, "apply", "--unless-used").status == 0
    assert "passwordPolicy" not in settings_told(check(office))
    office.add_partner()
    office.apply(FIRST, today=FIRST_DAY)
    weaken_policy(office.settings)
    left = run(office, "apply", "--unless-used")
    assert (left.status, left.out) == (0, "")
    assert "a des comptes : rien n'y est modifié" in left.err
    assert "passwordPolicy" in settings_told(check(office))
    assert run(office, "apply", "--unless-used", "--dry-run").status == 2


def test_a_new_realm_is_told_by_how_much_was_made_and_no_part_of_it_as_put_right(
    office: Office, admin: Administrator
) -> None:
    name = f"{office.settings.keycloak.realm}-neuf"
    try:
        made = run(office, "apply", "--unless-used", PROVISIONER_KEYCLOAK__REALM=name)  # as compose does
        assert (made.status, made.out) == (0, f"Royaume {name} : créé.\n"), made.err
        assert f"Royaume {name} : prêt. Réglages, clients et textes mis en place : " in made.err
        again = run(office, "apply", PROVISIONER_KEYCLOAK__REALM=name)
        assert (again.status, again.out) == (0, "")
    finally:
        admin.request("delete", f"admin/realms/{name}")


def test_a_realm_that_is_not_there_is_said(office: Office) -> None:
    for as_administrator in (True, False):
        told = run(office, "check", as_administrator=as_administrator, PROVISIONER_KEYCLOAK__REALM="absent")
        assert told.status == 1, told.err
        assert "Ce royaume n'existe pas" in told.out
    assert "Ce royaume n'existe pas" in run(office, "apply", "--dry-run", PROVISIONER_KEYCLOAK__REALM="absent").out


def test_a_keycloak_that_does_not_answer_is_another_exit_status(office: Office) -> None:
    away = run(office, "check", PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:9")
    assert away.status == 3
    assert "127.0.0.1:9" in away.err


def test_a_client_of_somebody_else_is_told_never_touched_and_known_once_it_is_said(
    office: Office, admin: Administrator
) -> None:
    path = f"admin/realms/{office.settings.keycloak.realm}"
    admin.request("post", f"{path}/clients", {"clientId": "grc", "publicClient": True, "redirectUris": ["*"]})
    assert settings_told(check(office)) == ["other-client:grc"]
    run(office, "apply")
    assert admin.get(f"{path}/clients", clientId="grc")
    known = run(office, "check", PROVISIONER_REALM__KNOWN="other-client:grc")
    assert "grc" not in known.out


def test_what_the_agents_realm_lacks_is_said_before_anything_is_sent(office: Office) -> None:
    weaken_policy(office.settings)
    refused = run(office, "apply", PROVISIONER_WEB__URL="https://gestion.caf.example")
    assert (refused.status, refused.out) == (2, "")
    assert "PROVISIONER_WEB__CLIENT_SECRET" in refused.err
    assert "passwordPolicy" in settings_told(check(office)), "the realm of the persons is as it was"
