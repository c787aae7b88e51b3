"""How one signs in to a realm whose files say it: read, and put right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keycloak import KeycloakAdmin

from provisioner.domain.realm_model import Difference, Json
from provisioner.domain.sign_in import Flow, SignIn
from provisioner.keycloak.connection import Connection, read, write
from provisioner.keycloak.errors import NotFound
from provisioner.keycloak.flows import Flows


def read_sign_in(connection: Connection, realm: Json, clients: Mapping[str, Json], wanted: SignIn) -> SignIn:
    """How one signs in to that realm, so far as it is asked; a role counts where the client may tell of it.

    Raises:
        KeycloakError: no answer, or not with what was asked for.
    """
    admin = _admin(connection, realm["realm"])
    flows = Flows(connection, realm["realm"])
    bound = {setting: realm[setting] for setting in wanted.flows if realm.get(setting)}
    actions = {action["alias"]: action for action in read(admin, "authentication/required-actions")}
    closed = {name for name, action in actions.items() if not (action["enabled"] or action["defaultAction"])}
    client = clients.get(wanted.told_to)
    told = read(admin, f"clients/{client['id']}/scope-mappings/realm") if client else None
    default = read(admin, f"roles-by-id/{realm['defaultRole']['id']}/composites")
    return SignIn(
        flows={setting: Flow(alias, "", flows.steps(alias)) for setting, alias in bound.items()},
        closed_actions=frozenset(closed | (wanted.closed_actions - actions.keys())),
        roles=None if told is None else {role["name"]: role.get("description") or "" for role in told},
        told_to=wanted.told_to,
        default_roles=frozenset(role["name"] for role in default),
    )


class SignInRepair:
    """Puts right how one signs in: each method takes the differences of its part and yields what is done."""

    def __init__(self, connection: Connection, realm: Json, clients: Mapping[str, Json], wanted: SignIn) -> None:
        self.connection, self.realm, self.clients, self.wanted = connection, realm, clients, wanted
        self._admin = _admin(connection, realm["realm"])

    def flows(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """Each as a whole new flow, given to the realm in one call: at no moment is one half there."""
        flows = Flows(self.connection, self.realm["realm"])
        for difference in mine:
            flow = self.wanted.flows[difference.name]
            alias = flows.make(flow)
            self._admin.update_realm(self.realm["realm"], {difference.name: alias})
            flows.remove_others(flow, alias)
            yield difference

    def close_actions(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """Nobody is led to them: neither a new account, nor who asks for one at login."""
        for difference in mine:
            action = read(self._admin, f"authentication/required-actions/{difference.name}")
            body = {**action, "enabled": False, "defaultAction": False}
            self._admin.update_required_action(difference.name, body)
            yield difference

    def roles(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """Makes what is missing, and lets the client tell of it."""
        client = self.clients[self.wanted.told_to]["id"]
        for difference in mine:
            name = difference.name
            try:
                role = read(self._admin, f"roles/{name}")
            except NotFound:
                description = (self.wanted.roles or {})[name]
                write(self._admin, "roles", {"name": name, "description": description})
                role = read(self._admin, f"roles/{name}")
            write(self._admin, f"clients/{client}/scope-mappings/realm", [role])
            yield difference

    def take_default_roles(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """A new account has no right of Keycloak's own: not to its account page, not to a session without end."""
        path = f"roles-by-id/{self.realm['defaultRole']['id']}/composites"
        names = {difference.name for difference in mine}
        roles: list[Any] = [role for role in read(self._admin, path) if role["name"] in names]
        self.connection.raw_delete(f"admin/realms/{self.realm['realm']}/{path}", data=json.dumps(roles))
        yield from mine


def _admin(connection: Connection, realm: str) -> KeycloakAdmin:
    admin = KeycloakAdmin(connection=connection)
    admin.change_current_realm(realm)
    return admin
