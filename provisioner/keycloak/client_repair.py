"""Puts right the clients of a realm: settings, scopes, claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keycloak import KeycloakAdmin

from provisioner.domain.realm_check import OFFLINE, Part
from provisioner.domain.realm_model import OFFLINE_SESSIONS, Difference, Json
from provisioner.domain.realm_plan import wanted_settings
from provisioner.keycloak.connection import Connection, read
from provisioner.keycloak.realm_state import OFFLINE_SCOPE

#: Where the scopes of a client are written.
_SCOPES = {"defaultClientScopes": "default-client-scopes", "optionalClientScopes": "optional-client-scopes"}


class ClientRepair:
    """Each method takes the differences of its part and yields each as soon as it is put right.

    `present` are the realm's clients as they were read, by their client id; `wanted` are those of the files.
    """

    def __init__(
        self, connection: Connection, realm: str, present: Mapping[str, Json], wanted: Sequence[Json]
    ) -> None:
        self._connection, self._realm, self._present, self._wanted = connection, realm, present, wanted
        self._admin = KeycloakAdmin(connection=connection)
        self._admin.change_current_realm(realm)

    def create(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """Makes each as the files have it."""
        for difference in mine:
            client = self._usual_scopes() | self._files_of(difference.name)
            if not client.pop(OFFLINE, True):  # from its first moment on
                client |= {key: [name for name in client[key] if name != OFFLINE_SCOPE] for key in _SCOPES}
            self._admin.create_client(client)
            yield difference

    def _usual_scopes(self) -> Json:
        """What Keycloak gives a new client."""
        return {key: [scope["name"] for scope in read(self._admin, f"default-{_SCOPES[key]}")] for key in _SCOPES}

    def change(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """Their settings, a client at a time, then the scopes, which Keycloak takes one by one."""
        for name in dict.fromkeys(difference.client for difference in mine):
            of_client = [difference for difference in mine if difference.client == name]
            scopes = [difference for difference in of_client if difference.name in {*_SCOPES, OFFLINE}]
            client, wanted = self._present[name], wanted_settings(Part.CLIENT, self._files_of(name))
            if others := [difference for difference in of_client if difference not in scopes]:
                body = _client_with(client, {difference.name: wanted[difference.name] for difference in others})
                self._admin.update_client(client["id"], body)
                yield from others
            for difference in scopes:
                if difference.name == OFFLINE:
                    self._offline(client, may=wanted[OFFLINE])
                else:
                    self._scopes(client, difference.name, set(wanted[difference.name]))
                yield difference

    def _offline(self, client: Json, *, may: bool) -> None:
        """Off, every offline session of the client ends: Keycloak renews none without the scope."""
        for key in _SCOPES:
            present = set(client.get(key) or ())
            optional = {OFFLINE_SCOPE} if may and key == "optionalClientScopes" else set()
            self._scopes(client, key, present - {OFFLINE_SCOPE} | optional)

    def _scopes(self, client: Json, key: str, wanted: set[str]) -> None:
        """One by one, those that are too many first: a write of the client leaves them as they are."""
        present = set(client.get(key) or ())
        if wanted == present:
            return
        ids = {scope["name"]: scope["id"] for scope in read(self._admin, "client-scopes")}
        path = f"admin/realms/{self._realm}/clients/{client['id']}/{_SCOPES[key]}"
        for name in sorted(present - wanted):
            self._connection.raw_delete(f"{path}/{ids[name]}")
        for name in sorted(wanted - present):
            self._connection.raw_put(f"{path}/{ids[name]}", data="")

    def claims(self, mine: Sequence[Difference]) -> Iterator[Difference]:
        """What each tells the platform of a person."""
        for difference in mine:
            client = self._present[difference.client]
            present = {mapper["name"]: mapper for mapper in client.get("protocolMappers") or []}
            mappers = self._files_of(difference.client)["protocolMappers"]
            mapper = next(mapper for mapper in mappers if mapper["name"] == difference.name)
            old = present.get(difference.name)
            if old is None:
                self._admin.add_mapper_to_client(client["id"], mapper)
            else:
                self._admin.update_client_mapper(client["id"], old["id"], {**mapper, "id": old["id"]})
            yield difference

    def _files_of(self, client_id: str) -> Json:
        return next(client for client in self._wanted if client["clientId"] == client_id)


def _client_with(client: Json, named: Mapping[str, Any]) -> Json:
    """The client, whole, with these settings. Its claims are written by themselves."""
    body: Json = {**client, "protocolMappers": None}
    for ours in (OFFLINE, OFFLINE_SESSIONS):
        body.pop(ours, None)
    for name, value in named.items():
        section, _, key = name.partition(".")
        if key:
            body[section] = {**(body.get(section) or {}), key: value}
        elif isinstance(value, dict):  # of an object Keycloak takes a key off that comes empty, and leaves the others
            body[name] = {**dict.fromkeys(body.get(name) or {}, ""), **value}
        else:
            body[name] = value
    return body
