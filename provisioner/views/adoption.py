"""What was found behind an address that is to be adopted."""

from __future__ import annotations

MATCHES = {
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

ADOPTED = "compte repris."
