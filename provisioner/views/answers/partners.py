"""`partner …` and `caf show`: the register of conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import Field, InstanceOf, WithJsonSchema

from provisioner.domain.access.account import RemoteAccount
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Contacts, Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.views.answers import (
    Answer,
    Code,
    Count,
    Day,
    ListAnswer,
    Moment,
    Sha256,
    absent_when_none,
    beside,
)
from provisioner.views.answers.plans import person
from provisioner.views.conventions import ROLES, convention_sentence, imported_lines, unnamed_roles
from provisioner.views.dates import french_date, in_cell, short
from provisioner.views.holds import reopen_command
from provisioner.views.person_tables import STATES
from provisioner.views.shown import Line, Part, Table, Tone

#: What was found behind an address that is to be adopted.
_MATCHES = {
    "found": "compte trouvé : il peut être repris.",
    "missing": "aucun compte n'a cette adresse dans le royaume.",
    "already-ours": "ce compte est déjà géré.",
    "has-roles": "ce compte a un rôle que le royaume ne donne pas à tous : il n'est jamais repris.",
    "two-identifiers": (
        "cette adresse est l'identifiant d'un compte qui a une autre adresse électronique : à corriger d'abord dans "
        "la console."
    ),
    "unnamed": "ce compte n'a pas de nom ou de prénom : à compléter d'abord dans la console.",
}

_ADOPTED = "compte repris."


class ContactAnswer(Answer):
    """Who answers for something; a shared mailbox of the Caf has no name."""

    name: str | None
    email: str


class ContactsAnswer(Answer):
    """`caf show`, and a partner's contacts: annexe 2 or 3. Empty when none is recorded."""

    on: Day | None = absent_when_none()
    habilitations: ContactAnswer | None = absent_when_none()
    securite: ContactAnswer | None = absent_when_none()
    technique: ContactAnswer | None = absent_when_none()
    protection_donnees: ContactAnswer | None = absent_when_none(alias="protection-donnees")
    known: InstanceOf[Contacts] | None = beside(None)
    annexe: int = beside(3)

    @classmethod
    def of(cls, contacts: Contacts | None, annexe: int) -> Self:
        """The contacts of that annexe."""
        people = contacts.people if contacts is not None else ()
        roles = {contact.role.value: ContactAnswer.read(contact) for contact in people}
        return cls.model_validate(
            {"on": contacts.dated if contacts else None, **roles, "known": contacts, "annexe": annexe}
        )

    def shown(self) -> Iterator[Part]:
        if self.known is None:
            yield Line(f"Contacts (annexe {self.annexe}) : aucun enregistré.")
            return
        title = f"Contacts (annexe {self.annexe} du {french_date(self.known.dated)})"
        rows = [(ROLES[contact.role], contact.name, contact.email) for contact in self.known.people]
        yield Table(title, ("Rôle", "Nom", "Adresse électronique"), rows)
        if self.annexe == 3 and self.known.unnamed:
            yield Line(unnamed_roles(self.known.unnamed))


class _PartnerFacts(Answer):
    code: Code
    name: str
    domains: tuple[str, ...]
    addresses: tuple[str, ...]
    signed_on: Day | None
    ends_on: Day
    contained_since: Moment | None = absent_when_none(description="While every access is cut (`partner suspend`).")

    @classmethod
    def facts(cls, partner: Partner, records: Records, **more: object) -> Self:
        """What is recorded of the partner."""
        if (hold := records.contained.get(partner.code)) is not None:
            more |= {"contained_since": hold.since}
        declared = {"domains": tuple(sorted(partner.domains)), "addresses": tuple(sorted(partner.addresses))}
        return cls.read(partner, **declared, ends_on=partner.last_day, **more)


class PartnerHabilitation(Answer):
    """One access through the partner."""

    email: EmailAddress
    state: State
    requested_on: Day
    ended_on: Day | None
    closed_on: Day | None
    number: int | None = beside(None)
    who: str = beside("")

    @classmethod
    def of(cls, habilitation: Habilitation, state: State) -> Self:
        """An access with its words."""
        return cls.read(
            habilitation,
            state=state,
            ended_on=habilitation.end.on if habilitation.end else None,
            number=habilitation.id,
            who=person(habilitation),
        )

    def cells(self) -> tuple[str, ...]:
        """The access in a table."""
        days = map(short, (self.requested_on, self.ended_on, self.closed_on))
        return str(self.number), self.who, STATES[self.state], *days


