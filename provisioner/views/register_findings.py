"""The words of the findings that need the register or Keycloak (R and K of the contract)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import Absent, ConventionDates, Count, Sender, Transmissions
from provisioner.domain.annexe.document import Finding
from provisioner.domain.people import EmailAddress
from provisioner.views.dates import french_date
from provisioner.views.details import day, of, or_waiver, who

#: What the report says of A8's findings: it goes to the partner, who must not learn who else has an account.
_NOT_AS_IT_IS = "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."


def _stale(finding: Finding) -> str:
    dates = of(finding, Transmissions)
    return (
        f"Cette annexe 1, datée du {french_date(dates.transmitted_on)}, est antérieure à celle qui est en vigueur "
        f"(transmise le {french_date(dates.current)}) : envoyez une annexe 1 à jour, datée du jour."
    )


def _same_date(finding: Finding) -> str:
    current = french_date(of(finding, Transmissions).current)
    return (
        f"L'annexe 1 en vigueur porte la même date de transmission ({current}) "
        "avec un autre contenu : vérifiez que celle-ci est bien la plus récente."
    )


def _sender(finding: Finding) -> str:
    if of(finding, Sender).is_named:
        return (
            "Cette annexe 1 n'a pas été envoyée depuis l'adresse du responsable des habilitations désigné à "
            "l'annexe 2 : vérifiez auprès du partenaire qu'elle vient de lui."
        )
    return (
        "Aucun responsable des habilitations du partenaire n'est enregistré (annexe 2) : "
        "vérifiez auprès du partenaire que cette annexe 1 vient de lui."
    )


def _not_active(finding: Finding) -> str:
    dates = of(finding, ConventionDates)
    if dates.ended_on:
        return f"La convention a pris fin le {french_date(dates.ended_on)} : aucun accès ne peut être ouvert."
    if dates.signed_on:
        signed = french_date(dates.signed_on)
        return f"La convention ne prend effet que le {signed} : aucun accès ne peut être ouvert avant cette date."
    return "La convention n'est pas encore signée : aucun accès ne peut être ouvert."


def _domain(finding: Finding) -> str:
    start = "Le domaine de cette adresse n'est pas l'un de ceux que le partenaire a déclarés"
    if finding.suggestion:
        return f"{start}. Peut-être « {finding.suggestion} » ? Corrigez l'adresse{or_waiver(finding)}."
    return f"{start} : corrigez l'adresse{or_waiver(finding)}."


def _older_request(finding: Finding) -> str:
    return (
        f"L'accès de cette personne a été clôturé (fin le {day(finding)}) depuis cette demande : "
        "s'agit-il d'un ancien formulaire ? Retirez la ligne, ou indiquez la date de la nouvelle demande."
    )


def _returning(finding: Finding) -> str:
    return f"L'accès de cette personne avait pris fin le {day(finding)} : il sera ouvert de nouveau."


def _closure_missing(finding: Finding) -> str:
    ended = of(finding, Absent).ended_on
    assert ended is not None
    return (
        f"{who(finding)} : accès clôturé depuis moins de 2 ans (fin le {french_date(ended)}), "
        "absent de la liste 2. Ajoutez-y la ligne."
    )


def _closure_unknown(finding: Finding) -> str:
    start = "Aucun accès n'a jamais été ouvert à cette adresse pour ce partenaire"
    if finding.suggestion:
        return f"{start}. Peut-être « {finding.suggestion} » ? Vérifiez l'adresse."
    return f"{start} : vérifiez l'adresse."


def _made_again(_finding: Finding) -> str:
    return (
        "Le compte de cette personne a été supprimé dans la console, puis recréé à la main avec la même adresse : le "
        "nouveau compte est actif et n'est pas géré par ce logiciel, la clôture échouera. Désactivez-le ou "
        "supprimez-le dans la console, ou reprenez-le (partner adopt)."
    )


def _closes_everyone(finding: Finding) -> str:
    count = of(finding, Count).count
    opened = f" ({count} {'accès ouverts' if count > 1 else 'accès ouvert'} aujourd'hui)"
    return f"Cette annexe ne laisse aucun accès ouvert au partenaire{opened} : vérifiez que c'est bien voulu."


def _unaccounted(finding: Finding) -> str:
    return (
        f"{who(finding)} a un accès ouvert et ne figure dans aucune des deux listes : "
        "décidez de conserver ou de clôturer cet accès."
    )


def unaccounted_for_the_partner(finding: Finding, decisions: Decisions | None) -> str:
    """A5 as the partner reads it: what to write in the next annexe 1, or what the Caf decided."""
    if decisions is None:
        return (
            f"{who(finding)} a un accès ouvert et ne figure dans aucune des deux listes : inscrivez cette personne "
            "en liste 1 si elle garde son accès, en liste 2 avec sa date de fin si elle le quitte."
        )
    is_closed = finding.value is not None and decisions.closes(EmailAddress(finding.value))
    decided = "son accès est clôturé" if is_closed else "son accès est conservé"
    return f"{who(finding)} ne figure dans aucune des deux listes : {decided} par décision de la Caf."


def _late(finding: Finding) -> str:
    days = of(finding, Count).count
    lag = f" {days} jour{'s' if days > 1 else ''} après"
    return f"Ce départ a été signalé à la Caf{lag} la fin de l'habilitation : les départs sont à signaler sans délai."


WORDS: Mapping[str, str | Callable[[Finding], str]] = {
    "stale-annexe": _stale,
    "same-date": _same_date,
    "sender-unknown": _sender,
    "convention-not-active": _not_active,
    "email-domain": _domain,
    "request-older-than-closure": _older_request,
    "returning": _returning,
    "closure-missing": _closure_missing,
    "closure-unknown": _closure_unknown,
    "account-made-again": _made_again,
    "closes-everyone": _closes_everyone,
    "unaccounted-for": _unaccounted,
    "late-departure": _late,
    "address-of-other-partner": _NOT_AS_IT_IS,
    "address-not-managed": _NOT_AS_IT_IS,
}
