"""The Caf's sheet for the register of processing activities (GDPR 30) and its information notice (GDPR 13, 14).

Both are filled in from the settings, the annexe 3 and the periods of the D rules; what these do not say is left to be
completed by hand, and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from provisioner.domain.connections.held import CONSOLE_DAYS
from provisioner.domain.convention import Contacts, Role
from provisioner.domain.retention import ACCOUNT_MONTHS, CONVENTION_MONTHS, HABILITATION_MONTHS
from provisioner.settings import PREFIX, Settings
from provisioner.views import hints
from provisioner.views.dates import french_date
from provisioner.views.shown import Table
from provisioner.views.template import template

#: Stands where something is to be written by hand.
TO_COMPLETE = "[à compléter]"


@dataclass(frozen=True, slots=True)
class Registre:
    """What both documents say. `contacts` are the Caf's own (annexe 3), if any are recorded."""

    settings: Settings
    contacts: Contacts | None
    today: date

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is to be completed: the settings and the role of annexe 3, as one would type them."""
        caf = self.settings.caf
        unset = [f"{PREFIX}CAF__{name.upper()}" for name in type(caf).model_fields if not getattr(caf, name)]
        return (
            *unset,
            *(() if self._has_officer else (f'{hints.CAF_CONTACTS} --protection-donnees "NOM <ADRESSE>"',)),
        )

    @property
    def _has_officer(self) -> bool:
        people = self.contacts.people if self.contacts is not None else ()
        return any(contact.role is Role.PROTECTION_DONNEES for contact in people)

    def sheet(self) -> str:
        """The sheet of the register of processing activities, as a page of HTML."""
        return template("registre.html").render(**self._values())

    def notice(self) -> str:
        """The information notice for the persons concerned, as a page of HTML."""
        return template("mentions.html").render(**self._values())

    def _values(self) -> dict[str, object]:
        caf = self.settings.caf
        return {
            "name": caf.name or TO_COMPLETE,
            "address": caf.address or TO_COMPLETE,
            "hosting": caf.hosting or TO_COMPLETE,
            "officer": self._who(Role.PROTECTION_DONNEES) if self._has_officer else TO_COMPLETE,
            "habilitations": self._who(Role.HABILITATIONS),
            "security": self._who(Role.SECURITE),
            "platform": self.settings.platform.url,
            "on": french_date(self.today),
            "is_sqlite": self.settings.database_url.startswith("sqlite"),
            "is_approval_automatic": self.settings.approval.automatic,
            "are_backups_encrypted": self.settings.backup.recipients_file is not None,
            "periods": Table("Durées de conservation", ("Données", "Durée", "Règle"), tuple(self._periods())),
        }

    def _who(self, role: Role) -> str:
        if self.contacts is None:
            return TO_COMPLETE
        contact = self.contacts.of(role)
        return f"{contact.name} ({contact.email})" if contact.name else contact.email

    @property
    def _backups(self) -> str:
        backup = self.settings.backup
        if backup.recipients_file is None:
            return TO_COMPLETE
        return f"{backup.keep_months} mois : la clé du mois, gardée ailleurs, est alors détruite"

    def _periods(self) -> Iterator[Sequence[str]]:
        """The one table of the D rules, in the words of whoever reads it."""
        days, years = self.settings.connections.keep_days, self.settings.incident.keep_years
        of_account = _after(ACCOUNT_MONTHS, "la clôture de l'accès")
        yield "Compte : identifiant, état, empreinte du mot de passe", of_account, "D1"
        of_connections = f"{days} jours, et au plus tard {of_account}"
        yield "Connexions : date, adresse du réseau, réussite ou échec", of_connections, "D1"
        yield (
            "Habilitation : nom, prénoms, fonction, adresse électronique professionnelle, dates",
            _after(HABILITATION_MONTHS, "la date de fin demandée dans l'annexe 1, jamais avant le compte"),
            "D2",
        )
        yield "Annexe 1 remplacée par une nouvelle", "dès que la nouvelle est appliquée", "A2"
        yield "Annexe 1 à corriger, rejetée ou laissée sans suite", "30 jours au plus", "A2"
        yield (
            "Annexes 1 et 2, contacts du partenaire, ce qui accompagne le journal",
            _after(CONVENTION_MONTHS, "la fin de la convention"),
            "C4",
        )
        yield "Contact remplacé, destinataire d'un courriel", "1 an, puis le rôle seul", "N3"
        yield "Actes faits dans la console d'administration", f"{CONSOLE_DAYS} jours", "L1"
        yield "Constats des contrôles de connexion", "le temps des connexions sur lesquelles ils reposent", "L1"
        yield "Incident de sécurité", f"{years} ans après sa clôture, les personnes par leur numéro seul", "L2"
        yield (
            "Noms des agents de la Caf qui ont décidé",
            _after(CONVENTION_MONTHS, "la fin de la convention du partenaire concerné"),
            "D8",
        )
        yield "Chaîne du journal : dates, actes, numéros et empreintes, sans aucun nom", "sans limite", "D8"
        yield "Tout ce qu'une décision nominative conserve pour un litige ou un incident", "jusqu'à sa levée", "D7"
        yield "Sauvegardes du registre", self._backups, "D1, D2"


def _after(months: int, what: str) -> str:
    length = f"{months // 12} ans" if months % 12 == 0 else f"{months} mois"
    return f"{length} après {what}"
