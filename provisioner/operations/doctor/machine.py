"""This machine: the settings in force, the reader of documents, the data directory, the way to the mail server."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.clock import Clock
from provisioner.documents.escapes import try_ways_out
from provisioner.keycloak.credentials import ClientKey
from provisioner.mail import MailUnavailable, greet
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, unreachable, wanting
from provisioner.register import sqlite_file
from provisioner.settings import PREFIX, KeycloakSettings, Settings, SettingsError, Tls, is_this_machine, plain
from provisioner.views.doctor import Found, Todo
from provisioner.views.refusals import unusable_settings

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
    return {name: None if value is None else _written(value) for name, value in shown.items()}


def _written(value: object) -> str:
    """A value as one would set it."""
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, float) else _PASSWORD_IN_URL.sub(_MASK, str(value))


def settings_lines(settings: Settings, clock: Clock) -> Iterator[DoctorLine]:
    """What is set in a way that nobody should be surprised by."""
    yield from key_lines(settings.keycloak)
    url = urlsplit(settings.keycloak.url)
    if url.scheme != "https" and not is_this_machine(url.hostname):
        yield attention(
            "settings",
            Found.KEYCLOAK_WITHOUT_TLS,
            Todo.SET_HTTPS.of(setting=f"{PREFIX}KEYCLOAK__URL"),
        )
    if not settings.platform.url.endswith("/"):
        yield attention(
            "settings",
            Found.NO_SLASH,
            Todo.SET_SLASH.of(setting=f"{PREFIX}PLATFORM__URL"),
        )
    if settings.platform.privacy_url is None:
        setting = f"{PREFIX}PLATFORM__PRIVACY_URL"
        yield attention("settings", Found.NO_PRIVACY_URL, Todo.SET_PRIVACY_URL.of(setting=setting))
    if not settings.connections.our_networks:
        setting = f"{PREFIX}CONNECTIONS__OUR_ADDRESSES"
        yield attention("settings", Found.NO_OUR_ADDRESSES, Todo.SET_OUR_ADDRESSES.of(setting=setting))
    if not settings.attestation.archives_reference.strip():
        setting = f"{PREFIX}ATTESTATION__ARCHIVES_REFERENCE"
        yield attention("settings", Found.NO_ARCHIVES_REFERENCE, Todo.SET_ARCHIVES_REFERENCE.of(setting=setting))
    if settings.attestation.other_backups_days is None:
        setting = f"{PREFIX}ATTESTATION__OTHER_BACKUPS_DAYS"
        yield attention("settings", Found.NO_OTHER_BACKUPS, Todo.SET_OTHER_BACKUPS.of(setting=setting))
    if clock.is_moved:
        yield attention("settings", Found.TRIAL.of(day=clock.today()), Todo.UNSET_TODAY.of(setting=f"{PREFIX}TODAY"))
    count = sum(value is not None for value in effective(settings).values())
    yield ok("settings", Found.SETTINGS.of(count=count))


def key_lines(settings: KeycloakSettings) -> Iterator[DoctorLine]:
    """By what we prove to Keycloak who we are, and that nobody else can read it."""
    secret, key = f"{PREFIX}KEYCLOAK__CLIENT_SECRET", f"{PREFIX}KEYCLOAK__CLIENT_KEY_FILE"
    if settings.client_key_file is None and settings.client_secret is None:
        yield wanting("settings", Found.NO_SECRET, Todo.SET.of(settings=f"{key} (ou {secret})"))
    if settings.client_key_file is not None and settings.client_secret is not None:
        yield attention("settings", Found.SECRET_UNUSED, Todo.UNSET_SECRET.of(setting=secret))
    administrators = f"{PREFIX}KEYCLOAK__ADMIN_KEY_FILE"
    for file, setting in ((settings.client_key_file, key), (settings.admin_key_file, administrators)):
        if file is None:
            continue
        try:
            ClientKey.read(file, setting)
        except SettingsError as error:
            yield wanting("settings", unusable_settings(error.problems), Todo.MAKE_KEY.of(setting=setting))
            continue
        if file.stat().st_mode & stat.S_IROTH:
            yield attention("settings", Found.KEY_FOR_ALL.of(file=file), Todo.CLOSE_KEY.of(file=file))


def reader_lines() -> Iterator[DoctorLine]:
    """Whether a reader of documents that its document takes over finds every way out shut: each is tried."""
    try:
        walls, ways = try_ways_out()
    except OSError as error:
        yield wanting("document-reader", Found.READER_FAILS.of(cause=error), Todo.START_READER)
        return
    shut = Found.FILTERED if walls.is_filtered else Found.NOT_FILTERED
    landlock = Found.LANDLOCK.of(version=walls.landlock) if walls.landlock else Found.NO_LANDLOCK
    stands = Found.WALLS.of(calls=shut, landlock=landlock)
    well, ill = Found.READER_SHUT.of(walls=stands), Found.READER_OPEN.of(walls=stands, ways=f"« {', '.join(ways)} »")
    yield judged("document-reader", not ways, well, ill, Todo.SHUT_READER)


def data_directory_lines(settings: Settings) -> Iterator[DoctorLine]:
    """Whether the data directory can be written, and lies where SQLite's locks hold."""
    path = settings.data_dir.absolute()
    nearest = next(folder for folder in (path, *path.parents) if os.access(folder, os.F_OK))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        todo = Todo.OPEN_DIRECTORY.of(folder=nearest, setting=f"{PREFIX}DATA_DIR")
        yield wanting("data-directory", Found.DIRECTORY_CLOSED.of(folder=nearest), todo)
    elif nearest != path:
        yield attention("data-directory", Found.DIRECTORY_ABSENT.of(folder=path), Todo.MADE_BY_ITSELF)
    else:
        yield ok("data-directory", Found.DIRECTORY.of(folder=path))
    yield from _file_system(settings, nearest)
    free, todo = shutil.disk_usage(nearest).free >> 20, Todo.MAKE_ROOM
    level = Level.WANTING if free < _NO_ROOM_MIB else Level.ATTENTION
    found = Found.DISK.of(free=free, folder=nearest)
    yield judged("disk", free >= _FREE_MIB, found, found, todo, level=level)