class PartnerAnswer(_PartnerFacts):
    """`partner show`: its convention, its domains, its contacts, its habilitations."""

    reference: str | None = Field(description="What the signed convention is filed under at the Caf.")
    document_sha256: Sha256 | None = Field(description="The digest of the signed convention's file (C1).")
    contacts: ContactsAnswer
    habilitations: tuple[PartnerHabilitation, ...]
    convention: str = beside("")

    @classmethod
    def of(cls, partner: Partner, records: Records, annexe_2: Contacts | None, today: date) -> Self:
        """A partner as it is on that day."""
        theirs = records.of_partner(partner.code)
        return cls.facts(
            partner,
            records,
            contacts=ContactsAnswer.of(annexe_2, 2),
            habilitations=tuple(PartnerHabilitation.of(access, records.state_of(access)) for access in theirs),
            convention=convention_sentence(partner, today),
        )

    def shown(self) -> Iterator[Part]:
        """The convention, then the contacts, then the accesses."""
        yield Line(f"{self.name} ({self.code})", Tone.TITLE)
        yield Line(self.convention)
        if self.reference is not None:
            yield Line(f"Référence de la convention : {self.reference}")
        if self.document_sha256 is not None:
            yield Line(f"Empreinte SHA-256 de la convention signée : {self.document_sha256}")
        if self.contained_since is not None:
            since = french_date(day_of(self.contained_since))
            told = f"Tous les accès sont coupés depuis le {since}. Pour les rendre : {reopen_command(self.code)}"
            yield Line(told, Tone.WARNING)
        yield Line(f"Domaines : {', '.join(self.domains) or 'aucun'}")
        if self.addresses:
            yield Line(f"Adresses déclarées : {', '.join(self.addresses)}")
        yield from self.contacts.shown()
        rows = [habilitation.cells() for habilitation in self.habilitations]
        yield Table("Habilitations", ("N°", "Personne", "État", "Demande", "Fin", "Clôture"), rows)


class PartnerLine(_PartnerFacts):
    """A partner with how many accesses are open."""

    open: Count

    @property
    def open_now(self) -> str:
        """How many accesses are open, in a cell."""
        return str(self.open) if self.contained_since is None else f"{self.open} (tous coupés)"


class PartnersAnswer(ListAnswer[PartnerLine]):
    """`partner list`: a line each."""

    @classmethod
    def of(cls, records: Records) -> Self:
        """Every partner."""
        return cls(
            tuple(
                PartnerLine.facts(partner, records, open=len(records.open_addresses(code)))
                for code, partner in records.partners.items()
            )
        )

    def shown(self) -> Iterator[Part]:
        rows = [
            (line.code, line.name, in_cell(line.signed_on) or "non signée", in_cell(line.ends_on), line.open_now)
            for line in self.rows
        ]
        columns = ("Code", "Nom", "Signée le", "Dernier jour", "Accès ouverts")
        yield Table("Partenaires", columns, rows, empty="Aucun partenaire n'est enregistré.")


class ImportedAnswer(Answer):
    """`partner import`: the codes that the file added, changed, and left as they were."""

    added: tuple[Code, ...]
    changed: tuple[Code, ...]
    unchanged: tuple[Code, ...]

    def shown(self) -> Iterator[Part]:
        yield from map(Line, imported_lines(self.added, self.changed, self.unchanged))


class CandidateLine(Answer):
    """What stands behind an address that is to be adopted."""

    email: EmailAddress
    match: Annotated[str, WithJsonSchema({"enum": sorted(_MATCHES)})]
    can_be_adopted: bool
    who: str = beside("")

    @classmethod
    def of(cls, candidate: object, account: RemoteAccount | None) -> Self:
        """An address with the account that has it."""
        return cls.read(candidate, who=f"{account.first_names} {account.last_name}" if account is not None else "")


class CandidatesAnswer(ListAnswer[CandidateLine]):
    """`partner adopt`: what stands behind each address that is to be adopted."""

    _are_adopted: bool = False

    @classmethod
    def of(cls, lines: Iterable[CandidateLine], *, are_adopted: bool) -> Self:
        """The lines; `are_adopted`: they were taken over, all of them."""
        answer = cls(tuple(lines))
        answer._are_adopted = are_adopted
        return answer

    def shown(self) -> Iterator[Part]:
        rows = [(line.email, line.who, _ADOPTED if self._are_adopted else _MATCHES[line.match]) for line in self.rows]
        yield Table("Comptes à reprendre", ("Adresse", "Personne", "Constat"), rows)
