"""`partner …` and `caf show`: the register of conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, InstanceOf, WithJsonSchema

from provisioner.domain.access.account import RemoteAccount
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Contacts, Partner
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.views.access import STATES, person
from provisioner.views.answers import (
    Answer,
    Code,
    Count,
    Day,
    ListAnswer,
    Moment,
    RowAnswer,
    Sha256,
    absent_when_none,
    beside,
)
from provisioner.views.conventions import ROLES, convention_sentence, imported_lines, unnamed_roles
from provisioner.views.dates import french_date, in_cell, short
from provisioner.views.hints import reopen_partner
from provisioner.views.sentences import counted
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


class _PartnerFacts(RowAnswer):
    code: Code
    name: str
    domains: tuple[str, ...]
    addresses: tuple[str, ...]
    signed_on: Day | None
    ends_on: Day
    notice_days: Count | None = Field(description="Before a tacit renewal; null until the paper is read.")
    contained_since: Moment | None = absent_when_none(description="While every access is cut (`partner suspend`).")

    @classmethod
    def facts(cls, partner: Partner, containment: Hold | None, **more: object) -> Self:
        """What is recorded of the partner."""
        if containment is not None:
            more |= {"contained_since": containment.since}
        declared = {"domains": tuple(sorted(partner.domains)), "addresses": tuple(sorted(partner.addresses))}
        return cls.read(partner, **declared, ends_on=partner.last_day, **more)


class PartnerHabilitation(RowAnswer):
    """One access through the partner."""

    email: EmailAddress
    state: State
    requested_on: Day
    ended_on: Day | None
    closed_on: Day | None
    last_name: str
    first_names: str
    function: str
    number: int | None = beside(None)
    who: str = beside("")

    @classmethod
    def of(cls, habilitation: Habilitation, state: State) -> Self:
        who = person(habilitation)
        return cls.read(habilitation, habilitation.person, state=state, number=habilitation.id, who=who)

    def cells(self) -> tuple[str, ...]:
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
        theirs = records.of_partner(partner.code)
        return cls.facts(
            partner,
            records.contained.get(partner.code),
            contacts=ContactsAnswer.of(annexe_2, 2),
            habilitations=tuple(PartnerHabilitation.of(access, records.state_of(access)) for access in theirs),
            convention=convention_sentence(partner, today),
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.name} ({self.code})", Tone.TITLE)
        yield Line(self.convention)
        if self.reference is not None:
            yield Line(f"Référence de la convention : {self.reference}")
        if self.document_sha256 is not None:
            yield Line(f"Empreinte SHA-256 de la convention signée : {self.document_sha256}")
        if self.notice_days is not None:
            yield Line(f"Préavis avant une reconduction tacite : {counted(self.notice_days, 'jour')}")
        if self.contained_since is not None:
            since = french_date(day_of(self.contained_since))
            told = f"Tous les accès sont coupés depuis le {since}. Pour les rendre : {reopen_partner(self.code)}"
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

    @classmethod
    def of(cls, partner: Partner, contained: Mapping[str, Hold], open_now: Mapping[str, int]) -> Self:
        return cls.facts(partner, contained.get(partner.code), open=open_now.get(partner.code, 0))

    def cells(self) -> tuple[str, ...]:
        open_now = str(self.open) if self.contained_since is None else f"{self.open} (tous coupés)"
        return self.code, self.name, in_cell(self.signed_on) or "non signée", in_cell(self.ends_on), open_now


class PartnersAnswer(ListAnswer[PartnerLine]):
    """`partner list`: a line each."""

    TITLE = "Partenaires"
    COLUMNS = ("Code", "Nom", "Signée le", "Dernier jour", "Accès ouverts")
    EMPTY = "Aucun partenaire n'est enregistré."


class ImportedAnswer(Answer):
    """`partner import`: the codes that the file added, changed, and left as they were."""

    added: tuple[Code, ...]
    changed: tuple[Code, ...]
    unchanged: tuple[Code, ...]

    def shown(self) -> Iterator[Part]:
        yield from map(Line, imported_lines(self.added, self.changed, self.unchanged))


class CandidateLine(RowAnswer):
    """What stands behind an address that is to be adopted."""

    email: EmailAddress
    match: Annotated[str, WithJsonSchema({"enum": sorted(_MATCHES)})]
    can_be_adopted: bool
    who: str = beside("")
    is_adopted: bool = beside(False)

    @classmethod
    def of(cls, candidate: Any, is_adopted: bool) -> Self:
        account: RemoteAccount | None = candidate.account
        who = f"{account.first_names} {account.last_name}" if account is not None else ""
        return cls.read(candidate, who=who, is_adopted=is_adopted)

    def cells(self) -> tuple[str, ...]:
        return self.email, self.who, _ADOPTED if self.is_adopted else _MATCHES[self.match]


class CandidatesAnswer(ListAnswer[CandidateLine]):
    """`partner adopt`: what stands behind each address that is to be adopted."""

    TITLE = "Comptes à reprendre"
    COLUMNS = ("Adresse", "Personne", "Constat")
