"""The words of the yearly review (V1): what stands beside a name, how Keycloak differs, when it is due."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.connections.usage import UsageState
from provisioner.domain.convention import Role
from provisioner.domain.review import OwnAccess, Unproven

#: D4: all that a partner is told of how somebody uses the access.
REMARKS: Mapping[UsageState, str] = {
    UsageState.NEVER_USED: "jamais utilisé",
    UsageState.UNUSED: "non utilisé depuis plus de 6 mois",
}

#: What the Caf is told of an account that is not as the list says.
UNPROVEN: Mapping[Unproven, str] = {
    Unproven.NO_ACCOUNT: "dans la liste, sans compte dans Keycloak",
    Unproven.DISABLED: "dans la liste, compte désactivé dans Keycloak",
    Unproven.OUTSIDE_GROUP: "dans la liste, compte hors du groupe du partenaire",
    Unproven.NOT_IN_LIST: "hors de la liste, compte actif dans le groupe du partenaire",
}

#: That a contact stands in the list.
OWN: Mapping[OwnAccess, str] = {
    OwnAccess.LISTED: "Un contact du partenaire figure lui-même dans la liste.",
    OwnAccess.ALONE: (
        "Le seul accès de la liste est celui d'un contact du partenaire : personne d'autre ne le relit."
    ),
}

#: The partner's contact to whom a reminder goes.
CONTACTS: Mapping[Role, str] = {
    Role.HABILITATIONS: "personne responsable des habilitations",
    Role.SECURITE: "personne responsable de la sécurité",
}
