"""Keycloak: reachable, which rights we have there, its clock, and whether the realm is set safely."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import make_plan, unknown_of_ours
from provisioner.domain.caf_review import Access, Kind
from provisioner.domain.errors import Refusal
from provisioner.domain.password import is_impossible, is_weaker_than_p1
from provisioner.domain.realm_check import THEME_TYPES, Part
from provisioner.domain.realm_profile import compare_profiles
from provisioner.domain.records import Records
from provisioner.keycloak.administrators import MASTER, MASTER_ROLES
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable
from provisioner.keycloak.inspection import (
    LEAST_VERSION,
    AdministratorView,
    GroupRoles,
    OwnView,
    RealmFacts,
)
from provisioner.keycloak.realm_config import ADMIN_CLIENT, SERVICE_ROLES, Json, RealmConfigError, load_user_profile
from provisioner.operations.context import limits_of
from provisioner.operations.doctor.agents import agents_lines
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, quoted, unreachable, wanting
from provisioner.operations.doctor.machine import passes_in_clear
from provisioner.operations.doctor.master import master_lines
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import look
from provisioner.operations.realms import check_realm
from provisioner.settings import PREFIX, KeycloakSettings, Settings, SettingsError, is_this_machine
from provisioner.views.answers.realm import RealmCheckAnswer
from provisioner.views.caf_review import grants_words
from provisioner.views.doctor import Found, Todo
from provisioner.views.refusals import unusable_settings

_ADMINISTRATOR = f"{PREFIX}KEYCLOAK__ADMIN_KEY_FILE (ou __ADMIN_USERNAME et __ADMIN_PASSWORD)"

#: Beyond it Keycloak's clock and ours tell different stories; far beyond it, tokens and links are wrong.
_CLOCK_ATTENTION_SECONDS, _CLOCK_WANTING_SECONDS = 5, 60
_MOST_FAILURES = 10

#: How long a reading may be away, at least, before events are lost: a long week-end and a repair.
_LEAST_EVENT_DAYS = 7
_ROLES = frozenset(f"{ADMIN_CLIENT}/{name}" for name in SERVICE_ROLES)


def keycloak_lines(settings: Settings, clock: Clock, records: Records) -> Iterator[DoctorLine]:
    """What depends on Keycloak, each thing by itself; nothing more where it does not answer or know us."""
    ours = settings.keycloak
    with OwnView(ours) as view:
        try:
            view.connection.get_token()
        except KeycloakUnavailable as error:
            todo = Todo.ANSWERS.of(url=ours.url, setting=f"{PREFIX}KEYCLOAK__URL")
            yield unreachable("keycloak", error, todo)
            return
        except SettingsError:
            return  # the line of the settings says it
        except KeycloakError as error:
            yield ok("keycloak", Found.KEYCLOAK.of(url=ours.url))
            todo = Todo.CREDENTIALS.of(
                settings=f"{PREFIX}KEYCLOAK__REALM, __CLIENT_ID, __CLIENT_KEY_FILE, __CLIENT_SECRET"
            )
            yield wanting("token", quoted(error), todo)
            return
        yield ok("keycloak", Found.KEYCLOAK.of(url=ours.url))
        yield ok("token", Found.TOKEN.of(realm=ours.realm, client=ours.client_id))
        yield from _guarded("clock", lambda: clock_lines(view.connection.server_time(), clock))
        yield from _guarded("realm", lambda: realm_lines(view.realm(), records))
        yield from _guarded("user-profile", lambda: profile_lines(view.user_profile(), load_user_profile(settings)))
        yield from _guarded("realm-files", lambda: files_lines(check_realm(settings, clock)))
        if ours.administrator is not None:
            yield from _guarded("administrator", lambda: administrator_lines(ours))
        else:
            least = ".".join(map(str, LEAST_VERSION))
            todo = Todo.VERSION_AT_LEAST.of(least=least, settings=_ADMINISTRATOR)
            yield attention("version", Found.VERSION_HIDDEN, todo)
            yield from _guarded("roles", lambda: roles_lines(view.connection.own_roles()))
            yield from _guarded("groups", lambda: own_group_lines(view, records, ours.threads))
        yield from _guarded("agents", lambda: agents_lines(settings, _ADMINISTRATOR))
        yield from _guarded("accounts", lambda: account_lines(records, settings, clock))


def _guarded(check: str, lines: Callable[[], Iterable[DoctorLine]]) -> Iterator[DoctorLine]:
    """The lines, or one that says why Keycloak did not let them be made."""
    try:
        yield from lines()
    except KeycloakUnavailable as error:
        yield unreachable("keycloak", error, Todo.RUN_AGAIN)
    except KeycloakError as error:
        yield wanting(check, quoted(error), _todo_of(error))
    except RealmConfigError as error:
        places = ", ".join(place for place, _ in error.problems)
        yield wanting(check, unusable_settings(error.problems), Todo.MEND_REALM_FILES.of(places=places))
    except SettingsError:
        return  # a key that cannot be used: the line of the settings says it


def _todo_of(error: KeycloakError) -> str:
    """Of a login that was refused, which is the administrator's: ours was tried before."""
    if error.code is Refusal.CREDENTIALS_REFUSED:
        return Todo.ADMINISTRATOR_CREDENTIALS.of(settings=error.values["credentials"])
    return Todo.APPLY


