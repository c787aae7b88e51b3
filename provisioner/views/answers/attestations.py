"""`attestation …`: certificates of destruction, requested, issued, verified (D3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field

from provisioner.domain.attestation import Progress, Standing
from provisioner.views.answers import Answer, Code, Count, Day, ListAnswer, Number, RowAnswer, Sha256, beside
from provisioner.views.dates import french_date, short
from provisioner.views.sentences import counted
from provisioner.views.shown import Line, Part, Tone

#: What `attestation verify` found, by its code.
_SEALS: Mapping[str, str] = {
    "genuine": "Attestation authentique : le fichier est tel qu'il a été scellé avec ce certificat.",
    "changed": "Attestation modifiée : le fichier n'est plus tel qu'il a été scellé.",
    "other-key": "Attestation non reconnue : elle a été scellée avec un autre certificat.",
    "unsealed": "Attestation non reconnue : le fichier ne porte pas de cachet.",
    "not-a-pdf": "Attestation non reconnue : le fichier n'est pas un PDF.",
}


class RequestedAnswer(Answer):
    """`attestation request`: its number, and how many accounts it is about."""

    attestation: Number
    count: Count
    is_new: bool = beside(True)

    def shown(self) -> Iterator[Part]:
        if not self.is_new:
            yield Line(f"Attestation n° {self.attestation} : déjà demandée, pour {counted(self.count, 'compte')}.")
            return
        yield Line(f"Attestation n° {self.attestation} demandée pour {counted(self.count, 'compte')}.", Tone.TITLE)
        yield Line("Elle pourra être délivrée quand les données seront détruites (provisioner attestation list).")


class IssuedAnswer(Answer):
    """`attestation issue`: how many accounts the certificate covers, how many of the request it does not, and why."""

    attestation: Number
    count: Count
    kept: Count = Field(description="Accounts that are not destroyed for now.")
    returned: Count = Field(description="Persons who have an access again: they leave the request.")
    rest: Number | None = Field(description="The request of what is kept, for a second certificate.")
    sha256: Sha256

    def shown(self) -> Iterator[Part]:
        yield Line(f"Attestation n° {self.attestation} établie pour {counted(self.count, 'compte')}.", Tone.GOOD)
        if self.returned:
            yield Line(f"Accès de nouveau ouvert, donc hors de la demande : {counted(self.returned, 'personne')}.")
        if self.rest is not None:
            kept = counted(self.kept, "compte conservé")
            yield Line(f"{kept} pour l'instant : attestation n° {self.rest} à venir.")
        yield Line(f"Empreinte SHA-256 du fichier : {self.sha256}", Tone.FAINT)


class AttestationLine(RowAnswer):
    """A request, and how far it is. `due_on` is the day from which the last of those to be destroyed will be."""

    attestation: Number
    partner: Code
    requested_on: Day
    follows: Number | None = Field(description="The certificate whose rest it covers.")
    count: Count
    destroyed: Count
    due: Count
    kept: Count
    returned: Count
    due_on: Day | None
    issued_on: Day | None
    sha256: Sha256 | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        known, count = progress.attestation, len(progress.requested)
        counts = {standing.value: len(progress.of(standing)) for standing in Standing}
        return cls.read(known, attestation=known.id, count=count, **counts, due_on=progress.due_on)

    def cells(self) -> tuple[str, ...]:
        counts = map(str, (self.count, self.destroyed, self.kept, self.returned))
        return str(self.attestation), self.partner, short(self.requested_on), *counts, self._state()

    def _state(self) -> str:
        if self.issued_on is not None:
            return f"établie le {french_date(self.issued_on)}"
        if self.due_on is not None:
            return f"à partir du {french_date(self.due_on)}"
        return "peut être établie" if self.destroyed else "rien n'est détruit"


class AttestationsAnswer(ListAnswer[AttestationLine]):
    """`attestation list`: every request, oldest first."""

    TITLE = "Attestations de destruction"
    COLUMNS = ("N°", "Partenaire", "Demandée le", "Comptes", "Détruits", "Conservés", "Revenus", "Attestation")
    EMPTY = "Aucune attestation n'a été demandée."


class SealAnswer(Answer):
    """`attestation verify`: whether the file is one that this certificate sealed, to its last byte; else why not."""

    genuine: bool
    found: str
    sha256: Sha256

    def shown(self) -> Iterator[Part]:
        yield Line(_SEALS[self.found], Tone.GOOD if self.genuine else Tone.ERROR)


class KeyAnswer(Answer):
    """`attestation key new`: the files, and the digest of the certificate, which each certificate of destruction
    names.
    """

    key: str
    certificate: str
    sha256: Sha256

    def shown(self) -> Iterator[Part]:
        yield Line(f"Clé : {self.key}")
        yield Line(f"Certificat, à remettre aux partenaires : {self.certificate}")
        yield Line(f"Empreinte SHA-256 du certificat : {self.sha256}")
