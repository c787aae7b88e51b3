"""The accounts and groups of one realm: what is read, and each effect on one account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from keycloak import KeycloakAdmin

from provisioner.domain.access.account import OURS, Failures, RemoteAccount, Snapshot, WantedAccount
from provisioner.domain.access.settled import Settling
from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.domain.realm_model import RealmConfig, RealmState
from provisioner.keycloak import invitations
from provisioner.keycloak.accounts import Json, account_of, before_reordering, changed_user, new_user
from provisioner.keycloak.connection import read, service_connection
from provisioner.keycloak.errors import (
    KeycloakError,
    KeycloakRefused,
    NotFound,
    ReadIncomplete,
    RealmUnfit,
    SessionsRemain,
)
from provisioner.keycloak.events import Events
from provisioner.keycloak.groups import group_by_path, place_group
from provisioner.keycloak.realm_state import read_state
from provisioner.keycloak.snapshot import of_its_type, read_realm, read_snapshot, realm_of
from provisioner.settings import KeycloakSettings

#: What we write of a new account: a refusal that names another field concerns everybody.
_OUR_FIELDS = frozenset({"username", "email", "firstName", "lastName", *OURS})

#: 1 January 3000: what Keycloak puts off beyond it never comes.
_LAST_MOMENT = 32_503_680_000

#: What Keycloak says of a field that its user profile requires; any other refusal is about the account's own value.
_IS_REQUIRED = "error-user-attribute-required"


class Directory:
    """One realm of one Keycloak, as our service account. Threads may share it.

    Every method raises `KeycloakUnavailable` when Keycloak does not answer, `KeycloakRefused` when it says no, and
    `NotFound` when it knows no account with that id. With `read_only`, any write raises `WriteForbidden` before it is
    sent. Nothing is sent once `guard` raises.
    """

    def __init__(
        self, settings: KeycloakSettings, *, read_only: bool = False, guard: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = service_connection(settings, read_only=read_only, guard=guard)
        self._admin = KeycloakAdmin(connection=self._connection)
        self._realm, self._root = settings.realm, settings.group_root
        #: What happened in the realm, as Keycloak keeps it.
        self.events = Events(self._admin)

    @property
    def calls(self) -> int:
        """Answers had from Keycloak so far, those with a token included."""
        return self._connection.calls

    def server_time(self) -> datetime:
        """Keycloak's clock (UTC): never ahead of it, and a second behind at most."""
        return self._connection.server_time()

    def ping(self) -> None:
        """Asks a plain question of the realm: like any other method it raises when there is no answer."""
        self._admin.get_realm(self._realm)

    def realm_id(self) -> str:
        """Keycloak's internal id of the realm: it tells a realm from another of the same name."""
        return str(realm_of(self._admin)["id"])

    def realm_state(self, config: RealmConfig) -> RealmState:
        """The realm as it is compared with its files, so far as who has view-realm sees it."""
        state = read_state(self._connection, self._realm, config)
        if state is None:
            raise NotFound(f"There is no realm {self._realm}.", 404)
        return state

    def own_user_id(self) -> str:
        """Keycloak's id of our own service account."""
        return self._connection.own_user_id()

    def snapshot(
        self,
        groups: Mapping[str, str | None],
        root_id: str | None = None,
        *,
        members_only: bool = False,
        settling: Settling | None = None,
    ) -> Snapshot:
        """The whole realm with these partners' groups, or their members alone, or what is not settled; see
        `read_snapshot`.
        """
        return read_snapshot(self._admin, self._root, groups, root_id, members_only=members_only, settling=settling)

    def realm(self) -> Snapshot:
        """The realm itself, without any account or group."""
        return read_realm(self._admin)

    def glance(self, id: str | None, email: EmailAddress, realm: Snapshot | None = None) -> Snapshot:
        """The realm, as it was read or anew, with the account alone that has this id; where there is none, with those
        that have this address. No group.
        """
        realm = realm or self.realm()
        if id is not None and (account := self.account(id)) is not None:
            return replace(realm, accounts={id: account})
        named = self.account_named(email)
        return replace(
            realm,
            accounts={account.id: account for account in (self.account_mailed(email), named) if account is not None},
            named={} if named is None else {email: named},
        )

    def account(self, id: str) -> RemoteAccount | None:
        """The account with this id; None only when Keycloak says that there is none."""
        try:
            with of_its_type():
                return account_of(self._admin.get_user(id))
        except NotFound:
            return None

    def find(self, email: EmailAddress) -> RemoteAccount | None:
        """The account that has exactly this address, as its user name or as its e-mail."""
        return self.account_named(email) or self.account_mailed(email)

    def account_mailed(self, email: EmailAddress) -> RemoteAccount | None:
        """The account that has exactly this address as its e-mail."""
        return self._only_user(email=email)

    def account_named(self, email: EmailAddress) -> RemoteAccount | None:
        """The account that has exactly this address as its user name.

        Where e-mails are user names, Keycloak shows the e-mail in place of a user name that was made before: only
        this search finds it.
        """
        return self._only_user(username=email)

    def _only_user(self, **field: str) -> RemoteAccount | None:
        with of_its_type():
            users = self._admin.get_users({**field, "exact": "true", "max": 2})
        if len(users) > 1:
            raise ReadIncomplete("Keycloak's answer to a search by address is not one account.")
        return account_of(users[0]) if users else None

    def groups_of(self, id: str) -> frozenset[str]:
        """The ids of the groups that an account is in, read from the account's side."""
        with of_its_type():
            return frozenset(str(group["id"]) for group in self._admin.get_user_groups(id, {"max": -1}))

    def place_group(self, code: str, known_id: str | None = None, root_id: str | None = None) -> str:
        """Makes the partner's group unless it is there, or gives it its place back; see `place_group`."""
        return place_group(self._admin, self._root, code, known_id, root_id)

    def open_account(self, account: WantedAccount, groups: Sequence[str]) -> str:
        """Makes the account, in the groups of these partners, which exist; its id.

        Raises:
            Conflict: an account with this address is there.
            RealmUnfit: the user profile asks for something that is not ours to give.
        """
        user = new_user(account, [f"{self._root}/{code}" for code in groups])
        try:
            return self._admin.create_user(user)
        except KeycloakRefused as error:
            if error.status == 400 and error.fields - _OUR_FIELDS:
                raise RealmUnfit(RealmFault.PROFILE_ASKS_MORE, error) from error
            raise

    def update_account(self, id: str, wanted: WantedAccount, *, verify_address: bool = False) -> None:
        """Writes address, names, our attributes and (unless None) the state; other attributes stay.

        Nothing is written when all is so already: a run that goes on where another stopped leaves no second trace.
        With `verify_address` the person verifies the address at the next login. A changed address kills every
        link that was sent to the old one.

        Raises:
            Conflict: another account has the address.
            RealmUnfit: the user profile requires something that the account lacks and that is not ours to give.
        """
        user = self._admin.get_user(id)
        self._save(user, changed_user(user, wanted, verify_address=verify_address))

    def update_attributes(self, id: str, wanted: WantedAccount) -> None:
        """Writes our attributes alone: address, names and state stay as they are in Keycloak."""
        user = self._admin.get_user(id)
        changed = changed_user(user, replace(wanted, enabled=None))
        kept = ("username", "email", "emailVerified", "firstName", "lastName")
        self._save(user, {name: user[name] if name in kept else changed[name] for name in changed if name in user})

    def _save(self, user: Json, changed: Json) -> None:
        if between := before_reordering(user, changed):
            self._put(user, between)
        if any(user.get(name) != value for name, value in changed.items()):
            self._put(user, changed)

    def _put(self, user: Json, changed: Json) -> None:
        try:
            self._admin.update_user(user["id"], changed)
        except KeycloakRefused as error:
            if error.status == 400 and error.fields - _OUR_FIELDS and _IS_REQUIRED in str(error):
                raise RealmUnfit(RealmFault.PROFILE_ASKS_MORE, error, is_for_all=False) from error
            raise

    def disable(self, id: str) -> None:
        """Disables the account and writes nothing else: no other field can make Keycloak refuse it."""
        if self._admin.get_user(id).get("enabled") is not False:
            self._admin.update_user(id, {"enabled": False})

    def destroy(self, id: str) -> None:
        """Deletes the account; one that is gone already is destroyed."""
        with suppress(NotFound):
            self._admin.delete_user(id)

    def extra_roles(self, id: str) -> frozenset[str]:
        """The roles beyond the realm's defaults, by the account or by its groups; `client/role` for a client's.

        A client's role that was given to the account itself stands in its role mappings only for who may view
        clients, hence read their secrets before Keycloak 26.8. The console's own list of the roles that the account
        could still be given tells us: it leaves out those that it has.
        """
        default = self._admin.get_realm(self._realm).get("defaultRole", {})
        mappings = self._admin.get_all_roles_of_user(id)
        roles = {role["name"] for role in mappings.get("realmMappings", [])} - {default.get("name")}
        roles |= self._client_roles_without(f"roles/{default.get('id')}") - self._client_roles_without(f"users/{id}")
        for group in self._groups_and_parents(id):
            roles |= {*group["realmRoles"]}
            roles |= {f"{client}/{name}" for client, names in group["clientRoles"].items() for name in names}
        return frozenset(roles)

    def _client_roles_without(self, holder: str) -> frozenset[str]:
        """The clients' roles that this user or role has not, as the console lists them."""
        roles = read(self._admin, f"ui-ext/available-roles/{holder}", first=0, max=-1)
        if not isinstance(roles, list) or not roles:
            raise ReadIncomplete("Keycloak did not answer with the roles of its clients.")
        return frozenset(f"{role['client']}/{role['role']}" for role in roles)

    def _groups_and_parents(self, id: str) -> list[Json]:
        """A member of a group has the roles of its parents too.

        These two reads tell a group's client roles to whoever sees the group; by its id they are left out.
        """
        groups: list[Json] = self._admin.get_user_groups(id, {"max": -1}, brief_representation=False)
        paths = {str(group["path"]) for group in groups}
        parents = {path[:end] for path in paths for end in range(1, len(path)) if path[end] == "/"} - paths
        try:
            return groups + [group_by_path(self._admin, path) for path in sorted(parents)]
        except NotFound as error:
            raise ReadIncomplete("A group that an account is in has a parent that cannot be found.") from error

    def join_group(self, id: str, group_id: str) -> None:
        """Puts the account in a group; done twice, nothing more happens."""
        self._admin.group_user_add(id, group_id)

    def leave_group(self, id: str, group_id: str) -> None:
        """Takes the account out of a group; done twice, nothing more happens.

        Raises:
            NotFound: there is no such account. A group that is gone has no member left.
        """
        try:
            self._admin.group_user_remove(id, group_id)
        except NotFound:
            self._admin.get_user(id)

    def end_sessions(self, id: str) -> None:
        """Ends every session, offline ones included. Disable the account first, else a new one may slip in.

        Each step is tried, whatever became of the one before.

        Raises:
            SessionsRemain: one is left.
        """
        problems: list[KeycloakError] = []
        with _kept(problems):
            self._admin.user_logout(id)
        for consent in self._admin.user_consents(id):
            # Not found: it went with the sessions.
            with _kept(problems), suppress(NotFound):
                self._admin.revoke_consent(id, quote(consent["clientId"], safe=""))
        if problems:
            raise problems[0]
        if self._admin.get_sessions(id) or self._admin.user_consents(id):
            raise SessionsRemain("An account still has a session after all were ended.")

    def has_session(self, id: str) -> bool:
        """Whether somebody is logged in by the account, or an application may go on without them (offline)."""
        return bool(self._admin.get_sessions(id) or self._admin.user_consents(id))

    def forget_password(self, id: str) -> None:
        """Deletes the password, so that a new one must be made with a link."""
        for credential in self._passwords(id):
            # Not found: a first attempt's answer was lost.
            with suppress(NotFound):
                self._admin.delete_credential(id, credential["id"])

    def failures(self, id: str) -> Failures:
        """The account's failed logins since the last one that let somebody in (Keycloak's brute-force protection)."""
        status = self._admin.get_bruteforce_detection_status(id)
        until = int(status["failedLoginNotBefore"]) if status["disabled"] else 0
        # Beyond any date: locked for good, which is a suspension by hand (the account is disabled).
        is_date = 0 < until < _LAST_MOMENT
        return Failures(int(status["numFailures"]), datetime.fromtimestamp(until, UTC) if is_date else None)

    def forget_failures(self, id: str) -> None:
        """Lets the account log in again at once; done twice, nothing more happens."""
        self._admin.clear_bruteforce_attempts_for_user(id)

    def has_password(self, id: str) -> bool:
        """Whether the person has made a password."""
        return bool(self._passwords(id))

    def _passwords(self, id: str) -> list[Json]:
        return [item for item in self._admin.get_credentials(id) if item["type"] == "password"]

    def send_invitation(self, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
        """Has Keycloak send the e-mail with the link to make a password. Never repeated by itself.

        Raises:
            MailFailed: it was not sent: the mail server refused, the account is disabled, the address is bad.
            RealmUnfit: it was not sent, nor would anybody's be: the platform's client or the sender is refused.
            OutcomeUnknown: no answer, so it may have left or not.
        """
        invitations.send_invitation(self._admin, id, lifespan_seconds, redirect_uri)

    def invitation_sent_since(self, id: str, since: datetime) -> datetime | None:
        """When our service account last had a link sent to the account, from that second on; None if it had not.

        `since` is an answer of `server_time`: only Keycloak's clock is compared.
        """
        return invitations.invitation_sent_since(self._admin, self._connection.own_user_id(), id, since)

    def keeps_events(self) -> bool:
        """Whether the realm keeps its admin events from now on: only then will they tell whether a link left."""
        return invitations.keeps_events(self._admin)

    def events_tell_since(self, since: datetime) -> bool:
        """Whether the admin events since then are all there, so that one which is not there never happened.

        They are kept now, one of before is still there (they were neither cleared nor did they expire since), and
        nobody turned them off meanwhile. `since` is an answer of `server_time`, a second behind Keycloak at most.
        """
        return invitations.events_tell_since(self._admin, since)

    def close(self) -> None:
        """Gives the sockets back."""
        self._connection.close()


@contextmanager
def _kept(problems: list[KeycloakError]) -> Iterator[None]:
    """Keeps what Keycloak refuses for later; that the account is not there is said at once."""
    try:
        yield
    except NotFound:
        raise
    except KeycloakError as error:
        problems.append(error)
