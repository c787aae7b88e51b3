"""`proxy-address`: most accounts show one address, a proxy's that does not tell where its visitors come from (L1).

Meanwhile addresses tell nothing, and `shared-code` is not judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from provisioner.domain.connections.control import Control, Facts, Observation, Severity

CONTROL = Control(code="proxy-address", rule="L1", severity=Severity.WARNING, is_state=True)

#: How many accounts must have got in lately before anything is said.
FEWEST = 5


def find(addresses: Mapping[int, frozenset[str]], since: datetime) -> Observation | None:
    """The address from which more than half of the accounts got in since then; `addresses` are each account's."""
    if len(addresses) < FEWEST:
        return None
    counted = Counter(address for theirs in addresses.values() for address in theirs)
    (address, count), *_ = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    if count * 2 <= len(addresses):
        return None
    return Observation(control=CONTROL, key=address, since=since, facts=Facts(addresses=(address,)))
