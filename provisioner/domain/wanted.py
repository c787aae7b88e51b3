"""What an account should look like in Keycloak, from its habilitations (contract, "In Keycloak")."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from provisioner.domain.habilitation import Habilitation
from provisioner.domain.snapshot import MANAGED_BY, MANAGED_BY_US, RemoteAccount, WantedAccount

PARTNER = "partenaire"
FUNCTION = "fonction"
REQUESTED_ON = "date_demande_habilitation"
ENDED_ON = "date_fin_habilitation"

#: The attributes that are ours; every other one of an account is left as it is.
OURS = (PARTNER, FUNCTION, REQUESTED_ON, ENDED_ON, MANAGED_BY)

#: Stands for what is not known of one partner where it is known of another: values go by partner, in order.
NOT_KNOWN = "-"


def wanted_account(shown: Sequence[Habilitation], *, enabled: bool | None) -> WantedAccount:
    """The account that these habilitations, oldest first, make together (nearly always one).

    For two partners (A8) the names are those that the first one gave. `enabled` None leaves that as it is.
    """
    first = shown[0].person
    functions = [one.person.function for one in shown]
    ends = [one.end.on.isoformat() if one.end else "" for one in shown]
    attributes = {
        PARTNER: tuple(one.partner for one in shown),
        FUNCTION: _by_partner(functions),
        REQUESTED_ON: tuple(one.requested_on.isoformat() for one in shown),
        ENDED_ON: _by_partner(ends),
        MANAGED_BY: (MANAGED_BY_US,),
    }
    return WantedAccount(
        email=first.email,
        last_name=first.last_name,
        first_names=first.first_names,
        attributes=attributes,
        enabled=enabled,
    )


def _by_partner(values: Sequence[str]) -> tuple[str, ...]:
    """One value a partner; none at all where none is known: Keycloak keeps no empty value."""
    return tuple(value or NOT_KNOWN for value in values) if any(values) else ()


def digest(account: RemoteAccount | WantedAccount) -> str:
    """SHA-256 of what we write of an account: tells a change made by another hand from one we have yet to make."""
    # Sorted: Keycloak's database promises no order among an attribute's values.
    ours = {name: sorted(account.attributes.get(name, ())) for name in OURS}
    text = json.dumps(
        [account.email, account.last_name, account.first_names, ours], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()
