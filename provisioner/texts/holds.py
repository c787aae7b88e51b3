"""Why something waits, in one sentence."""

from __future__ import annotations

from provisioner.domain.change import Limit
from provisioner.domain.hold import Hold, HoldKind
from provisioner.texts.dates import french_date


def hold_reason(one: Hold) -> str:
    """The limit with its figures, what the person who decided said, or what failed."""
    if one.kind is HoldKind.LIMIT:
        figure, most = one.figures or (None, None)
        return _LIMITS[Limit(one.limit or "")].format(figure=figure, most=most)
    if one.kind is HoldKind.QUARANTINE:
        return failure_sentence(one.reason)
    until = f" (jusqu'au {french_date(one.until)})" if one.until else ""
    return f"{one.reason}{until}"


_LIMITS = {
    Limit.CLOSURES: "{figure} clôtures en 24 heures, {most} au plus sans accord.",
    Limit.PARTNERS: "Des clôtures chez {figure} partenaires à la fois, {most} au plus sans accord.",
    Limit.UNKNOWN_REALM: "Ce royaume Keycloak n'est pas celui dans lequel ce registre a commencé.",
}

_FAILURES = {
    "defect": "Défaut du logiciel : voir partner.set_aside dans le journal technique.",
    "group-place-taken": (
        "Un autre groupe de Keycloak a pris le nom ou la place du groupe du partenaire, ou de celui qui le contient. "
        "Les ouvertures attendent, les clôtures sont faites. Renommez ou supprimez cet autre groupe dans la console, "
        "puis sync."
    ),
}


def known_failure(error: str) -> str:
    """The sentence for a failure that has one, else what Keycloak said."""
    return _FAILURES.get(error, error)


def failure_sentence(reason: str) -> str:
    """Why something could not be done, by its code or as Keycloak said it."""
    return _FAILURES.get(reason, f"Réponse de Keycloak : {reason}")


#: What each hold is called.
KINDS = {
    HoldKind.LIMIT: "limite",
    HoldKind.PAUSE: "mise en pause",
    HoldKind.QUARANTINE: "mise à l'écart",
    HoldKind.SUSPENSION: "suspension",
}
