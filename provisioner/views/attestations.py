"""What a certificate of destruction says, in French: the values of its template (D3). No personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from provisioner.domain.attestation import Attestation
from provisioner.domain.convention import Partner
from provisioner.domain.journal import Head
from provisioner.views.dates import french_date
from provisioner.views.sentences import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The facts of a certificate. `destroyed_on` are the days of the destructions, `habilitations_until` those from
    which the habilitations' data that are still there are destroyed, both in order. `backups_until` is the last day
    on which an encrypted backup of ours that holds them can be read, None where nothing tells; up to `clear_until`
    some may be in clear. `is_replaced_kept`: a register that was replaced by a backup is kept still.
    """

    attestation: Attestation
    caf: str
    partner: Partner
    count: int
    kept: int
    returned: int
    destroyed_on: tuple[date, ...]
    events_until: date
    habilitations_until: tuple[date, ...]
    backups_until: date | None
    clear_until: date | None
    is_replaced_kept: bool
    is_sqlite: bool
    other_backups_days: int | None
    archives_reference: str
    fingerprint: str
    on: date

    def values(self, head: Head) -> dict[str, object]:
        """The template's values; `head` is the end of the journal that tells the destructions."""
        follows = self.attestation.follows
        return {
            "number": str(self.attestation.id),
            "caf": self.caf or None,
            "partner": f"{self.partner.name} ({self.partner.code})",
            "convention": self._convention(),
            "document": self.partner.document_sha256,
            "requested": f"reçue le {french_date(self.attestation.requested_on)}",
            "follows": None if follows is None else str(follows),
            "count": counted(self.count, "compte"),
            "period": _between(self.destroyed_on),
            "method": self._method(),
            "events": self._events(),
            "apart": list(self._apart()),
            "habilitations": self._habilitations(),
            "backups": " ".join(self._backups()),
            "server_backups": self._other_backups(),
            "archives": self.archives_reference or None,
            "entry": str(head.entry),
            "head": str(head),
            "certificate": self.fingerprint,
            "on": french_date(self.on),
        }

    def _convention(self) -> str:
        partner = self.partner
        said = "Convention d'adhésion à la plateforme « Coopération »"
        if partner.signed_on is not None:
            said += f", signée le {french_date(partner.signed_on)}"
        return said if partner.reference is None else f"{said}, référence {partner.reference}"

    def _method(self) -> str:
        if self.is_sqlite:
            return "effacement dans le registre de la Caf, dont la base réécrit les octets libérés (secure_delete)"
        return "suppression dans le registre de la Caf (PostgreSQL), dont la maintenance récupère la place"

    def _events(self) -> str:
        until = french_date(self.events_until)
        if self.events_until <= self.on:
            return f"ceux qui nommaient encore ces comptes ont expiré le {until}"
        return f"ceux qui nomment encore ces comptes expirent au plus tard le {until}"

    def _apart(self) -> Iterator[str]:
        if self.returned:
            who, are = ("1 personne a", "fait") if self.returned == 1 else (f"{self.returned} personnes ont", "font")
            yield f"{who} de nouveau un accès depuis la demande, et n'en {are} plus partie."
        if self.kept:
            are = "1 compte est conservé" if self.kept == 1 else f"{self.kept} comptes sont conservés"
            yield (
                f"{are} pour l'instant (litige, incident, ou compte encore nécessaire). Une seconde attestation sera "
                "établie une fois ces données détruites."
            )

    def _habilitations(self) -> str:
        gone = self.count - len(self.habilitations_until)
        if not self.habilitations_until:
            return "Elles sont déjà détruites."
        whose = "d'une personne" if gone == 1 else f"de {gone} personnes"
        begun = f"Celles {whose} sont déjà détruites. " if gone else ""
        who = "Les autres" if gone else "Elles"
        return f"{begun}{who} seront détruites {_between(self.habilitations_until)}, sauf litige ou incident."

    def _backups(self) -> Iterator[str]:
        if self.backups_until is None:
            yield "leur date d'expiration n'est pas enregistrée."
        else:
            clear = None if self.clear_until is None else french_date(self.clear_until)
            which = "elles" if clear is None else f"celles qui ont été faites après le {clear}"
            until = f"{which} ne peuvent plus être lues après le {french_date(self.backups_until)}"
            yield f"{until}, leurs clés étant alors détruites."
            if clear is not None:
                yield (
                    f"Celles qui ont été faites jusqu'au {clear} peuvent être en clair : leur date d'expiration "
                    "n'est pas enregistrée."
                )
        if self.is_replaced_kept:
            yield "Un registre remplacé par une sauvegarde est encore gardé, en clair : il peut contenir ces données."

    def _other_backups(self) -> str:
        if self.other_backups_days is None:
            return "leur durée de conservation n'est pas renseignée."
        until = self.destroyed_on[-1] + timedelta(days=self.other_backups_days)
        return f"conservées jusqu'au {french_date(until)} au plus tard."


def _between(days: tuple[date, ...]) -> str:
    first, last = french_date(days[0]), french_date(days[-1])
    return f"le {first}" if first == last else f"entre le {first} et le {last}"
