"""The words of the Caf's review of who may act in its name (V4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.domain.caf_review import Change, Grant, Kind

#: What a line is about.
KINDS: Mapping[Kind, str] = {
    Kind.ADMINISTRATOR: "compte d'administration",
    Kind.EVERYBODY: "droit donné à tout nouveau compte",
    Kind.GROUP: "groupe qui donne un droit d'administration",
    Kind.SERVICE_ACCOUNT: "compte de service",
    Kind.AGENT: "compte d'agent de la Caf",
    Kind.UNASKED: "compte qu'aucune annexe 1 n'a demandé",
    Kind.MACHINE_SHELL: "accès à la machine",
    Kind.MACHINE_SUDO: "droits d'administration sur la machine (sudo)",
    Kind.DATABASE: "base de données",
    Kind.SECRETS: "secrets du logiciel (mots de passe, clés)",
    Kind.BACKUP_KEYS: "clés privées des sauvegardes",
}

CHANGES: Mapping[Change, str] = {Change.NEW: "nouveau", Change.CHANGED: "droits modifiés", Change.SAME: "inchangé"}


def declared_words(kinds: Iterable[Kind]) -> str:
    """What is to be declared, each with its word on the command line: « base de données (database) »."""
    return ", ".join(f"{KINDS[kind]} ({kind})" for kind in kinds)


def grants_words(grants: Iterable[Grant]) -> str:
    """The roles, each with how it came: « aide, qui donne realm-management/manage-users, par le groupe /équipe »."""
    return " ; ".join(map(_grant, grants))


def _grant(grant: Grant) -> str:
    words = [grant.role]
    if grant.gives:
        words.append(f"qui donne {', '.join(grant.gives)}")
    if grant.group is not None:
        words.append(f"par le groupe {grant.group}")
    if grant.member_of is not None:
        words.append(f"membre de {grant.member_of}")
    return ", ".join(words)
