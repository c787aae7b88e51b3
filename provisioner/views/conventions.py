"""The words about conventions, the register of partners and contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from provisioner.domain.convention import Partner, Role
from provisioner.views.dates import french_date


def convention_sentence(partner: Partner, today: date) -> str:
    """Where the convention stands on that day: its period, its tacit renewal (C1), its last day."""
    if partner.signed_on is None:
        return "Convention non signée : aucun accès ne s'ouvre."
    signed, last_day = french_date(partner.signed_on), french_date(partner.last_day)
    if today < partner.signed_on:
        return f"Convention qui prendra effet le {signed} ; dernier jour : {last_day}."
    is_early = partner.last_day < partner.ctg_end
    period = partner.period_on(today)
    if period is None:
        early = ", avant la fin de la CTG" if is_early else ", à la fin de la CTG"
        return f"Convention signée le {signed}, terminée le {last_day}{early} : aucun accès ne s'ouvre."
    first, last = (french_date(day) for day in period)
    under_way = f"Convention signée le {signed} ; période en cours : du {first} au {last}"
    if is_early:
        return f"{under_way} ; fin anticipée, dernier jour : {last_day}."
    if period[1] == partner.last_day:
        return f"{under_way}, la dernière (fin de la CTG)."
    return f"{under_way}, reconduite tacitement jusqu'au {last_day} (fin de la CTG)."


def imported_lines(added: Collection[str], changed: Collection[str], unchanged: Collection[str]) -> Iterator[str]:
    """What an import did, a line for each of the three."""
    for title, codes in (("Ajoutés", added), ("Modifiés", changed), ("Inchangés", unchanged)):
        listed = f" ({', '.join(codes)})" if codes else ""
        yield f"{title} : {len(codes)}{listed}"


#: What each contact answers for, as officers read it.
ROLES: Mapping[Role, str] = {
    Role.HABILITATIONS: "Responsable des habilitations",
    Role.SECURITE: "Responsable de la sécurité",
    Role.TECHNIQUE: "Contact technique",
    Role.PROTECTION_DONNEES: "Délégué à la protection des données",
}


def unnamed_roles(roles: Sequence[Role]) -> str:
    """That nobody is named for these roles, and who is told instead (N2)."""
    names = ", ".join(ROLES[role].lower() for role in roles)
    return f"Non désigné à l'annexe 3 : {names}. Ce qui les concerne ira au responsable des habilitations."
