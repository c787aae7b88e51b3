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

    One lock is held, by one process at a time, while the server is looked for, started or given up; the other one is
    held by all that use it.
    """
    address = home / "keycloak.json"
    with (home / "keycloak.lock").open("a") as starting, (home / "keycloak.users").open("a") as using:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if address.exists():
            server = KeycloakServer(**json.loads(address.read_text("utf-8")))
            fcntl.flock(using, fcntl.LOCK_SH)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield server
            return
        with start_keycloak(log_file=home / "keycloak.log") as started:
            server = KeycloakServer(started.url, started.admin_username, started.admin_password)
            address.write_text(json.dumps(asdict(server)), "utf-8")
            fcntl.flock(using, fcntl.LOCK_SH)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield server
            fcntl.flock(starting, fcntl.LOCK_EX)
            address.unlink()
            fcntl.flock(starting, fcntl.LOCK_UN)
            fcntl.flock(using, fcntl.LOCK_EX)
