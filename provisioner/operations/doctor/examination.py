"""The examination as a whole: what was looked at, in the order in which one thing needs another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from provisioner.clock import Clock
from provisioner.domain.access.plan import Plan
from provisioner.domain.records import Records
from provisioner.keycloak.inspection import AdministratorView, OwnView
from provisioner.keycloak.realm_config import load_user_profile
from provisioner.operations.doctor import database, folders, keycloak, machine, mail, work
from provisioner.operations.doctor.lines import Line, Verdict, unreachable
from provisioner.operations.errors import UnknownRealm
from provisioner.register import Register, RegisterUnavailable, open_as_is
from provisioner.register.journal import Actor
from provisioner.settings import PREFIX, Settings


@dataclass(frozen=True, slots=True)
class Examination:
    """The settings in force, secrets masked, and one line a thing."""

    settings: Mapping[str, str | None]
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = {one.verdict for one in self.lines}
        return next((one for one in (Verdict.WANTING, Verdict.ATTENTION) if one in found), Verdict.OK)

    @property
    def is_unreachable(self) -> bool:
        """Whether a system that is needed does not answer."""
        return any(one.is_unreachable for one in self.lines)


def examine(settings: Settings, clock: Clock) -> Examination:
    """Looks at everything; makes and changes nothing, sends nothing, and takes no lock."""
    lines = [*machine.settings_lines(settings, clock), *machine.reader_lines(), *machine.data_directory(settings)]
    try:
        register = open_as_is(settings, clock, Actor.here("doctor"))
        if register is None:
            lines += [database.none_yet(), *_keycloak(settings, clock, Records({}), []), *mail.mail_lines(settings)]
        else:
            with closing(register):
                lines += _with_register(register, settings, clock)
    except RegisterUnavailable as error:
        todo = f"See {PREFIX}DATABASE__URL and {PREFIX}DATA_DIR; to put a copy back: docs/backup.md."
        lines.append(unreachable("database", str(error), todo))
        lines += [*_keycloak(settings, clock, Records({}), []), *mail.mail_lines(settings)]
    return Examination(machine.effective(settings), tuple(lines))


def _with_register(register: Register, settings: Settings, clock: Clock) -> list[Line]:
    lines = list(database.register_lines(register, settings))
    if not database.is_current(register):  # what else it holds cannot be read as this version reads it
        return [*lines, *_keycloak(settings, clock, Records({}), []), *mail.mail_lines(settings)]
    records, now = register.records(), clock.now()
    plans: list[Plan] = []
    lines += [*_keycloak(settings, clock, records, plans), *mail.mail_lines(settings)]
    lines += work.limit_lines(records, settings, now)
    lines += [*work.hold_lines(records, now), *work.waiting_lines(register, now)]
    lines += folders.folder_lines(settings, register, now)
    lines += work.declared_lines(records, settings)
    return [*lines, *work.contact_lines(register, records)]


def _keycloak(settings: Settings, clock: Clock, records: Records, plans: list[Plan]) -> Iterator[Line]:
    """What depends on Keycloak; the plan, once it could be made, is put into `plans`."""
    ours = settings.keycloak
    with OwnView(ours) as view:
        first = list(keycloak.sign_in(view, ours))
        yield from first
        if any(one.verdict is Verdict.WANTING for one in first):
            return
        yield from keycloak.guarded("clock", keycloak.clock_lines(view, clock))
        yield from keycloak.guarded("realm", _realm(view, records))
        yield from keycloak.guarded("user-profile", _profile(view, settings))
        if ours.admin_username and ours.admin_password:
            yield from keycloak.guarded("administrator", _administrator(settings))
        else:
            yield keycloak.version_unseen()
            yield from keycloak.guarded("roles", _roles(view))
            yield from keycloak.guarded("groups", keycloak.own_group_lines(view, records, ours.threads))
        yield from keycloak.guarded("accounts", _accounts(settings, clock, records, plans))


def _realm(view: OwnView, records: Records) -> Iterator[Line]:
    yield from keycloak.realm_lines(view.realm(), records)


def _profile(view: OwnView, settings: Settings) -> Iterator[Line]:
    yield from keycloak.profile_lines(view.user_profile(), load_user_profile(settings))


def _roles(view: OwnView) -> Iterator[Line]:
    yield from keycloak.roles_lines(view.own_roles())


def _administrator(settings: Settings) -> Iterator[Line]:
    with AdministratorView(settings.keycloak) as view:
        yield from keycloak.administrator_lines(view)


def _accounts(settings: Settings, clock: Clock, records: Records, plans: list[Plan]) -> Iterator[Line]:
    try:
        snapshot, plan = work.due(records, settings, clock)
    except UnknownRealm:
        return  # the line of the realm says it
    plans.append(plan)
    yield from work.account_lines(records, snapshot, plan)