def clock_lines(server_time: datetime, clock: Clock) -> Iterator[DoctorLine]:
    """How far Keycloak's clock is from this machine's; the former is told to the second."""
    seconds = (server_time - clock.real_now()).total_seconds() + 0.5
    words = Found.CLOCK_AHEAD if seconds > 0 else Found.CLOCK_BEHIND
    apart, todo = f"{abs(seconds):.0f}", Todo.SET_CLOCKS
    found = str(Found.CLOCK_TOGETHER) if apart == "0" else words.of(seconds=apart)
    level = Level.WANTING if abs(seconds) > _CLOCK_WANTING_SECONDS else Level.ATTENTION
    yield judged("clock", abs(seconds) <= _CLOCK_ATTENTION_SECONDS, found, found, todo, level=level)


def files_lines(checked: RealmCheckAnswer) -> Iterator[DoctorLine]:
    """How many differences `realm check` tells; what is stricter, or advice, is none. Whether our theme shows."""
    told = [difference for realm in checked.realms for difference in realm.differences if difference.is_fault]
    grave = sum(difference.grave for difference in told)
    yield judged(
        "realm-files",
        not told,
        Found.AS_FILES,
        Found.OTHER_THAN_FILES.of(count=len(told), grave=grave),
        Todo.CHECK_REALM,
        level=Level.WANTING if grave else Level.ATTENTION,
    )
    has_theme = not any(d.part == Part.THEME or d.setting in THEME_TYPES for d in told)
    yield judged("theme", has_theme, Found.THEME, Found.NO_THEME, Todo.EXPORT_THEME)


def roles_lines(roles: frozenset[str]) -> Iterator[DoctorLine]:
    """The service account has its three roles and no other."""
    lacks, excess = sorted(_ROLES - roles), sorted(roles - _ROLES)
    if lacks:
        yield wanting("roles", Found.ROLES_LACK.of(roles=", ".join(lacks)), Todo.APPLY)
    if any(role.startswith(f"{ADMIN_CLIENT}/") for role in excess):
        yield wanting("roles", Found.ROLES_TOO_MANY.of(roles=", ".join(excess)), Todo.APPLY)
    elif excess:
        yield attention("roles", Found.ROLES_UNNEEDED.of(roles=", ".join(excess)), Todo.APPLY)
    if not (lacks or excess):
        yield ok("roles", Found.ROLES.of(roles=", ".join(sorted(SERVICE_ROLES))))


def realm_lines(realm: RealmFacts, records: Records) -> Iterator[DoctorLine]:
    """The realm is the one that we know, and set as the convention asks."""
    if not records.is_for_realm(realm.id):
        todo = Todo.RIGHT_REALM.of(settings=f"{PREFIX}KEYCLOAK__URL et __REALM")
        yield wanting("realm", Found.OTHER_REALM, todo)
    else:
        is_known = records.realm_id is not None
        yield ok("realm", Found.REALM if is_known else Found.REALM_NEW)
    if is_weaker_than_p1(realm.password_policy):
        yield wanting("password-policy", Found.POLICY_WEAK, Todo.APPLY)
    elif is_impossible(realm.password_policy):
        yield wanting("password-policy", Found.POLICY_IMPOSSIBLE, Todo.APPLY)
    else:
        yield ok("password-policy", Found.POLICY)
    yield judged(
        "password-form",
        realm.makes_passwords,
        Found.FORM_ON,
        Found.FORM_OFF,
        Todo.APPLY,
    )
    yield _brute_force(realm)
    if not realm.admin_events:
        yield wanting("events", Found.NO_ADMIN_EVENTS, Todo.APPLY)
    elif not realm.events:
        yield attention("events", Found.NO_EVENTS, Todo.APPLY)
    elif realm.events_kept_days is not None and realm.events_kept_days < _LEAST_EVENT_DAYS:
        yield attention("events", Found.EVENTS_SHORT.of(days=realm.events_kept_days), Todo.APPLY)
    else:
        yield ok("events", Found.EVENTS)
    yield _realm_mail(realm)


