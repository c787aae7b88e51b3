"""The administrator of the server, for tests: any call of the Admin API by its whole path, in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from requests import Response

from provisioner.keycloak.connection import administrator_connection
from provisioner.settings import KeycloakSettings


class Administrator:
    """Of the master realm, as the settings name it; errors are those of the adapter."""

    def __init__(self, settings: KeycloakSettings) -> None:
        self._connection = administrator_connection(settings)

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers."""
        return self._connection.raw_get(path, **query).json()

    def request(
        self,
        method: Literal["post", "put", "delete"],
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
    ) -> Response:
        """A write."""
        send = getattr(self._connection, f"raw_{method}")
        answer: Response = send(path, data=None if body is None else json.dumps(body), **(query or {}))
        return answer

    def close(self) -> None:
        """Gives the sockets back."""
        self._connection.close()
