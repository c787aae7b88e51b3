"""Why something waits, in one sentence: what stands before a plan, and every hold that is kept."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.gates import Blocked, Limit
from provisioner.domain.hold import Cause, Hold, HoldKind, StillOpen
from provisioner.views.dates import french_date
from provisioner.views.reasons import link_fault
from provisioner.views.sentences import counted

UNKNOWN_REALM = (
    "Ce royaume Keycloak n'est pas celui dans lequel ce registre a commencé : rien n'en est conclu, rien n'y est "
    "modifié. Corrigez PROVISIONER_KEYCLOAK__URL ou PROVISIONER_KEYCLOAK__REALM ; si le royaume a été refait : "
    "realm accept."
)


def reopen_command(code: str) -> str:
    """What gives a partner's accesses back, to be pasted."""
    return f'provisioner partner reopen {code} --by "NOM" --reason "MOTIF"'


def contained_sentence(code: str) -> str:
    """That all accesses of a partner are cut, and how to give them back."""
    return f"Tous les accès du partenaire {code} sont coupés. Pour les rendre : {reopen_command(code)}"


def blocked_reason(blocked: Blocked) -> str:
    """What holds a plan, and how to go on."""
    if blocked.limit is Limit.CLOSURES:
        return (
            f"Rien n'a été modifié pour {blocked.partner} : {blocked.figure} clôtures en 24 heures, "
            f"{blocked.allowed} au plus sans accord. Après vérification : --allow {blocked.plan_id}"
        )
    if blocked.limit is Limit.PARTNERS:
        return (
            f"Rien n'a été modifié pour {blocked.partner} : des accès seraient clôturés chez {blocked.figure} "
            f"partenaires à la fois, {blocked.allowed} au plus sans accord. Après vérification : "
            f"held release {blocked.plan_id}"
        )
    if blocked.limit is Limit.CONTAINMENT:
        return (
            f"Tous les accès du partenaire {blocked.partner} sont coupés : les ouvertures attendent. "
            f"Pour les rendre : {reopen_command(str(blocked.partner))}"
        )
    if blocked.limit is Limit.PAUSE:
        return f"Mise en pause : rien n'est modifié pour {blocked.partner}. Pour reprendre : resume."
    if blocked.limit is Limit.DESTRUCTIONS:
        why = destructions_reason(blocked.figure, blocked.allowed)
        return f"{why} Pour ne pas attendre, après vérification : held release {blocked.plan_id}"
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
        return f"{hold.reason} ({count} à couper{second}). Pour les rendre : {reopen_command(str(hold.partner))}"
    until = f" (jusqu'au {french_date(hold.until)})" if hold.until else ""
    return f"{hold.reason}{until}"


def destructions_reason(figure: int | None, allowed: int | None) -> str:
    """Why nothing is destroyed on this day."""
    if (figure or 0) > (allowed or 0):
        return f"Rien n'a été détruit : {figure} destructions le même jour, {allowed} au plus sans accord."
    return (
        "Rien n'a été détruit : ce qui est dû n'a pas été annoncé en entier par une synchronisation d'un jour "
        "précédent. Il l'est maintenant : celle d'un prochain jour le fait."
    )


def still_open_reason(why: StillOpen, answer: str) -> str:
    """An access that should be closed and is not, and what to do; `answer` is Keycloak's."""
    return _STILL_OPEN[why].format(answer=_answer(answer))


_LIMITS = {
    Limit.CLOSURES: "{figure} clôtures en 24 heures, {most} au plus sans accord.",
    Limit.PARTNERS: "Des clôtures chez {figure} partenaires à la fois, {most} au plus sans accord.",
    Limit.UNKNOWN_REALM: "Ce royaume Keycloak n'est pas celui dans lequel ce registre a commencé.",
}

