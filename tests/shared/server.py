"""The one Keycloak of a run: the workers of pytest-xdist share it, the first that needs it starts it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from provisioner.sandbox.keycloak import start_keycloak


@dataclass(frozen=True)
class KeycloakServer:
    """A running Keycloak and its administrator."""

    url: str
    admin_username: str
    admin_password: str


@contextmanager
def one_keycloak(home: Path) -> Iterator[KeycloakServer]:
    """The Keycloak of all processes that name this directory; whoever started it stops it after the last of them.

    A process holds the lock alone while it looks for the server or starts it, and with the others while it uses it.
    """
    address = home / "keycloak.json"
    with (home / "keycloak.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address.exists():
            server = KeycloakServer(**json.loads(address.read_text("utf-8")))
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield server
            return
        with start_keycloak(log_file=home / "keycloak.log") as started:
            server = KeycloakServer(started.url, started.admin_username, started.admin_password)
            address.write_text(json.dumps(asdict(server)), "utf-8")
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield server
            fcntl.flock(lock, fcntl.LOCK_EX)
            address.unlink()
