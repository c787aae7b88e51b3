"""`person erase`: what goes before its day, and what the convention obliges to keep (GDPR 17, D rules)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from provisioner.domain.convention import Role
from provisioner.domain.erasure import Erasure
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import Answer, Code, Day, Number, Rule
from provisioner.views.conventions import ROLES
from provisioner.views.dates import in_cell
from provisioner.views.shown import Line, Part, Table, Tone


class What(StrEnum):
    """What is erased, or kept."""

    ACCOUNT = "account"
    CONNECTIONS = "connections"
    HABILITATION = "habilitation"
    CONTACT = "contact"


_WORDS = {
    What.ACCOUNT: "le compte Keycloak et ce que le registre conserve à son seul sujet",
    What.CONNECTIONS: "ses connexions, les constats qui en découlent et la date de la dernière connexion",
    What.HABILITATION: "l'habilitation n° {number} : nom, fonction, adresse, dates, annexe 1, entrées du journal",
    What.CONTACT: "le rôle de contact « {role} » : nom et adresse, tant que l'annexe n'est pas remplacée",
}


class ErasedLine(Answer):
    """What goes, with the rule by which it would have gone later."""

    what: What
    rule: Rule


class KeptLine(Answer):
    """What stays, with the rule that obliges to keep it and its last day, where that can be told. `partner` is null
    for a contact of the Caf's.
    """

    what: What
    rule: Rule
    partner: Code | None
    habilitation: Number | None
    until: Day | None
    role: Role | None


class ErasureAnswer(Answer):
    """`person erase`: `erased` is empty where it was done already; with `dry_run` nothing is changed."""

    email: EmailAddress
    dry_run: bool
    erased: tuple[ErasedLine, ...]
    kept: tuple[KeptLine, ...]

    @classmethod
    def of(cls, email: EmailAddress, erasure: Erasure, *, dry_run: bool) -> Self:
        gone = (What.ACCOUNT, What.CONNECTIONS) if erasure.account is not None else ()
        kept = [
            KeptLine(
                what=What.HABILITATION,
                rule=destruction.rule,
                partner=destruction.partner,
                habilitation=destruction.habilitation.id if destruction.habilitation else None,
                until=destruction.due_on,
                role=None,
            )
            for destruction in erasure.habilitations
        ]
        kept += [
            KeptLine(what=What.CONTACT, rule="N3", partner=partner, habilitation=None, until=None, role=role)
            for partner, role in erasure.roles
        ]
        erased = tuple(ErasedLine(what=what, rule="D1") for what in gone)
        return cls(email=email, dry_run=dry_run, erased=erased, kept=tuple(kept))

    def shown(self) -> Iterator[Part]:
        done = "À effacer" if self.dry_run else "Effacé"
        yield Line(f"{done} pour {self.email}", Tone.TITLE)
        rows = [(_WORDS[line.what], line.rule) for line in self.erased]
        yield Table(done, ("Quoi", "Règle"), rows, empty="Rien : le compte et ses connexions sont déjà détruits.")
        kept = [
            (
                _WORDS[line.what].format(number=line.habilitation, role=ROLES[line.role] if line.role else ""),
                line.partner or "Caf",
                in_cell(line.until),
                line.rule,
            )
            for line in self.kept
        ]
        title = "Conservé : la convention y oblige (RGPD, article 17, paragraphe 3)"
        yield Table(title, ("Quoi", "Partenaire", "Jusqu'au", "Règle"), kept, empty="Rien n'est conservé.")