_STILL_OPEN = {
    StillOpen.ACCOUNT: (
        "Accès encore ouvert : Keycloak refuse de désactiver le compte. À chaque passage, les connexions sont "
        "fermées et le mot de passe est supprimé, mais la personne peut en demander un nouveau "
        "(« Mot de passe oublié ? »). "
        "À faire : corriger ce que signale doctor, ou désactiver ou supprimer le compte dans la console. "
        "{answer}"
    ),
    StillOpen.PARTNER: (
        "Accès encore ouvert : le compte, qui sert aussi un autre partenaire, a quitté le groupe de celui-ci, mais "
        "Keycloak refuse d'en retirer le partenaire. À faire : corriger ce que signale doctor, ou corriger le compte "
        "dans la console. {answer}"
    ),
    StillOpen.MADE_AGAIN: (
        "Accès encore ouvert : le compte a été supprimé dans la console, puis recréé à la main avec la même adresse. "
        "Le nouveau compte n'est pas géré par ce logiciel. À faire : le désactiver ou le supprimer dans la console, "
        "ou le reprendre (partner adopt), puis sync."
    ),
}

_FAILURES: Mapping[str, str] = {
    Cause.DEFECT: "Défaut du logiciel : voir partner.set_aside dans le journal technique.",
    Cause.STOPPED: "Non tenté : arrêt demandé. La prochaine synchronisation le fait.",
    Cause.SUPERSEDED: "Non tenté : le verrou a été perdu, une autre instance est peut-être au travail.",
    Cause.OVERTAKEN: "Non tenté : la personne a été suspendue entre-temps.",
    Cause.SILENT: "Non tenté : Keycloak ne répond plus. La prochaine synchronisation le fait.",
    Cause.NO_MAIL: "Non tenté : Keycloak ne peut envoyer aucun courriel. La prochaine synchronisation le fait.",
    Cause.GROUP_MISSING: "Non tenté : le groupe du partenaire n'existe pas encore dans Keycloak.",
    Cause.ACCOUNT_MISSING: "Le compte n'existe plus dans Keycloak. Pour le recréer : person reopen.",
    Cause.MADE_AGAIN: "Le compte a été recréé à la main avec la même adresse.",
    Cause.NOT_MANAGED: "L'adresse est celle d'un compte que ce logiciel ne gère pas (A8) : libérez-la d'abord.",
    Cause.NEW_ADDRESS_TAKEN: "La nouvelle adresse est celle d'un autre compte : libérez-la d'abord.",
    Cause.NOT_READY: "Le compte n'a pas pu être préparé : aucun lien n'a été envoyé.",
    Cause.ENABLED: "Le compte est de nouveau activé dans Keycloak : il est clôturé avant d'être détruit.",
    Cause.UNCERTAIN: "Nul ne peut savoir si ce courriel est parti : voir invitation list.",
    Cause.GROUP_PLACE_TAKEN: (
        "Un autre groupe de Keycloak a pris le nom ou la place du groupe du partenaire, ou de celui qui le contient. "
        "Les ouvertures attendent, les clôtures sont faites. Renommez ou supprimez cet autre groupe dans la console, "
        "puis sync."
    ),
}


def failure_sentence(reason: str) -> str:
    """Why something could not be done: by its cause, or as Keycloak said it, quoted."""
    if reason.startswith(f"{Cause.DEFECT}: "):
        return f"Défaut du logiciel : « {reason.removeprefix(f'{Cause.DEFECT}: ')} »."
    return _FAILURES.get(reason) or _answer(reason)


def _answer(reason: str) -> str:
    return f"Réponse de Keycloak : « {reason.rstrip('.')} »."


#: What each hold is called.
KINDS = {
    HoldKind.LIMIT: "limite",
    HoldKind.PAUSE: "mise en pause",
    HoldKind.QUARANTINE: "mise à l'écart",
    HoldKind.SUSPENSION: "suspension",
    HoldKind.CONTAINMENT: "confinement",
    HoldKind.RETENTION: "conservation",
}
