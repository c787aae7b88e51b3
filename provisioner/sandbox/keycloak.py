"""A real Keycloak on this machine: in a container where an engine answers, else on the local JVM."""

from __future__ import annotations

from pathlib import Path

from provisioner.sandbox import container, jvm
from provisioner.sandbox.distribution import missing_tools
from provisioner.sandbox.errors import SandboxError
from provisioner.sandbox.server import DatabaseAccess, Keycloak


def start_keycloak(*, log_file: Path, database: DatabaseAccess | None = None) -> Keycloak:
    """A new, empty server, ready for use; the caller stops it (it ends with us in any case).

    `database`, an empty one, is for what concerns PostgreSQL; without it the server has an H2 file of its own.

    Raises:
        SandboxError: it cannot be had here, or did not start; the message says what to install or shows the log.
    """
    no_container = "No Docker engine answers."
    if container.docker_answers():
        try:
            return container.start(log_file, database)
        except SandboxError as error:
            # An engine without access to the image, say: the other way may still work.
            no_container = str(error)
    if problem := missing_tools():
        raise SandboxError(f"{no_container} Keycloak needs one, or else the local Java: {problem}")
    return jvm.start(log_file, database)
