"""What another hand did by the console or the Admin API: seen, attributed and told, not fought (L1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord

PASSWORD = Control(code="console-password", rule="L1", severity=Severity.GRAVE, is_act=True)
IMPERSONATION = Control(code="console-impersonation", rule="L1", severity=Severity.GRAVE, is_act=True)
ENABLED = Control(code="console-account-enabled", rule="L1", severity=Severity.GRAVE, is_act=True)
MADE = Control(code="console-account-made", rule="L1", severity=Severity.WARNING, is_act=True)
ACCOUNT = Control(code="console-account-changed", rule="L1", severity=Severity.WARNING, is_act=True)
GROUP = Control(code="console-group-changed", rule="L1", severity=Severity.WARNING, is_act=True)
ROLE = Control(code="console-role-given", rule="L1", severity=Severity.GRAVE, is_act=True)
CLIENT = Control(code="console-client-changed", rule="L1", severity=Severity.GRAVE, is_act=True)
LOGIN = Control(code="console-login-changed", rule="L1", severity=Severity.GRAVE, is_act=True)
EVENTS = Control(code="console-events-changed", rule="L1", severity=Severity.GRAVE, is_act=True)
REALM = Control(code="console-realm-changed", rule="L1", severity=Severity.WARNING, is_act=True)

CONTROLS = (PASSWORD, IMPERSONATION, ENABLED, MADE, ACCOUNT, GROUP, ROLE, CLIENT, LOGIN, EVENTS, REALM)


class Act(NamedTuple):
    """An act at the console: a pattern of « operation path » as Keycloak tells it, and the control that tells of it.

    None where nothing is told of it.
    """

    pattern: str
    control: Control | None
    severity: Severity | None = None


#: As Keycloak 26.7 tells them (docs/connections.md); the first that fits. An act by its path, whatever its resource
#: type: a partial import makes users under the type of the realm.
_BY_PATH = (
    Act(r"action users/[^/]+/reset-password", PASSWORD),
    Act(r"create (users|groups)/[^/]+/role-mappings/.*", ROLE),
    Act(r".* (users|groups)/[^/]+/role-mappings/.*", ROLE, Severity.WARNING),
    Act(r"create (roles|roles-by-id|clients/[^/]+/roles)/.+/composites(/.*)?", ROLE),
    Act(r"create default-groups/.*", ROLE),
    Act(r"create users/[^/]+/federated-identity/.*", LOGIN),
    Act(r"create users/[^/]+", MADE),
    Act(r"create users/[^/]+/groups/[^/]+", MADE),
    Act(r"\w+ users/[^/]+/(logout|consents/.*)", None),
    Act(r"\w+ attack-detection/.*", None),
    Act(r"\w+ users/profile", LOGIN),
    Act(r"\w+ users/.+", ACCOUNT),
    Act(r"\w+ events/config", EVENTS),
)
#: Any other act, by its resource type.
_BY_RESOURCE = {
    GROUP: {"group", "group_membership"},
    ROLE: {"realm_role", "client_role", "realm_role_mapping", "client_role_mapping"},
    CLIENT: {
        "client",
        "protocol_mapper",
        "client_scope",
        "client_scope_mapping",
        "client_scope_client_mapping",
        "realm_scope_mapping",
        "client_initial_access_model",
    },
    LOGIN: {
        "identity_provider",
        "identity_provider_mapper",
        "auth_flow",
        "auth_execution",
        "auth_execution_flow",
        "authenticator_config",
        "required_action",
        "required_action_config",
        "component",
        "user_federation_provider",
        "user_federation_mapper",
        "user_profile",
        "organization",
        "organization_membership",
        "workflow",
    },
}

_USER = re.compile(r"(?:attack-detection/brute-force/)?users/([^/]+)")
_GROUP = re.compile(r"(?:^|/)(?:default-)?groups/([^/]+)")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose account it is: the register's number, and the habilitation under which it is told. `is_cut`: closed or
    suspended.
    """

    account: int
    habilitation: int | None
    partner: str | None
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleEvidence:
    """What the console is judged by. `console` and `connections` are the records that nobody has judged yet.

    `own_user` is Keycloak's id of our own service account. `holders` are our accounts by their ids in Keycloak,
    `groups` the partners by the ids of their groups. `enabled` are the accounts of `holders` that are cut and that
    Keycloak has enabled now, `groups_of_made` the groups of the accounts that were just made. `names` are those of
    administrators, by their ids.
    """

    own_user: str
    console: Sequence[ConsoleRecord] = ()
    connections: Sequence[ConnectionRecord] = ()
    holders: Mapping[str, Holder] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    enabled: frozenset[str] = frozenset()
    groups_of_made: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def user_of(record: ConsoleRecord) -> str | None:
    """Keycloak's id of the account that it was done to."""
    match = _USER.match(record.path)
    return match[1] if match and match[1] != "profile" else None


