"""How one signs in to a realm, and as what: the ways to log in (Keycloak's authentication flows), the roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Step:
    """A step: an authenticator (`provider`), or a group of `steps` by its `name`."""

    requirement: str
    provider: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    steps: tuple[Step, ...] = ()

    @classmethod
    def read(cls, step: Mapping[str, Any]) -> Self:
        """A step as the realm's files have it."""
        steps = tuple(cls.read(inner) for inner in step.get("executions", ()))
        return cls(step["requirement"], step.get("provider", ""), step.get("config", {}), step.get("flow", ""), steps)

    def __str__(self) -> str:
        settings = "".join(f" {name}={value}" for name, value in sorted(self.config.items()))
        inner = f" ({shown(self.steps)})" if self.steps else ""
        return f"{self.provider or self.name} {self.requirement}{settings}{inner}"


def shown(steps: tuple[Step, ...]) -> str:
    """The steps on one line."""
    return ", ".join(map(str, steps))


@dataclass(frozen=True, slots=True)
class Flow:
    """A way to log in. In Keycloak its name is `alias`, with a number behind it once it was made anew."""

    alias: str
    description: str
    steps: tuple[Step, ...]

    @classmethod
    def read(cls, flow: Mapping[str, Any]) -> Self:
        """A flow as the realm's files have it."""
        return cls(flow["alias"], flow["description"], tuple(Step.read(step) for step in flow["executions"]))

    def is_named(self, alias: str) -> bool:
        """Whether Keycloak's flow of that name is this one, as it is or as it was."""
        return alias == self.alias or alias.removeprefix(f"{self.alias} ").isdecimal()


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one signs in, as the files want it or as a realm has it.

    `flows` are by the realm's setting that names one. `closed_actions` are required actions that nobody may be led
    to. `roles` are the realm's roles that the client `told_to` tells of, each with its description; None where there
    is no such client. `default_roles` are what every new account gets.
    """

    flows: Mapping[str, Flow] = field(default_factory=dict)
    closed_actions: frozenset[str] = frozenset()
    roles: Mapping[str, str] | None = None
    told_to: str = ""
    default_roles: frozenset[str] = frozenset()
