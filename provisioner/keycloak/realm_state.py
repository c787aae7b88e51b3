"""Reads a realm as `domain/realm_plan.py` compares it: with the administrator's account the whole, with our service
account what view-realm lets it see. Who may not see the clients may not see the rest either: it is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote

from keycloak import KeycloakAdmin

from provisioner.domain.caf_review import Kind
from provisioner.domain.realm_check import OFFLINE, Part
from provisioner.domain.realm_model import OFFLINE_SESSIONS, Json, RealmConfig, RealmState
from provisioner.keycloak.administrators import Realm, read_as_it_stands
from provisioner.keycloak.connection import Connection, read
from provisioner.keycloak.errors import KeycloakRefused, NotFound, ReadIncomplete, RealmMissing
from provisioner.keycloak.groups import id_by_path
from provisioner.keycloak.sign_in import read_sign_in

_Read = TypeVar("_Read")

#: What every new account gets in a realm as Keycloak makes it.
_USUAL_DEFAULT_ROLES = frozenset(["offline_access", "uma_authorization", "view-profile", "manage-account"])
#: Keycloak's scope that a client asks for to have sessions which outlast the browser's.
OFFLINE_SCOPE = "offline_access"

_FEDERATION = "org.keycloak.storage.UserStorageProvider"


def read_state(connection: Connection, name: str, config: RealmConfig, *, others: bool = True) -> RealmState | None:
    """The realm of this name, so far as `config` asks about it; None only when Keycloak says that there is none.

    A part that Keycloak refuses to show is None in the answer. `others`: what the files do not know, too.

    Raises:
        KeycloakError: no answer, or not with what was asked for.
    """
    try:
        return _Reading(connection, name, config).state(others=others)
    except (KeyError, TypeError, AttributeError) as error:
        raise ReadIncomplete(f"Keycloak answered with something else than was asked for: {error}") from error


class _Reading:
    def __init__(self, connection: Connection, name: str, config: RealmConfig) -> None:
        self.connection, self.name, self.config = connection, name, config
        self.admin = KeycloakAdmin(connection=connection)
        self.admin.change_current_realm(name)

    def state(self, *, others: bool) -> RealmState | None:
        try:
            realm = self.admin.get_realm(self.name)
        except RealmMissing:
            return None
        clients = _shown(self._clients)
        root, sign_in = self.config.group_root, self.config.sign_in
        return RealmState(
            realm=realm,
            user_profile=_shown(self.admin.get_realm_users_profile),
            required_actions=_shown(lambda: {action["alias"]: action for action in self._list("required-actions")}),
            texts=_shown(lambda: dict(read(self.admin, "localization/fr"))),
            flows=_shown(lambda: {flow: self._list(f"flows/{quote(flow)}/executions") for flow in self.config.steps}),
            has_group_root=_shown(lambda: root is None or id_by_path(self.admin, root) is not None),
            clients=clients,
            service_roles=self._service_roles(clients),
            themes=None if clients is None else self._themes(),
            others=self._others(realm, sees_all=clients is not None) if others else {},
            sign_in=sign_in and _shown(lambda: read_sign_in(self.connection, realm, clients or {}, sign_in)),
        )

    def _others(self, realm: Json, *, sees_all: bool) -> dict[Part, frozenset[str] | None]:
        told = {part: _shown(asked) for part, asked in self._visible(realm).items()}
        return told | {part: _shown(asked) if sees_all else None for part, asked in self._hidden().items()}

    def _visible(self, realm: Json) -> dict[Part, Callable[[], frozenset[str]]]:
        return {
            Part.FEDERATION: lambda: _names(self._components(_FEDERATION), "name"),
            Part.DEFAULT_ROLE: lambda: self._default_roles(realm["defaultRole"]["id"]),
            Part.DEFAULT_GROUP: lambda: _names(read(self.admin, "default-groups"), "path"),
        }

    def _hidden(self) -> dict[Part, Callable[[], frozenset[str]]]:
        return {
            Part.IDENTITY_PROVIDER: self._identity_providers,
            Part.WORKFLOW: lambda: _names(self._enabled("workflows"), "name"),
            Part.GROUP_ROLE: self._groups_that_administer,
        }

    def _themes(self) -> dict[str, frozenset[str]]:
        listed = self.admin.get_server_info().get("themes") or {}
        return {kind: _names(themes, "name") for kind, themes in listed.items()}

    def _clients(self) -> dict[str, Json]:
        """With our own word for the scope of offline sessions, and how many of those live."""
        live = {line["clientId"]: int(line["offline"]) for line in read(self.admin, "client-session-stats")}
        clients = {client["clientId"]: client for client in read(self.admin, "clients", max=-1)}
        for name, client in clients.items():
            scopes = (*(client.get("defaultClientScopes") or ()), *(client.get("optionalClientScopes") or ()))
            client |= {OFFLINE: OFFLINE_SCOPE in scopes, OFFLINE_SESSIONS: live.get(name, 0)}
        return clients

    def _service_roles(self, clients: dict[str, Json] | None) -> frozenset[str] | None:
        if self.config.service_client is None:
            return frozenset()
        if clients is None:
            return self.connection.own_roles()
        client = clients.get(self.config.service_client)
        if client is None or not client.get("serviceAccountsEnabled"):
            return frozenset()
        account = self.admin.get_client_service_account_user(client["id"])["id"]
        mappings = self.admin.get_all_roles_of_user(account)
        held = {role["name"] for role in mappings.get("realmMappings") or ()}
        for owner, mapping in (mappings.get("clientMappings") or {}).items():
            held |= {f"{owner}/{role['name']}" for role in mapping["mappings"]}
        return frozenset(held)

    def _list(self, path: str) -> list[Json]:
        listed: list[Json] = read(self.admin, f"authentication/{path}")
        return listed

    def _enabled(self, path: str) -> Iterable[Json]:
        return [item for item in read(self.admin, path) if item.get("enabled", True)]

    def _identity_providers(self) -> frozenset[str]:
        """Each; where the files say how one signs in, those that do not go by it, or that give a right."""
        providers = self._enabled("identity-provider/instances")
        ours = self.config.sign_in is not None
        return _names((p for p in providers if not ours or self._is_own_way(p)), "alias")

    def _is_own_way(self, provider: Json) -> bool:
        """Whether its accounts come in by another flow than the realm's, or get roles or groups from it."""
        mappers = read(self.admin, f"identity-provider/instances/{quote(provider['alias'], safe='')}/mappers")
        kinds = [str(mapper.get("identityProviderMapper")) for mapper in mappers]
        return bool(provider.get("firstBrokerLoginFlowAlias")) or any("role" in k or "group" in k for k in kinds)

    def _components(self, type_: str) -> Iterable[Json]:
        enabled = ["true"]
        components = read(self.admin, "components", type=type_)
        return [c for c in components if (c.get("config") or {}).get("enabled", enabled) == enabled]

    def _default_roles(self, role: str) -> frozenset[str]:
        """What every new account gets beside what Keycloak itself gives."""
        parts = read(self.admin, f"roles-by-id/{quote(role)}/composites")
        return _names(parts, "name") - _USUAL_DEFAULT_ROLES

    def _groups_that_administer(self) -> frozenset[str]:
        accesses = read_as_it_stands(lambda: list(Realm(self.connection, self.name).administrators()))
        return frozenset(str(access.name) for access in accesses if access.kind is Kind.GROUP)


def _shown(asked: Callable[[], _Read]) -> _Read | None:
    """What Keycloak answers; None when it does not show it to us, or has no such thing."""
    try:
        return asked()
    except NotFound:
        return None
    except KeycloakRefused as error:
        if error.status != 403:
            raise
        return None


def _names(items: Iterable[Any], key: str) -> frozenset[str]:
    return frozenset(str(item[key]) for item in items)
