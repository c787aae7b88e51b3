"""Each thing of the realm that a rule needs is broken by hand in turn: the check names it, `realm apply` mends it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from provisioner.domain.realm_check import LINES, OFFLINE, THEME_TYPES, Part
from provisioner.domain.realm_model import UNMANAGED, Difference, RealmConfig
from provisioner.domain.realm_plan import differences, stopping_first, value_of, wanted_settings
from provisioner.keycloak.connection import Connection, administrator_connection, service_connection
from provisioner.keycloak.realm import RealmPartlyApplied, apply_realm, bring_to
from provisioner.keycloak.realm_config import load_realm_config, load_visible_config
from provisioner.keycloak.realm_state import read_state
from provisioner.settings import Settings
from tests.shared.administrator import Administrator

#: What each setting of the realm is broken to, by its name; where two rules need it, one value for each.
BROKEN: Mapping[str, Any] = {
    "enabled": False,
    "displayName": "Autre royaume",
    "loginTheme": "keycloak",
    "emailTheme": "base",
    "accountTheme": "base",
    "passwordPolicy": "length(6)",
    "bruteForceProtected": False,
    "bruteForceStrategy": "MULTIPLE",
    "failureFactor": 1000,
    "waitIncrementSeconds": 1,
    "maxFailureWaitSeconds": 1,
    "maxDeltaTimeSeconds": 60,
    "quickLoginCheckMilliSeconds": 1,
    "minimumQuickLoginWaitSeconds": 1,
    "permanentLockout": True,
    "maxTemporaryLockouts": 3,
    "maxSecondaryAuthFailures": 5,
    "registrationAllowed": True,
    "userManagedAccessAllowed": True,
    "duplicateEmailsAllowed": True,
    "editUsernameAllowed": True,
    "registrationEmailAsUsername": False,
    "loginWithEmailAllowed": False,
    "verifyEmail": True,
    "resetPasswordAllowed": False,
    "rememberMe": True,
    "internationalizationEnabled": False,
    "supportedLocales": ["en"],
    "defaultLocale": "en",
    "eventsEnabled": False,
    "adminEventsEnabled": False,
    "adminEventsDetailsEnabled": False,
    "enabledEventTypes": ["LOGIN"],
    "eventsExpiration": (60, 0),
    "attributes.adminEventsExpiration": ("60", "99999999"),
    "attributes.actionTokenGeneratedByUserLifespan.reset-credentials": "86400",
    "actionTokenGeneratedByUserLifespan": 86400,
    "actionTokenGeneratedByAdminLifespan": 864000,
    "accessTokenLifespan": 36000,
    "ssoSessionIdleTimeout": 360000,
    "ssoSessionMaxLifespan": 3600000,
    "offlineSessionIdleTimeout": 99999999,
    "offlineSessionMaxLifespanEnabled": False,
    "offlineSessionMaxLifespan": 99999999,
    "refreshTokenMaxReuse": 3,
    "sslRequired": "none",
    "browserFlow": "direct grant",
    "directGrantFlow": "browser",
    "resetCredentialsFlow": "browser",
    "registrationFlow": "browser",
    "clientAuthenticationFlow": "browser",
    "firstBrokerLoginFlow": "browser",
    "browserSecurityHeaders.contentSecurityPolicy": "",
    "smtpServer.host": "ailleurs.example",
    "smtpServer.from": "autre@caf.example",
    "smtpServer.fromDisplayName": "Autre",
    "smtpServer.port": "2525",
    "smtpServer.auth": "false",
    "smtpServer.user": "autre",
    "smtpServer.ssl": "false",
    "smtpServer.connectionTimeout": "1",
    "smtpServer.timeout": "1",
    "smtpServer.writeTimeout": "1",
}

#: The same of the clients, each with the client on which it is tried.
BROKEN_CLIENTS: Mapping[str, tuple[str, Any]] = {
    "enabled": ("cooperation", False),
    "name": ("cooperation", "Autre"),
    "baseUrl": ("cooperation", "https://ailleurs.example/"),
    "redirectUris": ("cooperation", ["*"]),
    "webOrigins": ("cooperation", ["*"]),
    "publicClient": ("cooperation", False),
    "standardFlowEnabled": ("cooperation", False),
    "implicitFlowEnabled": ("cooperation", True),
    "directAccessGrantsEnabled": ("cooperation", True),
    "serviceAccountsEnabled": ("provisioner", False),
    "fullScopeAllowed": ("cooperation", True),
    "attributes.oauth2.device.authorization.grant.enabled": ("admin-cli", "true"),
    "attributes.oidc.ciba.grant.enabled": ("cooperation", "true"),
    "attributes.standard.token.exchange.enabled": ("provisioner", "true"),
    "attributes.pkce.code.challenge.method": ("cooperation", ""),
    "attributes.post.logout.redirect.uris": ("cooperation", "*"),
    "attributes.access.token.lifespan": ("cooperation", "864000"),
    "bearerOnly": ("provisioner", True),
    "clientAuthenticatorType": ("provisioner", "client-jwt"),
    "secret": ("provisioner", "another-secret"),
    "authenticationFlowBindingOverrides": ("cooperation", "direct grant"),
}

#: What Keycloak does not show (written anew each time), what cannot be weaker where mail goes by implicit TLS, and
#: where the files ask for what is Keycloak's weakest.
NOT_BROKEN = {"smtpServer.password", "smtpServer.starttls", "revokeRefreshToken"}

#: What an installation may need: told, and left until the files name it or somebody answers for it.
BY_HAND: Mapping[str, tuple[Any, Any]] = {
    "attributes.frontendUrl": ("https://ailleurs.example", ""),
    "organizationsEnabled": (True, False),
}


@dataclass
class Hands:
    """Somebody at the console, and what our own code says and does about it."""

    admin: Administrator
    connection: Connection
    config: RealmConfig
    name: str

    @property
    def path(self) -> str:
        return f"admin/realms/{self.name}"

    def client(self, client_id: str) -> dict[str, Any]:
        (only,) = self.admin.get(f"{self.path}/clients", clientId=client_id)
        assert isinstance(only, dict)
        return only

    def break_realm(self, name: str, value: Any) -> None:
        self.admin.request("put", self.path, _with(self.admin.get(self.path), name, value))

    def break_client(self, client_id: str, name: str, value: Any) -> None:
        client = self.client(client_id)
        self.admin.request("put", f"{self.path}/clients/{client['id']}", _with(client, name, value))

    def made(self, where: str, body: dict[str, Any]) -> str:
        """Makes a thing; gives its path under the realm."""
        location = self.admin.request("post", f"{self.path}/{where}", body).headers["Location"]
        return f"{where}/{location.rpartition('/')[2]}"

    def told(self, *, others: bool = False) -> list[Difference]:
        return differences(read_state(self.connection, self.name, self.config, others=others), self.config)

    def mended(self) -> list[str]:
        """What `realm apply` put right; it reads the realm again and finds no difference left."""
        return [difference.setting for difference in bring_to(self.connection, self.name, self.config)]


#: In place of ours, which the server need not have.
_KEYCLOAK_THEMES = {"loginTheme": "keycloak.v2", "emailTheme": "keycloak", "accountTheme": "keycloak.v3"}


@pytest.fixture(scope="module")
def hands(new_settings: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    mail = {"SMTP__USERNAME": "expediteur", "SMTP__PASSWORD": "essai-d-envoi", "SMTP__TLS": "implicit"}
    settings = new_settings(tmp_path_factory.mktemp("check"), **mail)
    apply_realm(settings)
    connection = administrator_connection(settings.keycloak)
    admin = Administrator(settings.keycloak)
    config = load_realm_config(settings)
    config.realm.update(_KEYCLOAK_THEMES)
    config = replace(config, blacklist=None)
    hands = Hands(admin, connection, config, settings.keycloak.realm)
    hands.mended()
    assert hands.told(others=True) == []
    yield hands
    assert hands.told(others=True) == [], "every case was mended"
    admin.close()
    connection.close()


#: Settings of one batch are broken and mended together; neighbours, which Keycloak may tie to each other, are not.
_BATCHES = 8


def _with(settings: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    section, _, key = name.partition(".")
    if key:
        return {**settings, section: {**settings.get(section, {}), key: value}}
    return {**settings, name: value}


def _cases() -> list[tuple[str, Any]]:
    return [(name, value) for name, values in BROKEN.items() for value in _each(values)]


def _each(values: Any) -> tuple[Any, ...]:
    return values if isinstance(values, tuple) else (values,)


def test_every_setting_that_is_wanted_has_its_line_and_is_broken_below(hands: Hands) -> None:
    wanted = wanted_settings(Part.REALM, hands.config.realm).keys() - {"realm"}
    of_clients = {name for client in hands.config.clients for name in wanted_settings(Part.CLIENT, client)} - {
        "clientId",
        "protocolMappers",
    }
    assert wanted == BROKEN.keys() | NOT_BROKEN | BY_HAND.keys()
    assert of_clients - {OFFLINE} == BROKEN_CLIENTS.keys()
    named = {(line.part, line.name) for line in LINES}
    assert {(Part.REALM, name) for name in wanted} | {(Part.CLIENT, name) for name in of_clients} <= named


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_settings_broken_by_hand_are_named_with_their_risk_and_mended(hands: Hands, batch: int) -> None:
    broken = dict(_cases()[batch::_BATCHES])
    for name, value in broken.items():
        hands.break_realm(name, value)
    told, mended = hands.told(), hands.mended()
    realm = hands.admin.get(hands.path)
    for name, value in broken.items():
        (difference,) = (difference for difference in told if difference.setting == name)
        assert not difference.is_stricter, name
        assert difference.rule, name
        assert difference.present != difference.wanted, name
        assert name in mended
        assert value_of(realm, name) != value, name


@pytest.mark.parametrize("name", BY_HAND)
def test_a_setting_that_an_installation_may_need_is_told_and_stays_until_somebody_answers_for_it(
    hands: Hands, name: str
) -> None:
    value, usual = BY_HAND[name]
    hands.break_realm(name, value)
    try:
        (difference,) = hands.told()
        assert (difference.setting, difference.by_hand) == (name, True)
        assert hands.mended() == []
        assert value_of(hands.admin.get(hands.path), name) == value
        assert replace(hands, config=replace(hands.config, known=frozenset([name]))).told() == []
    finally:
        hands.break_realm(name, usual)


@pytest.mark.rule("P2")
def test_links_that_lead_elsewhere_are_mended_where_the_files_name_the_address(hands: Hands) -> None:
    ours = "https://connexion.caf.example"
    attributes = {**hands.config.realm["attributes"], "frontendUrl": ours}
    named = replace(hands, config=replace(hands.config, realm={**hands.config.realm, "attributes": attributes}))
    hands.break_realm("attributes.frontendUrl", "https://ailleurs.example")
    try:
        (difference,) = named.told()
        assert (difference.is_grave, difference.by_hand) == (True, False)
        assert named.mended() == ["attributes.frontendUrl"]
        assert hands.admin.get(hands.path)["attributes"]["frontendUrl"] == ours
    finally:
        hands.break_realm("attributes.frontendUrl", "")


def test_an_address_for_answers_to_our_emails_stays(hands: Hands) -> None:
    hands.break_realm("smtpServer.replyTo", "habilitations@caf.example")
    hands.break_realm("failureFactor", 1000)
    assert hands.mended() == ["failureFactor"]
    assert hands.admin.get(hands.path)["smtpServer"]["replyTo"] == "habilitations@caf.example"


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_clients_broken_by_hand_are_named_with_their_risk_and_mended(hands: Hands, batch: int) -> None:
    broken = {name: BROKEN_CLIENTS[name] for name in list(BROKEN_CLIENTS)[batch::_BATCHES]}
    flows = {flow["alias"]: flow["id"] for flow in hands.admin.get(f"{hands.path}/authentication/flows")}
    for name, (client, value) in broken.items():
        is_flow = name == "authenticationFlowBindingOverrides"
        hands.break_client(client, name, {"browser": flows[value]} if is_flow else value)
    told, mended = hands.told(), hands.mended()
    for name, (client, _) in broken.items():
        setting = f"client:{client}/{name}"
        (difference,) = (difference for difference in told if difference.setting == setting)
        assert difference.rule, name
        assert not difference.is_stricter, name
        if name == "clientAuthenticatorType":
            assert difference.stops_logins, "a service that still has the other proof is kept out"
        if name == "secret":
            assert (difference.present, difference.wanted) == (None, None), "a secret is never shown"
        assert setting in mended


def _break_profile(hands: Hands) -> None:
    profile = hands.admin.get(f"{hands.path}/users/profile")
    email = next(attribute for attribute in profile["attributes"] if attribute["name"] == "email")
    email["permissions"]["edit"] = ["admin", "user"]
    hands.admin.request("put", f"{hands.path}/users/profile", profile)


def _break_action(hands: Hands) -> None:
    path = f"{hands.path}/authentication/required-actions/UPDATE_PASSWORD"
    hands.admin.request("put", path, {**hands.admin.get(path), "enabled": False})


def _break_text(hands: Hands) -> None:
    hands.admin.request("delete", f"{hands.path}/localization/fr/executeActionsSubject")


def _break_flow(hands: Hands) -> None:
    path = f"{hands.path}/authentication/flows/reset%20credentials/executions"
    mail = next(step for step in hands.admin.get(path) if step["providerId"] == "reset-credential-email")
    hands.admin.request("put", path, {**mail, "requirement": "DISABLED"})


def _break_group(hands: Hands) -> None:
    group = hands.admin.get(f"{hands.path}/group-by-path/partenaires")
    hands.admin.request("delete", f"{hands.path}/groups/{group['id']}")


def _break_client(hands: Hands) -> None:
    hands.admin.request("delete", f"{hands.path}/clients/{hands.client('cooperation')['id']}")


def _break_claim(hands: Hands) -> None:
    client = hands.client("cooperation")
    claim = next(mapper for mapper in client["protocolMappers"] if mapper["name"] == "fonction")
    claim["config"]["claim.name"] = "metier"
    hands.admin.request("put", f"{hands.path}/clients/{client['id']}/protocol-mappers/models/{claim['id']}", claim)


def _role_mappings(hands: Hands, role: str) -> tuple[str, list[dict[str, Any]]]:
    management = hands.client("realm-management")["id"]
    account = hands.admin.get(f"{hands.path}/clients/{hands.client('provisioner')['id']}/service-account-user")["id"]
    where = f"{hands.path}/users/{account}/role-mappings/clients/{management}"
    return where, [hands.admin.get(f"{hands.path}/clients/{management}/roles/{role}")]


def _take_role(hands: Hands) -> None:
    where, roles = _role_mappings(hands, "view-events")
    hands.admin.request("delete", where, roles)


def _give_role(hands: Hands) -> None:
    where, roles = _role_mappings(hands, "realm-admin")
    hands.admin.request("post", where, roles)


def _step(flow: str, name: str) -> Callable[[Hands], None]:
    def switch_off(hands: Hands) -> None:
        path = f"{hands.path}/authentication/flows/{flow}/executions"
        row = next(row for row in hands.admin.get(path) if name in (row.get("providerId"), row["displayName"]))
        hands.admin.request("put", path, {**row, "requirement": "DISABLED"})

    return switch_off


def _profile(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Callable[[Hands], None]:
    """Changes the profile, or its attribute « email »."""

    def broken(hands: Hands) -> None:
        profile = hands.admin.get(f"{hands.path}/users/profile")
        change(profile, next(attribute for attribute in profile["attributes"] if attribute["name"] == "email"))
        hands.admin.request("put", f"{hands.path}/users/profile", profile)

    return broken


#: More ways of parts that are broken below, each with how it is named.
MORE: tuple[tuple[Callable[[Hands], None], str], ...] = (
    (_step("browser", "forms"), "flow:browser/forms"),
    (_step("clients", "client-secret"), "flow:clients/client-secret"),
    (_step("clients", "client-jwt"), "flow:clients/client-jwt"),
    (_profile(lambda profile, _: profile.update({UNMANAGED: "ENABLED"})), f"profile:{UNMANAGED}"),
    (_profile(lambda _, email: email.update(required={"roles": ["user", "admin"]})), "profile:email"),
    (
        _profile(lambda _, email: email["validations"].update(pattern={"pattern": "^zz$", "error-message": "non"})),
        "profile:email",
    ),
)


@pytest.mark.parametrize("number", range(len(MORE)), ids=[setting for _, setting in MORE])
def test_what_closes_the_door_or_keeps_accounts_from_being_written_is_named_and_mended(
    hands: Hands, number: int
) -> None:
    breaking, setting = MORE[number]
    breaking(hands)
    assert [difference.setting for difference in hands.told()] == [setting]
    assert hands.mended() == [setting]
    assert hands.told() == []


def test_an_attribute_of_somebody_else_that_keeps_accounts_from_being_written_is_told(hands: Hands) -> None:
    everybody = {"view": ["admin"], "edit": ["admin"]}
    other = {"name": "matricule", "required": {"roles": ["admin"]}, "permissions": everybody}
    _profile(lambda profile, _: profile["attributes"].append(other))(hands)
    try:
        (difference,) = hands.told()
        assert (difference.setting, difference.by_hand) == ("profile:matricule", True)
        assert hands.mended() == []
    finally:
        _profile(lambda profile, _: profile.update(attributes=profile["attributes"][:-1]))(hands)


#: The other parts, each with how it is broken and how the difference is named.
PARTS: Mapping[Part, tuple[Callable[[Hands], None], str]] = {
    Part.PROFILE: (_break_profile, "profile:email"),
    Part.ACTION: (_break_action, "action:UPDATE_PASSWORD"),
    Part.TEXT: (_break_text, "text:executeActionsSubject"),
    Part.FLOW: (_break_flow, "flow:reset credentials/reset-credential-email"),
    Part.GROUP: (_break_group, "group:/partenaires"),
    Part.CLIENT_CREATED: (_break_client, "client-created:cooperation"),
    Part.CLAIM: (_break_claim, "claim:cooperation/fonction"),
    Part.ROLE_GIVEN: (_take_role, "role-given:realm-management/view-events"),
    Part.ROLE_TAKEN: (_give_role, "role-taken:realm-management/realm-admin"),
}


@pytest.mark.parametrize("part", PARTS)
def test_any_other_part_broken_by_hand_is_named_and_mended(hands: Hands, part: Part) -> None:
    breaking, setting = PARTS[part]
    breaking(hands)
    assert [difference.setting for difference in hands.told()] == [setting]
    assert setting in hands.mended()


def _other_client(hands: Hands) -> str:
    client = {"clientId": "ailleurs", "publicClient": True, "redirectUris": ["*"]}
    return hands.made("clients", client)


def _identity_provider(hands: Hands) -> str:
    config = {"clientId": "x", "authorizationUrl": "https://a.example/", "tokenUrl": "https://a.example/"}
    hands.admin.request(
        "post",
        f"{hands.path}/identity-provider/instances",
        {"alias": "portail", "providerId": "oidc", "config": config},
    )
    return "identity-provider/instances/portail"


def _federation(hands: Hands) -> str:
    ldap = {
        "vendor": ["other"],
        "connectionUrl": ["ldap://ailleurs.example"],
        "usersDn": ["ou=people"],
        "authType": ["none"],
        "usernameLDAPAttribute": ["uid"],
        "rdnLDAPAttribute": ["uid"],
        "uuidLDAPAttribute": ["entryUUID"],
        "userObjectClasses": ["person"],
        "editMode": ["READ_ONLY"],
        "enabled": ["true"],
    }
    kind = "org.keycloak.storage.UserStorageProvider"
    component = {"name": "annuaire", "providerId": "ldap", "providerType": kind, "config": ldap}
    return hands.made("components", component)


def _workflow(hands: Hands) -> str:
    workflow = {"name": "menage", "on": "user-created", "steps": [{"uses": "disable-user", "after": "30d"}]}
    return hands.made("workflows", workflow)


def _group_role(hands: Hands) -> str:
    group = hands.made("groups", {"name": "chefs"})
    management = hands.client("realm-management")["id"]
    role = hands.admin.get(f"{hands.path}/clients/{management}/roles/manage-users")
    hands.admin.request("post", f"{hands.path}/{group}/role-mappings/clients/{management}", [role])
    return group


def _default_role(hands: Hands) -> str:
    hands.admin.request("post", f"{hands.path}/roles", {"name": "tous"})
    everybody = hands.admin.get(hands.path)["defaultRole"]["id"]
    role = hands.admin.get(f"{hands.path}/roles/tous")
    hands.admin.request("post", f"{hands.path}/roles-by-id/{everybody}/composites", [role])
    return "roles/tous"


def _default_group(hands: Hands) -> str:
    group = hands.made("groups", {"name": "tous"})
    hands.admin.request("put", f"{hands.path}/default-{group}", {})
    return group


#: What the files do not know, each with how it comes there and how it is named.
OTHERS: Mapping[Part, tuple[Callable[[Hands], str], str]] = {
    Part.OTHER_CLIENT: (_other_client, "other-client:ailleurs"),
    Part.IDENTITY_PROVIDER: (_identity_provider, "identity-provider:portail"),
    Part.FEDERATION: (_federation, "federation:annuaire"),
    Part.WORKFLOW: (_workflow, "workflow:menage"),
    Part.GROUP_ROLE: (_group_role, "group-role:/chefs"),
    Part.DEFAULT_ROLE: (_default_role, "default-role:tous"),
    Part.DEFAULT_GROUP: (_default_group, "default-group:/tous"),
}


@pytest.mark.parametrize("part", OTHERS)
def test_what_the_files_do_not_know_is_told_and_never_deleted_until_somebody_answers_for_it(
    hands: Hands, part: Part
) -> None:
    making, setting = OTHERS[part]
    made = making(hands)
    try:
        (difference,) = hands.told(others=True)
        assert (difference.setting, difference.by_hand) == (setting, True)
        assert hands.mended() == []
        assert hands.admin.get(f"{hands.path}/{made}"), "it is still there"
        known = replace(hands, config=replace(hands.config, known=frozenset([setting])))
        assert known.told(others=True) == []
    finally:
        hands.admin.request("delete", f"{hands.path}/{made}")


def test_every_part_of_a_realm_is_broken_above() -> None:
    of_agents = {Part.STEPS, Part.ACTION_CLOSED, Part.ROLE, Part.DEFAULT_TAKEN}  # test_agents_realm.py
    elsewhere = {Part.REALM, Part.CLIENT, Part.REALM_CREATED, Part.THEME, Part.BLACKLIST, *of_agents}
    assert PARTS.keys() | OTHERS.keys() | elsewhere == set(Part)


def test_a_theme_that_the_server_lacks_is_told_and_not_named_in_the_realm(hands: Hands) -> None:
    lacking = replace(hands.config, realm={**hands.config.realm, "loginTheme": "absent"})
    hands = replace(hands, config=lacking)
    assert [(difference.setting, difference.by_hand) for difference in hands.told()] == [
        ("theme:absent (login)", True)
    ]
    assert hands.mended() == []
    assert hands.admin.get(hands.path)["loginTheme"] == _KEYCLOAK_THEMES["loginTheme"]


def test_what_is_stricter_than_the_files_is_told_as_that(hands: Hands) -> None:
    hands.break_realm("failureFactor", 1)
    (difference,) = hands.told()
    assert (difference.setting, difference.is_stricter, difference.is_grave) == ("failureFactor", True, False)
    assert hands.mended() == ["failureFactor"], "the file is the law of `realm apply`, which names what it does"


def test_what_can_stop_logins_comes_first(hands: Hands) -> None:
    hands.break_realm("failureFactor", 30)
    hands.break_client("cooperation", "redirectUris", ["*"])
    announced: list[str] = []
    told = stopping_first(hands.told())
    assert [difference.setting for difference in told] == ["client:cooperation/redirectUris", "failureFactor"]
    bring_to(hands.connection, hands.name, hands.config, lambda difference: announced.append(difference.setting))
    assert announced == ["client:cooperation/redirectUris"]


def test_a_value_that_keycloak_refuses_keeps_no_other_part_from_being_put_right(hands: Hands) -> None:
    missing = f"{hands.config.realm['passwordPolicy']} and passwordBlacklist(absente.txt)"
    refused = replace(hands, config=replace(hands.config, realm={**hands.config.realm, "passwordPolicy": missing}))
    hands.break_realm("failureFactor", 30)
    hands.break_client("cooperation", "redirectUris", ["*"])
    done: list[str] = []
    with pytest.raises(RealmPartlyApplied) as raised:
        bring_to(refused.connection, refused.name, refused.config, tell=lambda d: done.append(d.setting))
    assert raised.value.exit_status == 3
    assert done == ["failureFactor", "client:cooperation/redirectUris"]
    assert [difference.setting for difference in refused.told()] == ["passwordPolicy"]


class Killed(BaseException):
    """The process is no more."""


def test_killed_after_any_write_the_realm_is_no_weaker_than_before_and_a_second_run_ends_the_work(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in itertools.count(1):
        for part in PARTS.keys() - {Part.CLAIM}:  # it goes with its client
            PARTS[part][0](hands)
        hands.break_realm("failureFactor", 30)
        hands.break_client("provisioner", "fullScopeAllowed", False)
        before = {difference.setting for difference in hands.told()}
        with monkeypatch.context() as patch:
            _kill_after_write(patch, hands.connection, number)
            try:
                hands.mended()
            except Killed:
                assert {difference.setting for difference in hands.told()} <= before
            else:
                break
        hands.mended()
        assert hands.told() == []
    assert number > len(PARTS), "each part is a write of its own"


def _kill_after_write(patch: pytest.MonkeyPatch, connection: Connection, number: int) -> None:
    send, writes = connection._send, itertools.count(1)

    def killing(method: str, path: str, body: Any, query: Any) -> Any:
        answer = send(method, path, body, query)
        if method != "GET" and next(writes) == number:
            raise Killed
        return answer

    patch.setattr(connection, "_send", killing)


def test_our_service_account_says_what_it_could_not_look_at(hands: Hands, shared_realm: Settings) -> None:
    connection = service_connection(shared_realm.keycloak, read_only=True)
    config = load_visible_config(shared_realm)
    state = read_state(connection, shared_realm.keycloak.realm, config)
    connection.close()
    assert state is not None
    assert set(state.unseen) == {
        Part.CLIENT,
        Part.IDENTITY_PROVIDER,
        Part.WORKFLOW,
        Part.GROUP_ROLE,
        Part.THEME,
    }
    told = {difference.setting for difference in differences(state, config)}
    assert told <= THEME_TYPES.keys(), "the server need not have our theme"
