"""Look at the register and at Keycloak, and prove that the look is whole before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Collection

from provisioner.domain.habilitation import State
from provisioner.domain.records import Records
from provisioner.domain.snapshot import Snapshot
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import ReadIncomplete


def look(records: Records, directory: Directory, partners: Collection[str]) -> Snapshot:
    """Keycloak as it is, with these partners' groups.

    Every account that the register holds open must be found again: one is missing only when a direct look-up
    by its id says so.

    Raises:
        ReadIncomplete: the read came back short; nothing may be concluded from it.
        KeycloakUnavailable: Keycloak does not answer.
    """
    snapshot = directory.snapshot({code: records.partners[code].group_id for code in partners})
    held_open = {one.email for one in records.habilitations if one.state is State.OPEN}
    for email in sorted(held_open):
        id_ = records.accounts[email].keycloak_id
        if id_ is not None and id_ not in snapshot.accounts and directory.account(id_) is not None:
            raise ReadIncomplete("Keycloak's list of accounts leaves out one that exists: nothing was done.")
    return snapshot
