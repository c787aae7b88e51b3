"""The ways to log in to a realm (Keycloak's authentication flows): read, compared, made anew.

A flow that differs is not mended step by step: with half of its steps it could let somebody in. A whole new one is
made beside it, the realm is given that one in one call, and the old one goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from provisioner.domain.sign_in import Flow, Step
from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import ReadIncomplete

#: The setting of a step that names a group of steps of the same flow.
_NAMES_STEPS = "flow_to_check"


class Flows:
    """The flows of one realm. Every method raises a `KeycloakError`."""

    def __init__(self, connection: Connection, realm: str) -> None:
        self._connection, self._path = connection, f"admin/realms/{realm}/authentication"

    def steps(self, alias: str) -> tuple[Step, ...]:
        """The steps of Keycloak's flow of that name."""
        rows = self._get(f"flows/{quote(alias, safe='')}/executions")
        if not isinstance(rows, list):
            raise ReadIncomplete("Keycloak did not answer with the steps of a flow.")
        return self._tree(rows, alias)

    def make(self, flow: Flow) -> str:
        """Makes it beside what is there, under a name that is free; gives that name."""
        taken = {known["alias"] for known in self._get("flows")}
        numbered = (f"{flow.alias} {number}" for number in range(2, len(taken) + 3))
        alias = next(name for name in (flow.alias, *numbered) if name not in taken)
        body = {"alias": alias, "description": flow.description, "providerId": "basic-flow", "topLevel": True}
        self._post("flows", body)
        self._add(flow.steps, to=alias, top=alias)
        return alias

    def remove_others(self, flow: Flow, bound: str) -> None:
        """Deletes what was made of the flow before the one that the realm has."""
        for known in self._get("flows"):
            if flow.is_named(known["alias"]) and known["alias"] != bound:
                self._connection.raw_delete(f"{self._path}/flows/{known['id']}")

    def _add(self, steps: Sequence[Step], *, to: str, top: str) -> None:
        """Adds the steps to Keycloak's flow `to`, which is `top` or one of its groups."""
        where = f"flows/{quote(to, safe='')}/executions"
        for step in steps:
            name = _name_in(top, step.name)
            if step.name:
                self._post(f"{where}/flow", {"alias": name, "type": "basic-flow", "description": step.name})
            else:
                self._post(f"{where}/execution", {"provider": step.provider})
            row = [row for row in self._get(where) if row["level"] == 0][-1]  # each is added behind the last
            self._connection.raw_put(
                f"{self._path}/{where}", data=json.dumps({**row, "requirement": step.requirement})
            )
            if step.config:
                config = {key: _name_in(top, v) if key == _NAMES_STEPS else v for key, v in step.config.items()}
                body = {"alias": _name_in(to, step.provider), "config": config}
                self._post(f"executions/{row['id']}/config", body)
            if step.steps:
                self._add(step.steps, to=name, top=top)

    def _tree(self, rows: Sequence[Json], top: str) -> tuple[Step, ...]:
        """The steps from Keycloak's rows, one after the other: what is in a group follows it, a level deeper."""
        if not rows:
            return ()
        level = rows[0]["level"]
        starts = [number for number, row in enumerate(rows) if row["level"] == level]
        ends = (*starts[1:], len(rows))
        return tuple(
            self._step(rows[start], rows[start + 1 : end], top) for start, end in zip(starts, ends, strict=True)
        )

    def _step(self, row: Json, inner: Sequence[Json], top: str) -> Step:
        config: dict[str, str] = {}
        if row.get("authenticationConfig"):
            config = self._get(f"config/{row['authenticationConfig']}").get("config") or {}
            config = {key: _name_from(top, v) if key == _NAMES_STEPS else v for key, v in config.items()}
        if row.get("authenticationFlow"):
            return Step(row["requirement"], name=_name_from(top, row["displayName"]), steps=self._tree(inner, top))
        return Step(row["requirement"], row["providerId"], config)

    def _get(self, path: str) -> Any:
        return self._connection.raw_get(f"{self._path}/{path}").json()

    def _post(self, path: str, body: Json) -> None:
        self._connection.raw_post(f"{self._path}/{path}", data=json.dumps(body))


def _name_in(top: str, name: str) -> str:
    """A group's name in Keycloak, where no two flows may have groups of the same name."""
    return f"{top} - {name}"


def _name_from(top: str, name: str) -> str:
    return name.removeprefix(f"{top} - ")
