"""Keycloak: reachable, which rights we have there, its clock, and whether the realm is set safely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from provisioner.clock import Clock
from provisioner.domain.password import is_impossible, is_weaker_than_p1
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable
from provisioner.keycloak.inspection import (
    LEAST_VERSION,
    AdministratorView,
    GroupRoles,
    OwnView,
    RealmFacts,
)
from provisioner.keycloak.realm import compare_profiles
from provisioner.keycloak.realm_config import ADMIN_CLIENT, SERVICE_ROLES, Json
from provisioner.operations.doctor.lines import Line, attention, ok, unreachable, wanting
from provisioner.settings import PREFIX, KeycloakSettings

APPLY = "`provisioner realm apply` with the administrator's account puts it right."

#: Beyond it Keycloak's clock and ours tell different stories; far beyond it, tokens and links are wrong.
_CLOCK_ATTENTION_SECONDS, _CLOCK_WANTING_SECONDS = 5, 60
_MOST_FAILURES = 10
_ROLES = frozenset(f"{ADMIN_CLIENT}/{name}" for name in SERVICE_ROLES)


def guarded(check: str, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, or one that says why Keycloak did not let them be made."""
    try:
        yield from lines
    except KeycloakUnavailable as error:
        yield unreachable("keycloak", str(error), "Run again once Keycloak answers; nothing is lost meanwhile.")
    except KeycloakError as error:
        yield wanting(check, str(error), APPLY)


def sign_in(view: OwnView, settings: KeycloakSettings) -> Iterator[Line]:
    """Whether Keycloak answers and knows us; without any line that is wanting, more can be asked."""
    try:
        view.sign_in()
    except KeycloakUnavailable as error:
        yield unreachable("keycloak", str(error), f"See that {settings.url} answers, or set {PREFIX}KEYCLOAK__URL.")
    except KeycloakError as error:
        yield ok("keycloak", f"{settings.url} answers.")
        todo = f"See {PREFIX}KEYCLOAK__REALM, __CLIENT_ID and __CLIENT_SECRET, or `provisioner realm apply`."
        yield wanting("token", f"{error}", todo)
    else:
        yield ok("keycloak", f"{settings.url} answers.")
        yield ok("token", f"The realm {settings.realm} knows {settings.client_id}.")


def clock_lines(view: OwnView, clock: Clock) -> Iterator[Line]:
    """How far Keycloak's clock is from this machine's; the former is told to the second."""
    seconds = (view.server_time() - clock.real_now()).total_seconds() + 0.5
    found = f"Keycloak's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's."
    todo = "Have both machines' clocks set by the same time servers."
    if abs(seconds) > _CLOCK_WANTING_SECONDS:
        yield wanting("clock", found, todo)
    elif abs(seconds) > _CLOCK_ATTENTION_SECONDS:
        yield attention("clock", found, todo)
    else:
        yield ok("clock", found)


def roles_lines(roles: frozenset[str]) -> Iterator[Line]:
    """The service account has its three roles and no other."""
    lacks, excess = sorted(_ROLES - roles), sorted(roles - _ROLES)
    if lacks:
        yield wanting("roles", f"Our service account lacks {', '.join(lacks)}.", APPLY)
    if any(one.startswith(f"{ADMIN_CLIENT}/") for one in excess):
        yield wanting("roles", f"Our service account may do more than it needs: {', '.join(excess)}.", APPLY)
    elif excess:
        yield attention("roles", f"Our service account has roles that it does not need: {', '.join(excess)}.", APPLY)
    if not (lacks or excess):
        yield ok("roles", f"Our service account has exactly {', '.join(sorted(SERVICE_ROLES))}.")


def realm_lines(realm: RealmFacts, records: Records) -> Iterator[Line]:
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
    if realm.makes_passwords:
        yield ok("password-form", "The link of an e-mail leads to the form that makes a password.")
    else:
        found = "The required action UPDATE_PASSWORD is off: no link can make a password; openings and links wait."
        yield wanting("password-form", found, APPLY)
    yield _brute_force(realm)
    if not realm.admin_events:
        found = "Admin events are off: whether an interrupted e-mail left cannot be told, so it would leave again."
        yield wanting("events", found, APPLY)
    elif not realm.events:
        yield attention("events", "Login events are off: no connection can be reported.", APPLY)
    else:
        yield ok("events", "Events and admin events are kept.")
    if realm.mail_server and realm.mail_from:
        yield ok("realm-mail", f"Keycloak sends the links through {realm.mail_server}.")
    else:
        yield wanting("realm-mail", "The realm has no mail server or no sender: no link can leave.", APPLY)


