"""A file in the drop folder: when it is whole, what its report is called, until when it and its report stay (A2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from urllib.parse import quote, unquote_to_bytes

from provisioner.domain.annexe.kept import KEPT_FOR
from provisioner.domain.calendar import day_of

#: How long a file that is empty, or that may not be opened, has to become what it is meant to be.
PATIENCE = timedelta(minutes=10)

#: Names of what is still being copied, of locks, and of what file managers and systems leave behind: never taken.
_PASSING_STARTS = (".", "~$")
_PASSING_ENDS = ("~", ".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download", ".swp")
_PASSING_NAMES = frozenset({"thumbs.db", "desktop.ini", "lost+found"})

#: The longest base name of a report, in bytes: file systems take 255, and a few are added to it.
_LONGEST = 200
_LONGEST_SUFFIX = 16


class SetAside(StrEnum):
    """Why a file is set aside; each is the reason of its finding `unreadable-document`, but the first."""

    UNREADABLE = "unreadable"  # the finding says why
    TOO_LARGE = "too-large"
    NOT_OPENED = "not-opened"
    UNKNOWN_PARTNER = "unknown-partner"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file shows: its size in bytes, and its time of modification by its own file system's clock."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFile:
    """A file that was seen in the inbox.

    `key` names it while it is there, None once it has left. `look` is what was seen of it since `looked_at`. Once
    taken it has a `report`, and is an annexe or was refused or both. The numbers are places among the register's
    writes: `taken_number` of when it was taken; `happened_number` of what last happened to that annexe, None once it
    is destroyed; `told_number` is the same once the report tells it; `replaced_number` of when an annexe of the
    partner was last applied. `applied_at` is when that annexe itself was, `replaced_on` the day on which a
    list took its place (D2).
    """

    id: int
    key: str | None
    look: Look
    seen_at: datetime
    looked_at: datetime
    partner: str | None = None
    taken_at: datetime | None = None
    taken_number: int | None = None
    annexe: int | None = None
    refusal: SetAside | None = None
    report: str | None = None
    told_number: int | None = None
    happened_number: int | None = None
    replaced_number: int | None = None
    applied_at: datetime | None = None
    replaced_on: date | None = None

    @property
    def received_on(self) -> date:
        """The day it was first seen."""
        return day_of(self.seen_at)

    @property
    def outcome_number(self) -> int | None:
        """Which of the register's writes its report has to tell."""
        return self.taken_number if self.annexe is None else self.happened_number

    @property
    def is_told(self) -> bool:
        """Whether its report says all that it will ever say. Of a file that is no annexe and was taken back before
        its report was written, nothing is said.
        """
        is_gone = self.annexe is None and self.key is None
        return is_gone or self.outcome_number in (None, self.told_number)

    def is_whole(self, now: datetime, seen: Look, poll: timedelta) -> bool:
        """Whether it has not changed between two looks a poll apart, `seen` being the last.

        Only the file's own times are compared: its server's clock may differ from ours. A look at once after another,
        as in a run that is repeated, does not count.
        """
        wait = poll / 2 if seen.size else PATIENCE
        return seen == self.look and not timedelta(0) <= now - self.looked_at < wait

    def is_kept_on(self, day: date, *, is_on_hold: bool = False) -> bool:
        """Whether its report, and the file where it was set aside, may still be there on that day (A2): until 30 days
        after its annexe was applied, before that as long as its annexe; else for 30 days or until the partner's next
        annexe is applied. While a hold on destruction keeps them (D7) no number of days ends them, but they never
        outlive what they quote (D2).
        """
        if self.taken_at is None:
            return True
        if self.annexe is not None:
            is_applied_before = self.applied_at is not None and day > day_of(self.applied_at) + KEPT_FOR
            is_over = is_applied_before and not is_on_hold
            return self.happened_number is not None and self.replaced_on is None and not (is_over and self.is_told)
        assert self.taken_number is not None
        is_replaced = self.replaced_number is not None and self.replaced_number > self.taken_number
        return not is_replaced and (is_on_hold or day <= day_of(self.taken_at) + KEPT_FOR)


def key_of(folder: bytes, name: bytes) -> str:
    """One text for any folder and name, whatever bytes they are made of."""
    return f"{quote(folder)}/{quote(name)}"


def shown(key: str) -> tuple[str, str]:
    """The folder and the name that `key_of` was given, as text that can be stored and shown."""
    folder, _, name = (unquote_to_bytes(part).decode(errors="replace") for part in key.partition("/"))
    return folder, name


def is_passing(name: str) -> bool:
    """Whether the name is that of something that is not meant to be taken, or not yet."""
    low = name.lower()
    return low.startswith(_PASSING_STARTS) or low.endswith(_PASSING_ENDS) or low in _PASSING_NAMES


def report_name(name: str, taken: Collection[str]) -> str:
    """What the report on a file is called, without `.rapport.html` and `.rapport.json`: as the file, with its
    extension, with `-2` and so on where others have that name.
    """
    clean = "".join(character if character.isprintable() else "_" for character in name)
    stem, dot, suffix = clean.rpartition(".")
    suffix = dot + suffix
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, suffix = clean, ""
    others = {_folded(other) for other in taken}
    for number in count(1):
        end = f"-{number}{suffix}" if number > 1 else suffix
        candidate = stem.encode()[: _LONGEST - len(end.encode())].decode(errors="ignore") + end
        if _folded(candidate) not in others:
            return candidate
    raise AssertionError


def _folded(name: str) -> str:
    """Names that some file system takes for the same one are the same."""
    return unicodedata.normalize("NFC", name).casefold()