def group_of(record: ConsoleRecord) -> str | None:
    """Keycloak's id of the group that it was done to, or that an account joined or left."""
    match = _GROUP.search(record.path)
    return match[1] if match else None


def made_by_hand(evidence: ConsoleEvidence) -> set[str]:
    """The ids of the accounts that another hand made: of these, Keycloak is asked for their groups."""
    created = [record for record in _of_others(evidence) if record.operation == "create"]
    return {user for record in created if (user := user_of(record)) is not None and record.path == f"users/{user}"}


def changed_though_cut(evidence: ConsoleEvidence) -> set[str]:
    """The ids of the accounts that are cut and that another hand wrote: of these, Keycloak is asked for the state."""
    written = [user_of(record) or "" for record in _of_others(evidence) if record.operation == "update"]
    return {user for user in written if user in evidence.holders and evidence.holders[user].is_cut}


def find(evidence: ConsoleEvidence) -> Iterator[Observation]:
    """Each act of another hand than our own service account's, once for the same act, target, hand and day."""
    for record in _of_others(evidence):
        act = _act_of(record, evidence)
        if act.control is not None:
            yield observation(record, act.control, evidence, act.severity)
    for login in evidence.connections:
        if login.kind == "impersonate" and login.outcome is None:
            yield _impersonation(login, evidence)


def observation(
    record: ConsoleRecord, control: Control, evidence: ConsoleEvidence, severity: Severity | None = None
) -> Observation:
    """What that control tells of that act."""
    holder = evidence.holders.get(user_of(record) or "")
    actor = f"{record.actor_realm}/{record.actor}"
    told_once = (control.code, day_of(record.at).isoformat(), actor, record.operation, record.resource, record.path)
    return Observation(
        control=control,
        key=hashlib.sha256("\n".join(told_once).encode()).hexdigest(),
        since=record.at,
        severity=severity,
        partner=holder.partner if holder else evidence.groups.get(group_of(record) or ""),
        habilitation=holder.habilitation if holder else None,
        account=holder.account if holder else record.account,
        user=None if holder else user_of(record),
        facts=Facts(
            on=day_of(record.at),
            addresses=(record.address,) if record.address else (),
            actor=actor,
            actor_name=evidence.names.get(record.actor or ""),
            operation=f"{record.operation} {record.resource}",
            path=record.path or None,
            records=(record.id,),
        ),
    )


def _of_others(evidence: ConsoleEvidence) -> Iterator[ConsoleRecord]:
    return (record for record in evidence.console if record.actor != evidence.own_user and record.error is None)


def _act_of(record: ConsoleRecord, evidence: ConsoleEvidence) -> Act:
    done = f"{record.operation} {record.path}"
    act = next((act for act in _BY_PATH if re.fullmatch(act.pattern, done)), None)
    if act is None:
        by_resource = (control for control, resources in _BY_RESOURCE.items() if record.resource in resources)
        return Act("", next(by_resource, REALM))
    user, group = user_of(record) or "", group_of(record)
    if act.control is MADE:
        joined = evidence.groups_of_made.get(user, frozenset()) if group is None else {group}
        is_partners = not joined.isdisjoint(evidence.groups)
        if group is not None and not is_partners:  # a group that may give roles
            return Act("", ACCOUNT)
        return act._replace(severity=Severity.GRAVE if is_partners else None)
    if act.control is ACCOUNT:
        if user in evidence.enabled and record.operation == "update":
            return Act("", ENABLED)
        if user not in evidence.holders and record.account is None:
            return Act("", None)  # an account that is none of ours
    return act


def _impersonation(login: ConnectionRecord, evidence: ConsoleEvidence) -> Observation:
    """Keycloak tells it among the connections of the person, without the id of who did it."""
    by_account = {holder.account: holder for holder in evidence.holders.values()}
    holder = by_account.get(login.account) if login.account is not None else None
    day = day_of(login.at)
    return Observation(
        control=IMPERSONATION,
        key=f"{login.account or login.user}:{day.isoformat()}",
        since=login.at,
        partner=holder.partner if holder else None,
        habilitation=holder.habilitation if holder else None,
        account=login.account,
        user=login.user,
        facts=Facts(on=day, addresses=(login.address,) if login.address else (), records=(login.id,)),
    )
