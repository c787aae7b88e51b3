"""The words of connections: what an event is, why one failed, how an access was used, what a report does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.domain.connections.report import Gap, GapCause
from provisioner.domain.connections.usage import Usage, UsageState
from provisioner.views.dates import french_date, french_moment

#: Keycloak's types of events, as the register has them; one without words is shown by its code.
KINDS: Mapping[str, str] = {
    "code_to_token": "Jeton d'accès obtenu",
    "custom_required_action": "Étape demandée à la connexion",
    "execute_action_token": "Lien reçu par courriel, ouvert",
    "execute_actions": "Lien reçu par courriel, ouvert",
    "impersonate": "Connexion d'un administrateur à la place de la personne",
    "login": "Connexion",
    "logout": "Déconnexion",
    "remove_credential": "Moyen de connexion supprimé",
    "reset_password": "Nouveau mot de passe",
    "send_reset_password": "Lien pour un nouveau mot de passe demandé",
    "send_verify_email": "Lien de vérification de l'adresse envoyé",
    "update_credential": "Mot de passe créé ou changé",
    "update_email": "Adresse changée",
    "update_password": "Mot de passe créé ou changé",
    "update_profile": "Profil modifié",
    "user_disabled_by_permanent_lockout": "Compte bloqué après plusieurs échecs",
    "user_disabled_by_temporary_lockout": "Compte bloqué temporairement après plusieurs échecs",
    "verify_email": "Adresse vérifiée",
}

#: Keycloak's codes of failures.
OUTCOMES: Mapping[str, str] = {
    "expired_code": "lien ou page expirés",
    "invalid_user_credentials": "mot de passe erroné",
    "password_rejected": "mot de passe refusé par les règles",
    "user_disabled": "compte désactivé",
    "user_not_found": "compte inconnu",
    "user_temporarily_disabled": "compte bloqué temporairement",
}

#: What administrators do, as Keycloak's admin events name it.
OPERATIONS: Mapping[str, str] = {
    "action": "action",
    "create": "création",
    "update": "modification",
    "delete": "suppression",
}

#: To what, where it is an account that it was done to; what is done to a part of it is told by the path's end.
_OBJECTS: Mapping[str, str] = {
    "client_role_mapping": "rôle",
    "execute-actions-email": "courriel d'activation",
    "group_membership": "groupe",
    "logout": "déconnexion",
    "realm_role_mapping": "rôle",
    "reset-password": "mot de passe",
    "user": "compte",
}

_GAPS = {
    GapCause.BEFORE_READING: "avant la première lecture",
    GapCause.HOLE: "événements disparus ou non conservés par Keycloak avant d'être lus",
    GapCause.DESTROYED: "au-delà de la durée de conservation",
    GapCause.NOT_READ_YET: "pas encore lu",
}

WHOLE = "Période lue sans lacune."

#: What a report by person may not be used for; it stands at its foot.
REFUSED_USES = (
    "Ce rapport sert à vérifier que seules les personnes habilitées se connectent, et à rien d'autre. Il ne peut "
    "servir ni à contrôler des horaires, ni à établir une présence ou une absence, ni à une procédure disciplinaire. "
    "Il ne donne aucune heure."
)


def outcome_words(outcome: str | None) -> str:
    """How an event ended."""
    return "" if outcome is None else f"échec : {OUTCOMES.get(outcome, outcome)}"


def object_words(resource: str, path: str) -> str:
    """What of an account an act at the console was about."""
    return _OBJECTS.get(path.rpartition("/")[2]) or _OBJECTS.get(resource, resource)


def usage_words(usage: Usage) -> str:
    """How an access was used (D4)."""
    last = "" if usage.last_on is None else f"dernière connexion le {french_date(usage.last_on)}"
    before = "" if usage.known_since is None else f"inconnu avant le {french_date(usage.known_since)}"
    match usage.state:
        case UsageState.NEVER_USED:
            return "jamais utilisé"
        case UsageState.UNUSED:
            return f"non utilisé depuis plus de 6 mois ({last or before})"
        case UsageState.USED:
            return last
        case UsageState.UNKNOWN:
            return f"aucune connexion connue ; {before}" if before else "inconnue (rien n'a encore été lu)"


def gap_lines(gaps: Iterable[Gap]) -> list[str]:
    """A sentence a span that is not known."""
    return [f"Du {french_moment(gap.since)} au {french_moment(gap.until)} : {_GAPS[gap.cause]}." for gap in gaps]
