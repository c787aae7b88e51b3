"""The words of people's functions and of a form's titles: they tell a word that was cut from two that were joined."""

from __future__ import annotations

import re

from provisioner.domain.people import fold

#: Masculine and feminine in one where only the end differs; each word takes a plural.
_FUNCTIONS = """
accompagnant/e accueil acheteur/euse action actions adjoint/e administrateur/rice administratif/ve administration
adolescence adresse agent/e agglomération aidant/e aide aménagement analyste animateur/rice animation apprenti/e
archiviste assesseur/e assistance assistant/e associatif/ve association attaché/e auxiliaire bibliothécaire budget
bureau bénévole cabinet cadre centre chargé/e chef/fe citoyenneté collaborateur/rice collectivité comité commerce
communal/e communautaire communauté commune communication comptabilité comptable concierge conciliateur/rice
conducteur/rice conseil conseiller/ère contrat contrôle contrôleur/euse convention coopération coordinateur/rice
coordination coordonnateur/rice crèche cuisinier/ère culture culturel/le date demande directeur/rice direction
dispositif documentaliste domaine droits délégation délégué/e développement emploi employé/e encadrant/e enfance
enfants enseignant/e enseignement environnement espace expert/e extrascolaire familial/e famille familles fin
finances financier/ère fonction fonctionnel/le formateur/rice formation garde garderie gardien/ne gestion
gestionnaire greffier/ère général/e générale gérant/e habilitation habitat handicap hébergement hôte hôtesse
inclusion infirmier/ère informatique ingénieur/e insertion inspecteur/rice instructeur/rice instruction intendant/e
intercommunal/e intercommunalité intérim intérimaire jardinier/ère jeune jeunes jeunesse juridique juriste local/e
logement logistique loisirs ludothécaire maire mairie maison maternel/le maître membre mission missions
moniteur/rice municipal/e médecin médiateur/rice médiathèque médiation ménage métropole nom numérique officier/ère
opérateur/rice orientation parent parental/e parentalité parents partenaire partenariat partenariats permanent/e
personnel personnes petit/e pilotage pilote police politique politiques population premier/ère prestations
principal/e professeur/e professionnel/le programme projet projets protection préfet/e prénom présidence président/e
prévention psychologue public publics publique puériculteur/rice puéricultrice pédagogique pédiatrique périscolaire
pôle qualité quartier recherche relais relation relations remplaçant/e responsable ressources restauration rural/e
réception réceptionniste rédacteur/rice référent/e régie régisseur/euse réseau réussite santé scolaire secrétaire
secrétariat secteur service services social/e sociologue soignant/e solidarité solidarités sport sportif/ve
stagiaire statistique stratégie suivi suppléant/e surveillant/e syndicat sécurité sénior technicien/ne technique
territoire territorial/e titulaire transmission transport transports travail travailleur/euse trésorier/ère tutelle
urbain/e urbanisme usager vacances vacataire vice vie ville écoles économe économie éducateur/rice éducatif/ve
éducation électronique élu/e équipe équipement
"""

#: What starts a word of its own wherever it stands.
_SMALL_WORDS = "de du des la le les et en a au aux pour par sur un une ou avec dans sans pres ccas cias ctg"
_SMALL = frozenset(_SMALL_WORDS.split())

#: What is often joined to the next word by a hyphen.
_FIRST_PARTS = "vice aide sous co ex non apres porte mi auto contre avant inter multi pluri etat"
_BEFORE_A_HYPHEN = frozenset(_FIRST_PARTS.split())


_ENDING = re.compile(r"\((?:e|ne|le|rice|trice|ere|fe|s|es)\)?|[.\-/·](?:e|rice|trice)\b")


def _forms(written: str) -> set[str]:
    """A word in its genders and numbers, folded."""
    word, _, feminine = fold(written).partition("/")
    masculine = {word}
    if feminine:
        # « administrateur/rice » takes off as many letters as both ends have before they part.
        cut = {"rice": "eur", "euse": "eur", "ve": "f", "ere": "er"}.get(feminine, "")
        masculine.add(word.removesuffix(cut) + feminine)
    if word.endswith("al"):
        masculine.add(word[:-1] + "ux")
    return {form + plural for form in masculine for plural in ("", "s")}


_WORDS: frozenset[str] = frozenset().union(*map(_forms, _FUNCTIONS.split()))

#: The shortest beginning by which a word is known.
_SHORTEST_START = 4
_STARTS = frozenset(word[:length] for word in _WORDS for length in range(_SHORTEST_START, len(word) + 1))


def is_word(text: str) -> bool:
    """Whether a text is one of the words, whatever stands round its letters."""
    return _bare(text) in _WORDS


def starts_word(text: str) -> bool:
    """Whether a text is one of the words, or the beginning of one that the page may have cut once more."""
    return _bare(text) in _STARTS or is_word(text)


def is_small_word(text: str) -> bool:
    """Whether a text is an article or the like, or starts with an elided one: nothing that ends a word."""
    return _bare(text) in _SMALL or re.match(r"(?:[dl]|qu)['’]\w", text, re.IGNORECASE) is not None


def goes_before_hyphen(text: str) -> bool:
    """Whether a text often stands before a hyphen."""
    return _bare(text) in _BEFORE_A_HYPHEN


def _bare(text: str) -> str:
    """A word in small letters without accents, without the ending in brackets of « chargé(e) »."""
    return _ENDING.sub("", fold(text)).strip(" ,;:.()«»\"'-/")
