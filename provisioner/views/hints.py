"""Commands that a sentence names, to be pasted as they are printed: what a person fills in is in capitals.

No full stop follows a command that ends a sentence: it would be pasted with it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.domain.hold import Hold

#: Who decides and why, as every decision asks.
_DECIDED = '--by "NOM" --reason "MOTIF"'

_CONTACTS = '--on DATE --habilitations "NOM <ADRESSE>"'
CAF_CONTACTS = f"provisioner caf contacts {_CONTACTS}"
PARTNER_CONTACTS = f'provisioner partner contacts CODE {_CONTACTS} --securite "NOM <ADRESSE>"'
ADOPT = f"provisioner partner adopt CODE --email ADRESSE {_DECIDED}"
DECLARE = 'provisioner incident declare --origin caf --aware-since DATE --what "TEXTE" --by "NOM"'
SETTLE = f"provisioner controls settle NUMÉRO {_DECIDED}"


def argument(value: object) -> str:
    """A value as a shell takes it: an address may hold an apostrophe."""
    return shlex.quote(str(value))


def reopen_partner(code: object) -> str:
    """What gives a partner's accesses back."""
    return f"provisioner partner reopen {code} {_DECIDED}"


def reopen_person(email: object) -> str:
    """What lifts a suspension, or makes a missing account again; without an address, anybody's."""
    return f"provisioner person reopen {argument(email or 'ADRESSE')} {_DECIDED}"


def release(plan_id: object) -> str:
    """What lets a held plan go."""
    return f"provisioner held release {plan_id} {_DECIDED}"


def resume(partner: object = None) -> str:
    """What ends a pause, a partner's own or the general one."""
    only = f"--partner {partner} " if partner else ""
    return f'provisioner resume {only}--by "NOM"'


def to_go_on(hold: Hold) -> str:
    """What ends a hold."""
    from provisioner.domain.hold import HoldKind

    if hold.kind is HoldKind.PAUSE:
        return resume(hold.partner)
    if hold.kind is HoldKind.CONTAINMENT:
        return reopen_partner(hold.partner)
    return "provisioner sync" if hold.kind is HoldKind.QUARANTINE else release(hold.plan_id)
