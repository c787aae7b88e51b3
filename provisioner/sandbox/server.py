"""A running Keycloak, the same to use whichever way it was started."""

from __future__ import annotations

import http.client
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from provisioner.sandbox.process import free_ports, wait_until

READY_SECONDS = 180
_ANSWER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """A PostgreSQL database for Keycloak, reachable from this machine as `jdbc_url` says."""

    jdbc_url: str
    username: str
    password: str


class Keycloak:
    """A server, its address and its administrator. As a context manager, it is stopped at the end of the block."""

    def __init__(self, how: Literal["container", "local JVM"], log_file: Path) -> None:
        self.how = how
        self.log_file = log_file
        self._http_port, self._management_port = free_ports(2)
        self.url = f"http://localhost:{self._http_port}"
        self.health_url = f"http://127.0.0.1:{self._management_port}/health/ready"
        self.admin_username = "admin"
        self.admin_password = secrets.token_urlsafe(16)
        self._end: Callable[[], None] | None = None
        self._restart: Callable[[], None] | None = None

    def ends_with(self, end: Callable[[], None], restart: Callable[[], None]) -> None:
        """Says how to stop it, and how to have it end and begin again with its data."""
        self._end, self._restart = end, restart

    def restart(self) -> None:
        """Ends the server and starts it again, with its data and at the same address; returns once it is ready.

        Raises:
            SandboxError: it does not end, or is not ready in time.
        """
        assert self._restart is not None
        self._restart()
        is_there: Callable[[], bool] = lambda: True  # noqa: E731
        wait_until(lambda: not self.is_ready(), is_there, "Keycloak's end", self.log_file, READY_SECONDS)
        wait_until(self.is_ready, is_there, "Keycloak", self.log_file, READY_SECONDS)

    def stop(self) -> None:
        """Ends the server and forgets its data; harmless when done twice."""
        end, self._end = self._end, None
        if end is not None:
            end()

    def is_ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            with urllib.request.urlopen(self.health_url, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError, http.client.HTTPException):
            return False

    def options(self) -> list[str]:
        """Where it listens: this machine only, on ports of its own."""
        return [
            "--http-host=127.0.0.1",
            f"--http-port={self._http_port}",
            f"--http-management-port={self._management_port}",
            "--cache=local",
        ]

    def environment(self, database: DatabaseAccess | None) -> dict[str, str]:
        """The settings that must not stand on a command line, which everybody on the machine can read."""
        settings = {
            "KC_BOOTSTRAP_ADMIN_USERNAME": self.admin_username,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
        }
        if database:
            settings |= {
                "KC_DB_URL": database.jdbc_url,
                "KC_DB_USERNAME": database.username,
                "KC_DB_PASSWORD": database.password,
            }
        return settings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
