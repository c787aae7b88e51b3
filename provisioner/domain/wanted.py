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

#: Stands for "no end known" where another partner's end is known: values go by partner, in order.
NO_END = "-"


def wanted_account(shown: Sequence[Habilitation], *, enabled: bool | None) -> WantedAccount:
    """The account that these habilitations, oldest first, make together (nearly always one).

    For two partners (A8) the names are those that the first one gave. `enabled` None leaves that as it is.
    """
    first = shown[0].person
    ends = tuple(one.end.on.isoformat() if one.end else NO_END for one in shown)
    attributes = {
        PARTNER: tuple(one.partner for one in shown),
        FUNCTION: tuple(one.person.function for one in shown),
        REQUESTED_ON: tuple(one.requested_on.isoformat() for one in shown),
        ENDED_ON: ends if any(one.end for one in shown) else (),
        MANAGED_BY: (MANAGED_BY_US,),
    }
    return WantedAccount(
        email=first.email,
        last_name=first.last_name,
        first_names=first.first_names,
        attributes=attributes,
        enabled=enabled,
    )


def digest(account: RemoteAccount | WantedAccount) -> str:
    """SHA-256 of what we write of an account: tells a change made by another hand from one we have yet to make."""
    # Sorted: Keycloak's database promises no order among an attribute's values.
    ours = {name: sorted(account.attributes.get(name, ())) for name in OURS}
    text = json.dumps(
        [account.email, account.last_name, account.first_names, ours], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()
