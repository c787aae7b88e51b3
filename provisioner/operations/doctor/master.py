"""The realm of Keycloak's administrators. It is not ours: nothing of it is changed, what is weak is told."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.domain.password import is_weaker_than_p1
from provisioner.keycloak.inspection import MasterFacts
from provisioner.operations.doctor.lines import DoctorLine, Level, judged
from provisioner.views.doctor import Found, Todo


def master_lines(master: MasterFacts) -> Iterator[DoctorLine]:
    """Whoever enters as an administrator may do everything in our realm: how hard that is, and whether it is seen."""
    yield _told("master-brute-force", master.brute_force_protected, Found.MASTER_TRIES, Found.MASTER_TRIES_OFF)
    is_strong = not is_weaker_than_p1(master.password_policy)
    yield _told("master-password-policy", is_strong, Found.MASTER_POLICY, Found.MASTER_POLICY_WEAK)
    seen = {Found.MASTER_NO_EVENTS: master.events, Found.MASTER_NO_ADMIN_EVENTS: master.admin_events}
    unseen = Found.MASTER_BLIND.of(kinds=", ".join(str(kind) for kind, is_seen in seen.items() if not is_seen))
    yield _told("master-events", all(seen.values()), Found.MASTER_EVENTS, unseen)
    alone = Found.MASTER_ONE_FACTOR.of(count=master.without_second_factor, all=master.administrators)
    yield _told(
        "master-second-factor",
        not master.without_second_factor,
        Found.MASTER_SECOND_FACTOR,
        alone,
        Todo.SECOND_FACTOR,
    )
    left = Found.MASTER_TEMPORARY.of(count=master.temporary)
    yield _told("master-temporary", not master.temporary, Found.MASTER_NO_TEMPORARY, left, Todo.DELETE_TEMPORARY)


def _told(check: str, is_well: bool, well: str, ill: str, todo: str = Todo.SET_MASTER) -> DoctorLine:
    """For attention at most: the server may serve others than us."""
    return judged(check, is_well, well, ill, todo, level=Level.ATTENTION)
