"""The contacts' roles in French."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.contacts import Role

#: What each contact answers for, as officers read it.
ROLES: Mapping[Role, str] = {
    Role.HABILITATIONS: "Responsable des habilitations",
    Role.SECURITE: "Responsable de la sécurité",
    Role.TECHNIQUE: "Contact technique",
}
