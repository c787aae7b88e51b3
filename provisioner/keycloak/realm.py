"""Brings a realm to its files: creates it, or puts right what differs and tells what that was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote

from keycloak import KeycloakAdmin

from provisioner.domain.realm_check import THEME_TYPES, Part
from provisioner.domain.realm_model import UNMANAGED, Difference, Json, RealmConfig, RealmState
from provisioner.domain.realm_plan import differences, step_name, stopping_first, wanted_policy, wanted_settings
from provisioner.keycloak.administrator_client import AdministratorClient
from provisioner.keycloak.client_repair import ClientRepair
from provisioner.keycloak.connection import Connection, administrator_connection, write
from provisioner.keycloak.errors import KeycloakError, ReadIncomplete, RealmMissing
from provisioner.keycloak.realm_config import ADMIN_CLIENT, load_agents_config, load_realm_config
from provisioner.keycloak.realm_state import read_state
from provisioner.keycloak.sign_in import SignInRepair
from provisioner.settings import Settings

#: A realm that is made needs two, its clients' roles a third; the last one changes nothing.
_ROUNDS = 5


#: Is told of a difference.
Tell = Callable[[Difference], None]


def _nobody(_: Difference) -> None:
    pass


class ServerLacks(Exception):
    """The server has no file of that name: what is wanted with it is left out."""


class RealmPartlyApplied(KeycloakError):
    """Keycloak refused a part of what was to be put right; the other parts were tried, and done where it let us."""


def apply_realm(
    settings: Settings,
    of_register: Mapping[str, str] | None = None,
    *,
    announce: Tell = _nobody,
    tell: Tell = _nobody,
) -> list[Difference]:
    """Brings the realm of the settings to its files; what the files do not name stays.

    Returns what was put right, one by one; each is told to `tell` as soon as it is done. `announce` is told, before
    anything is written, of each that can end sessions or keep somebody from logging in.

    Killed at any line and run again, it goes on: what was put right stays so, each write leads from what is there
    to what the files want and to nothing between.

    `of_register`: as for `load_realm_config`.

    Raises:
        SettingsError: a setting that is needed is not set, or a file cannot be used; nothing was sent.
        RealmPartlyApplied: a part could not be put right; safe to run again.
        KeycloakError: Keycloak refused or did not answer; safe to run again.
    """
    config = load_realm_config(settings, of_register)
    with closing(administrator_connection(settings.keycloak)) as connection:
        done = AdministratorClient(connection, settings.keycloak).put_right(tell)
        return done + bring_to(connection, settings.keycloak.realm, config, announce, tell)


def has_accounts(settings: Settings) -> bool:
    """Whether the realm is there and has an account of a person: what is changed in it can concern somebody.

    Raises:
        KeycloakError: Keycloak refused or did not answer.
    """
    with closing(administrator_connection(settings.keycloak)) as connection:
        try:
            return KeycloakAdmin(connection=connection).users_count() > 0
        except RealmMissing:
            return False


def apply_agents_realm(
    settings: Settings, *, announce: Tell = _nobody, tell: Tell = _nobody
) -> list[Difference] | None:
    """The same for the realm of the Caf's agents; None where the officer's page has no address, and so no such realm.

    Raises: as `apply_realm`.
    """
    config = load_agents_config(settings)
    if config is None:
        return None
    with closing(administrator_connection(settings.keycloak)) as connection:
        return bring_to(connection, config.realm["realm"], config, announce, tell)


def bring_to(
    connection: Connection, name: str, config: RealmConfig, announce: Tell = _nobody, tell: Tell = _nobody
) -> list[Difference]:
    """The same for any realm: read, compare, put right, until nothing differs."""
    done: list[Difference] = []
    failures: dict[Part, KeycloakError] = {}
    lacking: set[Part] = set()
    for number in range(_ROUNDS):
        state = read_state(connection, name, config, others=False)
        owed = [
            difference
            for difference in stopping_first(differences(state, config))
            if not (difference.by_hand or difference.part in failures or difference.part in lacking)
        ]
        for difference in owed if number == 0 else ():
            if difference.stops_logins:
                announce(difference)
        again = [difference for difference in owed if difference in done]
        if again:
            kept = ", ".join(sorted({difference.setting for difference in again}))
            raise ReadIncomplete(f"Keycloak took the changes and shows the old values: {kept}.")
        for part, putting_right in _Applying(connection, name, config, state).parts().items():
            mine = [difference for difference in owed if difference.part is part]
            if not mine and not (part is Part.REALM and number == 0 and state and _has_hidden(config)):
                continue
            try:
                for difference in putting_right(mine):
                    done.append(difference)
                    tell(difference)
            except ServerLacks:
                lacking.add(part)
            except KeycloakError as error:
                if error.status is None:
                    raise  # no answer: nor will the others have one
                failures[part] = error
        if not owed:
            break
    if failures:
        causes = {str(error) for error in failures.values()}
        raise RealmPartlyApplied(" ".join(sorted(causes)), next(iter(failures.values())).status)
    return done


def _has_hidden(config: RealmConfig) -> bool:
    """A password that Keycloak keeps cannot be compared: it is written each time."""
    return "password" in config.realm.get("smtpServer", {})


_Step = Callable[[list[Difference]], Iterator[Difference]]


class _Applying:
    """One round: each method puts right the differences of its part, and yields each as soon as it is done."""

    def __init__(self, connection: Connection, name: str, config: RealmConfig, state: RealmState | None) -> None:
        self.connection, self.name, self.config = connection, name, config
        self.state = state or RealmState({})
        self.clients: Mapping[str, Json] = self.state.clients or {}
        self.admin = KeycloakAdmin(connection=connection)
        self.admin.change_current_realm(name)

    def parts(self) -> Mapping[Part, _Step]:
        """What protects comes first: rights that are taken off, the realm's settings, the clients'."""
        clients = ClientRepair(self.connection, self.name, self.clients, self.config.clients)
        return {
            Part.REALM_CREATED: self.create,
            **self._sign_in_parts(),
            Part.ROLE_TAKEN: self.take_roles,
            Part.REALM: self.realm,
            Part.BLACKLIST: self.blacklist,
            Part.CLIENT: clients.change,
            Part.FLOW: self.flows,
            Part.PROFILE: self.user_profile,
            Part.ACTION: self.required_actions,
            Part.GROUP: self.group_root,
            Part.CLIENT_CREATED: clients.create,
            Part.CLAIM: clients.claims,
            Part.ROLE_GIVEN: self.give_roles,
            Part.TEXT: self.texts,
        }

    def _sign_in_parts(self) -> Mapping[Part, _Step]:
        if self.config.sign_in is None or not self.state.realm:
            return {}
        repair = SignInRepair(self.connection, self.state.realm, self.clients, self.config.sign_in)
        return {
            Part.STEPS: repair.flows,
            Part.ACTION_CLOSED: repair.close_actions,
            Part.DEFAULT_TAKEN: repair.take_default_roles,
            Part.ROLE: repair.roles,
        }

    def create(self, mine: list[Difference]) -> Iterator[Difference]:
        realm = {key: value for key, value in self.config.realm.items() if key not in THEME_TYPES}
        self.admin.create_realm(realm)  # a theme is named once the server is known to have it
        # The token in hand has no rights on a realm that is newer than it.
        self.connection.get_token()
        yield from mine

    def realm(self, mine: list[Difference]) -> Iterator[Difference]:
        """All at once; where Keycloak refuses that, one by one: one bad value does not keep the others out."""
        wanted = wanted_settings(Part.REALM, self.config.realm)
        if "passwordPolicy" in wanted:
            wanted["passwordPolicy"] = wanted_policy(self.state, self.config)
        try:
            self.admin.update_realm(self.name, self._realm_with({d.name: wanted[d.name] for d in mine}))
        except KeycloakError as error:
            if error.status is None or len(mine) < 2:
                raise
        else:
            yield from mine
            return
        failures: list[KeycloakError] = []
        for difference in mine:
            try:
                self.admin.update_realm(self.name, self._realm_with({difference.name: wanted[difference.name]}))
            except KeycloakError as error:
                failures.append(error)
            else:
                yield difference
        if failures:
            raise failures[0]

    def _realm_with(self, named: Mapping[str, Any]) -> Json:
        """What is sent for these settings: attributes as a whole, since Keycloak forgets those that are not sent with
        others; the mail server too, whose password it hides. What our files do not know of it stays (an address for
        answers), but for how one logs in to it.
        """
        body: Json = {}
        if "smtpServer" in self.config.realm:
            present = self.state.realm.get("smtpServer") or {}
            others = {key: value for key, value in present.items() if not key.startswith(_MAIL_LOGIN)}
            body["smtpServer"] = {**others, **self.config.realm["smtpServer"]}
        for name, value in named.items():
            section, _, key = name.partition(".")
            if not key:
                body |= self._policy_of(name) | {name: value}
            elif section != "smtpServer":
                body[section] = {**(body.get(section) or self.state.realm.get(section) or {}), key: value}
        return body

    def _policy_of(self, name: str) -> Json:
        """All of the policy that a setting is of: Keycloak makes it anew of what it is sent."""
        policy = next((prefix for prefix in _POLICIES if name.startswith(prefix)), None)
        if policy is None:
            return {}
        return {
            key: value for key, value in {**self.state.realm, **self.config.realm}.items() if key.startswith(policy)
        }

    def blacklist(self, mine: list[Difference]) -> Iterator[Difference]:
        """Only by a trial: a server without the file refuses the policy, and the one before stays."""
        for difference in mine:
            named = f"{self.config.realm['passwordPolicy']} and passwordBlacklist({difference.name})"
            try:
                self.admin.update_realm(self.name, self._realm_with({"passwordPolicy": named}))
            except KeycloakError as error:
                if error.status != 500:
                    raise
                raise ServerLacks(difference.name) from error
            yield difference

    def user_profile(self, mine: list[Difference]) -> Iterator[Difference]:
        names = {difference.name for difference in mine}
        profile = {**(self.state.user_profile or {})}
        for kind in ("attributes", "groups"):
            wanted = {item["name"]: item for item in self.config.user_profile.get(kind, []) if item["name"] in names}
            present = {item["name"]: item for item in profile.get(kind) or []}
            profile[kind] = list({**present, **wanted}.values())
        if UNMANAGED in names:
            profile[UNMANAGED] = self.config.user_profile.get(UNMANAGED)
        self.admin.update_realm_users_profile(profile)
        yield from mine

    def required_actions(self, mine: list[Difference]) -> Iterator[Difference]:
        """What our links ask for is there and on: without it Keycloak sends links that lead nowhere."""
        present = self.state.required_actions or {}
        for difference in mine:
            alias = difference.name
            if alias in present:
                self.admin.update_required_action(alias, {**present[alias], "enabled": True})
            else:
                write(self.admin, "authentication/register-required-action", {"providerId": alias, "name": alias})
            yield difference

    def flows(self, mine: list[Difference]) -> Iterator[Difference]:
        for difference in mine:
            flow, _, provider = difference.name.rpartition("/")
            step = next(step for step in (self.state.flows or {})[flow] if step_name(step) == provider)
            path = f"admin/realms/{self.name}/authentication/flows/{quote(flow)}/executions"
            wanted = {**step, "requirement": self.config.steps[flow][provider]}
            self.connection.raw_put(path, data=json.dumps(wanted))
            yield difference

    def texts(self, mine: list[Difference]) -> Iterator[Difference]:
        write(self.admin, "localization/fr", self.config.texts)
        yield from mine

    def group_root(self, mine: list[Difference]) -> Iterator[Difference]:
        for difference in mine:
            self.admin.create_group({"name": difference.name.strip("/")})
            yield difference

    def take_roles(self, mine: list[Difference]) -> Iterator[Difference]:
        """The service account has exactly its roles: whatever else it was given is taken off."""
        account = self._service_account()
        mappings = self.admin.get_all_roles_of_user(account)
        names = {difference.name for difference in mine}
        if realm_roles := [role for role in mappings.get("realmMappings") or () if role["name"] in names]:
            self.admin.delete_realm_roles_of_user(account, realm_roles)
        for owner, mapping in (mappings.get("clientMappings") or {}).items():
            if roles := [role for role in mapping["mappings"] if f"{owner}/{role['name']}" in names]:
                self.admin.delete_client_roles_of_user(account, mapping["id"], roles)
        yield from mine

    def give_roles(self, mine: list[Difference]) -> Iterator[Difference]:
        account, management = self._service_account(), self.admin.get_client_id(ADMIN_CLIENT)
        assert management is not None
        names = [difference.name.removeprefix(f"{ADMIN_CLIENT}/") for difference in mine]
        roles = [self.admin.get_client_role(management, name) for name in names]
        self.admin.assign_client_role(account, management, roles)
        yield from mine

    def _service_account(self) -> str:
        assert self.config.service_client is not None
        service = self.admin.get_client_id(self.config.service_client)
        assert service is not None
        return str(self.admin.get_client_service_account_user(service)["id"])


#: Settings of a mail server that say how one logs in to it, by how their names begin.
_MAIL_LOGIN = ("auth", "user", "password")

#: Settings that Keycloak takes only together, by how their names begin.
_POLICIES = ("otpPolicy", "webAuthnPolicyPasswordless", "webAuthnPolicy")
