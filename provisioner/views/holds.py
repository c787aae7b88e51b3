"""Why something waits, in one sentence: what stands before a plan, and every hold that is kept."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.gates import Blocked, Limit
from provisioner.domain.hold import Cause, Hold, HoldKind, StillOpen
from provisioner.views import hints
from provisioner.views.dates import french_date
from provisioner.views.reasons import link_fault
from provisioner.views.sentences import counted

UNKNOWN_REALM = (
    "Ce royaume Keycloak n'est pas celui de ce registre : rien n'en est déduit, rien n'y est modifié. Corrigez "
    "PROVISIONER_KEYCLOAK__URL ou PROVISIONER_KEYCLOAK__REALM ; si le royaume a été refait : provisioner realm "
    'accept --by "NOM" --reason "MOTIF"'
)


def contained_sentence(code: str) -> str:
    """That all accesses of a partner are cut, and how to give them back."""
    return f"Tous les accès du partenaire {code} sont coupés. Pour les rendre : {hints.reopen_partner(code)}"


def blocked_reason(blocked: Blocked) -> str:
    """What holds a plan, and how to go on."""
    if blocked.limit is Limit.CLOSURES:
        return (
            f"{blocked.partner} : {blocked.figure} clôtures en 24 heures, {blocked.allowed} au plus sans accord ; "
            f"rien n'est modifié. Après vérification : la même commande apply avec --allow {blocked.plan_id} ou, "
            f"pour un plan déjà retenu, {hints.release(blocked.plan_id)}"
        )
    if blocked.limit is Limit.PARTNERS:
        return (
            f"{blocked.partner} : des accès seraient clôturés chez {blocked.figure} partenaires à la fois, "
            f"{blocked.allowed} au plus sans accord ; rien n'est modifié. Après vérification : "
            f"{hints.release(blocked.plan_id)}"
        )
    if blocked.limit is Limit.CONTAINMENT:
        return (
            f"Tous les accès du partenaire {blocked.partner} sont coupés : les ouvertures attendent. "
            f"Pour les rendre : {hints.reopen_partner(blocked.partner)}"
        )
    if blocked.limit is Limit.PAUSE:
        return (
            f"Mise en pause : rien n'est modifié pour {blocked.partner}. Pour reprendre : "
            f"{hints.resume()} (pause générale) ou {hints.resume(blocked.partner)}"
        )
    if blocked.limit is Limit.DESTRUCTIONS:
        why = destructions_reason(blocked.figure, blocked.allowed)
        return f"{why} Pour ne pas attendre, après vérification : {hints.release(blocked.plan_id)}"
    return UNKNOWN_REALM if blocked.fault is None else link_fault(blocked.fault)


def hold_reason(hold: Hold) -> str:
    """The limit with its figures, what the person who decided said, or what failed."""
    if hold.kind is HoldKind.LIMIT:
        if hold.reason == Limit.DESTRUCTIONS:
            return destructions_reason(hold.figure, hold.allowed)
        return _LIMITS[Limit(hold.reason)].format(figure=hold.figure, most=hold.allowed)
    if hold.still_open is not None:
        return still_open_reason(hold.still_open, hold.reason)
    if hold.kind is HoldKind.QUARANTINE:
        return failure_sentence(hold.reason)
    if hold.kind is HoldKind.CONTAINMENT:
        second = f", confirmé par {hold.second}" if hold.second else ""
        count = counted(hold.figure or 0, "compte")
        return f"{hold.reason} ({count} à couper{second}). Pour les rendre : {hints.reopen_partner(hold.partner)}"
    until = f" (jusqu'au {french_date(hold.until)})" if hold.until else ""
    return f"{hold.reason}{until}"


def destructions_reason(figure: int | None, allowed: int | None) -> str:
    """Why nothing is destroyed on this day."""
    if (figure or 0) > (allowed or 0):
        return f"Rien n'a été détruit : {figure} destructions le même jour, {allowed} au plus sans accord."
    return (
        "Rien n'a été détruit : ces destructions n'avaient pas toutes été annoncées par la synchronisation d'un jour "
        "précédent. Elles le sont maintenant : celle d'un prochain jour les fera."
    )


def still_open_reason(why: StillOpen, answer: str) -> str:
    """An access that should be closed and is not, and what to do; `answer` is Keycloak's."""
    return _STILL_OPEN[why].format(answer=_answer(answer))


_LIMITS = {
    Limit.CLOSURES: "{figure} clôtures en 24 heures, {most} au plus sans accord.",
    Limit.PARTNERS: "Des clôtures chez {figure} partenaires à la fois, {most} au plus sans accord.",
    Limit.UNKNOWN_REALM: "Ce royaume Keycloak n'est pas celui de ce registre.",
}