def _realm_mail(realm: RealmFacts) -> DoctorLine:
    server, tls, setting = realm.mail_server, realm.mail_tls, f"{PREFIX}SMTP__TLS"
    if not (server and realm.mail_from):
        return wanting("realm-mail", Found.NO_REALM_MAIL, Todo.APPLY)
    if passes_in_clear(server, tls, signs_in=realm.mail_signs_in):
        return wanting(
            "realm-mail", Found.REALM_MAIL_WITHOUT_TLS.of(server=server), Todo.SET_MAIL_TLS.of(setting=setting)
        )
    if tls == "starttls" and not is_this_machine(server):
        todo = Todo.SET_MAIL_IMPLICIT.of(setting=setting)
        return attention("realm-mail", Found.REALM_MAIL_STARTTLS.of(server=server), todo)
    return ok("realm-mail", Found.REALM_MAIL.of(server=server, tls=tls))


def _brute_force(realm: RealmFacts) -> DoctorLine:
    problems = {
        Found.BRUTE_FORCE_OFF: not realm.brute_force_protected,
        Found.BRUTE_FORCE_LONG: not 0 < realm.failure_factor <= _MOST_FAILURES,
        Found.BRUTE_FORCE_FOR_GOOD: realm.permanent_lockout,
        Found.BRUTE_FORCE_SECOND: realm.max_secondary_failures > 0,
    }
    wrong = [words.of(failures=realm.failure_factor) for words, is_wrong in problems.items() if is_wrong]
    well = Found.BRUTE_FORCE.of(failures=realm.failure_factor)
    return judged(
        "brute-force", not wrong, well, Found.BRUTE_FORCE_WANTING.of(problems=" ; ".join(wrong)), Todo.APPLY
    )


def own_group_lines(view: OwnView, records: Records, threads: int) -> Iterator[DoctorLine]:
    """The partners' groups and the one above give no admin role, as far as our service account sees."""
    with ThreadPoolExecutor(threads) as pool:
        codes = [None, *sorted(records.partners)]
        ids = [records.partners[code].group_id if code else records.root_id for code in codes]
        groups = [group for group in pool.map(view.group_roles, codes, ids) if group is not None]
    yield from group_lines(groups, Found.NO_PARTNER_GROUP_GIVES)


def group_lines(groups: Sequence[GroupRoles], none: str) -> Iterator[DoctorLine]:
    """Who may manage users could become an administrator by a group that gives an admin role (CVE-2026-94000)."""
    for group in groups:
        if group.admin:
            todo = Todo.TAKE_ROLE_OFF.of(group=group.path)
            yield wanting(
                "groups", Found.GROUP_GIVES.of(group=group.path, roles=", ".join(sorted(group.admin))), todo
            )
        else:
            yield attention(
                "groups",
                Found.GROUP_UNSEEN.of(group=group.path, roles=", ".join(sorted(group.unseen))),
                Todo.RUN_AS_ADMINISTRATOR.of(settings=_ADMINISTRATOR),
            )
    if not groups:
        yield ok("groups", none)


def administrator_lines(settings: KeycloakSettings) -> Iterator[DoctorLine]:
    """What only the administrator's account can tell exactly."""
    with AdministratorView(settings) as view:
        yield version_line(view.version())
        yield from roles_lines(view.service_roles())
        yield from administered_lines(view.administrators(), view.master_administrators, settings)
        yield from master_lines(view.master())


