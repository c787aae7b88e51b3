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
from provisioner.domain.password import is_impossible, is_weaker_than_p1
from provisioner.domain.records import Records
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable
from provisioner.keycloak.inspection import (
    LEAST_VERSION,
    AdministratorView,
    GroupRoles,
    OwnView,
    RealmFacts,
)
from provisioner.keycloak.realm import compare_profiles
from provisioner.keycloak.realm_config import ADMIN_CLIENT, SERVICE_ROLES, Json, load_user_profile
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, unreachable, wanting
from provisioner.operations.doctor.register import limits_of
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import look
from provisioner.settings import PREFIX, KeycloakSettings, Settings

APPLY = "`provisioner realm apply` with the administrator's account puts it right."

#: Beyond it Keycloak's clock and ours tell different stories; far beyond it, tokens and links are wrong.
_CLOCK_ATTENTION_SECONDS, _CLOCK_WANTING_SECONDS = 5, 60
_MOST_FAILURES = 10
_ROLES = frozenset(f"{ADMIN_CLIENT}/{name}" for name in SERVICE_ROLES)


def keycloak_lines(settings: Settings, clock: Clock, records: Records) -> Iterator[DoctorLine]:
    """What depends on Keycloak, each thing by itself; nothing more where it does not answer or know us."""
    ours = settings.keycloak
    with OwnView(ours) as view:
        try:
            view.connection.get_token()
        except KeycloakUnavailable as error:
            todo = f"See that {ours.url} answers, or set {PREFIX}KEYCLOAK__URL."
            yield unreachable("keycloak", error, todo)
            return
        except KeycloakError as error:
            yield ok("keycloak", f"{ours.url} answers.")
            todo = f"See {PREFIX}KEYCLOAK__REALM, __CLIENT_ID and __CLIENT_SECRET, or `provisioner realm apply`."
            yield wanting("token", str(error), todo)
            return
        yield ok("keycloak", f"{ours.url} answers.")
        yield ok("token", f"The realm {ours.realm} knows {ours.client_id}.")
        yield from _guarded("clock", lambda: clock_lines(view.connection.server_time(), clock))
        yield from _guarded("realm", lambda: realm_lines(view.realm(), records))
        yield from _guarded("user-profile", lambda: profile_lines(view.user_profile(), load_user_profile(settings)))
        if ours.admin_username and ours.admin_password:
            yield from _guarded("administrator", lambda: administrator_lines(ours))
        else:
            least = ".".join(map(str, LEAST_VERSION))
            todo = f"See that it is {least} or newer, or set {PREFIX}KEYCLOAK__ADMIN_USERNAME and __ADMIN_PASSWORD."
            yield attention("version", "Keycloak hides its version from our service account.", todo)
            yield from _guarded("roles", lambda: roles_lines(view.connection.own_roles()))
            yield from _guarded("groups", lambda: own_group_lines(view, records, ours.threads))
        yield from _guarded("accounts", lambda: account_lines(records, settings, clock))


def _guarded(check: str, lines: Callable[[], Iterable[DoctorLine]]) -> Iterator[DoctorLine]:
    """The lines, or one that says why Keycloak did not let them be made."""
    try:
        yield from lines()
    except KeycloakUnavailable as error:
        yield unreachable("keycloak", error, "Run again once Keycloak answers; nothing is lost meanwhile.")
    except KeycloakError as error:
        yield wanting(check, str(error), APPLY)


def clock_lines(server_time: datetime, clock: Clock) -> Iterator[DoctorLine]:
    """How far Keycloak's clock is from this machine's; the former is told to the second."""
    seconds = (server_time - clock.real_now()).total_seconds() + 0.5
    found = f"Keycloak's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's."
    todo = "Have both machines' clocks set by the same time servers."
    level = Level.WANTING if abs(seconds) > _CLOCK_WANTING_SECONDS else Level.ATTENTION
    yield judged("clock", abs(seconds) <= _CLOCK_ATTENTION_SECONDS, found, found, todo, level=level)


def roles_lines(roles: frozenset[str]) -> Iterator[DoctorLine]:
    """The service account has its three roles and no other."""
    lacks, excess = sorted(_ROLES - roles), sorted(roles - _ROLES)
    if lacks:
        yield wanting("roles", f"Our service account lacks {', '.join(lacks)}.", APPLY)
    if any(role.startswith(f"{ADMIN_CLIENT}/") for role in excess):
        yield wanting("roles", f"Our service account may do more than it needs: {', '.join(excess)}.", APPLY)
    elif excess:
        yield attention("roles", f"Our service account has roles that it does not need: {', '.join(excess)}.", APPLY)
    if not (lacks or excess):
        yield ok("roles", f"Our service account has exactly {', '.join(sorted(SERVICE_ROLES))}.")


