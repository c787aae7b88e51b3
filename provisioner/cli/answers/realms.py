"""What `realm accept` answers."""

from __future__ import annotations

from provisioner.cli.printing import Answer, line
from provisioner.operations.realms import Acceptance
from provisioner.views.realms import accepted, already_known


def acceptance(found: Acceptance) -> Answer:
    """Both ids, how many of our accounts are there, and whether something was recorded."""
    counts = (found.accounts, found.there)
    told = accepted(found.known, found.found, *counts) if found.is_another else already_known(found.found, *counts)
    return Answer(
        {
            "known": found.known,
            "found": found.found,
            "accounts": found.accounts,
            "accounts_there": found.there,
            "accepted": found.is_another,
        },
        (line(told),),
    )
