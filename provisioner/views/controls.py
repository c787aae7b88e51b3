"""The French words of every control: what it is called, what it means, what to do. One catalogue, by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.domain.calendar import PARIS
from provisioner.domain.connections.control import ControlState, Facts, RaisedControl, Severity
from provisioner.views.dates import french_date


@dataclass(frozen=True, slots=True)
class ControlWords:
    """What a control is called, what it means, and what to do."""

    name: str
    meaning: str
    to_do: str


SEVERITIES: Mapping[Severity, str] = {
    Severity.INFO: "information",
    Severity.WARNING: "à examiner",
    Severity.GRAVE: "grave",
}

STATES: Mapping[ControlState, str] = {
    ControlState.RAISED: "à examiner",
    ControlState.SETTLED: "expliqué",
    ControlState.MENDED: "n'est plus le cas",
}

CONTROLS: Mapping[str, ControlWords] = {
    "closed-attempt": ControlWords(
        "Tentative sur un accès clôturé ou suspendu",
        "Quelqu'un a essayé d'entrer avec un compte clôturé ou suspendu à ce moment-là, sans y parvenir. S'il est "
        "dit « bon mot de passe », c'est que le mot de passe était le bon.",
        "Demander à la personne, ou à son ancien service, si c'était elle. Avec le bon mot de passe et si ce n'était "
        "pas elle : le mot de passe est connu d'un tiers, l'envisager comme un incident.",
    ),
    "unnamed-login": ControlWords(
        "Connexion d'un compte qu'aucune annexe ne nomme",
        "Ce compte est entré alors qu'aucune annexe 1 en vigueur ne le nommait : ce n'est pas un compte géré ici (un "
        "administrateur, par exemple), ou son accès n'était pas ouvert.",
        "Établir à qui est ce compte et pourquoi il existe ; le désactiver dans la console si nul n'en répond.",
    ),
}


def words_of(code: str) -> ControlWords:
    """Its words; a code of a newer version has none but itself."""
    return CONTROLS.get(code, ControlWords(code, "", ""))


def facts_words(control: RaisedControl) -> str:
    """What it rests on, in one line: « le 3 septembre 2026 ; 4 fois ; bon mot de passe ; depuis 192.0.2.7 »."""
    return " ; ".join(_facts(control.facts))


def _facts(facts: Facts) -> Iterator[str]:
    if facts.on is not None:
        yield f"le {french_date(facts.on)}"
    if facts.since is not None:
        since = facts.since.astimezone(PARIS)
        yield f"depuis le {french_date(since.date())} à {since:%H:%M}"
    if facts.count is not None:
        yield f"{facts.count} fois"
    if facts.outcome is not None:
        yield OUTCOMES.get(facts.outcome, facts.outcome)
    if facts.addresses:
        yield f"adresses : {', '.join(facts.addresses)}"
    if facts.client is not None:
        yield f"application : {facts.client}"
    if facts.actor is not None:
        yield f"par {facts.actor_name}" if facts.actor_name else f"administrateur inconnu ({facts.actor})"
    if facts.operation is not None or facts.path is not None:
        yield " ".join(filter(None, (facts.operation, facts.path)))
    if facts.setting is not None:
        yield f"{facts.setting} : {facts.present} au lieu de {facts.wanted}"
    if facts.known_since is not None:
        yield f"non connu avant le {french_date(facts.known_since)}"


OUTCOMES: Mapping[str, str] = {
    "user_disabled": "bon mot de passe",
    "invalid_user_credentials": "mot de passe erroné",
    "user_temporarily_disabled": "compte verrouillé un moment",
    "user_not_found": "adresse inconnue",
    "expired_code": "lien expiré",
}
