"""The client of the master realm that `realm apply` acts as: its keys are those of the settings.

`kc.sh bootstrap-admin service` makes it with a secret. The first `realm apply` signs in with that one and puts the
key in its place; a next key is taken beside the one in use, as for our service account.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from provisioner.domain.realm_check import Part
from provisioner.domain.realm_model import Difference, Json, RealmConfig, RealmState
from provisioner.domain.realm_plan import differences
from provisioner.keycloak.administrators import MASTER
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.credentials import administrator_credentials
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.settings import KeycloakSettings

_CLIENTS = f"admin/realms/{MASTER}/clients"


class AdministratorClient:
    """That client, as it is now and as it is wanted; nothing of it is wanted where no key is set, or where it may not
    see itself.

    Raises:
        SettingsError: a key's file cannot be used.
        KeycloakError: Keycloak refused or did not answer.
    """

    def __init__(self, connection: Connection, settings: KeycloakSettings) -> None:
        self._connection, self._settings = connection, settings
        wanted = administrator_credentials(settings)
        present = None if wanted is None else self._read()
        self._wanted, self._present = wanted or {}, present or {}
        self.differences = _differences(self._present, self._wanted) if wanted and present else []

    def put_right(self, tell: Callable[[Difference], None]) -> list[Difference]:
        """From now on the keys of the settings alone let it in; what was changed for it is told."""
        if self.differences:
            attributes = {**(self._present.get("attributes") or {}), **self._wanted["attributes"]}
            body = {**self._present, **self._wanted, "attributes": attributes, "protocolMappers": None}
            self._connection.raw_put(f"{_CLIENTS}/{self._present['id']}", data=json.dumps(body))
        for difference in self.differences:
            tell(difference)
        return self.differences

    def _read(self) -> Json | None:
        try:
            clients = self._connection.raw_get(_CLIENTS, clientId=self._settings.admin_client_id).json()
        except KeycloakRefused as error:
            if error.status != 403:
                raise
            return None
        return next(iter(clients), None)


def _differences(client: Json, wanted: Json) -> list[Difference]:
    """Of what lets the client in, and of nothing else: whoever made it decides the rest."""
    name = client["clientId"]
    ours = {"clientAuthenticatorType", *(f"attributes.{key}" for key in wanted["attributes"])}
    state, config = RealmState({}, clients={name: client}), RealmConfig({}, clients=[{"clientId": name, **wanted}])
    return [told for told in differences(state, config) if told.part is Part.CLIENT and told.name in ours]
