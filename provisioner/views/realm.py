"""What `realm apply` changed, in French: a line each."""

from __future__ import annotations

#: By the code of the part that was changed.
CHANGED = {
    "realm-created": "Royaume {name} : créé.",
    "realm": "Royaume, réglage {name} : mis en ordre.",
    "profile": "Profil des utilisateurs, {name} : mis en ordre.",
    "action": "Action requise {name} : activée.",
    "text": "Texte {name} : mis en ordre.",
    "group": "Groupe {name} : créé.",
    "client-created": "Client {name} : créé.",
    "client": "Client {client}, réglage {name} : mis en ordre.",
    "claim": "Client {client}, information {name} : mise en ordre.",
    "role-given": "Compte de service, rôle {name} : donné.",
    "role-taken": "Compte de service, rôle {name} : retiré.",
}


def realm_change(part: str, name: str, client: str) -> str:
    """That this part of the realm was changed."""
    return CHANGED[part].format(name=name, client=client)