def version_line(version: str) -> DoctorLine:
    """No hole of Keycloak that is known and grave is open."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    least = ".".join(map(str, LEAST_VERSION))
    well, ill = (words.of(version=version, least=least) for words in (Found.VERSION, Found.VERSION_OLD))
    return judged("version", numbers >= LEAST_VERSION, well, ill, Todo.UPGRADE)


def administered_lines(
    here: Sequence[Access], in_master: Sequence[Access], settings: KeycloakSettings
) -> Iterator[DoctorLine]:
    """Who may administer the realm, by name and by what: in the realm, where nobody should, then from the master
    realm. Every group that gives such a role, since who manages users could put anybody in it.
    """
    groups = [GroupRoles(a.name or "", _admin(a, settings.realm)) for a in here if a.kind is Kind.GROUP]
    yield from group_lines(groups, Found.NO_GROUP_GIVES)
    for everybody in (access for access in (*here, *in_master) if access.kind is Kind.EVERYBODY):
        roles = ", ".join(sorted(_admin(everybody, settings.realm)))
        found = Found.EVERYBODY_ADMINISTERS.of(name=everybody.name, realm=everybody.realm, roles=roles)
        yield wanting("administrators", found, Todo.TAKE_DEFAULT_OFF.of(name=everybody.name))
    others = [
        a for a in _holders(here, settings.realm) if a.name != settings.client_id or a.kind is Kind.ADMINISTRATOR
    ]
    for access in others:
        words = Found.ADMINISTERS if access.enabled else Found.ADMINISTERS_OFF
        found = words.of(name=access.name, grants=grants_words(access.grants))
        yield attention("administrators", found, Todo.REVIEW_ADMINISTRATORS)
    if not others:
        yield ok("administrators", Found.NOBODY_ADMINISTERS)
    usable = (access for access in _holders(in_master, settings.realm) if access.enabled)
    named = [f"{access.name} ({grants_words(access.grants)})" for access in usable]
    yield ok("administrators", Found.ADMINISTER_FROM_MASTER.of(names=" ; ".join(named)))


def _holders(accesses: Iterable[Access], realm: str) -> list[Access]:
    """The accounts that have a role which administers; a service account may have none."""
    kinds = (Kind.ADMINISTRATOR, Kind.SERVICE_ACCOUNT)
    return [access for access in accesses if access.kind in kinds and _admin(access, realm)]


def _admin(access: Access, realm: str) -> frozenset[str]:
    """Its roles that administer, or are made of one that does."""
    clients = (f"{ADMIN_CLIENT}/",) if access.realm == realm else (f"{MASTER}-realm/", f"{realm}-realm/")
    of_realm = MASTER_ROLES if access.realm == MASTER else frozenset[str]()
    return frozenset(g.role for g in access.grants if g.gives or g.role.startswith(clients) or g.role in of_realm)


def profile_lines(profile: Json, wanted: Json) -> Iterator[DoctorLine]:
    """The user profile lets us write every account that we may have to close."""
    differences = compare_profiles(profile, wanted)
    if differences.stricter:
        yield wanting(
            "user-profile",
            Found.PROFILE_ASKS_MORE.of(attributes=", ".join(differences.stricter)),
            Todo.LOOSEN_PROFILE,
        )
    if differences.other:
        found = Found.PROFILE_DIFFERS.of(attributes=", ".join(differences.other))
        yield wanting("user-profile", found, Todo.APPLY)
    if not (differences.stricter or differences.other):
        yield ok("user-profile", Found.PROFILE)


def account_lines(records: Records, settings: Settings, clock: Clock) -> Iterator[DoctorLine]:
    """What Keycloak has beside what the register says, and how much the next `sync` would do."""
    directory = Directory(settings.keycloak, read_only=True)
    partners = sorted(records.partners)
    try:
        snapshot = look(records, directory, partners)
    except UnknownRealm:
        return  # the line of the realm says it
    finally:
        directory.close()
    plan = make_plan(records, snapshot, clock.now(), partners, limits_of(settings))
    open_count = sum(habilitation.state is State.OPEN for habilitation in records.habilitations)
    counts = Found.ACCOUNTS.of(read=len(snapshot.accounts), open=open_count, changes=len(plan.changes))
    yield ok("accounts", counts)
    for kind, count in sorted(Counter(drift.kind for drift in plan.drift).items()):
        yield attention("drift", Found.DRIFT.of(kind=kind, count=count), Todo.PLAN_TELLS)
    if count := len(unknown_of_ours(records, snapshot)):
        yield attention(
            "forgotten-accounts",
            Found.FORGOTTEN.of(count=count),
            Todo.APPLY_AGAIN,
        )
