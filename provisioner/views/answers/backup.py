"""`backup` and `restore`: a copy that was made, a key that was destroyed, a copy that was put back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from provisioner.views.answers import Answer, Count, Sha256
from provisioner.views.dates import french_date
from provisioner.views.shown import Line, Part


class BackupAnswer(Answer):
    """`backup`: the copy's base name, and the head of its journal.

    `keys` are the fingerprints of those that it is encrypted to, none where it is not; `readable_until` is the last
    day on which their private halves may exist, null where it is not encrypted.
    """

    file: str
    entry: Count
    sha256: Sha256
    keys: tuple[str, ...]
    readable_until: date | None

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.entry}:{self.sha256}")


class KeyDestroyedAnswer(Answer):
    """`backup destroyed`: a month's key whose private half was destroyed on that day."""

    key: str
    month: str
    destroyed_on: date

    def shown(self) -> Iterator[Part]:
        day = french_date(self.destroyed_on)
        yield Line(f"Clé {self.key} ({self.month}) : détruite le {day}. Les sauvegardes de ce mois sont illisibles.")