def _file_system(settings: Settings, path: Path) -> Iterator[DoctorLine]:
    file = sqlite_file(settings)
    where = path if file is None or not os.access(file.parent, os.F_OK) else file.parent
    kind = file_system_of(where.resolve(), _mounts())
    if kind is None:
        yield ok("file-system", Found.FILE_SYSTEM_UNKNOWN)
    elif file is not None and is_network(kind):
        yield attention(
            "file-system",
            Found.FILE_SYSTEM_FAR.of(kind=kind),
            Todo.LOCAL_DISK.of(directory=f"{PREFIX}DATA_DIR", database=f"{PREFIX}DATABASE__URL"),
        )
    else:
        yield ok("file-system", Found.FILE_SYSTEM.of(kind=kind))


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
        lacks = [f"{PREFIX}SMTP__{name}" for name, value in (("HOST", smtp.host), ("FROM", smtp.from_)) if not value]
        lacking = " et ".join(lacks)
        yield wanting("mail", Found.MAIL_UNSET.of(lacking=lacking), Todo.SET_MAIL.of(settings=lacking))
        return
    try:
        greet(smtp)
    except MailUnavailable as error:
        yield unreachable("mail", error, Todo.SEE_MAIL.of(settings=f"{PREFIX}SMTP__*"))
    else:
        yield ok("mail", Found.MAIL.of(where=f"{smtp.host}:{smtp.port}", tls=smtp.tls))
    if passes_in_clear(smtp.host, smtp.tls, signs_in=smtp.password is not None):
        yield wanting("mail", Found.MAIL_WITHOUT_TLS, Todo.SET_MAIL_TLS.of(setting=f"{PREFIX}SMTP__TLS"))


def passes_in_clear(host: str | None, tls: Tls, *, signs_in: bool) -> bool:
    """Whether what is said to that mail server can be read on the way: by a network, or a password by anybody."""
    return tls == "off" and (signs_in or not is_this_machine(host))
