"""What the console's controls judge: the acts of other hands, of our own account, and the realm's settings (L1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import Judgement, RaisedControl
from provisioner.domain.connections.controls import console, own_account, realm
from provisioner.domain.connections.controls.console import ConsoleEvidence
from provisioner.domain.connections.controls.own_account import LASTS, OwnEvidence
from provisioner.domain.convention import Role
from provisioner.domain.realm_check import Risk
from provisioner.domain.realm_plan import differences, weaker
from provisioner.keycloak.errors import KeycloakError
from provisioner.keycloak.inspection import AdministratorView
from provisioner.keycloak.realm_config import load_visible_config
from provisioner.operations.context import Context
from provisioner.operations.notices import tell
from provisioner.register import Work, connections, partners
from provisioner.register import own_account as register
from provisioner.register.marks import is_for_realm, mark
from provisioner.settings import KeycloakSettings, Settings
from provisioner.views.controls import words_of

#: The mark of the last write whose records were judged.
JUDGED = "console.judged"

_STOLEN = frozenset(control.code for control in own_account.CONTROLS)


def judge_console(context: Context) -> Judgement:
    """What the new records tell of the console and of our own account.

    What was stored before the first judging is not judged: an older version recorded no intention by which a write
    of ours could be known.
    """
    with context.register.read() as connection:
        after, last = mark(connection, JUDGED), register.last_number(connection)
        if after is None or last <= int(after):
            return Judgement(marks={JUDGED: str(last)} if after is None else {})
        acts = connections.new_console_records(connection, int(after))
        logins = register.new_connections(connection, int(after))
        users = {user for user in map(console.user_of, acts) if user is not None}
        evidence = ConsoleEvidence(
            own_user="",
            console=acts,
            connections=logins,
            holders=register.holders(connection, users, {login.account for login in logins}),
            groups=partners.codes_by_group(connection),
        )
        since = min((record.at for record in evidence.console), default=None)
        own = OwnEvidence(ours=context.settings.connections.our_networks)
        if since is not None:
            meant = tuple(register.intentions(connection, since - LASTS))
            own = replace(own, intentions=meant, links_sent=register.links_sent(connection, since - LASTS))
    evidence = _asked_of_keycloak(context, replace(evidence, own_user=context.directory.own_user_id()))
    made = {user: context.directory.account(user) for user in own_account.made_and_unknown(evidence)}
    emails = {user: account.email for user, account in made.items() if account is not None}
    with context.register.read() as connection:
        numbers = connections.accounts_by_email(connection, {*emails.values()})
    own = replace(own, made={user: numbers[email] for user, email in emails.items() if email in numbers})
    return Judgement(
        observations=(*console.find(evidence), *own_account.find(evidence, own)),
        marks={JUDGED: str(last)},
    )


def _asked_of_keycloak(context: Context, evidence: ConsoleEvidence) -> ConsoleEvidence:
    """The same with what Keycloak alone knows: few accounts are asked about, and mostly none."""
    directory = context.directory
    written = {user: directory.account(user) for user in console.changed_though_cut(evidence)}
    made = {user for user in console.made_by_hand(evidence) if directory.account(user) is not None}
    others = any(record.actor != evidence.own_user for record in evidence.console)
    return replace(
        evidence,
        enabled=frozenset(user for user, account in written.items() if account is not None and account.enabled),
        groups_of_made={user: directory.groups_of(user) for user in made},
        names={
            evidence.own_user: f"service-account-{context.settings.keycloak.client_id}",
            **(_administrator(context.settings.keycloak) if others else {}),
        },
    )


def _administrator(settings: KeycloakSettings) -> Mapping[str, str]:
    """The name of the administrator whose account is at hand, by its id."""
    if settings.administrator is None:
        return {}
    try:
        with AdministratorView(settings) as view:
            return {view.own_id() or "": settings.administrator}
    except KeycloakError:
        return {}  # the act is told all the same


def judge_realm(context: Context) -> Judgement:
    """What of the realm protects less than its files want, as far as our service account sees it.

    How pages look, and whom they name, is for `doctor`.
    """
    config = load_visible_config(context.settings)
    present = context.directory.realm_state(config)
    with context.register.read() as connection:
        if not is_for_realm(connection, str(present.realm["id"])):
            return Judgement()
    faults = [fault for fault in weaker(differences(present, config)) if fault.risk is not Risk.OTHER_PAGES]
    return Judgement(
        observations=tuple(realm.find(faults, context.clock.now())), judged=frozenset({realm.CONTROL.code})
    )


def tell_raised(work: Work, settings: Settings, raised: Iterable[RaisedControl]) -> None:
    """Owes the Caf's security contact, and nobody else, what cannot wait: the sign of a stolen secret, and what
    proposes an incident (a setting). No person is named.
    """
    proposing = settings.incident.proposing
    stolen = [control for control in raised if control.code in _STOLEN]
    proposed = [control for control in raised if control.code in proposing and control not in stolen]
    for kind, controls in (("control-secret", stolen), ("incident-proposed", proposed)):
        if controls:
            counts = Counter(words_of(control.code).name for control in controls)
            values = {"since": day_of(min(control.since for control in controls)), "lines": sorted(counts.items())}
            tell(work, settings, kind, None, None, values, roles=(Role.SECURITE,))