def _brute_force(realm: RealmFacts) -> Line:
    wrong = [
        sentence
        for is_wrong, sentence in (
            (not realm.brute_force_protected, "passwords may be guessed without end"),
            (not 0 < realm.failure_factor <= _MOST_FAILURES, f"{realm.failure_factor} failures are allowed"),
            (realm.permanent_lockout, "it locks for good, which reads as a suspension by hand"),
            (realm.max_secondary_failures > 0, "a second factor's failures disable the account"),
        )
        if is_wrong
    ]
    if wrong:
        return wanting("brute-force", f"Brute-force protection: {'; '.join(wrong)}.", APPLY)
    return ok("brute-force", f"An account is locked for a while after {realm.failure_factor} failures.")


def own_group_lines(view: OwnView, records: Records, threads: int) -> Iterator[Line]:
    """The partners' groups and the one above give no admin role, as far as our service account sees."""
    with ThreadPoolExecutor(threads) as pool:
        codes = [None, *sorted(records.partners)]
        ids = [records.partners[code].group_id if code else records.root_id for code in codes]
        found = [one for one in pool.map(view.group_roles, codes, ids) if one is not None]
    yield from group_lines(found, "No partner's group, nor the one above them, gives an admin role.")


def group_lines(found: Iterable[GroupRoles], none: str) -> Iterator[Line]:
    """Who may manage users could become an administrator by a group that gives an admin role (CVE-2026-94000)."""
    is_any = False
    for one in found:
        is_any = True
        if one.admin:
            todo = f"Take the role off the group {one.path}: whoever manages users could give it to anybody."
            yield wanting("groups", f"The group {one.path} gives {', '.join(sorted(one.admin))}.", todo)
        else:
            yield attention(
                "groups",
                f"The group {one.path} gives {', '.join(sorted(one.unseen))}: we may not see what that is made of.",
                f"Run doctor once with {PREFIX}KEYCLOAK__ADMIN_USERNAME and __ADMIN_PASSWORD.",
            )
    if not is_any:
        yield ok("groups", none)


def administrator_lines(view: AdministratorView) -> Iterator[Line]:
    """What only the administrator's account can tell exactly."""
    version = view.version()
    least = ".".join(map(str, LEAST_VERSION))
    if tuple(int(part) for part in re.findall(r"\d+", version)[:3]) < LEAST_VERSION:
        found = f"Keycloak {version}: before {least} anybody can set anybody's password (CVE-2026-18963)."
        yield wanting("version", found, "Bring Keycloak to the newest 26.7 patch, today.")
    else:
        yield ok("version", f"Keycloak {version}; the least is {least}.")
    yield from roles_lines(view.service_roles())
    yield from group_lines(view.groups_with_admin_roles(), "No group of the realm gives an admin role.")


def profile_lines(found: Json, wanted: Json) -> Iterator[Line]:
    """The user profile lets us write every account that we may have to close."""
    differences = compare_profiles(found, wanted)
    if differences.stricter:
        yield wanting(
            "user-profile",
            f"The user profile asks more of an account than ours have: {', '.join(differences.stricter)}. Keycloak "
            "may refuse to disable accounts, so that an access that should be closed stays open.",
            "In the console (Realm settings, User profile), make it optional and take the validator off; "
            "`provisioner realm apply` puts back what is ours. Then `provisioner sync`.",
        )
    if differences.other:
        found_other = f"Attributes of ours are missing or changed: {', '.join(differences.other)}."
        yield wanting("user-profile", found_other, APPLY)
    if not (differences.stricter or differences.other):
        yield ok("user-profile", "It asks for nothing that our accounts lack.")


def version_unseen() -> Line:
    """Our service account may not see Keycloak's version."""
    least = ".".join(map(str, LEAST_VERSION))
    todo = f"See that the server is {least} or newer, or set {PREFIX}KEYCLOAK__ADMIN_USERNAME and __ADMIN_PASSWORD."
    return attention("version", "Keycloak hides its version from our service account.", todo)
