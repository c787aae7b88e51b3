"""`realm check`; `realm apply` and what it takes from the register; `realm accept`: the realm was made anew, a named
person says so, and the register goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import NamedTuple

from provisioner.clock import Clock
from provisioner.domain.access.plan import our_accounts
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.realm_check import Part
from provisioner.domain.realm_model import CONTACT, PARTNER_NAME, Difference
from provisioner.domain.realm_plan import differences
from provisioner.domain.records import Records
from provisioner.keycloak.administrator_client import AdministratorClient
from provisioner.keycloak.connection import administrator_connection, service_connection
from provisioner.keycloak.errors import KeycloakError
from provisioner.keycloak.realm import Tell, apply_agents_realm, apply_realm
from provisioner.keycloak.realm_config import agents_realm, load_agents_config, load_realm_config, load_visible_config
from provisioner.keycloak.realm_state import read_state
from provisioner.operations.context import Context, decided
from provisioner.register import RegisterUnavailable, run_lock
from provisioner.register.connections import begin_anew
from provisioner.register.database import current_register
from provisioner.register.marks import accept_realm
from provisioner.register.partners import all_partners, contacts_of
from provisioner.settings import Settings
from provisioner.views.answers.realm import RealmAnswer, RealmCheckAnswer
from provisioner.views.answers.system import AcceptanceAnswer


def texts_of_register(settings: Settings, clock: Clock) -> dict[str, str] | None:
    """The realm's texts that come from the register: the address of annexe 3 that a person may ask, that is who
    answers for technical problems, else for habilitations (N2), empty where the Caf has no annexe 3; each partner's
    name.

    None where there is no register that can be read here: what protects the realm does not wait for it.
    """
    with suppress(RegisterUnavailable), current_register(settings, clock) as register:
        if register is not None:
            with register.read() as connection:
                caf, partners = contacts_of(connection, None), all_partners(connection).values()
            texts = {f"{PARTNER_NAME}{partner.code}": partner.name for partner in partners}
            return {CONTACT: caf.of(Role.TECHNIQUE).email if caf else "", **texts}
    return None


class Brought(NamedTuple):
    """A realm that is as its files want it, and what was put right; of one that is new, that is all of it."""

    realm: str
    changed: Sequence[Difference]

    @property
    def is_new(self) -> bool:
        """Whether it was made."""
        return any(difference.part is Part.REALM_CREATED for difference in self.changed)


def bring_to_files(
    settings: Settings, of_register: Mapping[str, str] | None, *, announce: Tell, tell: Tell
) -> Iterator[Brought]:
    """Brings the realm, and that of the agents where there is to be one, to their files. What is put right is told as
    it is done (of a realm that is made, that alone), what can stop logins is announced before.

    Raises: as `apply_realm`. What fails in the first keeps nothing of the second out.
    """
    load_agents_config(settings)  # what it lacks is said before anything is sent
    name, failure = settings.keycloak.realm, None
    try:
        changed = apply_realm(settings, of_register, announce=announce, tell=_until_made(tell))
    except KeycloakError as error:
        failure = error
    else:
        yield Brought(name, changed)
    of_agents = apply_agents_realm(settings, announce=announce, tell=_until_made(tell))
    if of_agents is not None:
        yield Brought(agents_realm(name), of_agents)
    if failure is not None:
        raise failure


def _until_made(tell: Tell) -> Tell:
    """Tells of a realm's parts until it is told that the whole is new."""
    made: list[Difference] = []

    def told(difference: Difference) -> None:
        if not made:
            tell(difference)
        if difference.part is Part.REALM_CREATED:
            made.append(difference)

    return told


def check_realm(settings: Settings, clock: Clock, *, as_administrator: bool = False) -> RealmCheckAnswer:
    """How the realm, and that of the agents where there is to be one, differ from their files. Changes nothing.

    As the administrator sees it where one is set, or is to be (`as_administrator`), else as our service account does.

    Raises:
        SettingsError: a setting that is needed is not set, or a file cannot be used.
    """
    ours, texts = settings.keycloak, texts_of_register(settings, clock)
    sees_all = as_administrator or ours.administrator is not None
    config = load_realm_config(settings, texts) if sees_all else load_visible_config(settings, texts)
    configs, agents = [config], load_agents_config(settings)
    if agents is not None and sees_all:
        configs.append(agents)
    with closing(
        administrator_connection(ours) if sees_all else service_connection(ours, read_only=True)
    ) as connection:
        states = [read_state(connection, config.realm["realm"], config) for config in configs]
        told = [differences(state, config) for config, state in zip(configs, states, strict=True)]
        if sees_all:
            told[0] = [*AdministratorClient(connection, ours).differences, *told[0]]
    names = [config.realm["realm"] for config in configs]
    checked = [RealmAnswer.of(*realm) for realm in zip(names, states, told, strict=True)]
    if agents is not None and not sees_all:  # where our service account has no rights
        checked.append(RealmAnswer.unseen(agents.realm["realm"]))
    return RealmCheckAnswer.of(clock.now(), checked)


@decided
def accept(context: Context, by: str, reason: str) -> AcceptanceAnswer:
    """Records the realm under the settings as this register's, unless it is already; changes nothing in Keycloak.

    What is missing there is told by the next `plan`; nothing is opened or closed for it.

    Raises:
        Refused: the register knows no realm yet; the first write records it.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; nothing is recorded.
    """
    with run_lock(context.register, context.settings, by):
        records = context.register.records()
        if records.realm_id is None:
            raise Refused(Refusal.NO_REALM_YET)
        acceptance = _compare(context, records, records.realm_id)
        if acceptance.accepted:
            with context.register.work(by) as work:
                accept_realm(work, acceptance.known, acceptance.found, by=by, reason=reason)
                begin_anew(work)
        return acceptance


def _compare(context: Context, records: Records, known: str) -> AcceptanceAnswer:
    snapshot = context.directory.snapshot({})
    ours = our_accounts(records, snapshot)
    emails = [account.email for account in records.accounts.values() if account.keycloak_id is not None]
    return AcceptanceAnswer.of(known, snapshot.realm_id, len(emails), sum(email in ours for email in emails))
