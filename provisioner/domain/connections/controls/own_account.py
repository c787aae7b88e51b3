"""Our own service account: what it did that no run of ours meant to do is the sign of a stolen secret (L1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import NamedTuple

from provisioner.domain.access.change import Action
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.connections.controls.console import ConsoleEvidence, group_of, observation, user_of
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord

WRITE = Control(code="own-account-write", rule="L1", severity=Severity.GRAVE, is_act=True)
LOGIN = Control(code="own-account-login", rule="L1", severity=Severity.GRAVE, is_act=True)

#: Keycloak knows our account no more: somebody who has its secret, or an administrator, can so make us blind.
REFUSED = Control(code="own-account-refused", rule="L1", severity=Severity.GRAVE, is_state=True)

CONTROLS = (WRITE, LOGIN, REFUSED)

#: By Keycloak's clock alone: a run's effects come after its intention and within this time.
LASTS = timedelta(hours=2)
#: Keycloak's clock may step back by so much.
_SKEW = timedelta(minutes=1)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Intention:
    """What a run recorded that it was about to do, at that moment of Keycloak's clock: each action with the
    register's number of the account, None for a group. `until` is when it had ended, None where it did not say: it
    died, is under way or is of an older version.
    """

    at: datetime
    changes: frozenset[tuple[str, int | None]]
    until: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether an effect of that run may have been made then."""
        last = self.at + LASTS if self.until is None else min(max(self.at, self.until) + _SKEW, self.at + LASTS)
        return self.at - _SKEW <= moment <= last


#: What is meant by the decision to lift a lock (`person unlock`), which no plan holds.
UNLOCK = "unlock"


class _Effect(NamedTuple):
    """What we do in Keycloak: a pattern of « operation path », and the actions of which it is a part."""

    pattern: str
    actions: frozenset[str]
    of_partner_group: bool = False


_OPENINGS = {Action.OPEN, Action.REOPEN}
_WRITES = {*_OPENINGS, Action.UPDATE, Action.RENAME}
#: An access that somebody suspends while it is being opened is cut at once: with an opening goes what a closure does.
_CLOSINGS = {*_OPENINGS, Action.CLOSE}

_EFFECTS = (
    _Effect(r"create users/[^/]+", frozenset({Action.OPEN})),
    _Effect(r"update users/[^/]+", frozenset({*_WRITES, Action.CLOSE})),
    _Effect(r"delete users/[^/]+", frozenset({Action.DESTROY})),
    _Effect(r"action users/[^/]+/logout", frozenset(_CLOSINGS)),
    _Effect(r"\w+ users/[^/]+/consents/[^/]+", frozenset(_CLOSINGS)),
    _Effect(r"\w+ users/[^/]+/credentials/[^/]+", frozenset(_CLOSINGS)),
    _Effect(r"action users/[^/]+/execute-actions-email", frozenset({Action.INVITE})),
    _Effect(r"create users/[^/]+/groups/[^/]+", frozenset(_WRITES), of_partner_group=True),
    _Effect(r"delete users/[^/]+/groups/[^/]+", frozenset(_CLOSINGS), of_partner_group=True),
    _Effect(r"(create|update) groups/.+", frozenset({Action.GROUP})),
    _Effect(r"delete attack-detection/brute-force/users/[^/]+", frozenset({UNLOCK})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvidence:
    """What our own account is judged by, beside the records.

    `intentions` are those of the journal, `links_sent` the moments, by Keycloak's clock, at which a link was about to
    be sent to each account. `made` are the accounts of the register to which those belong that were made and whose
    ids the register does not know yet: a run that died, or is under way. `ours` are our networks; with none no login
    is judged.
    """

    intentions: Sequence[Intention] = ()
    links_sent: Mapping[int, Sequence[datetime]] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)
    ours: Sequence[Network] = ()


def own_writes(evidence: ConsoleEvidence) -> list[ConsoleRecord]:
    """What our own account did, by the records."""
    return [record for record in evidence.console if record.actor == evidence.own_user and record.error is None]


def made_and_unknown(evidence: ConsoleEvidence) -> set[str]:
    """The ids of the accounts that ours made and that the register does not know (yet): Keycloak is asked whose they
    are.
    """
    users = {user_of(record) for record in own_writes(evidence) if record.account is None}
    return {user for user in users if user is not None and user not in evidence.holders}


def find(evidence: ConsoleEvidence, own: OwnEvidence) -> Iterator[Observation]:
    """Each write of our own account that no run of ours was about to make, and each login from elsewhere."""
    for record in own_writes(evidence):
        if not _is_known(record, evidence, own):
            yield observation(record, WRITE, evidence)
    for login in evidence.connections:
        if is_own_login(login, evidence.own_user):
            yield from _foreign(login, own)


def refused(now: datetime) -> Observation:
    """Keycloak refuses our own account, by which the events were read before."""
    return Observation(control=REFUSED, key="refused", since=now)


def is_own_login(record: ConnectionRecord, own_user: str | None) -> bool:
    """Whether our own service account logged in by it; `own_user` is Keycloak's id of that account."""
    return record.kind == "client_login" and record.user == own_user and record.outcome is None


def _is_known(record: ConsoleRecord, evidence: ConsoleEvidence, own: OwnEvidence) -> bool:
    done = f"{record.operation} {record.path}"
    effect = next((effect for effect in _EFFECTS if re.fullmatch(effect.pattern, done)), None)
    if effect is None or (effect.of_partner_group and group_of(record) not in evidence.groups):
        return False
    meant, account = _meant(effect, record.at, own), None
    if (user := user_of(record)) is not None:
        holder = evidence.holders.get(user)
        account = holder.account if holder else own.made.get(user, record.account)
        if account is None:
            return bool(meant) and _was_deleted(user, evidence)
    sent = own.links_sent.get(account, ()) if account is not None and Action.INVITE in effect.actions else ()
    return account in meant or any(at - _SKEW <= record.at <= at + LASTS for at in sent)


def _was_deleted(user: str, evidence: ConsoleEvidence) -> bool:
    """Whether another hand deleted that account: once ours makes it again, the register knows the new id alone."""
    deleted = f"users/{user}"
    return any(
        record.operation == "delete" and record.path == deleted and record.actor != evidence.own_user
        for record in evidence.console
    )


def _meant(effect: _Effect, moment: datetime, own: OwnEvidence) -> set[int | None]:
    """The accounts to which a run was about to do that then; None among them for a group."""
    return {
        account
        for intention in own.intentions
        if intention.covers(moment)
        for action, account in intention.changes
        if action in effect.actions
    }


def _foreign(login: ConnectionRecord, own: OwnEvidence) -> Iterator[Observation]:
    if not own.ours or login.address is None or is_from(login.address, own.ours):
        return
    day = day_of(login.at)
    yield Observation(
        control=LOGIN,
        key=f"{login.address}:{day.isoformat()}",
        since=login.at,
        facts=Facts(on=day, addresses=(login.address,), client=login.client, records=(login.id,)),
    )


def is_from(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether that address is in one of the networks; what cannot be read is not."""
    try:
        place = ip_address(address or "")
    except ValueError:
        return False
    return any(place in network for network in networks)
