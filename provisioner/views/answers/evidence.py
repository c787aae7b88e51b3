"""`evidence`: the file that was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from provisioner.views.answers import Answer, Code, Day, Number, Sha256
from provisioner.views.answers.journal import HeadAnswer
from provisioner.views.dates import french_date
from provisioner.views.sentences import of_name
from provisioner.views.shown import Line, Part, Tone

if TYPE_CHECKING:
    from provisioner.domain.evidence_file import Evidence


class EvidenceAnswer(Answer):
    """The file's base name and digest, until when it may be kept, the journal's head that it holds; the entry that
    records it.
    """

    file: str
    sha256: Sha256
    partner: Code
    year: Number
    for_: Literal["caf", "partner"] = Field(alias="for")
    destroy_by: Day
    head: HeadAnswer
    entry: Number
    is_empty: bool = Field(exclude=True)

    @classmethod
    def of(cls, evidence: Evidence, *, file: str, sha256: str, entry: int) -> Self:
        return cls.read(
            evidence,
            evidence.asked,
            file=file,
            sha256=sha256,
            for_=evidence.asked.audience.value,
            head=HeadAnswer.read(evidence.head),
            entry=entry,
            is_empty=not any(evidence.tables.values()),
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.file} : dossier de preuve {self.year} {of_name(self.partner)}, chiffré.", Tone.GOOD)
        if self.is_empty:
            yield Line(
                f"Le registre ne contient rien sur ce partenaire pour {self.year} : tous les tableaux sont vides.",
                Tone.WARNING,
            )
        yield Line(f"Empreinte SHA-256 : {self.sha256}")
        yield Line(f"À détruire au plus tard le {french_date(self.destroy_by)}, y compris par son destinataire.")
        yield Line("Transmettez le mot de passe par un autre moyen que le fichier.")
