"""This machine: the settings in force, the data directory and its file system."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from provisioner.clock import Clock
from provisioner.documents.escapes import try_ways_out
from provisioner.operations.doctor.lines import Line, attention, ok, wanting
from provisioner.register import sqlite_file
from provisioner.settings import PREFIX, Settings, is_this_machine

MASK = "********"

#: File systems over a network, on which SQLite's locks cannot be trusted. FUSE ones are judged by their beginning.
_NETWORK = "9p afs beegfs ceph cifs davfs fuse gfs2 glusterfs gpfs lustre nfs nfs4 ocfs2 smb3 smbfs vboxsf virtiofs"

_FREE_MIB = 200

#: Less than a run may write: the largest document, its check, and the database's own journal.
_NO_ROOM_MIB = 50
_PASSWORD_IN_URL = re.compile(r"(://[^/@\s:]*:)\S*(?=@)|([?&](?:ssl)?password=)[^&\s]*")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def effective(settings: Settings) -> dict[str, str | None]:
    """Every setting in force by its variable, in the order of docs/settings.md; secrets masked."""
    found: dict[str, str | None] = {}
    for name in sorted(name for name in Settings.model_fields if not _is_section(settings, name)):
        found[f"{PREFIX}{name.upper()}"] = _shown(getattr(settings, name))
    for name in (name for name in Settings.model_fields if _is_section(settings, name)):
        section: BaseModel = getattr(settings, name)
        for inner, field in type(section).model_fields.items():
            variable = f"{PREFIX}{name}__{field.alias or inner}".upper()
            found[variable] = _shown(getattr(section, inner))
    return found


def _is_section(settings: Settings, name: str) -> bool:
    return isinstance(getattr(settings, name), BaseModel)


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return MASK
    return _PASSWORD_IN_URL.sub(rf"\1\2{MASK}", str(value))


def settings_lines(settings: Settings, clock: Clock) -> Iterator[Line]:
    """What is set in a way that nobody should be surprised by."""
    if settings.keycloak.client_secret is None:
        yield wanting("settings", "Our secret is not set.", f"Set {PREFIX}KEYCLOAK__CLIENT_SECRET.")
    url = urlsplit(settings.keycloak.url)
    if url.scheme != "https" and not is_this_machine(url.hostname):
        yield attention(
            "settings",
            "Keycloak is called without TLS: secrets and persons' data go in the clear.",
            f"Set {PREFIX}KEYCLOAK__URL to an https:// address, unless that network is yours alone.",
        )
    if not settings.platform.url.endswith("/"):
        yield attention(
            "settings",
            "The platform's address does not end with a slash: the realm would take any address that begins so.",
            f"Set {PREFIX}PLATFORM__URL with a slash at its end, then `provisioner realm apply`.",
        )
    if clock.is_moved:
        yield attention(
            "settings", f"Today is taken to be {clock.today()}: this is a trial.", f"Unset {PREFIX}TODAY to go live."
        )
    count = sum(value is not None for value in effective(settings).values())
    yield ok("settings", f"{count} settings have a value; none is unknown.")


def reader_lines() -> Iterator[Line]:
    """Whether a reader of documents that its document takes over finds every way out shut: each is tried."""
    try:
        walls, ways = try_ways_out()
    except OSError as error:
        todo = "Without it no document can be read: is this process let start another one?"
        yield wanting("document-reader", f"{error}.".capitalize(), todo)
        return
    filtered = "a filter of system calls" if walls.is_filtered else "no filter of system calls"
    landlock = f"Landlock {walls.landlock}" if walls.landlock else "no Landlock"
    stands = f"Documents are read in a process with {filtered}, {landlock} and limits"
    if ways:
        todo = "Run on a kernel with seccomp, on x86_64 or aarch64, and let prctl and landlock_* through."
        yield wanting("document-reader", f"{stands}; a hostile one could still reach {', '.join(ways)}.", todo)
    else:
        yield ok("document-reader", f"{stands}: every way out was tried, and is shut.")


def data_directory(settings: Settings) -> Iterator[Line]:
    """Whether the data directory can be written, and lies where SQLite's locks hold."""
    path = settings.data_dir.absolute()
    there = next(one for one in (path, *path.parents) if os.access(one, os.F_OK))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        todo = f"Let this user write in {there}, or set {PREFIX}DATA_DIR."
        yield wanting("data-directory", f"{there} cannot be written by this user.", todo)
    elif there != path:
        yield attention("data-directory", f"{path} does not exist yet.", "The first command that needs it makes it.")
    else:
        yield ok("data-directory", f"{path} can be written.")
    yield from _file_system(settings, there)
    free = shutil.disk_usage(there).free >> 20
    if free < _NO_ROOM_MIB:
        todo = "Make room: what cannot be recorded is not done."
        yield wanting("disk", f"{free} MiB are free in {there}: nothing more can be recorded.", todo)
    elif free < _FREE_MIB:
        yield attention("disk", f"{free} MiB are free in {there}.", "Make room: what cannot be recorded is not done.")
    else:
        yield ok("disk", f"{free} MiB are free.")


def _file_system(settings: Settings, path: Path) -> Iterator[Line]:
    file = sqlite_file(settings)
    where = path if file is None or not os.access(file.parent, os.F_OK) else file.parent
    kind = file_system_of(where.resolve(), _mounts())
    if kind is None:
        yield ok("file-system", "Its kind cannot be told on this system. SQLite needs a local one.")
    elif file is not None and is_network(kind):
        yield attention(
            "file-system",
            f"The register lies on {kind}, over a network or not quite local: SQLite's locks may not hold there.",
            f"Put {PREFIX}DATA_DIR on a local disk, or use PostgreSQL ({PREFIX}DATABASE__URL).",
        )
    else:
        yield ok("file-system", f"{kind}.")


def is_network(kind: str) -> bool:
    """Whether a file system of that kind is over a network, or may be."""
    return kind in _NETWORK.split() or kind.startswith("fuse.")


def file_system_of(path: Path, mounts: str) -> str | None:
    """The kind of the file system that a path without links lies on, told from /proc/self/mountinfo."""
    best, kind = -1, None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        parts = before.split()
        if len(parts) < 5 or not after:
            continue
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), parts[4]))
        depth = len(point.parts)
        if path.is_relative_to(point) and depth >= best:
            best, kind = depth, after.split()[0]
    return kind


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return ""