_STILL_OPEN = {
    StillOpen.ACCOUNT: (
        "Accès encore ouvert : Keycloak refuse de désactiver le compte. À chaque passage, les connexions sont "
        "fermées et le mot de passe est supprimé, mais la personne peut en demander un nouveau (« Mot de passe "
        "oublié ? »). À faire : corriger ce que signale provisioner doctor, ou désactiver ou supprimer le compte "
        "dans la console. {answer}"
    ),
    StillOpen.PARTNER: (
        "Accès encore ouvert : le compte, qui sert aussi un autre partenaire, a quitté le groupe de celui-ci, mais "
        "Keycloak refuse d'en retirer le partenaire. À faire : corriger ce que signale provisioner doctor, ou "
        "corriger le compte dans la console. {answer}"
    ),
    StillOpen.MADE_AGAIN: (
        "Accès encore ouvert : le compte a été supprimé dans la console, puis recréé à la main avec la même adresse. "
        "Le nouveau compte n'est pas géré par ce logiciel. À faire : le désactiver ou le supprimer dans la console, "
        f"ou le reprendre ({hints.ADOPT}), puis provisioner sync"
    ),
}

_FAILURES: Mapping[str, str] = {
    Cause.DEFECT: "Défaut du logiciel : voir partner.set_aside dans le journal technique.",
    Cause.STOPPED: "Non tenté : arrêt demandé. La prochaine synchronisation le fait.",
    Cause.SUPERSEDED: "Non tenté : le verrou a été perdu, une autre instance est peut-être active.",
    Cause.OVERTAKEN: "Non tenté : la personne a été suspendue entre-temps.",
    Cause.SILENT: "Non tenté : Keycloak ne répond plus. La prochaine synchronisation le fait.",
    Cause.NO_MAIL: "Non tenté : Keycloak ne peut envoyer aucun courriel. La prochaine synchronisation le fait.",
    Cause.GROUP_MISSING: "Non tenté : le groupe du partenaire n'existe pas encore dans Keycloak.",
    Cause.ACCOUNT_MISSING: "Le compte n'existe plus dans Keycloak. Pour le recréer : " + hints.reopen_person(None),
    Cause.MADE_AGAIN: "Le compte a été recréé à la main avec la même adresse.",
    Cause.NOT_MANAGED: "L'adresse est celle d'un compte que ce logiciel ne gère pas (A8) : libérez-la d'abord.",
    Cause.NEW_ADDRESS_TAKEN: "La nouvelle adresse est celle d'un autre compte : libérez-la d'abord.",
    Cause.NOT_READY: "Le compte n'a pas pu être préparé : aucun lien n'a été envoyé.",
    Cause.ENABLED: "Le compte est de nouveau activé dans Keycloak : il est clôturé avant d'être détruit.",
    Cause.UNCERTAIN: "L'envoi de ce courriel est incertain : provisioner invitation list",
    Cause.GROUP_PLACE_TAKEN: (
        "Un autre groupe de Keycloak a pris le nom ou la place du groupe du partenaire, ou de celui qui le contient. "
        "Les ouvertures attendent, les clôtures sont faites. Renommez ou supprimez cet autre groupe dans la console, "
        "puis lancez provisioner sync"
    ),
}


def failure_sentence(reason: str) -> str:
    """Why something could not be done: by its cause, or as Keycloak said it, quoted."""
    if reason.startswith(f"{Cause.DEFECT}: "):
        return f"Défaut du logiciel : « {reason.removeprefix(f'{Cause.DEFECT}: ')} »."
    return _FAILURES.get(reason) or _answer(reason)


def _answer(reason: str) -> str:
    return f"Réponse de Keycloak : « {reason.rstrip('.')} »."


#: What each limit is called, in a few words.
LIMITS = {
    Limit.CLOSURES: "trop de clôtures en 24 heures",
    Limit.PARTNERS: "clôtures chez plusieurs partenaires à la fois",
    Limit.DESTRUCTIONS: "trop de destructions, ou non annoncées",
    Limit.UNKNOWN_REALM: "royaume inconnu",
    Limit.PASSWORD_POLICY: "liens inutilisables dans ce royaume",
    Limit.PAUSE: "mise en pause",
    Limit.CONTAINMENT: "accès du partenaire coupés",
}

#: What each hold is called.
KINDS = {
    HoldKind.LIMIT: "limite",
    HoldKind.PAUSE: "mise en pause",
    HoldKind.QUARANTINE: "mise à l'écart",
    HoldKind.SUSPENSION: "suspension",
    HoldKind.CONTAINMENT: "coupure des accès",
    HoldKind.RETENTION: "conservation",
}
