"""This machine: the settings in force, the reader of documents, the data directory, the way to the mail server."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.clock import Clock
from provisioner.documents.escapes import try_ways_out
from provisioner.mail import MailUnavailable, greet
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, unreachable, wanting
from provisioner.register import sqlite_file
from provisioner.settings import PREFIX, Settings, is_this_machine

#: File systems over a network, on which SQLite's locks cannot be trusted. FUSE ones are judged by their beginning.
_NETWORK = "9p afs beegfs ceph cifs davfs fuse gfs2 glusterfs gpfs lustre nfs nfs4 ocfs2 smb3 smbfs vboxsf virtiofs"

_FREE_MIB = 200

#: Less than a run may write: the largest document, its check, and the database's own journal.
_NO_ROOM_MIB = 50

#: Secrets are masked by pydantic already; a password may also stand in an address.
_PASSWORD_IN_URL = re.compile(r"(://[^/@\s:]*:)\S*(?=@)|([?&](?:ssl)?password=)[^&\s]*")
_MASK = r"\1\2********"

_ESCAPED = re.compile(r"\\([0-7]{3})")


def effective(settings: Settings) -> dict[str, str | None]:
    """Every setting in force by its variable, in the order of docs/settings.md; secrets masked."""
    values = settings.model_dump(mode="json", by_alias=True)
    plain = {f"{PREFIX}{name.upper()}": value for name, value in values.items() if not isinstance(value, dict)}
    shown = dict(sorted(plain.items()))
    for section, inner in values.items():
        if isinstance(inner, dict):
            shown |= {f"{PREFIX}{section}__{name}".upper(): value for name, value in inner.items()}
    return {name: None if value is None else _PASSWORD_IN_URL.sub(_MASK, str(value)) for name, value in shown.items()}


def settings_lines(settings: Settings, clock: Clock) -> Iterator[DoctorLine]:
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


def reader_lines() -> Iterator[DoctorLine]:
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
    well, ill = f"{stands}: every way out was tried, and is shut.", f"{stands}; a hostile one could still reach "
    todo = "Run on a kernel with seccomp, on x86_64 or aarch64, and let prctl and landlock_* through."
    yield judged("document-reader", not ways, well, f"{ill}{', '.join(ways)}.", todo)


def data_directory_lines(settings: Settings) -> Iterator[DoctorLine]:
    """Whether the data directory can be written, and lies where SQLite's locks hold."""
    path = settings.data_dir.absolute()
    nearest = next(folder for folder in (path, *path.parents) if os.access(folder, os.F_OK))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        todo = f"Let this user write in {nearest}, or set {PREFIX}DATA_DIR."
        yield wanting("data-directory", f"{nearest} cannot be written by this user.", todo)
    elif nearest != path:
        yield attention("data-directory", f"{path} does not exist yet.", "The first command that needs it makes it.")
    else:
        yield ok("data-directory", f"{path} can be written.")
    yield from _file_system(settings, nearest)
    free, todo = shutil.disk_usage(nearest).free >> 20, "Make room: what cannot be recorded is not done."
    level = Level.WANTING if free < _NO_ROOM_MIB else Level.ATTENTION
    found = f"{free} MiB are free in {nearest}."
    yield judged("disk", free >= _FREE_MIB, found, found, todo, level=level)


def _file_system(settings: Settings, path: Path) -> Iterator[DoctorLine]:
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
        point = Path(_ESCAPED.sub(lambda escape: chr(int(escape[1], 8)), parts[4]))
        depth = len(point.parts)
        if path.is_relative_to(point) and depth >= best:
            best, kind = depth, after.split()[0]
    return kind


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return ""


def mail_lines(settings: Settings) -> Iterator[DoctorLine]:
    """Whether notices to officers and contacts can leave."""
    smtp = settings.smtp
    if not smtp.is_set:
        lacks = " and ".join(name for name, value in (("HOST", smtp.host), ("FROM", smtp.from_)) if not value)
        todo = f"Set {PREFIX}SMTP__HOST and {PREFIX}SMTP__FROM. What is owed waits meanwhile."
        yield wanting("mail", f"Notices cannot leave: {PREFIX}SMTP__… {lacks} not set.", todo)
        return
    try:
        greet(smtp)
    except MailUnavailable as error:
        yield unreachable("mail", error, f"See the mail server and {PREFIX}SMTP__*. What is owed waits.")
    else:
        yield ok("mail", f"{smtp.host}:{smtp.port} answers (TLS: {smtp.tls}). Nothing was sent.")
    if smtp.tls == "off" and not is_this_machine(smtp.host):
        yield attention(
            "mail",
            "E-mails go to the mail server without TLS: links and persons' data go in the clear.",
            f"Set {PREFIX}SMTP__TLS to starttls or implicit, unless that network is yours alone; "
            "then `provisioner realm apply`.",
        )
