"""The controls, each in its own file: its code, rule and severity, and a pure function that finds it (L1).

Their French, a sentence and what to do, stands by code in `views/controls.py`: the domain has none.
"""

from __future__ import annotations

from provisioner.domain.connections.control import Control
from provisioner.domain.connections.controls import (
    closed_attempt,
    console,
    failures,
    own_account,
    proxy_address,
    reading,
    realm,
    session_after_closure,
    shared_code,
    unnamed_login,
    unused,
)
from provisioner.domain.connections.evidence import FindInAccess, FindInRecords

#: What is judged of an account whenever it has new records.
OF_RECORDS: tuple[FindInRecords, ...] = (closed_attempt.find, unnamed_login.find, failures.find, shared_code.find)

#: What is judged of every open access each time, and the states that are over where it is seen no more.
OF_ACCESSES: tuple[FindInAccess, ...] = (unused.find,)
STATES_OF_ACCESSES = frozenset({unused.NEVER_USED.code, unused.UNUSED.code, unused.LINK_UNUSED.code})

#: Every control, by its code.
CONTROLS: dict[str, Control] = {
    control.code: control
    for control in (
        closed_attempt.CONTROL,
        unnamed_login.CONTROL,
        session_after_closure.CONTROL,
        unused.NEVER_USED,
        unused.UNUSED,
        unused.LINK_UNUSED,
        failures.MANY,
        failures.LOCKED,
        shared_code.CONTROL,
        proxy_address.CONTROL,
        reading.MISSING,
        reading.OFF,
        *console.CONTROLS,
        *own_account.CONTROLS,
        realm.CONTROL,
    )
}
