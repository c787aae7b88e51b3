"""The drop folders on the disk, be it over a network: every effect is all or nothing, no link is ever followed."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from provisioner.domain.dropped_file import DroppedFile, Look, is_passing, key_of

#: Where the reports on files of no known partner go.
UNKNOWN = "_inconnu"

_TO_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REPORTS = (".rapport.html", ".rapport.json")


class Changed(Exception):
    """The file is not as it was seen: it is still being written."""

    def __init__(self, look: Look) -> None:
        super().__init__("still being written")
        self.look = look


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file in the inbox. `folder` is that of a partner, or whatever it is called, empty for the inbox itself."""

    path: Path
    folder: str
    look: Look

    @property
    def key(self) -> str:
        """What the register knows it by."""
        return key_of(os.fsencode(self.folder), os.fsencode(self.path.name))

    def read(self) -> bytes:
        """The whole file, exactly as it was seen. Opening it is what makes NFS say how it really is now.

        Raises:
            Changed: it is not as it was seen.
            OSError: it cannot be opened or read.
        """
        self._expect_own_folder()
        descriptor = os.open(self.path, _TO_READ)
        with os.fdopen(descriptor, "rb") as file:
            _expect(os.fstat(descriptor), self.look)
            content = file.read(self.look.size + 1)
            _expect(os.fstat(descriptor), self.look)
        if len(content) != self.look.size:
            raise Changed(Look(len(content), self.look.mtime_ns))
        return content

    def can_be_opened(self) -> bool:
        """Whether this user has the right to read it."""
        try:
            os.close(os.open(self.path, _TO_READ))
        except PermissionError:
            return False
        return True

    def leave(self, look: Look, aside: Path | None) -> None:
        """The file leaves the inbox, for its place `aside` if any. Another one of its name by now stays."""
        try:
            self._expect_own_folder()
            _expect(self.path.lstat(), look)
        except (FileNotFoundError, Changed):
            return
        if aside is None:
            self.path.unlink()
            return
        try:
            self.path.replace(aside)
        except OSError as error:
            if error.errno != errno.EXDEV:  # another file system
                raise
            copy = _temporary(aside)
            shutil.copyfile(self.path, copy, follow_symlinks=False)
            with copy.open("rb") as file:
                os.fsync(file.fileno())
            copy.replace(aside)
            _flush(aside.parent)
            self.path.unlink()
        else:
            _flush(aside.parent)

    def _expect_own_folder(self) -> None:
        """The folder is not a link by now, to files that are others' to move."""
        if self.folder and self.path.parent.is_symlink():
            raise Changed(self.look)


@dataclass(frozen=True, slots=True)
class Folders:
    """`inbox/`, `outbox/` and `refused/` of the data directory, the first two with a folder for each partner."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where files come in."""
        return self.root / "inbox"

    @property
    def outbox(self) -> Path:
        """Where reports go."""
        return self.root / "outbox"

    @property
    def refused(self) -> Path:
        """Where files are set aside."""
        return self.root / "refused"

    def make(self, partners: Collection[str]) -> None:
        """Makes what is missing; a partner's folder may be used by whom its parent may be used by."""
        for path in (self.inbox, self.outbox):
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            names = {folder.name for folder in path.iterdir()}
            for code in sorted(set(partners) - names):
                if not (path / code).exists():  # in other letters, where the disk makes no difference
                    _make_like(path, path / code)
        self.refused.mkdir(mode=0o700, exist_ok=True)

    def inbox_files(self, failures: list[Exception]) -> Iterator[InboxFile]:
        """The files of the inbox: no links, no folders in a partner's folder, nothing that is not a file.

        A folder that cannot be listed is put into `failures`, and hides no other.

        Raises:
            OSError: the inbox itself cannot be listed.
        """
        for entry in _entries(self.inbox):
            try:
                if not entry.is_dir(follow_symlinks=False):
                    yield from _file(entry, "")
                    continue
                for file in _entries(Path(entry.path)):
                    yield from _file(file, entry.name)
            except OSError as error:
                failures.append(error)

    def reports(self, file: DroppedFile) -> tuple[Path, Path]:
        """Where the two reports on a file that was taken are: the page, and JSON."""
        folder = self.outbox / (file.partner or UNKNOWN)
        return folder / f"{file.report}{_REPORTS[0]}", folder / f"{file.report}{_REPORTS[1]}"

    def report_names(self, partner: str | None) -> set[str]:
        """The names of the reports that are there."""
        with suppress(FileNotFoundError):
            names = [path.name for path in (self.outbox / (partner or UNKNOWN)).iterdir()]
            return {name.removesuffix(end) for name in names for end in _REPORTS if name.endswith(end)}
        return set()

    def aside(self, file: DroppedFile) -> Path:
        """Where a file is set aside."""
        return self.refused / f"{file.id}-{file.report}"

    def destroy(self, file: DroppedFile) -> None:
        """The reports on a file, and the file where it was set aside, with what a death amid a write left of them."""
        for path in (*self.reports(file), self.aside(file)):
            _temporary(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)

    def destroy_forgotten(
        self, dropped_files: Collection[DroppedFile], before: datetime, failures: list[Exception]
    ) -> int:
        """Reports and set-aside files that the register does not know, as after an older copy of it was put back, and
        that have been there since before that moment. Gives how many there were.

        A folder in which that cannot be done is put into `failures`, and keeps no other waiting.
        """
        paths = {path for file in dropped_files for path in (*self.reports(file), self.aside(file))}
        outboxes = [Path(entry.path) for entry in _entries(self.outbox) if entry.is_dir(follow_symlinks=False)]
        count = 0
        for folder, ends in ((self.refused, ("",)), *((outbox, _REPORTS) for outbox in outboxes)):
            try:
                for path in folder.iterdir():
                    status = path.lstat()
                    is_old = datetime.fromtimestamp(status.st_ctime, UTC) < before
                    if path.name.endswith(ends) and path not in paths and is_old and not stat.S_ISDIR(status.st_mode):
                        path.unlink()
                        count += 1
            except OSError as error:
                failures.append(error)
        return count


def write(path: Path, content: bytes) -> None:
    """The file with this content, or as it was before."""
    if not path.parent.exists():
        _make_like(path.parent.parent, path.parent)
    temporary = _temporary(path)
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        with suppress(OSError):  # not on every file system
            os.fchmod(descriptor, 0o640)  # whatever the umask: the folder's group reads the reports
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
    _flush(path.parent)


def _expect(status: os.stat_result, look: Look) -> None:
    now = _look(status)
    if not stat.S_ISREG(status.st_mode) or now != look:
        raise Changed(now)


def _entries(path: Path) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        ours = [entry for entry in entries if not entry.is_symlink() and not is_passing(entry.name)]
    return sorted(ours, key=lambda entry: entry.name)


def _file(entry: os.DirEntry[str], folder: str) -> Iterator[InboxFile]:
    with suppress(FileNotFoundError):
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            yield InboxFile(Path(entry.path), folder, _look(status))


def _look(status: os.stat_result) -> Look:
    return Look(status.st_size, status.st_mtime_ns % 2**63)  # a time after 2262 is more than the register can hold


def _make_like(parent: Path, path: Path) -> None:
    """The folder takes its name once it has its mode: whoever dies before makes it anew."""
    new = _temporary(path)
    new.mkdir(exist_ok=True)
    with suppress(OSError):  # not on every file system
        new.chmod(stat.S_IMODE(parent.stat().st_mode))
    new.replace(path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _flush(folder: Path) -> None:
    """What the folder lists outlives a power cut, where its file system can promise that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
