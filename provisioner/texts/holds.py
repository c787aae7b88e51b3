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
        return _FAILURES.get(one.reason, "Réponse de Keycloak : {reason}").format(reason=one.reason)
    until = f" (jusqu'au {french_date(one.until)})" if one.until else ""
    return f"{one.reason}{until}"


_LIMITS = {
    Limit.CLOSURES: "{figure} clôtures en 24 heures, {most} au plus sans accord.",
    Limit.PARTNERS: "Des clôtures chez {figure} partenaires à la fois, {most} au plus sans accord.",
    Limit.UNKNOWN_REALM: "Ce royaume Keycloak n'est pas celui dans lequel ce registre a commencé.",
}

_FAILURES = {"defect": "Défaut du logiciel : voir partner.set_aside dans le journal technique."}

#: What each hold is called.
KINDS = {
    HoldKind.LIMIT: "limite",
    HoldKind.PAUSE: "mise en pause",
    HoldKind.QUARANTINE: "mise à l'écart",
    HoldKind.SUSPENSION: "suspension",
}
