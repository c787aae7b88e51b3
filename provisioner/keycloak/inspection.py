"""What can be read of the realm and of our own rights in it, for `doctor`; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote

import requests
from keycloak import KeycloakAdmin

from provisioner.domain.caf_review import Access, Kind
from provisioner.keycloak.accounts import Json
from provisioner.keycloak.administrators import MASTER, Realm, read_as_it_stands
from provisioner.keycloak.connection import Connection, administrator_connection, read, service_connection
from provisioner.keycloak.errors import KeycloakRefused, NotFound, ReadIncomplete
from provisioner.keycloak.events import stores_of
from provisioner.keycloak.groups import group_by_id, group_by_path
from provisioner.keycloak.realm_config import ADMIN_CLIENT, agents_realm
from provisioner.keycloak.snapshot import makes_passwords, realm_of
from provisioner.settings import KeycloakSettings, Tls

#: Before 26.7.2 anybody can set anybody's password through « Mot de passe oublié ? » (CVE-2026-18963); 26.7.3 closes
#: some twenty more holes.
LEAST_VERSION = (26, 7, 3)

#: The kinds of credential that Keycloak's own flows ask for after a password. A passkey opens without one, and leaves
#: the password to open alone.
SECOND_FACTORS = frozenset({"otp", "webauthn"})

#: How long an answer may take that only tells that there is one.
_PATIENCE_SECONDS = 5

#: Keycloak's mark on the account or client that its first start or `kc.sh bootstrap-admin` made.
_TEMPORARY = "is_temporary_admin"


def is_answering(settings: KeycloakSettings) -> bool:
    """Whether the realm answers at this moment, without any right in it: for whoever watches the service."""
    try:
        answer = requests.get(f"{settings.url}/realms/{quote(settings.realm)}", timeout=_PATIENCE_SECONDS)
    except requests.RequestException:
        return False
    return answer.status_code == 200


@dataclass(frozen=True, slots=True)
class RealmFacts:
    """What the realm is set to, as far as safety goes. `events_kept_days`: that of the list which is kept least long;
    None where both are kept for ever.
    """

    id: str
    password_policy: str
    makes_passwords: bool
    brute_force_protected: bool
    failure_factor: int
    permanent_lockout: bool
    max_secondary_failures: int
    events: bool
    admin_events: bool
    events_kept_days: int | None
    mail_server: str | None
    mail_from: str | None
    mail_tls: Tls
    mail_signs_in: bool


@dataclass(frozen=True, slots=True)
class MasterFacts:
    """How the realm of the server's administrators stands. Whoever enters it may do everything in ours.

    `administrators` are its accounts that may administer ours and can be used; `without_second_factor` are those of
    them to which a password alone opens it, `temporary` those that were made to begin with, clients too.
    """

    brute_force_protected: bool
    password_policy: str
    events: bool
    admin_events: bool
    administrators: int
    without_second_factor: int
    temporary: int


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """A group that gives roles to its members: `admin` are roles that administer the realm, `unseen` those that may
    hold one and that we may not look into. `client/role` for a client's.
    """

    path: str
    admin: frozenset[str]
    unseen: frozenset[str] = frozenset()


class View:
    """A realm that is looked at through a connection which ends with the block."""

    def __init__(self, connection: Connection, settings: KeycloakSettings) -> None:
        self.connection, self.settings = connection, settings
        self.admin = KeycloakAdmin(connection=connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()


class OwnView(View):
    """The realm as our own service account sees it. Every method raises a `KeycloakError` as `Directory` does."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(service_connection(settings, read_only=True), settings)

    def realm(self) -> RealmFacts:
        """What the realm is set to."""
        realm = realm_of(self.admin)
        spans = [store.keeps.days for store in stores_of(realm).values() if store.keeps is not None]
        mail = realm.get("smtpServer") or {}
        return RealmFacts(
            id=str(realm["id"]),
            password_policy=realm.get("passwordPolicy") or "",
            makes_passwords=makes_passwords(self.admin),
            brute_force_protected=bool(realm.get("bruteForceProtected")),
            failure_factor=int(realm.get("failureFactor") or 0),
            permanent_lockout=bool(realm.get("permanentLockout")),
            max_secondary_failures=int(realm.get("maxSecondaryAuthFailures") or 0),
            events=bool(realm.get("eventsEnabled")),
            admin_events=bool(realm.get("adminEventsEnabled")),
            events_kept_days=min(spans, default=None),
            mail_server=mail.get("host") or None,
            mail_from=mail.get("from") or None,
            mail_tls=_tls_of(mail),
            mail_signs_in=mail.get("auth") == "true",
        )

    def user_profile(self) -> Json:
        """The realm's user profile: what an account may and must have."""
        profile = self.admin.get_realm_users_profile()
        if not isinstance(profile.get("attributes"), list):
            raise ReadIncomplete("Keycloak did not answer with the realm's user profile.")
        return profile

    def group_roles(self, code: str | None, known_id: str | None) -> GroupRoles | None:
        """The admin roles that a partner's group gives, and roles that may be made of some; None when there is none.

        The group is looked for by the id that the register knows, wherever another hand put it; a read by id leaves
        out the clients' roles, so its path is read too. Without a code, the group above them all. What a composite
        role is made of is hidden from us where that is a client's role.
        """
        path = f"{self.settings.group_root}/{code}" if code else self.settings.group_root
        with suppress(NotFound):
            path = group_by_id(self.admin, known_id)["path"] if known_id else path
        try:
            group = group_by_path(self.admin, path)
        except NotFound:
            return None
        by_client: dict[str, list[str]] = group.get("clientRoles") or {}
        admin = {f"{ADMIN_CLIENT}/{name}" for name in by_client.get(ADMIN_CLIENT, [])}
        others = {f"{client}/{name}" for client, names in by_client.items() for name in names} - admin
        unseen = others | {name for name in group.get("realmRoles") or [] if self._is_composite(name)}
        return GroupRoles(path, frozenset(admin), frozenset(unseen)) if admin or unseen else None

    def _is_composite(self, role: str) -> bool:
        return bool(self.admin.get_realm_role(quote(role, safe="")).get("composite"))


