"""Keycloak's server distribution: fetched with Maven, unpacked and built once into the user's cache."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from provisioner.sandbox.process import SandboxError

#: The one place where the version of Keycloak for trials and tests is pinned (never below 26.7.3).
KEYCLOAK_VERSION = "26.7.4"

Database = Literal["dev-file", "postgres"]

_OLDEST_JAVA = 17
_FETCH_SECONDS = 1800
_BUILD_SECONDS = 600


def keycloak_home(database: Database) -> Path:
    """The directory of a Keycloak built for this kind of database; made at the first call (about a minute).

    Several processes may ask at once: one makes it, the others wait.

    Raises:
        SandboxError: Java or Maven is missing, or the distribution cannot be fetched or built.
    """
    if problem := missing_tools():
        raise SandboxError(problem)
    cache = _cache()
    home = cache / database
    with cache_lock():
        if not home.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = _make(Path(work), database)
                # The name appears only when everything under it is whole.
                made.rename(home)
    return home


def missing_tools() -> str | None:
    """What must be installed to run the distribution, as a sentence; None when all is there."""
    java = _java_version()
    if java is None or java < _OLDEST_JAVA:
        return f"Java {_OLDEST_JAVA} or newer is needed (package openjdk-{_OLDEST_JAVA}-jre-headless on Debian)."
    if shutil.which("mvn") is None:
        return "Maven (mvn) is needed to fetch Keycloak (package maven on Debian)."
    return None


def _java_version() -> int | None:
    # kc.sh prefers JAVA_HOME to the PATH.
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        return None
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    return int(version[1]) if version else None


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "provisioner" / f"keycloak-{KEYCLOAK_VERSION}"


@contextmanager
def cache_lock() -> Iterator[None]:
    """Held by the one process that changes the cache."""
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(work: Path, database: Database) -> Path:
    artifact = f"org.keycloak:keycloak-quarkus-dist:{KEYCLOAK_VERSION}:tar.gz"
    goal = ["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={work}"]
    _run(["mvn", "-q", "-B", *goal], "Keycloak cannot be fetched with Maven", _FETCH_SECONDS)
    # tarfile's safe filter is missing from the first releases of Python 3.11.
    unpack = ["tar", "-xzf", str(next(work.glob("*.tar.gz"))), "-C", str(work)]
    _run(unpack, "Keycloak cannot be unpacked", _BUILD_SECONDS)
    home = next(path for path in work.iterdir() if path.is_dir())
    options = [f"--db={database}", "--health-enabled=true", "--features-disabled=kerberos"]
    _run([str(home / "bin" / "kc.sh"), "build", *options], "Keycloak cannot be built", _BUILD_SECONDS)
    return home


def _run(command: list[str], failure: str, seconds: float) -> None:
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"{failure} within {seconds:.0f} s.") from error
    if answer.returncode:
        raise SandboxError(f"{failure}:\n{(answer.stdout + answer.stderr)[-2000:]}")
