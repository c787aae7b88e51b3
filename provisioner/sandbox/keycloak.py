"""A real Keycloak on this machine: in a container where an engine answers, else on the local JVM."""

from __future__ import annotations

import contextlib
import gc
import http.client
import secrets
import shutil
import tempfile
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from provisioner.keycloak.realm_config import blacklists_directory, themes_directory
from provisioner.sandbox.distribution import KEYCLOAK_VERSION, cache_lock, keycloak_home, missing_tools
from provisioner.sandbox.process import SandboxError, ServerProcess, free_ports, wait_until

KEYCLOAK_IMAGE = f"keycloak/keycloak:{KEYCLOAK_VERSION}"

_READY_SECONDS = 300
_ANSWER_SECONDS = 5
_RESTART_SECONDS = 10

#: Beside the image's own folder of themes, which stays empty.
_CONTAINERS_THEMES = Path("/opt/provisioner-themes")
_CONTAINERS_BLACKLISTS = Path("/opt/provisioner-blacklists")

#: Where a server looks for lists of refused passwords, in place of its data folder, which each trial has anew.
BLACKLISTS_OPTION = "--spi-password-policy--password-blacklist--blacklists-path"

#: A server of some minutes gains little by Java's second compiler, which took nearly half of its processor: only what
#: runs ten times as often as usual is worth it.
_COMPILE_LATE = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=10000 -XX:Tier4CompileThreshold=150000"
)

_SEED_ADMIN = "administrator"


class Keycloak:
    """A server, its address and its administrator. As a context manager, it is stopped at the end of the block."""

    def __init__(self, how: Literal["container", "local JVM"], log_file: Path) -> None:
        self.how, self.log_file = how, log_file
        self._http_port, self._management_port = free_ports(2)
        # In a container, the folder as it is seen there.
        self._themes = _CONTAINERS_THEMES if how == "container" else themes_directory()
        self._blacklists = _CONTAINERS_BLACKLISTS if how == "container" else blacklists_directory()
        self.url = f"http://localhost:{self._http_port}"
        self.health_url = f"http://127.0.0.1:{self._management_port}/health/ready"
        self.admin_username, self.admin_password = "admin", secrets.token_urlsafe(16)
        self._end: Callable[[], None] | None = None
        self._restart: Callable[[], None] | None = None

    def ends_with(self, end: Callable[[], None], restart: Callable[[], None]) -> None:
        """Says how to stop it, and how to have it end and begin again with its data."""
        self._end, self._restart = end, restart

    def stop(self) -> None:
        """Ends the server and forgets its data; harmless when done twice."""
        end, self._end = self._end, None
        if end is not None:
            end()

    def restart(self) -> None:
        """Ends the server and starts it again, with its data and at the same address; returns once it is ready.

        Raises:
            SandboxError: it does not end, or is not ready in time.
        """
        assert self._restart is not None
        self._restart()
        for is_so in (lambda: not self.is_ready(), self.is_ready):
            wait_until(is_so, lambda: True, "Keycloak", self.log_file, _READY_SECONDS)

    def is_ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            with urllib.request.urlopen(self.health_url, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError, http.client.HTTPException):
            return False

    def options(self) -> list[str]:
        """Where it listens: this machine only, on ports of its own; where our theme and our refused passwords are."""
        ports = [f"--http-port={self._http_port}", f"--http-management-port={self._management_port}"]
        files = [f"--spi-theme--folder--dir={self._themes}", f"{BLACKLISTS_OPTION}={self._blacklists}"]
        return ["--http-host=127.0.0.1", *ports, "--cache=local", *files]

    def environment(self, database: Mapping[str, str] | None) -> dict[str, str]:
        """How Java runs, and the settings that must not stand on a command line, which everybody on the machine can
        read.
        """
        administrator = {
            "KC_BOOTSTRAP_ADMIN_USERNAME": self.admin_username,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
        }
        return {"JAVA_OPTS_APPEND": _COMPILE_LATE, **administrator, **(database or {})}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_keycloak(*, log_file: Path, database: Mapping[str, str] | None = None) -> Keycloak:
    """A new, empty server, ready for use; the caller stops it (it ends with us in any case).

    `database` has the variables of an empty PostgreSQL (`KC_DB_URL`, `KC_DB_USERNAME`, `KC_DB_PASSWORD`) and
    any others for the server; without it the server has an H2 file of its own.

    Raises:
        SandboxError: it cannot be had here, or did not start; the message says what to install or shows the log.
    """
    no_container = "No Docker engine answers."
    if docker_answers():
        try:
            return _start_container(log_file, database)
        except SandboxError as error:
            # An engine without access to the image, say: the other way may still work.
            no_container = str(error)
    if problem := missing_tools():
        raise SandboxError(f"{no_container} Keycloak needs one, or else the local Java: {problem}")
    return _start_jvm(log_file, database)


