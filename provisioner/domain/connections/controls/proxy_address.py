"""`proxy-address`: most accounts show one address, a proxy's that does not tell where its visitors come from (L1).

Meanwhile addresses tell nothing, and `shared-code` is not judged.
"""

from __future__ import annotations

from datetime import datetime

from provisioner.domain.connections.control import Control, Facts, Observation, Severity

CONTROL = Control(code="proxy-address", rule="L1", severity=Severity.WARNING, is_state=True)

#: How many accounts must have got in lately before anything is said.
FEWEST = 5


def find(accounts: int, address: str | None, count: int, since: datetime) -> Observation | None:
    """The address from which more than half of the accounts got in since then. So many `accounts` did, most of them,
    `count`, from that `address`.
    """
    if accounts < FEWEST or count * 2 <= accounts or address is None:
        return None
    return Observation(control=CONTROL, key=address, since=since, facts=Facts(addresses=(address,)))
