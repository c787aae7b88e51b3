"""What is said of a realm that is another one than the register knows."""

from __future__ import annotations

NO_REALM_YET = (
    "Ce registre ne connaît encore aucun royaume : la première écriture l'enregistre, il n'y a rien à accepter."
)


def accepted(known: str, found: str, accounts: int, there: int) -> str:
    """The realm was another one, and is the register's from now on."""
    return (
        f"Royaume accepté : {found} remplace {known}. Comptes du registre retrouvés dans ce royaume : {there} sur "
        f"{accounts}. Ce que ferait la suite : plan ; un compte qui manque est recréé par person reopen."
    )


def already_known(found: str, accounts: int, there: int) -> str:
    """It is the one that the register knows."""
    return (
        f"C'est déjà le royaume de ce registre : {found}. Comptes du registre retrouvés : {there} sur {accounts}. "
        "Rien n'a été enregistré."
    )