def docker_answers() -> bool:
    """Whether a Docker engine answers (a client on the PATH proves nothing)."""
    try:
        import docker  # type: ignore[import-untyped]
    except ImportError:
        return False
    with warnings.catch_warnings():
        # The library forgets the socket of an engine that does not answer; it is collected here, in silence.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with contextlib.closing(docker.from_env(timeout=_ANSWER_SECONDS)) as client:
                return bool(client.ping())
        except (docker.errors.DockerException, OSError):
            return False
        finally:
            gc.collect()


def _start_container(log_file: Path, database: Mapping[str, str] | None) -> Keycloak:
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
    container.with_volume_mapping(themes_directory(), str(_CONTAINERS_THEMES))
    container.with_volume_mapping(blacklists_directory(), str(_CONTAINERS_BLACKLISTS))
    container.with_envs(**keycloak.environment(database))

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
        wait_until(keycloak.is_ready, is_running, "Keycloak's container", log_file, _READY_SECONDS)
    except (docker.errors.DockerException, OSError) as error:
        container.stop()
        raise SandboxError(f"Keycloak's container cannot be started: {error}.") from error
    except BaseException:
        container.stop()
        raise
    keycloak.ends_with(end, lambda: container.get_wrapped_container().restart(timeout=_RESTART_SECONDS))
    return keycloak


def _start_jvm(log_file: Path, database: Mapping[str, str] | None) -> Keycloak:
    home = keycloak_home("postgres" if database else "dev-file")
    keycloak = Keycloak("local JVM", log_file)
    data = Path(tempfile.mkdtemp(prefix="provisioner-keycloak-"))
    if database is None:
        shutil.copytree(_seed(home), data, dirs_exist_ok=True)
        keycloak.admin_password = (data / _SEED_ADMIN).read_text()
    process = _launch(home, keycloak, data, database, discard=data)
    keycloak.ends_with(process.stop, process.restart)
    return keycloak


def _seed(home: Path) -> Path:
    """The database that a first server has filled, and its administrator's password: that is half of a start."""
    seed = home / "seed"
    with cache_lock():
        if not seed.is_dir():
            with tempfile.TemporaryDirectory(dir=home) as work:
                data = Path(work) / "seed"
                data.mkdir(mode=0o700)
                keycloak = Keycloak("local JVM", Path(work) / "log")
                _launch(home, keycloak, data, None, discard=None).stop()
                (data / _SEED_ADMIN).write_text(keycloak.admin_password)
                data.rename(seed)
    return seed


def _launch(
    home: Path, keycloak: Keycloak, data: Path, database: Mapping[str, str] | None, *, discard: Path | None
) -> ServerProcess:
    environment = {
        "KC_DB_URL": f"jdbc:h2:file:{data}/h2;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE",
        "JAVA_OPTS_KC_HEAP": "-Xms256m -Xmx768m",
        **keycloak.environment(database),
        # The only other thing that a running server writes under its home, which all servers share.
        "QUARKUS_TRANSACTION_MANAGER_OBJECT_STORE_DIRECTORY": f"{data}/transaction-logs",
    }
    start = ["start", "--optimized", "--http-enabled=true", "--hostname-strict=false"]
    command = [str(home / "bin" / "kc.sh"), *start, *keycloak.options()]
    process = ServerProcess(command, keycloak.log_file, environment=environment, discard=discard)
    try:
        wait_until(keycloak.is_ready, lambda: process.is_running, "Keycloak", keycloak.log_file, _READY_SECONDS)
    except BaseException:
        process.stop()
        raise
    return process
