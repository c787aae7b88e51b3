"""`backup` and `restore`: a copy that was made, a key that was destroyed, a copy that was put back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from provisioner.views.answers import Answer, Count, Number, Sha256, beside
from provisioner.views.answers.journal import HeadAnswer
from provisioner.views.dates import french_date
from provisioner.views.shown import Line, Part, Tone


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
    """`backup destroyed`: a month's key whose private half was destroyed on that day. Shown beside it: the
    month's other keys, which can still open its copies.
    """

    key: str
    month: str
    destroyed_on: date
    remaining: tuple[str, ...] = beside(())

    def shown(self) -> Iterator[Part]:
        day = french_date(self.destroyed_on)
        done = f"Clé {self.key} ({self.month}) : détruite le {day}."
        if not self.remaining:
            yield Line(f"{done} Les sauvegardes de ce mois sont illisibles.")
            return
        others = ", ".join(self.remaining)
        yield Line(f"{done} Les sauvegardes de ce mois restent lisibles avec une autre clé : {others}.")


class LostAnswer(Answer):
    """The entries of the journal that a copy lacks, the first and the last that is known of."""

    first: Number
    last: Number


class RestoreAnswer(Answer):
    """`restore`: a copy that was put back, or with `rehearsed` would have been.

    `copied` is the copy's head, `entry` and `sha256` the one that the register begins again from, `left` the last
    known head of the journal that was left behind. `replaced` is the file in which the register that was in place is
    kept. `to_destroy` is how many destructions were done since, which the next `sync` does again first; null without
    the list. `recorded` is the entry of a rehearsal.
    """

    file: str
    rehearsed: bool
    entries: Count
    copied: HeadAnswer
    entry: Count
    sha256: Sha256
    left: HeadAnswer | None
    lost: LostAnswer | None
    to_destroy: Count | None
    replaced: str | None
    recorded: Number | None

    def shown(self) -> Iterator[Part]:
        done = "Essai réussi, rien n'a été changé" if self.rehearsed else "Sauvegarde restaurée"
        yield Line(f"{done} : {self.file}, entrées {self.entries}.", Tone.GOOD)
        if self.recorded is not None:
            yield Line(f"L'essai est enregistré au journal, entrée {self.recorded}.")
        if self.lost is not None:
            lost = "Entrées absentes de la copie" if self.rehearsed else "Entrées perdues depuis la copie"
            yield Line(f"{lost} : {self.lost.first} à {self.lost.last}.", Tone.WARNING)
        if self.to_destroy is None:
            yield Line("Sans la liste des destructions : ce qui a été détruit depuis peut revenir.", Tone.WARNING)
        elif self.to_destroy:
            again = "Après une vraie restauration, destructions" if self.rehearsed else "Destructions"
            yield Line(f"{again} à refaire en premier par provisioner sync : {self.to_destroy}.")
        if self.replaced is not None:
            yield Line(f"Le registre remplacé est gardé à côté du nouveau, dans {self.replaced}.")
            yield Line("Il contient des données personnelles : à détruire dès que la restauration est vérifiée.")
        if not self.rehearsed:
            yield Line(f"{self.entry}:{self.sha256}")