def _tls_of(mail: Json) -> Tls:
    """How Keycloak speaks to its mail server; what is encrypted from the start needs no STARTTLS."""
    if mail.get("ssl") == "true":
        return "implicit"
    return "starttls" if mail.get("starttls") == "true" else "off"


class AdministratorView(View):
    """The server and the realm as the administrator of the master realm sees them; raises as `OwnView`."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(administrator_connection(settings), settings)

    def version(self) -> str:
        """Keycloak's version."""
        system = self.admin.get_server_info().get("systemInfo") or {}
        if not system.get("version"):
            raise KeycloakRefused("The administrator may not see Keycloak's version.")
        return str(system["version"])

    def own_id(self) -> str | None:
        """Keycloak's id of the administrator that the settings name; its token does not tell it."""
        asked = {"username": self.settings.administrator, "exact": "true"}
        users = self.connection.raw_get("admin/realms/master/users", **asked).json()
        return str(users[0]["id"]) if users else None

    def service_roles(self) -> frozenset[str]:
        """Every role that our service account has, through composites and groups too."""
        client = self.admin.get_client_id(self.settings.client_id)
        if client is None:
            raise KeycloakRefused(f"The realm has no client {self.settings.client_id}.")
        account = self.admin.get_client_service_account_user(client)["id"]
        by_client = read(self.admin, f"ui-ext/effective-roles/users/{account}")
        roles = {f"{role['client']}/{role['role']}" for role in by_client}
        return frozenset(roles | {role["name"] for role in self.admin.get_composite_realm_roles_of_user(account)})

    def administrators(self) -> list[Access]:
        """Every account, group and service account that may administer the realm, through composites and groups too,
        and what every new account gets (V4).
        """
        return read_as_it_stands(lambda: list(Realm(self.connection, self.settings.realm).administrators()))

    @cached_property
    def master_administrators(self) -> list[Access]:
        """The same of the master realm: of those who may administer the server, our realm or its agents' one."""
        administered = (MASTER, self.settings.realm, agents_realm(self.settings.realm))
        return read_as_it_stands(
            lambda: list(Realm(self.connection, MASTER, administered=administered).administrators())
        )

    def master(self) -> MasterFacts:
        """The realm of the server's administrators."""
        realm = self._of_master("")
        usable = [a.subject for a in self.master_administrators if a.enabled and a.kind is Kind.ADMINISTRATOR]
        persons = list(self._persons(usable))
        users = [user for user, _ in persons]
        clients = self._of_master("clients", max=-1)
        # One that signs in by a key has been given its lasting use since.
        by_secret = [c for c in clients if c["enabled"] and c.get("clientAuthenticatorType") == "client-secret"]
        return MasterFacts(
            brute_force_protected=bool(realm.get("bruteForceProtected")),
            password_policy=realm.get("passwordPolicy") or "",
            events=bool(realm.get("eventsEnabled")),
            admin_events=bool(realm.get("adminEventsEnabled")),
            administrators=len(persons),
            without_second_factor=sum(_enters_by_password_alone(user, kinds) for user, kinds in persons),
            temporary=sum(_TEMPORARY in (holder.get("attributes") or {}) for holder in (*users, *by_secret)),
        )

    def _persons(self, subjects: Iterable[str]) -> Iterator[tuple[Json, frozenset[str]]]:
        """Each account with the kinds of its credentials; who was deleted since administers nothing."""
        for subject in subjects:
            try:
                user = self._of_master(f"users/{subject}")
                credentials = self._of_master(f"users/{subject}/credentials")
            except NotFound:
                continue
            yield user, frozenset(credential["type"] for credential in credentials)

    def _of_master(self, path: str, **query: Any) -> Any:
        return self.connection.raw_get(f"admin/realms/{MASTER}/{path}".rstrip("/"), **query).json()


def _enters_by_password_alone(user: Json, kinds: frozenset[str]) -> bool:
    """Whether Keycloak asks it for nothing else. What another identity provider asks for is not seen here."""
    has_password = "password" in kinds or bool(user.get("federationLink"))
    return has_password and kinds.isdisjoint(SECOND_FACTORS)
