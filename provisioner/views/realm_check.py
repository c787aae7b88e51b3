"""The French sentence of each risk that a weaker setting of the realm brings."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.realm_check import Risk

RISKS: Mapping[Risk, str] = {
    Risk.WEAK_PASSWORDS: "des mots de passe plus faibles que ce que demande la convention sont acceptés",
    Risk.GUESSED_PASSWORDS: "un mot de passe peut être essayé plus souvent, donc deviné",
    Risk.LOCKED_OUT: "un tiers peut verrouiller durablement le compte d'une personne",
    Risk.ACCOUNTS_BY_ANYBODY: "un compte ou un accès peut naître sans annexe 1",
    Risk.IDENTIFIERS: "l'adresse professionnelle n'identifie plus une seule personne",
    Risk.NO_RESET: "une personne ne peut plus demander elle-même un nouveau mot de passe",
    Risk.SHARED_POST: "une session reste ouverte sur un poste partagé",
    Risk.BLIND: "des connexions ou des actes de la console ne sont plus enregistrés, donc plus contrôlés",
    Risk.KEPT_TOO_LONG: "les traces de connexion restent dans Keycloak au-delà de la durée prévue",
    Risk.LONG_LINKS: "un lien envoyé par courriel fonctionne plus longtemps, donc peut servir à un tiers",
    Risk.LONG_SESSIONS: "une session dure plus longtemps, donc un accès clôturé peut encore servir",
    Risk.READ_ON_THE_WAY: "des mots de passe ou des courriels peuvent être lus sur le réseau",
    Risk.OTHER_LOGIN: "le parcours de connexion n'est plus celui qui est prévu",
    Risk.OTHER_MAIL_SERVER: "les liens d'activation passent par un autre serveur de messagerie",
}
