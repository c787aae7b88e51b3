"""Keycloak as a process of the local JVM, with its own directory of data."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from provisioner.sandbox.distribution import cache_lock, keycloak_home
from provisioner.sandbox.process import ServerProcess, wait_until
from provisioner.sandbox.server import READY_SECONDS, DatabaseAccess, Keycloak

_START = ["start", "--optimized", "--http-enabled=true", "--hostname-strict=false"]
_SEED_ADMIN = "administrator"


def start(log_file: Path, database: DatabaseAccess | None) -> Keycloak:
    """A server that is ready.

    Raises:
        SandboxError: Java or Maven is missing, the distribution cannot be had, or the server does not start.
    """
    home = keycloak_home("postgres" if database else "dev-file")
    keycloak = Keycloak("local JVM", log_file)
    data = Path(tempfile.mkdtemp(prefix="provisioner-keycloak-"))
    if database is None:
        shutil.copytree(_seed(home), data, dirs_exist_ok=True)
        keycloak.admin_password = (data / _SEED_ADMIN).read_text()
    process = _launch(home, keycloak, data, database, discard=data)
    keycloak.ends_with(process.stop, process.restart)
    return keycloak


def _launch(
    home: Path, keycloak: Keycloak, data: Path, database: DatabaseAccess | None, *, discard: Path | None
) -> ServerProcess:
    environment = {
        "KC_DB_URL": f"jdbc:h2:file:{data}/h2;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE",
        **keycloak.environment(database),
        # The only other thing that a running server writes under its home, which all servers share.
        "QUARKUS_TRANSACTION_MANAGER_OBJECT_STORE_DIRECTORY": f"{data}/transaction-logs",
        "JAVA_OPTS_KC_HEAP": "-Xms256m -Xmx768m",
    }
    command = [str(home / "bin" / "kc.sh"), *_START, *keycloak.options()]
    process = ServerProcess(command, keycloak.log_file, environment=environment, discard=discard)
    try:
        wait_until(keycloak.is_ready, lambda: process.is_running, "Keycloak", keycloak.log_file, READY_SECONDS)
    except BaseException:
        process.stop()
        raise
    return process


def _seed(home: Path) -> Path:
    """The database that a first server has filled, and its administrator's password: that is half of a start."""
    seed = home / "seed"
    with cache_lock():
        if not seed.is_dir():
            with tempfile.TemporaryDirectory(dir=home) as work:
                made = Path(work) / "seed"
                made.mkdir(mode=0o700)
                keycloak = Keycloak("local JVM", Path(work) / "log")
                _launch(home, keycloak, made, None, discard=None).stop()
                (made / _SEED_ADMIN).write_text(keycloak.admin_password)
                made.rename(seed)
    return seed