def realm_lines(realm: RealmFacts, records: Records) -> Iterator[DoctorLine]:
    """The realm is the one that we know, and set as the convention asks."""
    if not records.is_for_realm(realm.id):
        todo = (
            f"Point {PREFIX}KEYCLOAK__URL and __REALM at the right one: nothing is written in this one. Made anew: "
            "`provisioner realm accept`."
        )
        yield wanting("realm", "This is not the realm that the register began with.", todo)
    else:
        is_known = records.realm_id is not None
        yield ok("realm", "It is the one that the register began with." if is_known else "No register knows it yet.")
    if is_weaker_than_p1(realm.password_policy):
        yield wanting("password-policy", "The policy is weaker than P1: openings and links wait.", APPLY)
    elif is_impossible(realm.password_policy):
        found = "The policy asks for more characters than it allows: no password is possible; openings, links wait."
        yield wanting("password-policy", found, APPLY)
    else:
        yield ok("password-policy", "It asks for all that P1 asks for.")
    yield judged(
        "password-form",
        realm.makes_passwords,
        "The link of an e-mail leads to the form that makes a password.",
        "The required action UPDATE_PASSWORD is off: no link can make a password; openings and links wait.",
        APPLY,
    )
    yield _brute_force(realm)
    if not realm.admin_events:
        found = "Admin events are off: whether an interrupted e-mail left cannot be told, so it would leave again."
        yield wanting("events", found, APPLY)
    elif not realm.events:
        yield attention("events", "Login events are off: no connection can be reported.", APPLY)
    else:
        yield ok("events", "Events and admin events are kept.")
    yield judged(
        "realm-mail",
        bool(realm.mail_server and realm.mail_from),
        f"Keycloak sends the links through {realm.mail_server}.",
        "The realm has no mail server or no sender: no link can leave.",
        APPLY,
    )


def _brute_force(realm: RealmFacts) -> DoctorLine:
    problems = {
        "passwords may be guessed without end": not realm.brute_force_protected,
        f"{realm.failure_factor} failures are allowed": not 0 < realm.failure_factor <= _MOST_FAILURES,
        "it locks for good, which reads as a suspension by hand": realm.permanent_lockout,
        "a second factor's failures disable the account": realm.max_secondary_failures > 0,
    }
    wrong = [sentence for sentence, is_wrong in problems.items() if is_wrong]
    well = f"An account is locked for a while after {realm.failure_factor} failures."
    return judged("brute-force", not wrong, well, f"Brute-force protection: {'; '.join(wrong)}.", APPLY)


def own_group_lines(view: OwnView, records: Records, threads: int) -> Iterator[DoctorLine]:
    """The partners' groups and the one above give no admin role, as far as our service account sees."""
    with ThreadPoolExecutor(threads) as pool:
        codes = [None, *sorted(records.partners)]
        ids = [records.partners[code].group_id if code else records.root_id for code in codes]
        groups = [group for group in pool.map(view.group_roles, codes, ids) if group is not None]
    yield from group_lines(groups, "No partner's group, nor the one above them, gives an admin role.")


def group_lines(groups: Sequence[GroupRoles], none: str) -> Iterator[DoctorLine]:
    """Who may manage users could become an administrator by a group that gives an admin role (CVE-2026-94000)."""
    for group in groups:
        if group.admin:
            todo = f"Take the role off the group {group.path}: whoever manages users could give it to anybody."
            yield wanting("groups", f"The group {group.path} gives {', '.join(sorted(group.admin))}.", todo)
        else:
            yield attention(
                "groups",
                f"The group {group.path} gives {', '.join(sorted(group.unseen))}, whose parts we may not see.",
                f"Run doctor once with {PREFIX}KEYCLOAK__ADMIN_USERNAME and __ADMIN_PASSWORD.",
            )
    if not groups:
        yield ok("groups", none)


def administrator_lines(settings: KeycloakSettings) -> Iterator[DoctorLine]:
    """What only the administrator's account can tell exactly."""
    with AdministratorView(settings) as view:
        version, least = view.version(), ".".join(map(str, LEAST_VERSION))
        yield judged(
            "version",
            tuple(int(part) for part in re.findall(r"\d+", version)[:3]) >= LEAST_VERSION,
            f"Keycloak {version}; the least is {least}.",
            f"Keycloak {version}: before {least} anybody can set anybody's password (CVE-2026-18963).",
            "Bring Keycloak to the newest 26.7 patch, today.",
        )
        yield from roles_lines(view.service_roles())
        yield from group_lines(view.groups_with_admin_roles(), "No group of the realm gives an admin role.")


def profile_lines(profile: Json, wanted: Json) -> Iterator[DoctorLine]:
    """The user profile lets us write every account that we may have to close."""
    differences = compare_profiles(profile, wanted)
    if differences.stricter:
        yield wanting(
            "user-profile",
            f"The user profile asks more of an account than ours have: {', '.join(differences.stricter)}. Keycloak "
            "may refuse to disable accounts, so that an access that should be closed stays open.",
            "In the console (Realm settings, User profile), make it optional and take the validator off; "
            "`provisioner realm apply` puts back what is ours. Then `provisioner sync`.",
        )
    if differences.other:
        found = f"Attributes of ours are missing or changed: {', '.join(differences.other)}."
        yield wanting("user-profile", found, APPLY)
    if not (differences.stricter or differences.other):
        yield ok("user-profile", "It asks for nothing that our accounts lack.")


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
    counts = f"{len(snapshot.accounts)} accounts read; {open_count} accesses open; {len(plan.changes)} changes due."
    yield ok("accounts", counts)
    for kind, count in sorted(Counter(drift.kind for drift in plan.drift).items()):
        todo = "Who: `provisioner plan`. What becomes of it: docs/safety.md."
        yield attention("drift", f"{kind}: {count}.", todo)
    if count := len(unknown_of_ours(records, snapshot)):
        yield attention(
            "forgotten-accounts",
            f"Accounts that bear our mark and that the register does not know: {count}.",
            "Was an older register put back? Then apply again what came since: docs/backup.md.",
        )
