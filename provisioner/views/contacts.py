"""The contacts' roles in French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provisioner.domain.convention import Role

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
