"""Keycloak in a container."""

from __future__ import annotations

import contextlib
import gc
import warnings
from pathlib import Path

from provisioner.sandbox.errors import SandboxError
from provisioner.sandbox.process import wait_until
from provisioner.sandbox.server import READY_SECONDS, DatabaseAccess, Keycloak
from provisioner.sandbox.versions import KEYCLOAK_IMAGE

_ENGINE_SECONDS = 5
_RESTART_SECONDS = 10


def docker_answers() -> bool:
    """Whether a Docker engine answers (a client on the PATH proves nothing)."""
    with warnings.catch_warnings():
        # The library forgets the socket of an engine that does not answer; it is collected here, in silence.
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _ping()
        gc.collect()
    return answers


def _ping() -> bool:
    try:
        import docker  # type: ignore[import-untyped]
    except ImportError:
        return False
    try:
        with contextlib.closing(docker.from_env(timeout=_ENGINE_SECONDS)) as client:
            return bool(client.ping())
    except (docker.errors.DockerException, OSError):
        return False


def start(log_file: Path, database: DatabaseAccess | None) -> Keycloak:
    """A server that is ready.

    Raises:
        SandboxError: the image cannot be had, or the server does not start.
    """
    import docker

    with warnings.catch_warnings():
        # The library's own deprecations are nobody's concern here.
        warnings.simplefilter("ignore", DeprecationWarning)
        from testcontainers.core.container import DockerContainer

    keycloak = Keycloak("container", log_file)
    kind = "postgres" if database else "dev-file"
    command = " ".join(["start-dev", "--health-enabled=true", f"--db={kind}", *keycloak.options()])
    # With the machine's own network, `localhost` means the same to the server, the mail sink and the browser.
    container = DockerContainer(KEYCLOAK_IMAGE, network_mode="host").with_command(command)
    for name, value in keycloak.environment(database).items():
        container.with_env(name, value)

    def save_log() -> None:
        log_file.write_bytes(b"".join(container.get_logs()))

    def is_running() -> bool:
        save_log()
        wrapped = container.get_wrapped_container()
        wrapped.reload()
        return bool(wrapped.status == "running")

    def end() -> None:
        save_log()
        container.stop()

    try:
        container.start()
        wait_until(keycloak.is_ready, is_running, "Keycloak's container", log_file, READY_SECONDS)
    except (docker.errors.DockerException, OSError) as error:
        container.stop()
        raise SandboxError(f"Keycloak's container cannot be started: {error}.") from error
    except BaseException:
        container.stop()
        raise
    keycloak.ends_with(end, lambda: container.get_wrapped_container().restart(timeout=_RESTART_SECONDS))
    return keycloak
